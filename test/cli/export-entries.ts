/** Entries for tests of exports: every action and outcome, and texts that try to break out of their place. */
import fc from 'fast-check';
import type { Action, Outcome } from '../../src/core/model.js';
import type { EntryShape } from '../../src/core/shapes.js';
import { ENTRY } from './fixtures.js';

/** An entry as the owner leaves it: about nothing, for no reason. */
export const BARE: EntryShape = {
  seq: 7,
  at: '2026-03-02T10:15:42.120Z',
  actor: { kind: 'owner', id: null, name: null },
  action: 'safe.unlock',
  outcome: 'granted',
  fields: [],
  reason: null,
  signals: [],
  client: { name: '', version: '' },
  transport: 'cli',
  hash: 'c'.repeat(64),
};

/** A call that nobody is known to have made. */
export const NOBODY: EntryShape = {
  ...BARE,
  seq: 8,
  actor: { kind: 'none', id: null, name: null },
  action: 'item.read',
  outcome: 'refused',
  code: 'unauthenticated',
};

export function entryOf(action: Action, outcome: Outcome): EntryShape {
  return { ...ENTRY, action, outcome, ...(outcome === 'granted' ? {} : { code: 'forbidden' }) };
}

const CHARACTERS = '=+-@|\\"\',;:\t\r\n \u0000\u001b\u0085\u00a0\u200b\u200d\u2028\u202e\ufe0f\ufeff＝＋－＠﹦﹢﹣﹫−';
const PIECES = [
  ...Array.from(CHARACTERS),
  ...[
    '\r\n',
    '\\n',
    '\\|',
    '\\=',
    ' act=granted',
    ' cs1Label=x',
    'CEF:0|a|b|',
    "=cmd|'/c calc'!A1",
    '\ud800',
    '😀',
    'ab',
  ],
];

/** Texts of the characters and sequences that mean something in one of the formats, and of any others. */
export const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 })
  .map((pieces) => pieces.join(''));

/** An entry whose every text is {@link hostile}. */
export const hostileEntry: fc.Arbitrary<EntryShape> = fc
  .record({
    name: hostile,
    title: hostile,
    vault: hostile,
    reason: hostile,
    client: hostile,
    version: hostile,
    fields: fc.array(hostile, { maxLength: 3 }),
  })
  .map(({ name, title, vault, reason, client, version, fields }) => ({
    ...ENTRY,
    actor: { kind: 'token', id: 'law-hotel-shape-community', name },
    vault: { id: 'vault1', name: vault },
    item: { id: 'item1', title },
    fields,
    reason,
    signals: ['repeat', 'burst'],
    client: { name: client, version },
  }));
