/** Issue 2 section 7, for the file of the safe: one clear refusal each, nothing lost, nothing changed, nothing leaked. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RefusalCode } from '../../src/core/refusal.js';
import type { Places } from '../../src/gate/door.js';
import { describeSafe, initSafe, openOwner } from '../../src/gate/open.js';
import { openAgent } from '../../src/gate/open-agent.js';
import { openSafe } from '../../src/gate/safe.js';
import {
  captureStderr,
  dump,
  entriesAfter,
  expectVerified,
  lastSeq,
  refusedWith,
  withConnection,
} from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, ORIGIN, PASSWORD } from '../support/safe.js';

captureStderr();
const SECRET = 'canary-file-5a5a';
let safe: Awaited<ReturnType<typeof makeSafe>>;
let token: string;

beforeEach(async () => {
  safe = await makeSafe({ recovery: true });
  await safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: SECRET }],
  });
  ({ token } = await safe.token('bot', ['Personal']));
});
afterEach(async () => {
  await safe.end();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const folders: string[] = [];

const init = { password: PASSWORD, withRecovery: false, origin: ORIGIN };

async function open(places = safe.places): Promise<unknown> {
  const owner = await openOwner(places, { password: PASSWORD }, { origin: ORIGIN, options: safe.options });
  await owner.close();
  return null;
}

/** The safe's files at rest: everything in the one file, and nobody has it open. */
async function atRest(): Promise<void> {
  await safe.owner.close();
  expect(readdirSync(safe.places.home)).toEqual(['safe.db']);
}

/** What an agent is told where the safe cannot be opened. */
async function expectAgentsRefused(): Promise<void> {
  const door = await openAgent(
    safe.places,
    { kind: 'token', text: token },
    { transport: 'stdio', verifyAfterMs: 3_600_000 },
  );
  expect(await door.identity()).toBeNull();
  expect((await door.tools()).length).toBeGreaterThan(5);
  for (const tool of ['whoami', 'get_item']) {
    const answer = await ask(door, tool, tool === 'whoami' ? {} : { item: 'A', fields: ['password'] });
    expect(answer).toMatchObject({ ok: false, receipt: null, error: { code: 'unavailable', ref: expect.any(String) } });
    expect(JSON.stringify(answer)).not.toContain(safe.places.home);
  }
  await door.close();
}

function newPlaces(): Places {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-new-'));
  folders.push(folder);
  return { home: join(folder, 'home'), state: join(folder, 'state'), runtime: join(folder, 'run') };
}

describe('no safe, and one already', () => {
  test('no safe yet: every way in says so and makes nothing', async () => {
    const places = newPlaces();
    const refusal = await refusedWith('not_found', open(places));
    expect(refusal.facts.next).toContain('vouchsafe init');
    expect(await describeSafe(places)).toEqual({ exists: false });
    expect(existsSync(places.home)).toBe(false);
  });

  test('an agent’s door that opened without a safe works from the moment there is one', async () => {
    const places = newPlaces();
    const door = await openAgent(
      places,
      { kind: 'token', text: token },
      { transport: 'stdio', clock: safe.options.clock, verifyAfterMs: 3_600_000 },
    );
    expect(codeOf(await ask(door, 'whoami'))).toBe('unavailable');
    await safe.owner.close();
    mkdirSync(places.home, { mode: 0o700 });
    for (const name of readdirSync(safe.places.home))
      copyFileSync(join(safe.places.home, name), join(places.home, name));
    expect(codeOf(await ask(door, 'whoami'))).toBe('unauthenticated');
    renameSync(safe.places.state, places.state);
    const answer = await ask(door, 'get_item', { item: 'A', fields: ['password'] });
    expect(JSON.stringify(answer)).toContain(SECRET);
    await door.close();
  });

  test('a safe already there is not touched', async () => {
    const before = dump(safe.file);
    await refusedWith('conflict', initSafe(safe.places, init, safe.options));
    expect(dump(safe.file)).toBe(before);
    await expectVerified(safe);
  });

  test('two that make a safe in one place at once: one is made, whole, the other is told', async () => {
    const places = newPlaces();
    const results = await Promise.allSettled([
      initSafe(places, init, safe.options),
      initSafe(places, init, safe.options),
    ]);
    const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(made).toHaveLength(1);
    expect(refused).toMatchObject([{ name: 'Refusal', code: 'conflict' }]);
    expect((await made[0]?.owner.verify({ full: true }))?.fault).toBeNull();
    await made[0]?.owner.close();
    await open(places);
  });
});

