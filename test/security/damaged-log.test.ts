/**
 * Each way of damaging the log that a writer of the file has: verification names exactly the first bad entry, and the
 * stand-alone verifier names the same one in the evidence that the owner exports. docs/proof.md has the rules.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomBytes } from '../../src/crypto/bytes.js';
import { newSigningPair, signer } from '../../src/crypto/key-pair.js';
import { appendEntry, type Holder, insertChangeRow, type Signer, signerOf } from '../support/attacker.js';
import { Bench, type Outcome } from '../support/damage.js';
import { insertAt, rechain, rechainOne, removeBetween, setCells, shift, signAs, swap } from '../support/forge.js';
import { type FullLog, fullLog, type HolderName } from '../support/full-log.js';
import { type Cell, type Cells, insertRow, oneOf, type Raw, readRaw } from '../support/raw.js';

let log: FullLog;
let bench: Bench;
beforeAll(async () => {
  log = await fullLog();
  bench = new Bench(log.copy);
  bench.dropAnchor();
});
afterAll(async () => {
  bench.end();
  await log.end();
});

interface Damage {
  readonly make: (db: Raw) => void;
  /** The entry that must be named; null where none can be, since there is none of that number. */
  readonly seq: () => number | null;
  readonly says: RegExp;
  /** A proof names the line before its entries in which it finds this. */
  readonly isBeforeEntries?: boolean;
}

/** Verification names the entry, in words that fit. */
function expectNamed(outcome: Outcome, { seq, says }: Pick<Damage, 'seq' | 'says'>): void {
  if ('refused' in outcome) throw outcome.refused;
  const { ok, fault } = outcome.verification;
  expect({ seq: fault?.seq, says: fault?.message }).toEqual({ seq: seq(), says: expect.stringMatching(says) });
  expect(ok).toBe(false);
}

const holder = (name: HolderName): Holder => log.holders[name];
const rest = (): { safeId: string; ownerKey: Uint8Array } => {
  const { safeId, bundle } = holder('reader');
  return { safeId, ownerKey: bundle.ownerAgreementKey };
};
const NOBODY: Signer = { kind: 'none', id: null, epoch: null, sign: null };
const NEXT = (): number => log.last + 1;
/** The first entry of reads of an item, in the middle of the log: a token's, granted, with a grant. */
const READ = (): number => log.seq("action = 'item.read' AND outcome = 'granted'");
const WRITE = (): number => log.seq("action = 'item.update' AND actor_kind = 'token' AND outcome = 'granted'");
const NOBODYS = (): number => log.seq("actor_kind = 'none'");
const DECISION = (): number => log.seq("action = 'token.delete'");
const CHECKPOINT = (): number => log.seq("action = 'audit.checkpoint'");
const LAST_CHECKPOINT = (): number => log.seq("action = 'audit.checkpoint'", -1);
/** The second of two reads of one token after the owner's last decision and checkpoint. */
const LATE = (): number => log.seq("action = 'item.read' AND seq > (SELECT max(seq) FROM checkpoint)", 1);
const append = (db: Raw, by: Signer, facts: Parameters<typeof appendEntry>[2] = {}): number =>
  appendEntry(db, { ...rest(), signer: by }, { action: 'item.read', ...facts });
const by = (name: HolderName): Signer => signerOf(holder(name));
const grantOf = (name: HolderName, nth = 0): Cells =>
  readRaw(log.copy.file, (db) =>
    oneOf(db, 'SELECT * FROM grant_document WHERE token = ? ORDER BY rowid LIMIT 1 OFFSET ?', holder(name).id, nth),
  );
const grantId = (name: HolderName, nth = 0): string => String(grantOf(name, nth)['id']);

const CHANGED = /entry, its changes or the row before it was changed|holds what no entry can/;
const MISSING = /an entry is missing/;
const UNSIGNED = /not signed by its actor/;
const KEY = /a key that was not valid for it/;
const CHANGE = /a change belongs to no entry|numbered otherwise/;

