/**
 * security.md, section 6, no. 1: every token × every item is decryptable if and only if it was granted, below the policy
 * layer: with the token's text, the host share and the file, and the functions of `crypto/` alone.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toHex } from '../../src/crypto/bytes.js';
import { revision as revisionRecord } from '../../src/crypto/revision.js';
import type { ItemReference, Reference } from '../../src/gate/named.js';
import { decryptAll, type GainedKey, gainedKeys, holderOf, type Opened } from '../support/attacker.js';
import { blob, integer, type Rows, rowsOf, text } from '../support/raw.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

const TOKENS = ['whole', 'editor', 'one', 'mixed', 'none'] as const;
type TokenName = (typeof TOKENS)[number];
type Reach = Readonly<Record<TokenName, readonly string[]>>;

/** Who reaches what at first: the vaults' names, and the items A and B of Work and C of Home. */
const AT_FIRST: Reach = {
  whole: ['A', 'B', 'Work'],
  editor: ['A', 'B', 'Work'],
  one: ['A', 'Work'],
  mixed: ['B', 'C', 'Home', 'Work'],
  none: [],
};

let safe: TestSafe;
let tokens: Record<TokenName, string>;
const labels = new Map<string, string>();
const inWork = (title: string): ItemReference => ({ vault: byName('Work'), item: byName(title) });

async function put(vault: string, label: string): Promise<void> {
  const { id } = await safe.owner.createItem(byName(vault), {
    ...{ type: 'login', title: label, urls: [`https://${label}.example`], tags: [label] },
    fields: [{ name: 'password', value: `secret-of-${label}` }],
  });
  labels.set(id, label);
}

beforeEach(async () => {
  safe = await makeSafe();
  labels.clear();
  for (const name of ['Work', 'Home']) labels.set((await safe.owner.createVault({ name })).id, name);
  for (const [vault, label] of [
    ['Work', 'A'],
    ['Work', 'B'],
    ['Home', 'C'],
  ] as const)
    await put(vault, label);
  const made: [TokenName, string][] = [];
  made.push(['whole', (await safe.token('whole', ['Work'])).token]);
  made.push(['editor', (await safe.token('editor', ['Work'], 'editor')).token]);
  made.push(['one', (await safe.token('one')).token]);
  made.push(['mixed', (await safe.token('mixed', ['Home'], 'manager')).token]);
  made.push(['none', (await safe.token('none')).token]);
  tokens = Object.fromEntries(made) as Record<TokenName, string>;
  await safe.owner.grant({ token: byName('one'), vault: byName('Work'), item: byName('A'), role: 'editor' });
  await safe.owner.grant({ token: byName('mixed'), vault: byName('Work'), item: byName('B') });
});
afterEach(async () => {
  await safe.end();
});

/** The keys that a token's text gives with these rows; none where its bundle is gone. */
function keysOf(token: string, rows: Rows): readonly GainedKey[] {
  const holder = holderOf(safe.places, rows, token);
  return holder === null ? [] : gainedKeys(holder, rows);
}

/** The newest revision of each subject that is not a tombstone. */
function newest(rows: Rows): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const row of rows.get('revision') ?? []) {
    const subject = text(row, 'subject');
    const { isDeleted } = revisionRecord.decode(safe.owner.safeId, blob(row, 'signed'));
    if (!isDeleted && integer(row, 'number') >= (numbers.get(subject) ?? 0))
      numbers.set(subject, integer(row, 'number'));
  }
  return numbers;
}

/** Labels of all of which some revision opened. What is granted must open whole: the newest one, with both envelopes. */
function labelsOf(opened: readonly Opened[], rows: Rows): readonly string[] {
  const last = newest(rows);
  const subjects = [...new Set(opened.map(({ subject }) => subject))];
  for (const subject of subjects) {
    const now = opened.find((one) => one.subject === subject && one.number === last.get(subject));
    expect(now?.texts.length, `the newest revision of ${labels.get(subject) ?? subject}`).toBe(
      subject.length === 32 ? 2 : 1,
    );
  }
  return subjects.map((subject) => labels.get(subject) ?? `unknown ${subject}`).sort();
}

/** What every token opens of the file as it is now. */
function reachNow(): Reach {
  const rows = rowsOf(safe.file);
  const reach = TOKENS.map((name) => {
    const opened = decryptAll(safe.owner.safeId, keysOf(tokens[name], rows), rows);
    // and the words themselves: no secret of an item that is not among the labels
    const seen = JSON.stringify(opened);
    const names = labelsOf(opened, rows);
    for (const [, label] of labels)
      expect(seen.includes(`secret-of-${label}`), `${name} sees the secret of ${label}`).toBe(
        names.includes(label) && seen.includes('secret-of-') && !['Work', 'Home'].includes(label),
      );
    return [name, names] as const;
  });
  return Object.fromEntries(reach) as unknown as Reach;
}