describe('wrong proofs', () => {
  test.each([
    ['another password', { password: `${PASSWORD} ` }],
    ['an empty password', { password: '' }],
    ['another recovery code', { recoveryCode: 'abandon '.repeat(20) }],
    ['a session that never was', { session: `vss_${'a'.repeat(16)}_${'A'.repeat(43)}` }],
    ['a session of another form', { session: 'vss_' }],
    ['a session that names a path', { session: `vss_../../../../etc/pa_${'A'.repeat(43)}` }],
  ])('%s opens nothing and changes nothing', async (_name, proof) => {
    const before = dump(safe.file);
    const opening = openOwner(safe.places, proof, { origin: ORIGIN, options: safe.options });
    const error: unknown = await opening.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: 'Refusal', code: expect.stringMatching(/^(locked|invalid_request)$/) });
    expect(dump(safe.file)).toBe(before);
  });

  test('the recovery code opens, also in another case and with other spaces', async () => {
    const code = safe.recoveryCode ?? '';
    for (const text of [code, code.toUpperCase(), ` ${code.replace(/[ -]/g, '  ')} `]) {
      const owner = await safe.reopen({ recoveryCode: text });
      expect((await owner.listVaults()).length).toBe(1);
    }
  });

  test('a session file that was damaged is a session that ended', async () => {
    const { session } = await safe.owner.unlock(60_000);
    const folder = join(safe.places.runtime, 'sessions', safe.owner.safeId);
    const [name = ''] = readdirSync(folder);
    await safe.reopen({ session: session.value });
    for (const text of ['', 'not JSON', '{}', 'null', '[]', '{"expires_at":9e15,"half":"","envelope":""}']) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      await refusedWith('locked', safe.reopen({ session: session.value }));
    }
  });
});

const damage: [name: string, damage: (file: string) => void, code: RefusalCode][] = [
  ['a text', (file) => writeFileSync(file, 'this is no database\n'.repeat(1_000)), 'integrity'],
  ['zeros', (file) => writeFileSync(file, Buffer.alloc(8_192)), 'integrity'],
  ['nothing', (file) => truncateSync(file, 0), 'integrity'],
  ['a file cut inside its header', (file) => truncateSync(file, 50), 'integrity'],
  ['a file cut after its first page', (file) => truncateSync(file, 4_096), 'integrity'],
  ['a file cut inside a page', (file) => truncateSync(file, 4_096 * 9 + 7), 'integrity'],
  [
    'a file cut in the middle',
    (file) => truncateSync(file, Math.floor(lstatSync(file).size / 8_192) * 4_096),
    'integrity',
  ],
  [
    'a database of another program',
    (file) => {
      rmSync(file);
      const other = new SqliteFile(file);
      other.exec('CREATE TABLE notes (text); INSERT INTO notes VALUES (1)');
      other.close();
      chmodSync(file, 0o600);
    },
    'integrity',
  ],
  [
    'a safe of a newer version',
    (file) => withConnection(file, (connection) => void connection.pragma('user_version = 99')),
    'unavailable',
  ],
  [
    'a safe without its number',
    (file) => withConnection(file, (connection) => void connection.pragma('application_id = 0')),
    'integrity',
  ],
  [
    'a safe without its identity',
    (file) => withConnection(file, (connection) => void connection.exec('DELETE FROM safe')),
    'integrity',
  ],
  [
    'a safe with two identities',
    (file) => withConnection(file, (connection) => void connection.exec("INSERT INTO safe VALUES ('x', 1, 1)")),
    'integrity',
  ],
];

