/**
 * What a log cannot show by itself: that its end was cut off, or that the whole file went back. The state shows it where
 * the owner decided something since; else an anchor does, a receipt, or a process that runs. And the log of another safe.
 */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Receipt } from '../../src/core/shapes.js';
import type { AgentDoor } from '../../src/gate/call.js';
import { openOwner } from '../../src/gate/open.js';
import { Station } from '../e2e/station.js';
import { removeBetween, setCells, takeOver } from '../support/forge.js';
import { faultyOwnerOf } from '../support/faulty-owner.js';
import { captureStderr, refusedWith, rigOf } from '../support/gate-rig.js';
import { insertRow, LOG_TABLES, oneOf, type Raw, readRaw, withRaw } from '../support/raw.js';
import { ask, byName, codeOf, makeSafe, ORIGIN, PASSWORD, type TestSafe } from '../support/safe.js';

captureStderr();
let safe: TestSafe;
let folder: string;
let agent: AgentDoor;
/** The text of a token whose holder has made no call yet. */
let late: string;
beforeEach(async () => {
  safe = await makeSafe();
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-anchors-'));
  await safe.owner.createItem(byName('Personal'), {
    ...{ type: 'login', title: 'A' },
    fields: [{ name: 'password', value: 'pw' }],
  });
  agent = await safe.agent((await safe.token('bot', ['Personal'])).token);
  late = (await safe.token('late', ['Personal'])).token;
});
afterEach(async () => {
  await safe.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Reads that leave entries, and no decision. Gives the receipt of the last. */
async function reads(times: number): Promise<Receipt> {
  for (let n = 1; n < times; n += 1) await ask(agent, 'get_item', { item: 'A', fields: ['password'] });
  const { receipt } = await ask(agent, 'get_item', { item: 'A', fields: ['password'] });
  if (receipt === null) throw new Error('no receipt');
  return receipt;
}

/** Takes the newest entries away with all that stands beside them. */
function cut(from: number): void {
  withRaw(safe.file, (db) => {
    removeBetween(db, from, Number.MAX_SAFE_INTEGER);
    db.prepare('DELETE FROM checkpoint WHERE seq >= ?').run(from);
    db.exec('DELETE FROM log_session WHERE hash NOT IN (SELECT session FROM entry)');
  });
}

/** The anchors in the state folder and in the other one; one of them can be taken away. */
function dropAnchors(below: string): number {
  const found = readdirSync(below, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('anchor.json'),
  );
  for (const path of found) rmSync(join(below, path));
  return found.length;
}

describe('an end that was cut off', () => {
  test('with a decision of the owner: nothing is read or given any more, and verification names where', async () => {
    await reads(2);
    await safe.owner.setSetting('item.keep_revisions', '40');
    const { seq } = await reads(2);
    cut(seq - 2);
    const owner = await safe.reopen();
    expect((await refusedWith('integrity', owner.listVaults())).message).toMatch(/end on different versions/);
    await refusedWith('integrity', owner.unlock(60_000));
    for (const full of [true, false])
      expect((await owner.verify({ full })).fault).toEqual({
        seq: seq - 2,
        message: 'the log was cut: the state names a later entry',
      });
    expect(codeOf(await ask(agent, 'whoami'))).toBe('unavailable');
  });

  test.each(['the state folder', 'another folder'])('without one: by the anchor in %s', async (where) => {
    await safe.owner.setSetting('anchor.folder', where === 'another folder' ? folder : '');
    await reads(2);
    const { seq } = await safe.owner.checkpoint();
    if (where === 'another folder') expect(dropAnchors(safe.places.state)).toBe(1);
    cut(seq);
    const refusal = await refusedWith('integrity', safe.reopen());
    expect(refusal.message).toMatch(/the log is shorter than its anchor/);
    expect(refusal.facts.next).toMatch(/--accept-rollback/);
    // an agent that begins now sees it too
    expect(codeOf(await ask(await safe.agent(late), 'whoami'))).toBe('unavailable');
    // what the log says of itself is whole: that is why there are anchors
    dropAnchors(safe.places.state);
    dropAnchors(folder);
    const owner = await safe.reopen();
    expect((await owner.verify({ full: true })).fault).toBeNull();
  });

  test('and written on since: by the anchor’s hash, and by each receipt', async () => {
    const given = await reads(2);
    await safe.owner.checkpoint();
    expect((await safe.owner.showEntry(given.seq, given.hash)).proof.verified).toBe(true);
    cut(given.seq);
    const other = await safe.agent(late);
    dropAnchors(safe.places.state);
    for (let n = 0; n < 3; n += 1) await ask(other, 'whoami');
    const owner = await safe.reopen();
    expect((await owner.verify({ full: true })).fault).toBeNull();
    const refusal = await refusedWith('integrity', owner.showEntry(given.seq, given.hash));
    expect(refusal.message).toMatch(new RegExp(`entry ${given.seq} has another hash than the receipt`));
    await refusedWith('integrity', owner.showEntry(given.seq, given.hash.slice(0, 12)));
  });

  test('and nothing written on: a receipt has no entry', async () => {
    const given = await reads(2);
    cut(given.seq);
    await refusedWith('integrity', (await safe.reopen()).showEntry(given.seq, given.hash));
  });

  test('is seen at once by the processes that wrote it, and they write no more', async () => {
    const given = await reads(2);
    cut(given.seq);
    expect(codeOf(await ask(agent, 'whoami'))).toBe('unavailable');
    const seqs = readRaw(safe.file, (db) => db.prepare('SELECT max(seq) FROM entry').pluck().get());
    expect(seqs).toBe(given.seq - 1);
  });
});

describe('a file that went back', () => {
  /** The file as it lies there now, to be put back later. */
  function keep(): () => void {
    readRaw(safe.file, (db) => db.pragma('wal_checkpoint(TRUNCATE)'));
    const kept = join(folder, 'kept.db');
    copyFileSync(safe.file, kept);
    return () => {
      for (const suffix of ['-wal', '-shm']) rmSync(safe.file + suffix, { force: true });
      copyFileSync(kept, safe.file);
    };
  }

  test('as a whole is found by its anchor; the owner can accept it, and that is recorded', async () => {
    const putBack = keep();
    await safe.owner.deleteToken(byName('bot'), { rotate: true });
    await safe.owner.checkpoint();
    await safe.owner.close();
    await agent.close();
    putBack();
    await refusedWith('integrity', safe.reopen());
    const on = { origin: ORIGIN, options: safe.options };
    const owner = await openOwner(safe.places, { password: PASSWORD, acceptRollback: true }, on);
    const { data } = await owner.listEntries({ query: 'action:safe.unlock', limit: 1 });
    const detail = await owner.showEntry(data[0]?.seq ?? 0);
    expect(detail.detail).toMatch(/a rollback was accepted/);
    await owner.checkpoint();
    await owner.close();
    await safe.reopen();
  });
});

describe('an anchor tells no lies:', () => {
  test.each(['its commit', 'its record'])('a checkpoint that fails at %s leaves none', async (at) => {
    await safe.owner.checkpoint();
    const { owner, faults } = await faultyOwnerOf(safe);
    faults.onStatement = (sql) => {
      if (at === 'its record' && /^INSERT INTO checkpoint/.test(sql)) throw new Error('the power went');
    };
    if (at === 'its commit') faults.arm('commit', { error: () => new Error('the power went') });
    await expect(owner.checkpoint()).rejects.toThrow(/the power went/);
    await owner.close();
    expect(codeOf(await ask(await safe.agent(late), 'whoami'))).toBe('granted');
    expect((await (await safe.reopen()).verify({ full: true })).fault).toBeNull();
  });

  test('whoever begins while a checkpoint is signed sees no log that went back', async () => {
    const rig = await rigOf(safe, late);
    const { faults } = rig;
    const real = faults.run.bind(faults);
    let left = 1;
    // the snapshot of the first call has begun, and a checkpoint is signed before it is held against the anchor
    faults.run = async (sql, execute) => {
      const result = await real(sql, execute);
      if (/FROM state/.test(sql) && left-- > 0) await safe.owner.checkpoint();
      return result;
    };
    const answer = await ask(rig.gate, 'get_item', { item: 'A', fields: ['password'] });
    await rig.gate.close();
    expect(codeOf(answer)).toBe('granted');
  });
});

describe('the log of another safe', () => {
  let other: TestSafe;
  beforeEach(async () => {
    other = await makeSafe();
    await other.owner.createItem(byName('Personal'), { type: 'login', title: 'B' });
    await other.token('stranger', ['Personal']);
    await other.token('late', ['Personal']);
  });
  afterEach(async () => other.end());

  const taking = (tables: readonly string[]): void =>
    readRaw(other.file, (from) => withRaw(safe.file, (db) => takeOver(db, from, tables)));

  test('is not taken for this one’s', async () => {
    taking(LOG_TABLES);
    const owner = await safe.reopen();
    await refusedWith('integrity', owner.listVaults());
    await refusedWith('integrity', owner.createVault({ name: 'New' }));
    expect((await owner.verify({ full: true })).fault?.seq).toBe(1);
  });

  test('nor with its state', async () => {
    taking([...LOG_TABLES, 'state']);
    await refusedWith('integrity', safe.reopen());
  });

  test('one entry of it is named', async () => {
    const row = readRaw(other.file, (db) => oneOf(db, 'SELECT * FROM entry WHERE seq = 3'));
    const session = readRaw(other.file, (db) => oneOf(db, 'SELECT * FROM log_session'));
    withRaw(safe.file, (db) => {
      removeBetween(db, 3, 3);
      insertRow(db, 'entry', row);
      insertRow(db, 'log_session', session);
    });
    const { fault } = await (await safe.reopen()).verify({ full: true });
    expect(fault).toEqual({ seq: 3, message: expect.stringMatching(/was changed/) });
  });
});

describe('the command line', () => {
  const damages: readonly (readonly [string, number, (db: Raw) => void])[] = [
    ['a changed cell', 3, (db) => setCells(db, 3, { at: 5 })],
    ['an entry that is gone', 4, (db) => removeBetween(db, 4, 4)],
    ['a signature of nobody', 3, (db) => setCells(db, 3, { signature: new Uint8Array(64) })],
  ];

  test('ends with 8, and names the first bad entry', async () => {
    const station = new Station('damaged');
    try {
      await station.open();
      for (const title of ['One', 'Two'])
        await station.ok(['item', 'create', 'login', '--vault', 'Personal', '--title', title]);
      const kept = `${station.database}.kept`;
      readRaw(station.database, (db) => db.pragma('wal_checkpoint(TRUNCATE)'));
      copyFileSync(station.database, kept);
      for (const [what, seq, make] of damages) {
        for (const suffix of ['-wal', '-shm']) rmSync(station.database + suffix, { force: true });
        copyFileSync(kept, station.database);
        withRaw(station.database, make);
        const { status, stdout, stderr } = await station.run(['audit', 'verify', '--full', '--json']);
        expect({ what, status, stderr }).toEqual({
          what,
          status: 8,
          stderr: expect.stringContaining(`Entry ${seq}: `),
        });
        expect(JSON.parse(stdout)).toMatchObject({ ok: false, fault: { seq } });
      }
    } finally {
      station.end();
    }
  });
});