describe('a cell of an entry that was changed:', () => {
  const COLUMNS = ['at', 'actor_kind', 'actor', 'actor_epoch', 'session', 'action', 'outcome', 'code', 'vault', 'item']
    .concat(['grant_id', 'uses', 'state_version', 'state_hash', 'fields_count', 'suppressed', 'reason_tag'])
    .concat(['template_tag', 'client_tag', 'payload', 'hash', 'signature']);
  const NUMBERS = ['at', 'actor_epoch', 'uses', 'state_version', 'fields_count', 'suppressed'];
  const TEXTS = ['actor_kind', 'actor', 'action', 'outcome', 'code', 'vault', 'item', 'grant_id'];

  const EXPORTED = ['at', 'session', 'state_version', 'payload', 'hash', 'signature'];

  /** Another value of the same type. */
  function other(column: string, value: Cell | undefined): Cell {
    if (NUMBERS.includes(column)) return Number(value ?? 6) + 1;
    if (TEXTS.includes(column)) return value === 'token' ? 'owner' : 'token';
    return randomBytes(value instanceof Uint8Array ? value.length : 32);
  }

  test.each(COLUMNS)('%s', async (column) => {
    for (const seq of [READ(), DECISION(), NOBODYS()]) {
      const change = (db: Raw): void => {
        const row = oneOf(db, 'SELECT * FROM entry WHERE seq = ?', seq);
        setCells(db, seq, { [column]: other(column, row[column]) });
      };
      const isExported = seq === READ() && EXPORTED.includes(column);
      const outcome = await bench.find(`${column} of ${seq}`, change, { isExported });
      const says = column === 'signature' ? /not signed by its actor|an actor that is none/ : CHANGED;
      expectNamed(outcome, { seq: () => seq, says });
    }
  });

  test.each(['at', 'uses', 'fields_count', 'suppressed', 'state_version'])(
    '%s, to what no entry holds',
    async (column) => {
      const outcome = await bench.find(`${column} = -1`, (db) => setCells(db, READ(), { [column]: -1 }));
      expectNamed(outcome, { seq: READ, says: CHANGED });
    },
  );
});