describe('another file in its place', () => {
  test.each(damage)('%s is refused, and left as it is', async (_name, spoil, code) => {
    await atRest();
    spoil(safe.file);
    for (const suffix of ['-wal', '-shm']) rmSync(safe.file + suffix, { force: true });
    const before = readFileSync(safe.file);
    await refusedWith(code, open());
    await expectAgentsRefused();
    await refusedWith('conflict', initSafe(safe.places, init, safe.options));
    expect(readFileSync(safe.file).equals(before)).toBe(true);
  });

  test('with any one page overwritten an agent is refused or gets what is right, and the owner is told or sees no fault', async () => {
    await atRest();
    const whole = readFileSync(safe.file);
    let faults = 0;
    for (let at = 0; at < whole.length; at += 4_096) {
      const spoilt = Buffer.from(whole);
      spoilt.fill(0xaa, at, at + 4_096);
      for (const suffix of ['-wal', '-shm']) rmSync(safe.file + suffix, { force: true });
      writeFileSync(safe.file, spoilt);
      const door = await openAgent(
        safe.places,
        { kind: 'token', text: token },
        { transport: 'cli', clock: safe.options.clock },
      );
      const answer = await ask(door, 'get_item', { item: 'A', fields: ['password'] });
      await door.close();
      if (answer.ok) expect(JSON.stringify(answer)).toContain(SECRET);
      else expect(['unavailable', 'unauthenticated', 'not_found']).toContain(answer.error.code);
      const outcome = await verified();
      if (outcome !== 'whole') faults += 1;
    }
    expect(faults).toBeGreaterThan(8);
  });
});

/** What the owner learns of a damaged file; whatever is thrown is a refusal. */
async function verified(): Promise<'whole' | 'fault'> {
  try {
    const owner = await openOwner(safe.places, { password: PASSWORD }, { origin: ORIGIN, options: safe.options });
    try {
      return (await owner.verify({ full: true })).fault === null ? 'whole' : 'fault';
    } finally {
      await owner.close();
    }
  } catch (error) {
    expect(error).toMatchObject({ name: 'Refusal', code: expect.stringMatching(/^(integrity|locked|unavailable)$/) });
    return 'fault';
  }
}

describe('modes and links', () => {
  test.each([0o666, 0o620, 0o602, 0o622, 0o640, 0o604])('a file of mode %o is not opened', async (mode) => {
    chmodSync(safe.file, mode);
    const refusal = await refusedWith('unavailable', open());
    expect(refusal.facts.next).toContain('chmod 600');
    await expectAgentsRefused();
    chmodSync(safe.file, 0o600);
    await open();
  });

  test.each([0o777, 0o770, 0o707, 0o722])('a folder of mode %o is not entered', async (mode) => {
    chmodSync(safe.places.home, mode);
    const refusal = await refusedWith('unavailable', open());
    expect(refusal.facts.next).toContain('chmod 700');
    await expectAgentsRefused();
    chmodSync(safe.places.home, 0o700);
    await open();
  });

  test.each(['-wal', '-shm'])('a journal %s that others may write is not used', async (suffix) => {
    chmodSync(safe.file + suffix, 0o666);
    await refusedWith('unavailable', open());
    await expectAgentsRefused();
  });

  test.each([
    ['file', (home: string) => join(home, 'safe.db')],
    ['folder', (home: string) => home],
  ])('a symbolic link in the place of the %s is not followed', async (_name, place) => {
    await atRest();
    const path = place(safe.places.home);
    renameSync(path, `${path}-real`);
    symlinkSync(`${path}-real`, path);
    await refusedWith('unavailable', open());
    await expectAgentsRefused();
  });

  test.each(['-wal', '-shm'])('a symbolic link in the place of the journal %s is not followed', async (suffix) => {
    await atRest();
    const target = join(safe.places.home, '..', 'elsewhere');
    writeFileSync(target, 'precious', { mode: 0o600 });
    symlinkSync(target, safe.file + suffix);
    await refusedWith('unavailable', open());
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  test('a link that leads nowhere is not made into a safe, nor is a folder', async () => {
    for (const make of [(path: string) => symlinkSync('/nowhere/at/all', path), (path: string) => mkdirSync(path)]) {
      const places = newPlaces();
      mkdirSync(places.home, { recursive: true, mode: 0o700 });
      make(join(places.home, 'safe.db'));
      const error: unknown = await initSafe(places, init, safe.options).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ name: 'Refusal', code: expect.stringMatching(/^(conflict|unavailable)$/) });
      await refusedWith('unavailable', open(places));
    }
  });

  test('everything that is made is private, whatever the umask', async () => {
    const old = process.umask(0);
    try {
      const places = newPlaces();
      const { owner } = await initSafe(places, init, safe.options);
      await owner.createToken({ name: 'x', isAgent: true });
      await owner.unlock(60_000);
      const backup = join(places.home, '..', 'backup.db');
      await owner.backup(backup);
      for (const folder of [places.home, places.state, places.runtime]) {
        expect(lstatSync(folder).mode & 0o077).toBe(0);
        for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
          expect([entry.name, lstatSync(join(entry.parentPath, entry.name)).mode & 0o077]).toEqual([entry.name, 0]);
      }
      expect(lstatSync(backup).mode & 0o777).toBe(0o600);
      await owner.close();
    } finally {
      process.umask(old);
    }
  });
});

