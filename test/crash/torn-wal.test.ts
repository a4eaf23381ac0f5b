/**
 * A write-ahead log that was cut or damaged: at every frame's end, inside of its header and inside of its page. What is
 * left opens and verifies, holds every entry whose commit is whole and nothing of a later one, and works on; or, where a
 * checkpoint outside knows of more, it is refused as gone back.
 */
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Refusal } from '../../src/core/refusal.js';
import type { Places } from '../../src/gate/door.js';
import { openOwner } from '../../src/gate/open.js';
import { openAgent } from '../../src/gate/open-agent.js';
import { openSafe } from '../../src/gate/safe.js';
import { verify } from '../../src/gate/verify.js';
import { captureStderr, entriesAfter, lastSeq, withConnection } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, ORIGIN, PASSWORD, type TestSafe } from '../support/safe.js';

captureStderr();
const HEADER = 32;
const FRAME_HEADER = 24;

/** Where the log stood in the file at one moment: the last entry and the length of the write-ahead log. */
interface Mark {
  readonly seq: number;
  readonly hash: string;
  readonly size: number;
}

let safe: TestSafe;
let folder: string;
let token: string;
let marks: Mark[];
let wal: Buffer;
let frame: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-torn-'));
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: 'pw' }],
  });
  ({ token } = await safe.token('bot', ['Personal'], 'editor'));
  withConnection(safe.file, (connection) => connection.pragma('wal_checkpoint(TRUNCATE)'));
  marks = [mark()];
  const door = await safe.agent(token);
  const steps: (() => Promise<unknown>)[] = [
    () => ask(door, 'get_item', { item: 'A', fields: ['password'] }),
    () => ask(door, 'update_item', { item: 'A', set: { password: 'pw-2' } }),
    () => ask(door, 'nothing'),
    () =>
      ask(door, 'create_item', {
        vault: 'Personal',
        type: 'note',
        title: 'N',
        fields: [{ name: 'text', value: 'n'.repeat(9_000) }],
      }),
    () => safe.owner.createVault({ name: 'Later' }),
    () => ask(door, 'get_item', { item: 'A' }),
  ];
  for (const step of steps) {
    await step();
    marks.push(mark());
  }
  wal = readFileSync(`${safe.file}-wal`);
  frame = FRAME_HEADER + wal.readUInt32BE(8);
});

afterEach(async () => {
  await safe.end();
  rmSync(folder, { recursive: true, force: true });
});

function mark(): Mark {
  const newest = entriesAfter(safe.file, lastSeq(safe.file) - 1)[0];
  const size = statSync(`${safe.file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return { seq: newest?.seq ?? 0, hash: newest?.hash ?? '', size };
}

/** A copy of the safe with another write-ahead log. */
function copyWith(bytes: Uint8Array): Places {
  const home = mkdtempSync(join(folder, 'copy-'));
  copyFileSync(safe.file, join(home, 'safe.db'));
  writeFileSync(join(home, 'safe.db-wal'), bytes, { mode: 0o600 });
  const state = join(home, 'state');
  cpSync(safe.places.state, state, { recursive: true });
  return { home, state, runtime: join(home, 'run') };
}

/** What must be left where the log is whole up to `size`. */
function expected(size: number): Mark {
  const left = marks.findLast((one) => one.size <= size) ?? marks[0];
  if (left === undefined) throw new Error('no marks');
  return left;
}

async function expectWorks(places: Places, left: Mark): Promise<void> {
  const file = join(places.home, 'safe.db');
  const opened = await openSafe(places);
  try {
    expect((await verify(opened, null, { full: true, progress: () => undefined })).fault).toBeNull();
    const rows = entriesAfter(file);
    expect(rows.at(-1)).toMatchObject({ seq: left.seq, hash: left.hash });
    for (const { seq, hash } of marks.filter((one) => one.seq <= left.seq))
      expect(rows[seq - 1]).toMatchObject({ seq, hash });
  } finally {
    opened.close();
  }
}

async function expectGoesOn(places: Places, left: Mark): Promise<void> {
  const owner = await openOwner(places, { password: PASSWORD }, { origin: ORIGIN, options: safe.options });
  expect((await owner.info()).entries).toBe(left.seq);
  await owner.close();
  const door = await openAgent(places, { kind: 'token', text: token }, { transport: 'cli', clock: safe.options.clock });
  const answer = await ask(door, 'get_item', { item: 'A', fields: ['password'] });
  expect(answer).toMatchObject({ ok: true, receipt: { seq: left.seq + 1 } });
  await door.close();
}

test('the steps left a log of many frames in several commits', () => {
  expect((wal.length - HEADER) % frame).toBe(0);
  expect((wal.length - HEADER) / frame).toBeGreaterThan(20);
  expect(new Set(marks.map(({ size }) => size)).size).toBe(marks.length);
  expect(marks.at(-1)?.size).toBe(wal.length);
});

test('cut at every end of a frame', async () => {
  for (let end = HEADER; end <= wal.length; end += frame) {
    const places = copyWith(wal.subarray(0, end));
    await expectWorks(places, expected(end));
    if (marks.some(({ size }) => size === end)) await expectGoesOn(places, expected(end));
    rmSync(places.home, { recursive: true });
  }
});

test('cut inside of every frame, in its header and in its page', async () => {
  for (let n = 0, start = HEADER; start < wal.length; n += 1, start += frame) {
    const end = n % 2 === 0 ? start + 11 : start + FRAME_HEADER + (start % 4_000);
    const places = copyWith(wal.subarray(0, end));
    await expectWorks(places, expected(end));
    rmSync(places.home, { recursive: true });
  }
});

test('cut inside of its own header, or gone', async () => {
  const [first] = marks;
  if (first === undefined) throw new Error('no marks');
  for (const end of [0, 1, 16, 31]) {
    const places = copyWith(wal.subarray(0, end));
    await expectWorks(places, first);
    await expectGoesOn(places, first);
  }
});

test('one byte changed in a frame: what came before it stands, and nothing after it is believed', async () => {
  for (let start = HEADER; start < wal.length; start += 3 * frame) {
    const damaged = Buffer.from(wal);
    const at = start + FRAME_HEADER + 100;
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    const places = copyWith(damaged);
    await expectWorks(places, expected(start));
    rmSync(places.home, { recursive: true });
  }
});

test('a cut before the newest checkpoint is refused as gone back, to the owner and to agents', async () => {
  await safe.owner.unlock(60_000);
  const anchored = mark();
  const full = readFileSync(`${safe.file}-wal`);
  for (const { size } of marks.slice(1)) {
    const places = copyWith(full.subarray(0, size));
    const opening = openOwner(places, { password: PASSWORD }, { origin: ORIGIN, options: safe.options });
    const error: unknown = await opening.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Refusal);
    expect(error).toMatchObject({ code: 'integrity' });
    const door = await openAgent(
      places,
      { kind: 'token', text: token },
      { transport: 'cli', clock: safe.options.clock },
    );
    expect(codeOf(await ask(door, 'get_item', { item: 'A', fields: ['password'] }))).toBe('unavailable');
    await door.close();
    const accepting = { password: PASSWORD, acceptRollback: true };
    const owner = await openOwner(places, accepting, { origin: ORIGIN, options: safe.options });
    expect((await owner.verify({ full: true })).fault).toBeNull();
    await owner.unlock(60_000);
    await owner.close();
  }
  const whole = copyWith(full.subarray(0, anchored.size));
  await expectWorks(whole, anchored);
});
