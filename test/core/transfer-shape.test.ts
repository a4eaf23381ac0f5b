import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printTransfer, readTransfer } from '../../src/core/transfer-shape.js';
import { items } from '../exchange/items.js';
import { refused, told } from './refused.js';

const AT = Date.UTC(2026, 5, 1);

const FILE = {
  format: 'vouchsafe',
  version: 1,
  exported_at: '2026-06-01T00:00:00.000Z',
  items: [
    {
      vault: 'Personal',
      type: 'login',
      title: 'Mail',
      tags: ['a'],
      fields: [
        { name: 'password', kind: 'secret', value: 'hidden' },
        { section: 'S', name: 'x', kind: 'text', value: '' },
      ],
      created_at: '2026-05-01T00:00:00.001Z',
      updated_at: '2026-05-02T00:00:00.000Z',
      trashed: true,
      history: [{ at: '2026-05-01T00:00:00.001Z', type: 'login', title: 'Old', tags: [], fields: [] }],
    },
  ],
};

const [ITEM] = FILE.items;

describe('the file of our own format', () => {
  it('has this form', () => {
    expect(JSON.parse(printTransfer(readTransfer(FILE), AT))).toEqual(FILE);
  });

  it('says everything that an item is', () => {
    fc.assert(
      fc.property(fc.array(items, { maxLength: 4 }), (all) => {
        expect(readTransfer(JSON.parse(printTransfer(all, AT)))).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['another version', { ...FILE, version: 2 }, 'version'],
    ['another word', { ...FILE, format: 'hidden' }, '$.format'],
    ['a key of its own', { ...FILE, hidden: 1 }, 'not known, at $.'],
    ['a key of its own in an item', { ...FILE, items: [{ ...ITEM, hidden: 1 }] }, 'not known, at $.items[0].'],
    ['no history', { ...FILE, items: [{ ...ITEM, history: undefined }] }, '$.items[0].history.'],
    ['a time that is none', { ...FILE, items: [{ ...ITEM, created_at: 'hidden' }] }, '$.items[0].created_at.'],
    ['another form of a time', { ...FILE, exported_at: '2026-06-01' }, '$.exported_at.'],
    [
      'a kind that is none',
      { ...FILE, items: [{ ...ITEM, fields: [{ name: 'a', kind: 'hidden', value: '' }] }] },
      'kind',
    ],
    ['no object', [FILE], '$.'],
    ['nothing', null, '$.'],
  ])('with %s is refused, without what stands there', (_, file, place) => {
    const refusal = refused('invalid_request', () => readTransfer(file));
    expect(refusal.facts.message).toContain(place);
    expect(told(refusal)).not.toContain('hidden');
  });
});
