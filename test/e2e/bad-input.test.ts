/** Section 7 of the issue, from outside: one clear error each, nothing lost, nothing leaked, the right exit status. */
import {
  chmodSync,
  chownSync,
  cpSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initSafe } from '../../src/gate/open.js';
import { CHEAP, CHEAP_BOUNDS, ORIGIN, PASSWORD as OTHER_PASSWORD } from '../support/safe.js';
import { PASSWORD, Station, type How, type Ran, type Variables } from './station.js';
import { atTerminal, NO_TERMINAL } from './terminal.js';
import { mayBeRunByOthers } from '../support/processes.js';

const SECRET = 'canary-5b21-secret';

let station: Station;
let agent: string;
let plain: string;

beforeAll(async () => {
  station = await new Station('bad').open();
  await station.ok(['vault', 'create', 'Production']);
  const item = ['item', 'create', 'login', '--vault', 'Production', '--title'];
  await station.ok([...item, 'Grafana', '--secret', 'password'], { input: SECRET });
  await station.ok([...item, 'Twice']);
  await station.ok(['item', 'create', 'login', '--vault', 'Personal', '--title', 'Twice']);
  agent = await station.token('agent', '--agent', '--vault', 'Production', '--role', 'editor');
  plain = await station.token('plain', '--vault', 'Production');
});

afterAll(() => station.end());

/** Two lines on stderr and nothing else, in human words and as JSON; no secret and no place in the program in them. */
function expectFailure(
  { status, stdout, stderr }: Ran,
  expected: { status: number; says: RegExp; next?: RegExp },
): void {
  expect({ status, stdout, stderr }).toEqual({ status: expected.status, stdout: '', stderr: expect.any(String) });
  expectHarmless(stderr);
  const [message = '', next = '', ...more] = stderr.replace(/\n$/, '').split('\n');
  expect({ message, more }).toEqual({ message: expect.stringMatching(expected.says), more: [] });
  expect(next).toMatch(expected.next ?? /\S/);
}

function expectHarmless(text: string): void {
  const session = station.env['VOUCHSAFE_SESSION'] ?? '';
  for (const secret of [PASSWORD, OTHER_PASSWORD, SECRET, session, agent, plain]) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/vsp_[0-9A-Za-z]{20}|\n\s+at |\.js:|node:/);
}

interface Bad extends How {
  readonly args: readonly string[];
  readonly status: number;
  readonly code: string;
  readonly says: RegExp;
  readonly next?: RegExp;
}

const shown = new Set<string>();

/** Runs it as a person does, and the first command and the first fault of each kind as a program does. */
async function refuse({ args, status, code, says, next, ...how }: Bad): Promise<void> {
  expectFailure(await station.run(args, how), { status, says, ...(next === undefined ? {} : { next }) });
  const kinds = [code, args.slice(0, 2).join(' ')];
  if (kinds.every((kind) => shown.has(kind))) return;
  kinds.forEach((kind) => shown.add(kind));
  const json = await station.run([...args, '--output', 'json'], how);
  expect({ status: json.status, stdout: json.stdout }).toEqual({ status, stdout: '' });
  expectHarmless(json.stderr);
  const { error } = JSON.parse(json.stderr);
  expect(error).toMatchObject({ code, message: expect.stringMatching(says), next: expect.any(String) });
  expect(json.stderr.trim().split('\n')).toHaveLength(1);
}

const asToken = (text: string): Variables => ({ VOUCHSAFE_PERSONAL_ACCESS_TOKEN: text, VOUCHSAFE_SESSION: undefined });
const LOCKED = { VOUCHSAFE_SESSION: undefined };

describe('there is no safe yet', () => {
  const nowhere = () => ({ VOUCHSAFE_HOME: join(station.folder, 'nowhere') });
  const expected = {
    status: 3,
    code: 'not_found',
    says: /^There is no safe in .*nowhere yet\.$/,
    next: /vouchsafe init/,
  };

  test.each(['pat list', 'item view x', 'unlock', 'lock'])('vouchsafe %s', async (line) => {
    await refuse({ args: line.split(' '), env: nowhere(), ...expected });
  });
  test('for a token', async () => {
    await refuse({ args: ['info'], env: { ...nowhere(), ...asToken(plain) }, ...expected });
  });
  test('and bare vouchsafe says what to do first', async () => {
    expect(await station.ok([], { env: { ...nowhere(), ...LOCKED } })).toContain('vouchsafe init');
  });
});