interface Case {
  readonly act: () => Promise<unknown>;
  /** What differs from the beginning. */
  readonly then: Partial<Reach>;
  /** Who, having kept every key it ever had, opens what is written to A, B or C afterwards beyond its own grants. */
  readonly leaks?: readonly TokenName[];
}

/** Marks where an item went: its new id carries the label. */
async function move(of: ItemReference, to: Reference, label: string): Promise<void> {
  labels.set((await safe.owner.moveItem(of, to)).id, label);
}

const CASES: Readonly<Record<string, Case>> = {
  'at first': { act: async () => Promise.resolve(), then: {} },
  'a vault grant': {
    act: async () => safe.owner.grant({ token: byName('none'), vault: byName('Home'), role: 'viewer' }),
    then: { none: ['C', 'Home'] },
  },
  'an item grant': {
    act: async () => safe.owner.grant({ token: byName('none'), vault: byName('Work'), item: byName('B') }),
    then: { none: ['B', 'Work'] },
  },
  'narrowing from a vault to an item, with rotation': {
    act: async () => {
      await safe.owner.revoke({ token: byName('editor'), vault: byName('Work'), rotate: true });
      await safe.owner.grant({ token: byName('editor'), vault: byName('Work'), item: byName('B') });
    },
    then: { editor: ['B', 'Work'] },
  },
  'narrowing without rotation': {
    act: async () => {
      await safe.owner.revoke({ token: byName('editor'), vault: byName('Work'), rotate: false });
      await safe.owner.grant({ token: byName('editor'), vault: byName('Work'), item: byName('B') });
    },
    then: { editor: ['B', 'Work'] },
    leaks: ['editor'],
  },
  'narrowing of the role alone': {
    act: async () => safe.owner.grant({ token: byName('editor'), vault: byName('Work'), role: 'viewer' }),
    then: {},
  },
  'revoking a vault': {
    act: async () => safe.owner.revoke({ token: byName('whole'), vault: byName('Work'), rotate: true }),
    then: { whole: [] },
  },
  'revoking a vault without rotation': {
    act: async () => safe.owner.revoke({ token: byName('whole'), vault: byName('Work'), rotate: false }),
    then: { whole: [] },
    leaks: ['whole'],
  },
  'revoking a vault in which it has an item too': {
    act: async () => {
      await safe.owner.grant({ token: byName('one'), vault: byName('Work') });
      await safe.owner.revoke({ token: byName('one'), vault: byName('Work'), rotate: true });
    },
    then: { one: [] },
  },
  'revoking an item': {
    act: async () =>
      safe.owner.revoke({ token: byName('one'), vault: byName('Work'), item: byName('A'), rotate: true }),
    then: { one: [] },
  },
  'revoking all': {
    act: async () => safe.owner.revoke({ token: byName('mixed'), all: true, rotate: true }),
    then: { mixed: [] },
  },
  'the end of a token': {
    act: async () => safe.owner.deleteToken(byName('mixed'), { rotate: true }),
    then: { mixed: [] },
  },
  'the end of a token, swept after it expired': {
    act: async () => {
      const { token } = await safe.owner.createToken({
        ...{ name: 'brief', isAgent: true, expiration: '1d', vaults: [byName('Work'), byName('Home')] },
      });
      tokens.none = token;
      expect(reachNow().none).toEqual(['A', 'B', 'C', 'Home', 'Work']);
      safe.clock.now += 2 * 24 * 3_600_000;
      expect((await safe.owner.unlock(60_000)).swept).toEqual(['token brief']);
    },
    then: { none: [] },
  },
  renewing: {
    act: async () => {
      tokens.whole = (await safe.owner.renewToken(byName('whole'), { rotate: false })).token;
    },
    then: {},
  },
  'renewing with rotation': {
    act: async () => {
      tokens.mixed = (await safe.owner.renewToken(byName('mixed'), { rotate: true })).token;
    },
    then: {},
  },
  'rotating twice': {
    act: async () => {
      for (const name of ['editor', 'whole'] as const)
        tokens[name] = (await safe.owner.renewToken(byName(name), { rotate: true })).token;
    },
    then: {},
  },
  'moving out': {
    act: async () => move(inWork('A'), byName('Home'), 'A'),
    then: { whole: ['B', 'Work'], editor: ['B', 'Work'], one: [], mixed: ['A', 'B', 'C', 'Home', 'Work'] },
  },
  'moving there and back': {
    act: async () => {
      await move(inWork('A'), byName('Home'), 'A');
      await move({ item: byName('A') }, byName('Work'), 'A');
    },
    then: { one: [] },
  },
  'freezing (the keys are not changed by it)': {
    act: async () => safe.owner.freezeToken(byName('whole')),
    then: {},
  },
  'the trash': { act: async () => safe.owner.trashItem(inWork('A')), then: {} },
  'the trash and back': {
    act: async () => {
      await safe.owner.trashItem(inWork('B'));
      await safe.owner.restoreItem(inWork('B'));
    },
    then: {},
  },
  deletion: {
    act: async () => safe.owner.deleteItem(inWork('A')),
    then: { whole: ['B', 'Work'], editor: ['B', 'Work'], one: [] },
  },
  'deletion of the vault': {
    act: async () => safe.owner.deleteVault(byName('Work'), 'Work'),
    then: { whole: [], editor: [], one: [], mixed: ['C', 'Home'] },
  },
  'writing by the owner': {
    act: async () => {
      await safe.owner.updateItem(inWork('A'), { set: { password: 'secret-of-A again' } });
      await safe.owner.updateVault(byName('Home'), { description: 'again' });
    },
    then: {},
  },
  'writing by an editor': {
    act: async () => {
      const agent = await safe.agent(tokens.one);
      expect(codeOf(await ask(agent, 'update_item', { item: 'A', set: { password: 'secret-of-A 2' } }))).toBe(
        'granted',
      );
    },
    then: {},
  },
};