const ROWS: Readonly<Record<string, Damage>> = {
  'two that change places': { make: (db) => swap(db, READ(), READ() + 1), seq: READ, says: CHANGED },
  'two far apart that change places': { make: (db) => swap(db, 7, WRITE()), seq: () => 7, says: CHANGED },
  'the first is gone': { make: (db) => removeBetween(db, 1, 1), seq: () => 1, says: MISSING },
  'the first ten are gone': { make: (db) => removeBetween(db, 1, 10), seq: () => 1, says: MISSING },
  'one is gone': { make: (db) => removeBetween(db, WRITE(), WRITE()), seq: WRITE, says: MISSING },
  'a run before a checkpoint is gone': {
    make: (db) => removeBetween(db, CHECKPOINT() - 4, CHECKPOINT() - 1),
    seq: () => CHECKPOINT() - 4,
    says: MISSING,
  },
  'a run is gone, and the checkpoint with it': {
    make: (db) => removeBetween(db, CHECKPOINT() - 4, CHECKPOINT()),
    seq: () => CHECKPOINT() - 4,
    says: MISSING,
  },
  'one is gone, and the numbers are closed up': {
    make(db) {
      removeBetween(db, LATE(), LATE());
      shift(db, LATE() + 1, -1);
      rechain(db, rest().safeId, { from: LATE(), keys: [holder('one')] });
    },
    seq: LATE,
    says: UNSIGNED,
  },
  'a refusal of nobody is put in between': {
    make: (db) => insertAt(db, { seq: LATE(), like: NOBODYS(), by: NOBODY, safeId: rest().safeId }),
    seq: () => LATE() + 1,
    says: CHANGED,
  },
  'the same, with all hashes made to fit': {
    make(db) {
      insertAt(db, { seq: LATE(), like: NOBODYS(), by: NOBODY, safeId: rest().safeId });
      rechain(db, rest().safeId, { from: LATE() });
    },
    seq: () => LATE() + 1,
    says: UNSIGNED,
  },
  'a copy of another': {
    make(db) {
      const row = oneOf(db, 'SELECT * FROM entry WHERE seq = ?', READ());
      shift(db, LATE(), 1);
      insertRow(db, 'entry', { ...row, seq: LATE() });
    },
    seq: LATE,
    says: CHANGED,
  },
  'a copy of another at the end': {
    make(db) {
      insertRow(db, 'entry', { ...oneOf(db, 'SELECT * FROM entry WHERE seq = ?', log.last), seq: NEXT() });
    },
    seq: NEXT,
    says: CHANGED,
  },
  'one below the first': {
    make: (db) => insertRow(db, 'entry', { ...oneOf(db, 'SELECT * FROM entry WHERE seq = ?', READ()), seq: 0 }),
    seq: () => null,
    says: /out of its order/,
  },
  'one that is changed and hashed anew, with all after it': {
    make(db) {
      setCells(db, LATE(), { fields_count: 0 });
      rechain(db, rest().safeId, { from: LATE() });
    },
    seq: LATE,
    says: UNSIGNED,
  },
  'the same, before a checkpoint': {
    make(db) {
      setCells(db, LAST_CHECKPOINT() - 1, { fields_count: 0 });
      rechain(db, rest().safeId, { from: LAST_CHECKPOINT() - 1 });
    },
    seq: () => LAST_CHECKPOINT() - 1,
    says: UNSIGNED,
  },
  'the same by its own token, before a checkpoint': {
    make(db) {
      setCells(db, LAST_CHECKPOINT() - 1, { fields_count: 0 });
      rechain(db, rest().safeId, { from: LAST_CHECKPOINT() - 1, keys: [holder('one')] });
    },
    seq: LAST_CHECKPOINT,
    says: /not signed by its actor|another one than at its checkpoint/,
  },
  'the final run, signed by another listed token': {
    make(db) {
      signAs(db, rest().safeId, { seq: log.last - 2, by: holder('editor') });
      rechain(db, rest().safeId, { from: log.last - 1, keys: [holder('reader')] });
    },
    seq: () => log.last - 2,
    says: UNSIGNED,
  },
  'one of a token before it was made, in the place of another': {
    make(db) {
      const seq = log.seq("action = 'token.create'");
      const of = { ...oneOf(db, 'SELECT * FROM entry WHERE seq = ?', READ()), seq };
      removeBetween(db, seq, seq);
      const { id, epoch } = by('editor');
      insertRow(db, 'entry', { ...of, actor: id, actor_epoch: epoch, grant_id: null, uses: null, state_version: 4 });
      rechainOne(db, rest().safeId, { seq, by: holder('editor') });
    },
    seq: () => log.seq("action = 'token.create'"),
    says: KEY,
  },
  'the session of one is of another safe': {
    make(db) {
      const session = { hash: randomBytes(32), signed: randomBytes(90) };
      insertRow(db, 'log_session', session);
      append(db, by('reader'), { session: session.hash });
    },
    seq: NEXT,
    says: /the session of an entry is missing or was changed/,
  },
};

const stranger = (): Signer => ({ ...by('editor'), sign: signer(newSigningPair()) });
const deed = (kind: string, id: string) => ({ kind, id, revision: 1, hash: randomBytes(32), before: null });