test('a safe that is there already is not made again, nor restored over', async () => {
  const before = await station.ok(['audit', 'list', '--json']);
  const env = { VOUCHSAFE_PASSWORD_FILE: station.passwordFile, ...LOCKED };
  await refuse({ args: ['init'], env, status: 6, code: 'conflict', says: /There is a safe in .* already/ });
  await refuse({
    args: ['restore', station.passwordFile],
    status: 6,
    code: 'conflict',
    says: /nothing was overwritten/,
  });
  expect(await station.ok(['audit', 'list', '--json'])).toBe(before);
});

test('a wrong password, a session of nobody, a password in the open', async () => {
  const wrong = station.file('wrong', 'not the password at all\n');
  const locked = { status: 4, code: 'locked' };
  await refuse({
    args: ['pat', 'list'],
    env: { ...LOCKED, VOUCHSAFE_PASSWORD_FILE: wrong },
    ...locked,
    says: /password is wrong/,
  });
  const open = station.file('open', `${PASSWORD}\n`, 0o644);
  const env = { ...LOCKED, VOUCHSAFE_PASSWORD_FILE: open };
  await refuse({ args: ['pat', 'list'], env, ...locked, says: /can be read by others/, next: /chmod 600/ });
  await refuse({ args: ['pat', 'list'], env: LOCKED, ...locked, says: /is locked/, next: /vouchsafe unlock/ });
  await refuse({ args: ['pat', 'list'], env: { VOUCHSAFE_SESSION: 'vss_x' }, ...locked, says: /not the value/ });
  const weak = { VOUCHSAFE_HOME: join(station.folder, 'weak'), ...LOCKED };
  const init = { args: ['init', '--password-stdin'], env: weak, status: 2, code: 'invalid_request' };
  await refuse({ ...init, input: 'short\n', says: /fewer than 10 characters/ });
  await refuse({ ...init, input: 'passwordpassword\n', says: /too weak/, next: /password generate/ });
});