describe('every token opens exactly what it was granted, after', () => {
  test.each(Object.entries(CASES))('%s', async (_name, { act, then, leaks = [] }) => {
    const texts = { ...tokens };
    const before = rowsOf(safe.file);
    await act();
    const expected = { ...AT_FIRST, ...then };
    expect(reachNow()).toEqual(expected);
    for (const name of TOKENS)
      if (texts[name] !== tokens[name])
        expect(keysOf(texts[name], rowsOf(safe.file)), `the old text of ${name}`).toEqual([]);

    // All keys that anyone ever had, on what is written from now on.
    const kept = Object.fromEntries(
      TOKENS.map((name) => [name, [...keysOf(texts[name], before), ...keysOf(tokens[name], rowsOf(safe.file))]]),
    );
    for (const { id, title } of await safe.owner.listItems({}))
      await safe.owner.updateItem({ item: byId(id) }, { set: { password: `late-${title}` } });
    const rows = rowsOf(safe.file);
    const titles = (await safe.owner.listItems({})).map(({ title }) => title).sort();
    for (const name of TOKENS) {
      const opened = JSON.stringify(decryptAll(safe.owner.safeId, kept[name] ?? [], rows));
      const late = titles.filter((title) => opened.includes(`late-${title}`));
      const granted = titles.filter((title) => expected[name].includes(title));
      if (leaks.includes(name)) expect(late.length, `${name} keeps more`).toBeGreaterThan(granted.length);
      else expect(late, `${name}, with all keys that it ever had`).toEqual(granted);
    }
    expect((await safe.owner.verify({ full: true })).fault).toBeNull();
  });
});

describe('a token opens nothing', () => {
  test('without the host share, with another key half, or with another secret', () => {
    const rows = rowsOf(safe.file);
    const crossed = (a: string, b: string): string => `${a.split('::')[0] ?? ''}::${b.split('::')[1] ?? ''}`;
    expect(holderOf(safe.places, rows, tokens.whole)).not.toBeNull();
    expect(holderOf(safe.places, rows, crossed(tokens.whole, tokens.editor))).toBeNull();
    expect(holderOf(safe.places, rows, crossed(tokens.editor, tokens.whole))).toBeNull();
    expect(() =>
      holderOf({ ...safe.places, state: `${safe.places.state}-of-another-host` }, rows, tokens.whole),
    ).toThrow('no host share');
  });

  test('that another token’s keys are sealed in: no two tokens share a sealed key, and no key id tells a key', () => {
    const rows = rowsOf(safe.file);
    const documents = TOKENS.map((name) => keysOf(tokens[name], rows).map(({ document }) => document.token));
    documents.forEach((owners, at) => {
      const own = holderOf(safe.places, rows, tokens[TOKENS[at] ?? 'none'])?.id;
      expect(owners.every((token) => token === own)).toBe(true);
    });
    const keys = TOKENS.flatMap((name) => keysOf(tokens[name], rows).map(({ key }) => toHex(key)));
    const stored = JSON.stringify(
      [...rows.values()]
        .flat()
        .flatMap((row) => Object.values(row).map((cell) => (cell instanceof Uint8Array ? toHex(cell) : String(cell)))),
    );
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) expect(stored.includes(key)).toBe(false);
  });
});

test('a frozen token keeps its keys, and the gate gives nothing for them', async () => {
  const agent = await safe.agent(tokens.whole);
  expect(codeOf(await ask(agent, 'get_item', { item: 'A' }))).toBe('granted');
  await safe.owner.freezeToken(byName('whole'));
  expect(reachNow().whole).toEqual(['A', 'B', 'Work']);
  expect(codeOf(await ask(agent, 'get_item', { item: 'A' }))).toBe('unauthenticated');
});