/** Entries that are chained on to the end, with hashes that fit and the signature of whoever makes them. */
const FORGED: Readonly<Record<string, Omit<Damage, 'seq'>>> = {
  'by a key that nobody knows': { make: (db) => append(db, stranger()), says: UNSIGNED },
  'by a token that there never was': { make: (db) => append(db, { ...stranger(), id: 'no-such-token' }), says: KEY },
  'by the owner, signed by a token': { make: (db) => append(db, { ...by('editor'), kind: 'owner' }), says: UNSIGNED },
  'by an actor of no kind': { make: (db) => append(db, { ...NOBODY, kind: 'god' as 'none' }), says: /none/ },
  'by a token that was deleted': { make: (db) => append(db, by('revoked')), says: KEY },
  'by the key that a token had before it was renewed': { make: (db) => append(db, by('renewed')), says: KEY },
  'by a token that expired, and granted': {
    make: (db) => append(db, by('brief'), { at: log.safe.clock.now + 40 * 86_400_000 }),
    says: /an expired token was granted/,
  },
  'under a grant of another token': {
    make: (db) => append(db, by('editor'), { grant: grantId('reader') }),
    says: /a grant that its token did not hold/,
  },
  'under a grant that has ended': {
    make: (db) => append(db, by('one'), { grant: grantId('one', 1) }),
    says: /a grant that its token did not hold/,
  },
  'under a grant that has expired': {
    make: (db) => append(db, by('reader'), { grant: grantId('reader', 1), at: log.safe.clock.now + 25 * 86_400_000 }),
    says: /under an expired grant/,
  },
  'a secret that is given to nobody': { make: (db) => append(db, NOBODY), says: /granted to nobody/ },
  'a change by nobody': {
    make: (db) => append(db, NOBODY, { outcome: 'refused', changes: [deed('item', 'x')] }),
    says: /nobody changed something/,
  },
  'a refused entry that changes something': {
    make: (db) => append(db, by('editor'), { outcome: 'refused', changes: [deed('item', 'x')] }),
    says: /a refused entry names a change|not granted and names a change/,
  },
  'a decision by a token': {
    make: (db) => append(db, by('editor'), { changes: [deed('token', holder('editor').id)] }),
    says: /a token made a decision/,
  },
  'a change by one that may only read': {
    make: (db) => append(db, by('reader'), { changes: [deed('item', `${'w'.repeat(16)}${'i'.repeat(16)}`)] }),
    says: /changed what it could not write/,
  },
  'a state that a token raises': { make: (db) => append(db, by('editor'), { stateVersion: 99 }), says: /out of order/ },
  'a state that a token names': {
    make: (db) => append(db, by('editor'), { stateHash: randomBytes(32) }),
    says: /a state that it may not/,
  },
};

describe('entries:', () => {
  test.each(Object.entries(ROWS))('%s', async (what, damage) => {
    expectNamed(await bench.find(what, damage.make), damage);
  });
});

describe('an entry that is forged and chained on:', () => {
  test.each(Object.entries(FORGED))('%s', async (what, { make, says }) => {
    const outcome = await bench.find(what, make);
    // one that says that the state is another one keeps the door shut
    if ('refused' in outcome)
      expect([outcome.refused.code, what]).toEqual(['integrity', 'a state that a token raises']);
    else expectNamed(outcome, { seq: NEXT, says });
  });

  test('of two that are bad, the first is named, whoever made it', async () => {
    const outcome = await bench.find('two at once', (db) => {
      append(db, by('brief'));
      append(db, by('editor'), { grant: grantId('reader') });
      append(db, by('brief'), { at: log.safe.clock.now + 40 * 86_400_000 });
    });
    expectNamed(outcome, { seq: () => log.last + 2, says: /a grant that its token did not hold/ });
  });

  test('what anyone may do is no damage: a refusal of nobody at the end, and what a token seals so that none can read it', async () => {
    const outcome = await bench.find('no damage', (db) => {
      append(db, NOBODY, { outcome: 'refused', code: 'unauthenticated' });
      append(db, by('reader'), { payload: randomBytes(156) });
    });
    expect('verification' in outcome && outcome.verification.fault).toBeNull();
  });
});