describe('the file of the safe', () => {
  const LIST = ['pat', 'list'];
  let home: string;
  let file: string;

  /** A copy of the safe that a test may spoil. */
  function copy(): Variables {
    home = join(station.folder, `copy-${String(Math.random())}`);
    file = join(home, 'safe.db');
    cpSync(station.home, home, { recursive: true });
    chmodSync(home, 0o700);
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    return { VOUCHSAFE_HOME: home };
  }

  function withDatabase(work: (database: SqliteFile.Database) => void): void {
    const database = new SqliteFile(file);
    work(database);
    database.close();
  }

  test('is no database', async () => {
    const env = copy();
    writeFileSync(file, 'not a database, but long enough to look like one. '.repeat(100), { mode: 0o600 });
    const expected = { status: 8, code: 'integrity', says: /not a safe/ };
    await refuse({ args: LIST, env, ...expected });
    await refuse({ args: ['info'], env: { ...env, ...asToken(plain) }, ...expected });
    await refuse({ args: [], env, ...expected });
    const server = await station.run(['mcp'], { env: { ...env, ...asToken(plain) } });
    expect(server).toMatchObject({ status: 0, stdout: '', stderr: expect.stringContaining('The file is not a safe.') });
  });
  test('is another database', async () => {
    const env = copy();
    rmSync(file);
    withDatabase((database) => database.exec('CREATE TABLE a (b)'));
    chmodSync(file, 0o600);
    await refuse({ args: LIST, env, status: 8, code: 'integrity', says: /a database, but not a safe/ });
  });
  test('was cut short', async () => {
    const env = copy();
    truncateSync(file, 40_960);
    await refuse({ args: LIST, env, status: 8, code: 'integrity', says: /damaged/ });
    await refuse({ args: ['audit', 'verify'], env, status: 8, code: 'integrity', says: /damaged/ });
  });
  test('is of a newer version', async () => {
    const env = copy();
    withDatabase((database) => database.pragma('user_version = 99'));
    await refuse({
      args: LIST,
      env,
      status: 1,
      code: 'unavailable',
      says: /newer Vouchsafe \(format 99/,
      next: /nstall/,
    });
  });
  test('can be read by others', async () => {
    const env = copy();
    chmodSync(file, 0o644);
    await refuse({ args: LIST, env, status: 1, code: 'unavailable', says: /open to other users/, next: /^chmod 600/ });
    chmodSync(file, 0o600);
    chmodSync(home, 0o777);
    await refuse({ args: LIST, env, status: 1, code: 'unavailable', says: /open to other users/, next: /^chmod 700/ });
  });
  test('is a symbolic link, or its folder is', async () => {
    const env = copy();
    renameSync(file, `${file}.real`);
    symlinkSync(`${file}.real`, file);
    await refuse({ args: LIST, env, status: 1, code: 'unavailable', says: /safe\.db is a symbolic link/ });
    copy();
    const link = join(station.folder, 'link');
    symlinkSync(home, link);
    const linked = { VOUCHSAFE_HOME: link };
    await refuse({ args: LIST, env: linked, status: 1, code: 'unavailable', says: /link is a symbolic link/ });
  });
  // as root every folder can be written, so this runs as another user, who must be able to reach the program
  test.skipIf(!mayBeRunByOthers())('lies in a folder that cannot be written', async () => {
    const env = copy();
    const [runtime, state] = [join(home, 'run'), join(home, 'state')];
    cpSync(join(station.folder, 'run'), runtime, { recursive: true });
    cpSync(station.state, state, { recursive: true });
    const isRoot = process.getuid?.() === 0;
    const NOBODY = 65_534;
    if (isRoot) {
      chmodSync(station.folder, 0o755);
      const all = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => join(home, name));
      for (const path of [home, ...all]) chownSync(path, NOBODY, NOBODY);
    }
    chmodSync(home, 0o500);
    const places = { XDG_RUNTIME_DIR: runtime, VOUCHSAFE_STATE: state };
    const how = { env: { ...env, ...places }, ...(isRoot ? { uid: NOBODY } : {}) };
    const says = /The safe cannot be (written|opened)/;
    expect((await station.run(['audit', 'verify'], how)).stdout).toMatch(/^The log is whole/);
    await refuse({
      args: ['vault', 'create', 'x'],
      ...how,
      status: 1,
      code: 'unavailable',
      says,
      next: /owner and mode/,
    });
    chmodSync(home, 0o700);
  });
  test('was changed where it keeps a token: the token ends all the same', async () => {
    const env = copy();
    withDatabase((database) => database.exec("UPDATE token SET leaf = x'0011'"));
    expect((await station.run(['info'], { env: { ...env, ...asToken(plain) } })).stdout).toBe('');
    expect(await station.run(['pat', 'delete', 'plain', '--force'], { env })).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Deleted .* \(plain\)\. It opens nothing from now on\./),
    });
    expect(await station.json(['audit', 'verify', '--full'], { env })).toMatchObject({ ok: true });
  });
  test('is asked for where no folder can be', async () => {
    const env = { VOUCHSAFE_HOME: join(station.passwordFile, 'x'), ...LOCKED };
    const how = { input: `${PASSWORD}\n`, status: 1, code: 'unavailable' };
    await refuse({ args: ['init', '--password-stdin'], env, ...how, says: /ENOTDIR/ });
  });
});

test('two owners at once: every change is made, one of two equal ones is refused, and the log is whole', async () => {
  const names = ['a1', 'a2', 'a3', 'same', 'same'];
  const made = await Promise.all(names.map((name) => station.run(['vault', 'create', name])));
  expect(made.map(({ status }) => status).sort()).toEqual([0, 0, 0, 0, 6]);
  expectFailure(
    made.find(({ status }) => status === 6)!,
    { status: 6, says: /There is a vault of that name already/ },
  );
  const { data } = await station.json(['vault', 'list']);
  expect(data.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['a1', 'a2', 'a3', 'same']));
  expect(await station.json(['audit', 'verify'])).toMatchObject({ ok: true, fault: null });
});

