/**
 * A log of which parts were archived, damaged in each way: what is left verifies from what the owner signed, and nothing
 * else. And what is not damaged is verified by both verifiers: whole, from the middle, after archives, and brought back.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomBytes } from '../../src/crypto/bytes.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import type { ArchiveSummary } from '../../src/gate/log-door.js';
import { openOwner } from '../../src/gate/open.js';
import { insertChangeRow } from '../support/attacker.js';
import { Bench, judge, type Judged } from '../support/damage.js';
import { removeBetween, setCells } from '../support/forge.js';
import { type FullLog, fullLog } from '../support/full-log.js';
import { allOf, type Cell, type Cells, insertRow, oneOf, type Raw, readRaw, rowsOf, withRaw } from '../support/raw.js';
import { ask, byName, ORIGIN, PASSWORD, type TestSafe } from '../support/safe.js';

const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-archives-'));
const archives: ArchiveSummary[] = [];
let log: FullLog;
let bench: Bench;

async function archive({ owner, clock }: TestSafe): Promise<void> {
  clock.now += 1;
  const before = new Date(clock.now).toISOString();
  archives.push(await owner.archive({ before, to: join(folder, `${archives.length + 1}.proof`) }));
}

beforeAll(async () => {
  log = await fullLog(async (safe) => {
    await archive(safe);
    await safe.owner.createItem(byName('Work'), { type: 'login', title: 'Between' });
    const bot = await safe.agent((await safe.token('between', ['Work'], 'editor')).token);
    for (const username of ['a', 'b', 'c']) await ask(bot, 'update_item', { item: 'Between', set: { username } });
    for (let n = 0; n < 6; n += 1) await ask(bot, 'whoami');
    safe.clock.now += 86_400_000;
    await archive(safe);
  });
  bench = new Bench(log.copy);
});
afterAll(async () => {
  bench.end();
  rmSync(folder, { recursive: true, force: true });
  await log.end();
});

/** The last number that each of the two took. */
const end = (nth: 1 | 2): number => archives[nth - 1]?.to ?? 0;
const seqs = (): readonly number[] =>
  readRaw(log.safe.file, (db) => db.prepare('SELECT seq FROM entry ORDER BY seq').pluck().all() as number[]);
const kept = (): readonly number[] => seqs().filter((seq) => seq <= end(2));
/** The first number from one on at which nothing stands. */
function gapFrom(first: number): number {
  const there = new Set(seqs());
  for (let seq = first; ; seq += 1) if (!there.has(seq)) return seq;
}
const rowAt = (seq: number): Cells =>
  readRaw(log.safe.file, (db) => oneOf(db, 'SELECT * FROM entry WHERE seq = ?', seq));
const BYTES = /_tag$|_hash$/;
const flipped = (value: Cell | undefined, column = ''): Cell => {
  if (value instanceof Uint8Array || BYTES.test(column))
    return randomBytes(value instanceof Uint8Array ? value.length : 8);
  return typeof value === 'number' || column === 'uses' ? Number(value ?? 0) + 1 : `${value ?? ''}x`;
};
/** The first entry after the older archive that names a checkpoint. */
const checkpointed = (): number => log.seq(`seq > ${end(1)} AND action IN ('audit.checkpoint', 'audit.export')`);

interface Damage {
  readonly make: (db: Raw) => void;
  readonly seq: () => number | null;
  readonly says: RegExp;
}

const STUB = /the stub of an archive/;
const PROFILES = /what an archive kept of tokens was changed/;
const KEPT = /an entry that an archive kept/;
const STRAY = /stands where the log was archived/;
const change = (db: Raw, table: string, column: string, where: string): void => {
  const row = oneOf(db, `SELECT * FROM ${table} WHERE ${where}`);
  expect(db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(flipped(row[column])).changes).toBe(1);
};
const remove = (db: Raw, table: string, where: string): void => {
  expect(db.prepare(`DELETE FROM ${table} WHERE ${where}`).run().changes).toBeGreaterThan(0);
};
const profileOf = (seq: number): string =>
  `seq = ${seq} AND token = (SELECT min(token) FROM archive_profile WHERE seq = ${seq})`;