describe('changes, sessions and checkpoints:', () => {
  const cell = (column: string, value: Cell) => (db: Raw) =>
    db.prepare(`UPDATE change SET ${column} = ? WHERE seq = ? AND n = 2`).run(value, DECISION());
  const last = { kind: 'item', id: 'x', revision: 1, hash: null, before: null };
  const BESIDE: Readonly<Record<string, Damage>> = {
    ...Object.fromEntries(
      (
        [
          ['kind', 'grant'],
          ['subject', 'x'],
          ['revision', 77],
          ['hash', null],
          ['before', randomBytes(32)],
        ] as const
      ).map(([column, value]) => [
        `a change with another ${column}`,
        { make: cell(column, value), seq: DECISION, says: CHANGED },
      ]),
    ),
    'a change that is gone': {
      make: (db) => db.exec(`DELETE FROM change WHERE seq = ${DECISION()} AND n = 0`),
      seq: DECISION,
      says: CHANGED,
    },
    'all changes of an entry are gone': {
      make: (db) => db.exec(`DELETE FROM change WHERE seq = ${WRITE()}`),
      seq: WRITE,
      says: CHANGED,
    },
    'a change more': {
      make: (db) => insertChangeRow(db, { seq: READ(), n: 0, change: last }),
      seq: READ,
      says: CHANGED,
    },
    'a change in another place': { make: cell('n', -1), seq: DECISION, says: CHANGED },
    'changes with a gap in their numbers': {
      make: (db) => db.exec(`UPDATE change SET n = 9 WHERE seq = ${WRITE()}`),
      seq: WRITE,
      says: CHANGE,
    },
    'a change of another entry': {
      make: (db) => db.exec(`UPDATE change SET seq = ${READ()} WHERE seq = ${WRITE()}`),
      seq: READ,
      says: CHANGED,
    },
    'a change of an entry that is yet to come': {
      make: (db) => insertChangeRow(db, { seq: NEXT(), n: 0, change: last }),
      seq: NEXT,
      says: CHANGE,
    },
    'a change below the first entry': {
      make: (db) => insertChangeRow(db, { seq: -3, n: 0, change: last }),
      seq: () => null,
      says: CHANGE,
    },
    'a session that is gone': {
      make: (db) => db.exec(`DELETE FROM log_session WHERE hash = (SELECT session FROM entry WHERE seq = ${READ()})`),
      seq: READ,
      says: /session/,
    },
    'a session that was changed': {
      make: (db) =>
        db
          .prepare(`UPDATE log_session SET signed = ? WHERE hash = (SELECT session FROM entry WHERE seq = ${READ()})`)
          .run(randomBytes(200)),
      seq: READ,
      says: /session/,
    },
    'a session more': {
      make: (db) => insertRow(db, 'log_session', { hash: randomBytes(32), signed: randomBytes(99) }),
      seq: () => null,
      says: /session belongs to no entry/,
    },
    'a checkpoint that is gone': {
      make: (db) => db.exec(`DELETE FROM checkpoint WHERE seq = ${CHECKPOINT()}`),
      seq: CHECKPOINT,
      says: /checkpoint is missing/,
    },
    'a checkpoint that a stranger signed': {
      make: (db) => db.prepare(`UPDATE checkpoint SET signature = ? WHERE seq = ${CHECKPOINT()}`).run(randomBytes(64)),
      seq: CHECKPOINT,
      says: /not the owner’s/,
      isBeforeEntries: true,
    },
    'a checkpoint of another entry': {
      make: (db) => db.exec(`UPDATE checkpoint SET seq = ${READ()} WHERE seq = ${CHECKPOINT()}`),
      seq: READ,
      says: /checkpoint/,
    },
  };
  test.each(Object.entries(BESIDE))('%s', async (what, damage) => {
    const isExported = damage.isBeforeEntries !== true;
    expectNamed(await bench.find(what, damage.make, { isExported }), damage);
  });
});

test('the stand-alone verifier names the same entry in every log that could be exported', async () => {
  const { judged, differences } = await bench.judgeAll();
  expect(differences).toEqual([]);
  expect(judged).toBeGreaterThan(60);
});
