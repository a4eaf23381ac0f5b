/** Pages of a list: each row once, newest change first, and a cursor that survives inserts and changes between pages. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/core/refusal.js';
import type { ListedItem } from '../../src/tools/tool.js';
import { pageOf } from '../../src/tools/page.js';
import { ask, byName, makeSafe } from '../support/safe.js';

const VAULT = 'v'.repeat(16);

function listed(n: number, changeSeq: number, title = `Item ${String(n)}`): ListedItem {
  const id = VAULT + n.toString(36).padStart(16, '0');
  const row = {
    id,
    vault_id: VAULT,
    vault: 'V',
    type: 'login' as const,
    title,
    username: null,
    urls: [],
    tags: [],
    fields: [],
    revision: 1,
    updated_at: '',
  };
  return { row, changeSeq, haystack: '' };
}

interface Page {
  readonly ids: readonly string[];
  readonly cursor: string | null;
}

function page(found: readonly ListedItem[], of: { cursor?: string | undefined; limit?: number }): Page {
  const { items, next_cursor: cursor } = pageOf(found, of) as { items: { id: string }[]; next_cursor: string | null };
  return { ids: items.map(({ id }) => id), cursor };
}

/** All pages; `between` may change the list after each. */
function walk(
  found: readonly ListedItem[],
  limit: number,
  between: (pages: number) => readonly ListedItem[] = () => found,
): readonly string[] {
  const ids: string[] = [];
  let list = found;
  let cursor: string | null | undefined;
  for (let pages = 1; cursor !== null; pages += 1) {
    const next = page(list, { cursor, limit });
    ids.push(...next.ids);
    cursor = next.cursor;
    list = between(pages);
    if (pages > 1_000) throw new Error('no end');
  }
  return ids;
}

const rows = fc
  .uniqueArray(fc.record({ n: fc.nat({ max: 400 }), seq: fc.integer({ min: 1, max: 60 }) }), {
    selector: ({ n }) => n,
    maxLength: 60,
  })
  .map((facts) => facts.map(({ n, seq }) => listed(n, seq)));

function sorted(found: readonly ListedItem[]): readonly string[] {
  return [...found]
    .sort((a, b) => b.changeSeq - a.changeSeq || (a.row.id < b.row.id ? -1 : 1))
    .map(({ row }) => row.id);
}

test('the pages of a list are the list, newest change first, whatever the limit', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 200 }), (found, limit) => {
      expect(walk(found, limit)).toEqual(sorted(found));
    }),
  );
});

test('what is inserted, changed or removed between two pages neither repeats nor hides a row that stays', () => {
  const edits = fc.array(
    fc.record({
      at: fc.integer({ min: 1, max: 8 }),
      kind: fc.constantFrom('insert', 'change', 'remove'),
      n: fc.nat({ max: 400 }),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(rows, edits, fc.integer({ min: 1, max: 10 }), (found, plan, limit) => {
      let seq = 1_000;
      const touched = new Set<string>();
      let list = found;
      const ids = walk(found, limit, (pages) => {
        for (const { kind, n } of plan.filter(({ at }) => at === pages)) {
          const { id } = listed(n, 0).row;
          const isThere = list.some(({ row }) => row.id === id);
          if (kind === 'insert' ? isThere : !isThere) continue;
          touched.add(id);
          list = list.filter(({ row }) => row.id !== id);
          if (kind !== 'remove') list = [...list, listed(n, (seq += 1))];
        }
        return list;
      });
      const stayed = sorted(found.filter(({ row }) => !touched.has(row.id)));
      expect(ids.filter((id) => !touched.has(id))).toEqual(stayed);
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

describe('limits', () => {
  const many = Array.from({ length: 260 }, (_, n) => listed(n, n + 1));

  test('50 rows where no limit is given, and a cursor only where more is left', () => {
    expect(page(many, {}).ids).toHaveLength(50);
    expect(page(many.slice(0, 50), {}).cursor).toBeNull();
    expect(page(many.slice(0, 51), {}).cursor).not.toBeNull();
    expect(page([], {})).toEqual({ ids: [], cursor: null });
  });

  test('a page of long rows is cut so that a client can show it, and the rest follows', () => {
    const long = Array.from({ length: 120 }, (_, n) => listed(n, n + 1, 'x'.repeat(2_000)));
    const first = pageOf(long, { limit: 200 });
    expect(JSON.stringify(first).length).toBeLessThan(60_000);
    expect(walk(long, 200)).toEqual(sorted(long));
    const huge = [listed(1, 2, 'x'.repeat(100_000)), listed(2, 1, 'y')];
    expect(walk(huge, 200)).toEqual(sorted(huge));
  });

  test.each([
    '',
    'x',
    '1',
    '1.',
    '.a',
    `1.${'a'.repeat(31)}`,
    `1.${'A'.repeat(32)}`,
    `-1.${'a'.repeat(32)}`,
    `1e3.${'a'.repeat(32)}`,
    `1.${'a'.repeat(32)}\n`,
    `${'9'.repeat(16)}.${'a'.repeat(32)}`,
    '__proto__',
  ])('the cursor %j is refused, without being repeated', (cursor) => {
    let thrown: unknown;
    try {
      pageOf(many, { cursor });
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof Refusal)) throw new Error('no refusal');
    expect(thrown.code).toBe('invalid_request');
    if (cursor.length > 3) expect(JSON.stringify(thrown.facts)).not.toContain(cursor);
  });
});

test('over a real vault: a walk in pages of three while an agent writes', async () => {
  const safe = await makeSafe();
  try {
    for (let n = 0; n < 10; n += 1)
      await safe.owner.createItem(byName('Personal'), { type: 'login', title: `Item ${String(n)}` });
    const door = await safe.agent((await safe.token('bot', ['Personal'], 'editor')).token);
    const titles: string[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < 20; pages += 1) {
      const answer = await ask(door, 'list_vault', {
        vault: 'Personal',
        limit: 3,
        ...(cursor === null ? {} : { cursor }),
      });
      if (!answer.ok) throw new Error(answer.error.code);
      const { items, next_cursor: next } = answer.result as { items: { title: string }[]; next_cursor: string | null };
      titles.push(...items.map(({ title }) => title));
      cursor = next;
      if (cursor === null) break;
      await ask(door, 'create_item', { vault: 'Personal', type: 'login', title: `New ${String(pages)}` });
      await ask(door, 'update_item', { item: 'Item 9', set: { username: String(pages) } });
      if (pages === 1) await ask(door, 'trash_item', { item: 'Item 0' });
    }
    expect(cursor).toBeNull();
    expect(titles).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => `Item ${String(n)}`));
  } finally {
    await safe.end();
  }
});