const DAMAGES: Readonly<Record<string, Damage>> = {
  'the newest stub, changed': {
    make: (db) => change(db, 'archive', 'signed', `seq = ${end(2)}`),
    seq: () => null,
    says: STUB,
  },
  'the newest stub, signed by nobody': {
    make: (db) => change(db, 'archive', 'signature', `seq = ${end(2)}`),
    seq: () => null,
    says: STUB,
  },
  'the newest stub, at another number': {
    make: (db) => change(db, 'archive', 'seq', `seq = ${end(2)}`),
    seq: () => null,
    says: STUB,
  },
  'the newest stub, gone': {
    make(db) {
      remove(db, 'archive', `seq = ${end(2)}`);
      remove(db, 'archive_profile', `seq = ${end(2)}`);
    },
    // the newest checkpoints went with what was archived
    seq: () => Math.min(gapFrom(end(1) + 1), checkpointed()),
    says: /missing/,
  },
  'all stubs, gone': {
    make(db) {
      remove(db, 'archive', '1');
      remove(db, 'archive_profile', '1');
    },
    seq: () => gapFrom(1),
    says: /missing/,
  },
  'the older stub, gone': {
    make(db) {
      remove(db, 'archive', `seq = ${end(1)}`);
      remove(db, 'archive_profile', `seq = ${end(1)}`);
    },
    seq: () => end(1),
    says: STUB,
  },
  'the older stub, changed': {
    make: (db) => change(db, 'archive', 'signed', `seq = ${end(1)}`),
    seq: () => null,
    says: STUB,
  },
  'a stub more': {
    make: (db) => insertRow(db, 'archive', { ...oneOf(db, 'SELECT * FROM archive'), seq: 3 }),
    seq: () => null,
    says: STUB,
  },
  'a profile, changed': {
    make: (db) => change(db, 'archive_profile', 'signed', profileOf(end(2))),
    seq: () => end(2),
    says: PROFILES,
  },
  'a profile, signed by nobody': {
    make: (db) => change(db, 'archive_profile', 'signature', profileOf(end(2))),
    seq: () => end(2),
    says: PROFILES,
  },
  'a profile, gone': {
    make: (db) => remove(db, 'archive_profile', profileOf(end(2))),
    seq: () => end(2),
    says: PROFILES,
  },
  'a profile more': {
    make: (db) =>
      insertRow(db, 'archive_profile', { ...oneOf(db, 'SELECT * FROM archive_profile ORDER BY seq DESC'), token: 'x' }),
    seq: () => end(2),
    says: PROFILES,
  },
  'a profile of the older stub, changed': {
    make: (db) => change(db, 'archive_profile', 'signed', profileOf(end(1))),
    seq: () => end(1),
    says: PROFILES,
  },
  'an older profile in the place of a newer': {
    make(db) {
      const older = oneOf(db, `SELECT * FROM archive_profile WHERE ${profileOf(end(1))}`);
      remove(db, 'archive_profile', `seq = ${end(2)} AND token = '${String(older['token'])}'`);
      insertRow(db, 'archive_profile', { ...older, seq: end(2) });
    },
    seq: () => end(2),
    says: PROFILES,
  },
  'an entry where there is none any more': {
    make: (db) => insertRow(db, 'entry', { ...rowAt(kept().at(-1) ?? 0), seq: gapFrom(end(1)) }),
    seq: () => gapFrom(end(1)),
    says: STRAY,
  },
  'an entry where there is none since the older archive': {
    make: (db) => insertRow(db, 'entry', { ...rowAt(kept().at(-1) ?? 0), seq: gapFrom(1) }),
    seq: () => gapFrom(1),
    says: STRAY,
  },
  'an entry below the first': {
    make: (db) => insertRow(db, 'entry', { ...rowAt(kept()[0] ?? 0), seq: -7 }),
    seq: () => null,
    says: /./,
  },
  'a change where there is no entry any more': {
    make(db) {
      const last = { kind: 'item', id: 'x', revision: 1, hash: null, before: null };
      insertChangeRow(db, { seq: gapFrom(1), n: 0, change: last });
    },
    seq: () => gapFrom(1),
    says: /a change belongs to no entry/,
  },
  'the session of an entry that was kept, gone': {
    make: (db) => remove(db, 'log_session', `hash = (SELECT session FROM entry WHERE seq = ${kept()[0] ?? 0})`),
    seq: () => kept()[0] ?? 0,
    says: /session/,
  },
  'the session of an entry that was kept, changed': {
    make: (db) =>
      change(db, 'log_session', 'signed', `hash = (SELECT session FROM entry WHERE seq = ${kept()[0] ?? 0})`),
    seq: () => kept()[0] ?? 0,
    says: /session/,
  },
  'the first entry after it, gone': {
    make: (db) => removeBetween(db, end(2) + 1, end(2) + 1),
    seq: () => end(2) + 1,
    says: /an entry is missing/,
  },
};