describe('names', () => {
  const unknown = { status: 3, code: 'not_found' };

  test('that fit nothing: with the nearest one', async () => {
    await refuse({ args: ['item', 'view', 'Grafna'], ...unknown, says: /no item/, next: /Grafana/ });
    await refuse({ args: ['item', 'list', '--vault', 'Prodution'], ...unknown, says: /no vault/, next: /Production/ });
    await refuse({ args: ['pat', 'freeze', 'agnet'], ...unknown, says: /no token/, next: /agent/ });
    await refuse({
      args: ['settings', 'get', 'output.fromat'],
      ...unknown,
      says: /no setting/,
      next: /output\.format/,
    });
    await refuse({
      args: ['item', 'view', 'Grafana', '--field', 'pass'],
      ...unknown,
      says: /no field/,
      next: /password/,
    });
    const usage = { status: 2, code: 'invalid_request' };
    await refuse({ args: ['pat', 'lsit'], ...usage, says: /Unknown command/, next: /Did you mean list/ });
    await refuse({ args: ['pat', 'list', '--locla'], ...usage, says: /Unknown option/, next: /Did you mean --local/ });
  });
  test('that fit two things: with the candidates, and nothing is done', async () => {
    const args = ['item', 'trash', 'Twice'];
    await refuse({
      args,
      status: 3,
      code: 'ambiguous',
      says: /fits several items/,
      next: /[0-9a-z]{32}.*[0-9a-z]{32}/,
    });
    const named = await station.run(['item', 'view', 'Production/Twice']);
    expect(named.status).toBe(0);
  });
  test('with characters that cannot be seen', async () => {
    const bad = { status: 2, code: 'invalid_request' };
    for (const name of ['a\u202eb', 'a\u0007b', 'a\u200bb']) {
      await refuse({
        args: ['vault', 'create', name],
        ...bad,
        says: /^The name has a control character or an invisible/,
      });
    }
    await refuse({ args: ['pat', 'create', 'two\nlines'], ...bad, says: /more than one line/ });
    await refuse({ args: ['pat', 'rename', 'plain', '\u2066x'], ...bad, says: /invisible/ });
    await refuse({ args: ['vault', 'create', plain], ...bad, says: /holds an access token/ });
    await refuse({ args: ['vault', 'create', 'x'.repeat(301)], ...bad, says: /longer than 300/ });
    const title = ['item', 'create', 'login', '--vault', 'Production', '--title', 'x\u001b[31m'];
    await refuse({ args: title, ...bad, says: /^The title has a control character/ });
  });
  test('that objects treat specially are names like others, or refused', async () => {
    for (const name of ['__proto__', 'constructor']) {
      const made = await station.run(['vault', 'create', name]);
      if (made.status !== 0) expectFailure(made, { status: 2, says: /name/ });
      else expect(await station.ok(['vault', 'list'])).toContain(name);
      await refuse({ args: ['item', 'view', name], status: 3, code: 'not_found', says: /no item/ });
      await refuse({ args: ['settings', 'get', name], status: 3, code: 'not_found', says: /no setting/ });
      await refuse({
        args: ['item', 'view', 'Grafana', '--field', name],
        status: 3,
        code: 'not_found',
        says: /no field/,
      });
    }
  });
});

test('an expiry that is none, past, too near, too far, or never', async () => {
  const bad = { status: 2, code: 'invalid_request' };
  const create = ['pat', 'create', 'never made', '--expiration'];
  await refuse({ args: [...create, '1x'], ...bad, says: /not a duration/, next: /1d, 1w, 3m or 1y/ });
  await refuse({ args: [...create, '2020-01-01'], ...bad, says: /in the past/ });
  await refuse({ args: [...create, '15min'], ...bad, says: /less than one hour/ });
  await refuse({
    args: [...create, '2y'],
    ...bad,
    says: /further away than 1y/,
    next: /The latest that is allowed is/,
  });
  await refuse({ args: [...create, 'never'], ...bad, says: /may not be never/ });
  await refuse({ args: [...create, '2030-02-30'], ...bad, says: /not a duration, a number of days or a date/ });
  expect(await station.ok(['pat', 'list', '--all'])).not.toContain('never made');
});

