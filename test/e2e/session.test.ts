/** The owner's session, the ways in, and a safe that is carried elsewhere. */
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, REASON, Station } from './station.js';
import { atTerminal, NO_TERMINAL } from './terminal.js';
import { play } from './transcript.js';

const NEW_PASSWORD = 'kitchen staple orbit 42 zebra';

let station: Station;
let token: string;

beforeAll(async () => {
  station = new Station('session');
  await station.openNew('--recovery-code', join(station.folder, 'recovery'));
  await station.ok(['item', 'create', 'login', '--title', 'Grafana', '--secret', 'password'], { input: 'canary-77aa' });
  token = await station.token('bot', '--agent', '--vault', 'Personal');
});

afterAll(() => station.end());

test('init prints the fingerprint, makes 0600 files in 0700 folders, and the recovery code for its file alone', async () => {
  const { fingerprint } = await station.json(['info']);
  expect(fingerprint).toMatch(/^(?:[0-9a-f]{4} ){9}[0-9a-f]{4}$/);
  expect(station.read('recovery').trim()).toMatch(/^[a-z]+(?:-[a-z]+){14}$/);
  for (const folder of [station.home, station.state, join(station.folder, 'run', 'vouchsafe')]) {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const found = statSync(join(folder, name));
      expect([name, found.mode & 0o777]).toEqual([name, found.isDirectory() ? 0o700 : 0o600]);
    }
  }
  expect(statSync(join(station.folder, 'recovery')).mode & 0o777).toBe(0o600);
});

test('unlock prints what the shell takes; lock ends all sessions at once', async () => {
  await play(
    station,
    `
    $ vouchsafe unlock --password-stdin < $HOME/password
    export VOUCHSAFE_SESSION=<session>
    ! Unlocked until <time> (UTC). vouchsafe lock ends it at once.
    $ vouchsafe unlock --shell fish --password-stdin < $HOME/password 2> /dev/null
    set -gx VOUCHSAFE_SESSION <session>
    $ eval "$(vouchsafe unlock --password-stdin < $HOME/password 2> /dev/null)" && vouchsafe info | head -1
    Owner, by VOUCHSAFE_SESSION
    $ vouchsafe lock
    Locked. Sessions ended: 4
    $ vouchsafe info
    ! The session has ended.
    ! eval "$(vouchsafe unlock)"
    [exit 4]
    $ vouchsafe unlock --ttl 2d
    ! The time to stay unlocked is longer than a day.
    ! Write minutes or hours: --ttl 15min, --ttl 8h (m means months).
    [exit 2]
    `,
  );
  await station.unlock();
});

test.skipIf(NO_TERMINAL !== undefined)('at a terminal init asks twice, and says what a password lacks', async () => {
  const home = join(station.folder, 'typed-home');
  const { status, stdout } = await atTerminal(station, {
    args: ['init'],
    steps: [
      ['Master password:', 'short\r'],
      ['Master password:', `${NEW_PASSWORD}\r`],
      ['Once more:', 'something else\r'],
      ['Master password:', `${NEW_PASSWORD}\r`],
      ['Once more:', `${NEW_PASSWORD}\r`],
    ],
    env: { VOUCHSAFE_HOME: home },
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining(`Made the safe in ${home}.`) });
  expect(stdout).toMatch(/fewer than 10 characters[^]*not the same[^]*Next: vouchsafe item create login/);
  expect(stdout).not.toContain('kitchen');
});

test('either half of a session alone opens nothing', async () => {
  const session = station.env['VOUCHSAFE_SESSION']!;
  const elsewhere = await station.run(['info'], { env: { XDG_RUNTIME_DIR: join(station.folder, 'nowhere') } });
  expect(elsewhere).toMatchObject({ status: 4, stdout: '' });
  const guessed = `${session.slice(0, -4)}AAAA`;
  expect(await station.run(['info'], { env: { VOUCHSAFE_SESSION: guessed } })).toMatchObject({ status: 4, stdout: '' });
  expect((await station.run(['info'])).status).toBe(0);
});