/** Opens and verifies the damaged copy; a door that stays shut for it has found it too. */
async function found(what: string, { make, seq, says }: Damage, isExported = false): Promise<void> {
  const outcome = await bench.find(what, make, { isExported });
  if ('refused' in outcome) {
    expect(outcome.refused.code).toBe('integrity');
    return;
  }
  const { fault } = outcome.verification;
  expect({ what, seq: fault?.seq, says: fault?.message }).toEqual({
    ...{ what, seq: seq() },
    says: expect.stringMatching(says),
  });
}

describe('what is left of two archives:', () => {
  test.each(Object.entries(DAMAGES))('%s', async (what, damage) => {
    await found(what, damage, true);
  });

  test('every cell of an entry that was kept', async () => {
    const seq = kept().find((one) => rowAt(one)['actor_kind'] === 'token' && rowAt(one)['grant_id'] !== null) ?? 0;
    for (const column of Object.keys(rowAt(seq)).filter((name) => name !== 'seq'))
      await found(`${column} of entry ${seq}`, {
        make: (db) => setCells(db, seq, { [column]: flipped(rowAt(seq)[column], column) }),
        seq: () => seq,
        says: KEPT,
      });
  });

  test('each entry that was kept, gone; and its signature, another', async () => {
    for (const seq of kept()) {
      await found(`${seq} gone`, { make: (db) => removeBetween(db, seq, seq), seq: () => seq, says: KEPT });
      await found(`${seq} signed otherwise`, {
        make: (db) => setCells(db, seq, { signature: randomBytes(64) }),
        seq: () => seq,
        says: KEPT,
      });
    }
  });

  test('each change of an entry that was kept', async () => {
    const changes = readRaw(log.safe.file, (db) => allOf(db, 'change')).filter(({ seq }) => Number(seq) <= end(2));
    expect(changes.length).toBeGreaterThan(10);
    for (const [n, row] of changes.entries()) {
      const where = `seq = ${String(row['seq'])} AND n = ${String(row['n'])}`;
      const make = (db: Raw): void =>
        n % 2 === 0 ? remove(db, 'change', where) : change(db, 'change', 'revision', where);
      await found(where, { make, seq: () => Number(row['seq']), says: KEPT });
    }
  });
});