describe('a token that cannot be used', () => {
  const usable = { status: 4, code: 'unauthenticated' };
  let foreign: { readonly token: string; readonly vault: string; readonly item: string };
  let old: Station;
  let expired: string;
  /** A session that was over two hours ago. */
  let over: string;

  /** Another safe, made here: its owner's clock stood three hours ago. */
  beforeAll(async () => {
    old = new Station('old');
    const places = { home: old.home, state: old.state, runtime: join(old.folder, 'run', 'vouchsafe') };
    const options = { clock: () => Date.now() - 3 * 3_600_000, cost: CHEAP, bounds: CHEAP_BOUNDS };
    const init = { password: OTHER_PASSWORD, withRecovery: false, origin: ORIGIN };
    const { owner } = await initSafe(places, init, options);
    const vault = await owner.createVault({ name: 'Foreign' });
    const to = { by: 'id' as const, text: vault.id };
    const item = await owner.createItem(to, { type: 'login', title: 'Elsewhere' });
    const made = { isAgent: false, vaults: [to] };
    foreign = { token: (await owner.createToken({ name: 'foreign', ...made })).token, vault: vault.id, item: item.id };
    expired = (await owner.createToken({ name: 'expired', expiration: '1h', ...made })).token;
    over = (await owner.unlock(3_600_000)).session.value;
    old.env['VOUCHSAFE_SESSION'] = (await owner.unlock(6 * 3_600_000)).session.value;
    await owner.close();
  });

  afterAll(() => old.end());

  test('malformed, cut short, or of another safe', async () => {
    const texts = [
      'vsp_',
      'hello',
      plain.slice(0, -1),
      plain.slice(0, plain.indexOf('::')),
      plain.replace('vsp_', 'vsp-'),
    ];
    for (const text of texts) await refuse({ args: ['info'], env: asToken(text), ...usable, says: /not a whole one/ });
    await refuse({ args: ['info'], env: asToken(foreign.token), ...usable, says: /no usable token|not known/ });
    await refuse({ args: ['login'], env: asToken(foreign.token), ...usable, says: /no usable token|not known/ });
  });
  test('absent, though the variable is there', async () => {
    await refuse({ args: ['info'], env: asToken(''), ...usable, says: /is set, but empty/ });
    await refuse({ args: ['info'], env: asToken('${TOKEN}'), ...usable, says: /the name of a variable in place/ });
    const owners = { args: ['pat', 'list'], status: 4, code: 'locked', next: /env -u/ };
    await refuse({ ...owners, env: { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: '' }, says: /is set, but empty/ });
    await refuse({ ...owners, env: { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: plain }, says: /holds the token plain/ });
  });
  test('expired: refused, and listed as such', async () => {
    const run = await old.asToken(expired, ['vault', 'list']);
    expectFailure(run, { status: 4, says: /expired/ });
    const { data } = await old.json(['pat', 'list']);
    expect(data).toContainEqual(expect.objectContaining({ name: 'expired', status: 'expired' }));
  });
  test('nor is a session that is over', async () => {
    const run = await old.run(['pat', 'list'], { env: { VOUCHSAFE_SESSION: over } });
    expectFailure(run, { status: 4, says: /The session has expired/, next: /vouchsafe unlock/ });
  });
  test('revoked, renewed, frozen', async () => {
    const gone = await station.token('gone', '--vault', 'Production');
    await station.ok(['pat', 'freeze', 'gone']);
    await refuse({ args: ['vault', 'list'], env: asToken(gone), ...usable, says: /revoked or renewed/ });
    await station.ok(['pat', 'unfreeze', 'gone']);
    const { token } = await station.json(['pat', 'renew', 'gone']);
    await refuse({ args: ['vault', 'list'], env: asToken(gone), ...usable, says: /revoked or renewed/ });
    await station.ok(['pat', 'delete', 'gone', '--force']);
    await refuse({ args: ['vault', 'list'], env: asToken(token), ...usable, says: /revoked or renewed/ });
  });
  test('in a file that others can read, a link, a folder, nothing, or nowhere', async () => {
    const info = (name: string) => ({
      args: ['info', '--token-file', join(station.folder, name)],
      env: LOCKED,
      ...usable,
    });
    station.file('shared.token', plain, 0o640);
    await refuse({ ...info('shared.token'), says: /can be read by others/, next: /chmod 600/ });
    symlinkSync('shared.token', join(station.folder, 'linked.token'));
    await refuse({ ...info('linked.token'), says: /symbolic link/ });
    await refuse({ ...info('run'), says: /not a file with a token/ });
    station.file('empty.token', '');
    await refuse({ ...info('empty.token'), says: /The token file is empty/ });
    await refuse({ ...info('no.token'), says: /cannot be read \(ENOENT\)/ });
    const file = station.file('good.token', `VOUCHSAFE_PERSONAL_ACCESS_TOKEN=${plain}\n`);
    expect((await station.run(['info', '--token-file', file], { env: LOCKED })).status).toBe(0);
  });
  test('on a machine that lost its host share: until it is renewed', async () => {
    const state = join(station.folder, 'other-state');
    cpSync(station.state, state, { recursive: true });
    const [safe = ''] = readdirSync(state);
    rmSync(join(state, safe, 'host-share'));
    const env = { VOUCHSAFE_STATE: state };
    const renew = /pat renew/;
    await refuse({
      args: ['info'],
      env: { ...env, ...asToken(plain) },
      ...usable,
      says: /not work on this machine/,
      next: renew,
    });
    expect((await station.run(['pat', 'list'], { env })).status).toBe(0);
  });
  test('ids of another safe are ids of nothing', async () => {
    const none = { status: 3, code: 'not_found' };
    await refuse({ args: ['item', 'view', foreign.item], ...none, says: /no item/ });
    await refuse({ args: ['item', 'list', '--vault-id', foreign.vault], ...none, says: /no vault/ });
    await refuse({ args: ['grant', 'plain', foreign.vault], ...none, says: /no vault/ });
    const forbidden = { status: 5, code: 'forbidden', says: /may not do this here, or it does not exist/ };
    await refuse({ args: ['item', 'view', foreign.item], env: asToken(plain), ...forbidden });
    await refuse({ args: ['item', 'list', '--vault', foreign.vault], env: asToken(plain), ...forbidden });
  });
});