test('a session ends by itself, and does not prolong itself', async () => {
  const short = await station.json(['unlock', '--ttl', '1min', '--password-stdin'], { input: `${PASSWORD}\n` });
  expect(Date.parse(short.expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
  const env = { VOUCHSAFE_SESSION: short.session };
  expect((await station.run(['info'], { env })).status).toBe(0);
  expect(await station.run(['unlock', '--ttl', '1d'], { env })).toMatchObject({ status: 4, stdout: '' });
});

test('unlock -- CMD gives the session to that command alone, with its exit status', async () => {
  const how = { env: { VOUCHSAFE_SESSION: undefined, VOUCHSAFE_PASSWORD_FILE: station.passwordFile } };
  const listed = await station.run(['unlock', '--', 'vouchsafe', 'pat', 'list', '--brief'], how);
  expect(listed).toMatchObject({ status: 0, stdout: expect.stringContaining(']: bot (expires: ') });
  const failed = await station.run(['unlock', '--', 'sh', '-c', 'exit 7'], how);
  expect(failed).toMatchObject({ status: 7, stdout: '' });
  expect((await station.run(['unlock', '--', 'no-such-command'], how)).status).toBe(1);
  expect((await station.run(['info'], { env: { VOUCHSAFE_SESSION: undefined } })).status).toBe(4);
});

test('the server and what an agent starts never hold the session', async () => {
  const { stdout } = await station.run(['mcp'], {
    input: `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } })}\n`,
    env: { VOUCHSAFE_PASSWORD_FILE: station.passwordFile },
  });
  expect(JSON.parse(stdout).result.structuredContent.error.code).toBe('unauthenticated');
});

test('the recovery code opens, without regard to how it was typed; a wrong one does not', async () => {
  const typed = station.file('typed', station.read('recovery').toUpperCase().replaceAll('-', ' '));
  const env = { VOUCHSAFE_SESSION: undefined };
  const opened = await station.json(['unlock', '--recovery-code', typed], { env });
  expect((await station.run(['info'], { env: { VOUCHSAFE_SESSION: opened.session } })).status).toBe(0);
  const wrong = station.file('wrong', station.read('recovery').trim().split('-').reverse().join('-'));
  const refused = await station.run(['unlock', '--recovery-code', wrong], { env });
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).not.toContain(station.read('recovery').slice(0, 12));
});

test('passwd changes the password, not the safe: sessions and tokens go on', async () => {
  const weak = await station.run(['passwd'], { input: 'password1234\n' });
  expect(weak).toMatchObject({ status: 2, stdout: '' });
  const env = { VOUCHSAFE_SESSION: undefined };
  const both = `${PASSWORD}\n${NEW_PASSWORD}\n`;
  expect(await station.ok(['passwd', '--password-stdin'], { env, input: both })).toBe(
    'The master password is changed.\n',
  );
  const old = await station.run(['info'], { env: { ...env, VOUCHSAFE_PASSWORD_FILE: station.passwordFile } });
  expect(old).toMatchObject({ status: 4, stderr: expect.stringContaining('The master password is wrong.') });
  station.file('password', `${NEW_PASSWORD}\n`);
  expect((await station.run(['info'])).status).toBe(0);
  expect((await station.asToken(token, ['info'])).status).toBe(0);
});

test('a backup is restored elsewhere: all tokens stay frozen until each is lifted', async () => {
  const backup = join(station.folder, 'backup.db');
  const { entries } = await station.json(['backup', '--to', backup]);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(await station.run(['backup', '--to', backup])).toMatchObject({ status: 6, stdout: '' });
  expect(await station.run(['backup', '--to', '/no/such/folder/b.db'])).toMatchObject({ status: 1, stdout: '' });

  // On a machine of its own: the anchor of the first safe would show that this one went back.
  const other = new Station('restored');
  try {
    cpSync(station.state, other.state, { recursive: true });
    other.file('password', station.read('password'));
    const garbage = await other.run(['restore', other.file('garbage', 'x'.repeat(9000))]);
    expect(garbage).toMatchObject({ status: 8, stdout: '' });
    expect(await other.run(['restore', join(other.folder, 'missing')])).toMatchObject({ status: 3, stdout: '' });
    expect(await other.run(['restore', other.folder])).toMatchObject({ status: 1, stdout: '' });
    expect((await other.json(['restore', backup])).entries).toBe(entries);
    expect((await other.asToken(token, ['info'])).stderr).toContain('revoked');
    await other.unlock();
    expect((await other.json(['pat', 'list'])).data[0]).toMatchObject({ name: 'bot', status: 'frozen' });
    const view = ['item', 'view', 'Grafana', '--field', 'password', '--reason', REASON];
    expect(await other.asToken(token, view)).toMatchObject({ status: 4, stdout: '' });
    await other.ok(['pat', 'unfreeze', 'bot']);
    expect(await other.asToken(token, view)).toEqual({ status: 0, stdout: 'canary-77aa\n', stderr: '' });
    expect(await other.json(['audit', 'verify', '--full'])).toMatchObject({ ok: true, fault: null });
    const { data } = await other.json(['audit', 'list', 'action:safe.lockdown']);
    expect(data).toHaveLength(1);
  } finally {
    other.end();
  }
});

test('an older file in the place of the safe is noticed, and taken only when the owner says so', async () => {
  cpSync(station.database, join(station.folder, 'older.db'));
  await station.ok(['vault', 'create', 'Later']);
  await station.ok(['audit', 'checkpoint']);
  for (const suffix of ['-wal', '-shm']) rmSync(station.database + suffix, { force: true });
  cpSync(join(station.folder, 'older.db'), station.database);
  const found = await station.run(['vault', 'list']);
  expect(found).toMatchObject({ status: 8, stdout: '', stderr: expect.stringContaining('--accept-rollback') });
  const input = station.read('password');
  const accepted = await station.json(['unlock', '--accept-rollback', '--password-stdin'], { input });
  station.env['VOUCHSAFE_SESSION'] = accepted.session;
  expect(await station.ok(['vault', 'list'])).not.toContain('Later');
  expect(await station.json(['audit', 'verify', '--full'])).toMatchObject({ ok: true, fault: null });
});