test('the stub of an archive that was brought back is not taken for the newest again', async () => {
  log.copy.reset();
  const rows = rowsOf(log.copy.file);
  const owner = await openOwner(log.copy.places, { password: PASSWORD }, { origin: ORIGIN, options: log.copy.options });
  await owner.importArchive(archives[1]?.path ?? '');
  expect((await owner.verify({ full: true })).fault).toBeNull();
  await owner.close();
  readRaw(log.copy.file, (db) => db.pragma('wal_checkpoint(TRUNCATE)'));
  const brought = new Bench({ ...log.copy, reset: () => undefined });
  const outcome = await brought.find('put back', (db) => {
    for (const table of ['archive', 'archive_profile'])
      for (const row of rows.get(table) ?? []) insertRow(db, table, row, 'INSERT OR IGNORE');
    const stay = new Set(kept());
    for (let seq = end(1) + 1; seq <= end(2); seq += 1) if (!stay.has(seq)) removeBetween(db, seq, seq);
  });
  brought.end();
  if ('refused' in outcome) throw outcome.refused;
  expect(outcome.verification.fault?.message).toMatch(/the stub of the archive is not the one that the log names/);
});

test('an archive is not brought back onto a log that would not verify: its stub stays, and it can go again', async () => {
  log.copy.reset();
  withRaw(log.copy.file, (db) => {
    remove(db, 'archive', `seq = ${end(1)}`);
    remove(db, 'archive_profile', `seq = ${end(1)}`);
  });
  const before = rowsOf(log.copy.file).get('archive');
  const owner = await openOwner(log.copy.places, { password: PASSWORD }, { origin: ORIGIN, options: log.copy.options });
  await expect(owner.importArchive(archives[1]?.path ?? '')).rejects.toMatchObject({ code: 'integrity' });
  await owner.close();
  expect(rowsOf(log.copy.file).get('archive')).toEqual(before);
});

test('the stand-alone verifier names the same entry in every log that could be exported', async () => {
  const { judged, differences } = await bench.judgeAll();
  expect(differences).toEqual([]);
  expect(judged).toBeGreaterThan(8);
});

describe('what is not damaged is verified by both:', () => {
  async function exported(owner: OwnerDoor, query: string): Promise<Judged> {
    const lines: string[] = [];
    const { fingerprint } = await owner.exportProof({ query }, (line) => lines.push(line));
    const path = join(folder, 'exported.proof');
    writeFileSync(path, lines.join(''));
    return judge(path, fingerprint);
  }

  test('the files of the archives, the log after them, from the middle, and when they are brought back', async () => {
    const owner = await log.safe.reopen();
    const [first, second] = archives;
    if (first === undefined || second === undefined) throw new Error('no archives');
    const range = (from: number, to?: number): string => (to === undefined ? `seq:>=${from}` : `seq:${from}..${to}`);
    const right = (from: number, to?: number): object => ({
      ...{ status: 0, verified: true, fault: null, from },
      ...(to === undefined ? {} : { to }),
    });
    expect(await judge(first.path, first.fingerprint)).toEqual(right(1, first.to));
    expect(await judge(second.path, first.fingerprint)).toEqual(right(first.to + 1, second.to));
    expect(await exported(owner, '')).toMatchObject(right(second.to + 1));
    expect(await exported(owner, range(second.to + 3))).toMatchObject(right(second.to + 3));
    expect(await exported(owner, range(second.to + 2, second.to + 4))).toEqual(right(second.to + 2, second.to + 4));
    await owner.importArchive(second.path);
    expect(await exported(owner, '')).toMatchObject(right(first.to + 1));
    expect(await exported(owner, range(first.to + 4, second.to + 1))).toEqual(right(first.to + 4, second.to + 1));
    await owner.importArchive(first.path);
    expect(await exported(owner, '')).toMatchObject(right(1));
    for (const from of [5, 18, 33, 40, first.to, first.to + 1, second.to + 1])
      expect(await exported(owner, range(from))).toMatchObject(right(from));
    expect(await exported(owner, range(30, 36))).toEqual(right(30, 36));
    expect((await owner.verify({ full: true })).fault).toBeNull();
  });
});