test('a reason with invisible or control characters is refused, and the log shows it escaped', async () => {
  const expected = { status: 5, code: 'reason_required', next: /--reason/ };
  const view = { args: ['item', 'view', 'Grafana', '--reason'], env: asToken(agent), ...expected };
  const reasons: [string, RegExp][] = [
    ['Deploy \u202etxt.exe', /invisible/],
    ['Deploy \u001b[2J now', /control character/],
    ['two\nlines', /more than one line/],
    ['   ', /empty/],
    ['!!!', /no letter or digit/],
    [`use ${plain}`, /holds an access token/],
    ['x'.repeat(301), /longer than 300/],
  ];
  for (const [reason, says] of reasons) await refuse({ ...view, args: [...view.args, reason], says });
  await refuse({ args: ['item', 'view', 'Grafana'], env: asToken(agent), ...expected, says: /reason is missing/ });
  const log = await station.ok(['audit', 'list', 'agent:agent code:reason_required', '--limit', '100']);
  expect(log.trim().split('\n').length).toBeGreaterThan(reasons.length + 1);
  for (const shown of ['Deploy \\u{202e}txt.exe', 'Deploy \\u{1b}[2J now', 'two\\u{a}lines', 'use vsp_…'])
    expect(log).toContain(shown);

  expect(log).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expectHarmless(log);
});

