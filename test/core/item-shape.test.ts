import { describe, expect, it } from 'vitest';
import { makeContent } from '../../src/core/item-content.js';
import { itemShape, type ItemFacts } from '../../src/core/item-shape.js';

const FACTS: ItemFacts = {
  id: 'i1',
  vaultId: 'v1',
  vault: 'Production',
  revision: 3,
  createdAt: Date.parse('2026-01-01T00:00:00Z'),
  updatedAt: Date.parse('2026-01-02T03:04:05.678Z'),
  content: makeContent({
    type: 'login',
    title: 'DB',
    urls: ['https://db.example'],
    tags: ['prod'],
    fields: [
      { name: 'username', value: 'root' },
      { name: 'password', value: 'CANARY-1' },
      { name: 'totp', value: 'CANARY-2' },
      { section: 'Notes', name: 'memo', kind: 'note', value: 'CANARY-3' },
    ],
  }),
};

describe('itemShape', () => {
  it('is the JSON of the contract, secrets concealed', () => {
    expect(JSON.stringify(itemShape(FACTS))).toBe(
      JSON.stringify({
        id: 'i1',
        vault_id: 'v1',
        vault: 'Production',
        type: 'login',
        title: 'DB',
        username: 'root',
        urls: ['https://db.example'],
        tags: ['prod'],
        fields: [
          { name: 'username', kind: 'text', value: 'root' },
          { name: 'password', kind: 'secret', concealed: true },
          { name: 'totp', kind: 'totp', concealed: true },
          { name: 'memo', section: 'Notes', kind: 'note', concealed: true },
          { name: 'url', kind: 'url', value: 'https://db.example' },
        ],
        revision: 3,
        created_at: '2026-01-01T00:00:00.000Z',
        updated_at: '2026-01-02T03:04:05.678Z',
      }),
    );
  });

  it('reveals what it is told to, and nothing else', () => {
    const text = JSON.stringify(itemShape({ ...FACTS, reveal: (field) => field.name === 'password' }));
    expect(text).toContain('CANARY-1');
    expect(text).not.toMatch(/CANARY-[23]/);
  });

  it('asks for concealed fields alone', () => {
    const asked: string[] = [];
    itemShape({ ...FACTS, reveal: (field) => asked.push(field.name) < 0 });
    expect(asked).toEqual(['password', 'totp', 'memo']);
  });

  it('says when it went to the trash', () => {
    expect(itemShape({ ...FACTS, trashedAt: 0 }).trashed_at).toBe('1970-01-01T00:00:00.000Z');
    expect(itemShape({ ...FACTS, trashedAt: null })).not.toHaveProperty('trashed_at');
  });
});