describe('the host share', () => {
  const shareOf = (): string => join(safe.places.state, safe.owner.safeId, 'host-share');

  test('lost: tokens open nothing and are told to be renewed; the owner opens; renewed tokens work', async () => {
    rmSync(shareOf());
    const door = await safe.agent(token);
    const answer = await ask(door, 'get_item', { item: 'A', fields: ['password'] });
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'unauthenticated', next: expect.stringContaining('renew') },
    });
    expect(entriesAfter(safe.file, lastSeq(safe.file) - 1)).toMatchObject([
      { actor_kind: 'none', code: 'unauthenticated' },
    ]);
    const owner = await safe.reopen();
    const renewed = await owner.renewToken(byName('bot'), { rotate: false });
    expect(lstatSync(shareOf()).mode & 0o777).toBe(0o600);
    expect(codeOf(await ask(await safe.agent(renewed.token), 'get_item', { item: 'A', fields: ['password'] }))).toBe(
      'granted',
    );
    await expectVerified(safe);
  });

  test('of another host: the token opens nothing', async () => {
    writeFileSync(shareOf(), Buffer.alloc(32, 7));
    expect(codeOf(await ask(await safe.agent(token), 'whoami'))).toBe('unauthenticated');
  });

  test.each([0, 31, 33])('of %i bytes: one clear refusal, and it is not overwritten', async (size) => {
    writeFileSync(shareOf(), Buffer.alloc(size));
    expect(codeOf(await ask(await safe.agent(token), 'whoami'))).toBe('unavailable');
    await refusedWith('unavailable', safe.owner.createToken({ name: 'next', isAgent: true }));
    expect(lstatSync(shareOf()).size).toBe(size);
    expect((await safe.owner.listTokens({ all: true, agentsOnly: false, limit: 10 })).data).toHaveLength(1);
  });
});

describe('a busy database', () => {
  test('a lock that another holds for a while is waited for; reading goes on meanwhile', async () => {
    const door = await safe.agent(token);
    expect(codeOf(await ask(door, 'whoami'))).toBe('granted');
    const other = new SqliteFile(safe.file, { timeout: 0 });
    other.exec('BEGIN IMMEDIATE');
    const before = lastSeq(safe.file);
    let isHeld = true;
    const wait = ask(door, 'get_item', { item: 'A', fields: ['password'] }).then((answer) => [answer, isHeld] as const);
    const command = safe.owner.createVault({ name: 'Waited' }).then(() => isHeld);
    expect((await safe.owner.listVaults()).length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(lastSeq(safe.file)).toBe(before);
    isHeld = false;
    other.exec('COMMIT');
    other.close();
    const [answer, wasHeld] = await wait;
    expect([codeOf(answer), wasHeld, await command]).toEqual(['granted', false, false]);
    expect(entriesAfter(safe.file, before)).toHaveLength(2);
    await expectVerified(safe);
  });

  test('a lock that stays gives a refusal that may be tried again, and nothing is written', async () => {
    const opened = await openSafe(safe.places);
    const other = new SqliteFile(safe.file, { timeout: 0 });
    other.exec('BEGIN IMMEDIATE');
    const real = performance.now.bind(performance);
    let skipped = 0;
    // sixteen seconds go by at each look at the clock
    performance.now = () => real() + (skipped += 16_000);
    try {
      const refusal = await refusedWith(
        'unavailable',
        opened.database.transaction(async () => Promise.resolve(1)),
      );
      expect(refusal.facts).toMatchObject({ retryable: true, detail: 'SQLITE_BUSY' });
    } finally {
      performance.now = real;
      other.exec('ROLLBACK');
      other.close();
    }
    expect(await opened.database.transaction(async () => Promise.resolve(2))).toBe(2);
    opened.close();
  });
});