test('a secret is never taken as an argument, nor repeated', async () => {
  const bad = { status: 2, code: 'invalid_request' };
  const create = ['item', 'create', 'login', '--vault', 'Production', '--title', 'never'];
  await refuse({
    args: [...create, '--field', `password=${SECRET}`],
    ...bad,
    says: /never given as arguments/,
    next: /--secret/,
  });
  await refuse({ args: [...create, '--field', SECRET], ...bad, says: /needs a name/ });
  await refuse({ args: [...create, `--password=${SECRET}`], ...bad, says: /Unknown option '--password'/ });
  await refuse({ args: ['item', 'view', 'Grafana', SECRET], ...bad, says: /Too many arguments/ });
  const update = ['item', 'update', 'Grafana'];
  await refuse({ args: [...update, '--field', `password=${SECRET}`], ...bad, says: /never given as arguments/ });
  await refuse({
    args: [...update, '--add-field', `secret:pin=${SECRET}`],
    ...bad,
    says: /never given as an argument/,
  });
  expect((await station.run(['unlock', '--password', PASSWORD])).stderr).not.toContain(PASSWORD);
});

describe.skipIf(NO_TERMINAL !== undefined)(`at a terminal (${NO_TERMINAL ?? 'there is one'})`, () => {
  test('Ctrl-C and Ctrl-D at the question for the password end with 130, and nothing is done', async () => {
    const before = await station.ok(['audit', 'list', '--json']);
    for (const key of ['\u0003', '\u0004']) {
      const { status, stdout } = await atTerminal(station, {
        args: ['vault', 'create', 'Cancelled'],
        steps: [['Master password:', key]],
        env: LOCKED,
      });
      expect({ status, stdout }).toEqual({ status: 130, stdout: expect.stringMatching(/Cancelled\.\s*$/) });
    }
    expect(await station.ok(['audit', 'list', '--json'])).toBe(before);
  });
  test('a password is not shown; a wrong one can be typed again, three times in all', async () => {
    const { status, stdout } = await atTerminal(station, {
      args: ['info'],
      steps: [
        ['Master password:', 'wrong-1\r'],
        ['Try again.', 'wrong-2\r'],
        ['Try again.', `${PASSWORD}\r`],
      ],
      env: LOCKED,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('Owner, by the master password') });
    expect(stdout).not.toMatch(/wrong-1|wrong-2|quiet/);
  });
  test('what deletes for good asks: Enter is no, and Ctrl-C too', async () => {
    for (const key of ['\r', '\u0003']) {
      const { status } = await atTerminal(station, { args: ['pat', 'delete', 'plain'], steps: [['(y/N)', key]] });
      expect(status).toBe(130);
    }
    const named = await atTerminal(station, { args: ['vault', 'delete', 'a1'], steps: [['to go on:', 'a2\r']] });
    expect(named).toMatchObject({ status: 2, stdout: expect.stringContaining('not the name of the vault') });
    const gone = await atTerminal(station, { args: ['vault', 'delete', 'a1'], steps: [['to go on:', 'A1\r']] });
    expect(gone).toMatchObject({ status: 0, stdout: expect.stringContaining('Deleted the vault a1') });
    expect((await station.asToken(plain, ['info'])).status).toBe(0);
  });
  test('a query that is wrong is shown with a caret, within 80 columns', async () => {
    const { status, stdout } = await atTerminal(station, { args: ['log', 'outcome:refused agnt:x'], steps: [] });
    expect(status).toBe(2);
    expect(stdout).toContain('  outcome:refused agnt:x\n                  ^\nDid you mean agent?');
  });
});

test('killed in the middle of a write: what is there is whole, and what was acknowledged is there', async () => {
  const acknowledged: string[] = [];
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    for (let delay = 60; delay <= 300; delay += 40) {
      const name = `${signal} ${String(delay)}`;
      const child = station.start(['vault', 'create', name]);
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      const ended = new Promise((resolve) => child.on('close', resolve));
      setTimeout(() => child.kill(signal), delay);
      await ended;
      // what to do next is told once it is done
      expect(stderr).toMatch(/^(Next: .*\n)?$/);
      if (stdout !== '') acknowledged.push(name);
    }
  }
  const { data } = await station.json(['vault', 'list']);
  expect(data.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(acknowledged));
  expect(await station.json(['audit', 'verify', '--full'])).toMatchObject({ ok: true, fault: null });
});
