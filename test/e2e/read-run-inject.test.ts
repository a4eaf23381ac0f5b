/** `read`, `run` and `inject` as an owner, as agents and as whoever wants more of them than they give. */
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OwnerDoor } from '../../src/gate/door.js';
import { totpCode } from '../../src/tools/totp.js';
import { newestEntry, ownerOf, storyAfter, told } from './owner.js';
import { execute, PROGRAM, REASON, Station, type How, type Ran, type Variables } from './station.js';

const SECRET = 'canary+4f/Orders="7q';
const KEY = 'canary-key-91\nsecond canary line\n';
/** A value that looks like a reference itself. */
const NESTED = 'vouchsafe://Work/Orders/password';
/** RFC 6238, appendix B. */
const [SEED, OTHER_SEED] = ['GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U'];
const PASSWORD = 'vouchsafe://Work/Orders/password';
const MASKED = '<concealed by vouchsafe>';

let station: Station;
let owner: OwnerDoor;
/** Tokens by their names. */
const tokens: Record<string, string> = {};
let ordersId: string;
let workId: string;

async function item(type: string, title: string, { flags = [], input = '' }: { flags?: string[]; input?: string }) {
  const create = ['item', 'create', type, '--vault', 'Work', '--title', title, ...flags];
  return station.json(create, { input });
}

beforeAll(async () => {
  station = await new Station('uses').open();
  owner = await ownerOf(station);
  for (const name of ['Work', 'Other']) await owner.createVault({ name });
  const totps = ['--secret', 'password', '--secret', 'totp', '--secret', 'Main/root'];
  const orders = await item('login', 'Orders', {
    flags: ['--field', 'username=deploy', ...totps],
    input: `${SECRET}\n${SEED}\ncanary-root\n`,
  });
  [ordersId, workId] = [orders.id, orders.vault_id];
  const pem = station.file('key.pem', KEY);
  await item('custom', 'Ünï code/2 50%', { flags: ['--secret-file', `pem=${pem}`, '--secret', 'ref'], input: NESTED });
  await item('login', 'Codes', { flags: ['--secret', 'totp'], input: `${SEED}\n` });
  await station.ok(['item', 'update', 'Codes', '--add-field', 'totp:Backup/second'], { input: `${OTHER_SEED}\n` });
  for (const value of ['canary-twin-1', 'canary-twin-2'])
    await item('login', 'Twin', { flags: ['--secret', 'password'], input: value });
  await station.ok(['item', 'create', 'login', '--vault', 'Other', '--title', 'Hidden', '--secret', 'password'], {
    input: 'canary-hidden',
  });
  tokens['agent'] = await station.token('agent', '--agent', '--vault', 'Work');
  tokens['plain'] = await station.token('plain', '--vault', 'Work');
  tokens['narrow'] = await station.token('narrow', '--vault', 'Work', '--scope', 'read', '--scope', 'use');
  for (const when of ['never', 'approve']) {
    tokens[when] = await station.token(when, '--agent');
    await station.ok(['grant', when, 'Work', '--reveal', when]);
  }
});

afterAll(async () => {
  await owner.close();
  station.end();
});

const as = (name: string, args: readonly string[], how: How = {}): Promise<Ran> =>
  station.asToken(tokens[name] ?? '', args, {
    ...how,
    env: { ...(name === 'plain' || name === 'narrow' ? {} : { VOUCHSAFE_AGENT_REASON: REASON }), ...how.env },
  });

/** Purpose, ending and all else of the newest entry. */
const newestDetail = async (): Promise<string> => JSON.stringify(await newestEntry(station, owner));

/** The calls that `work` left in the log, and what it gave. */
const tale = <T>(work: () => Promise<T>): Promise<[T, readonly string[]]> => told(station, work);
const USED = ['item.use granted', 'item.use.end granted'];

/** `node -e`, as words of a command. */
const node = (script: string, ...more: readonly string[]): readonly string[] => [
  process.execPath,
  '-e',
  script,
  ...more,
];
const SHOW_A = node('process.stdout.write(process.env.A)');

describe('read', () => {
  test.each([
    ['by names', () => PASSWORD, SECRET],
    ['without regard to case', () => 'VouchSafe://wORK/oRDERS/passWORD', SECRET],
    ['by ids', () => `vouchsafe://${workId}/${ordersId}/password`, SECRET],
    ['percent-encoded', () => 'vouchsafe://Work/%C3%9Cn%C3%AF%20code%2F2%2050%25/ref', NESTED],
    ['in a section', () => 'vouchsafe://Work/Orders/Main/root', 'canary-root'],
    ['a section in the other case', () => 'vouchsafe://work/orders/MAIN/ROOT', 'canary-root'],
    ['no secret', () => 'vouchsafe://Work/Orders/username', 'deploy'],
  ])('%s: the owner, an agent with a reason and a plain token without', async (_, reference, value) => {
    const whole = { status: 0, stdout: `${value}\n`, stderr: '' };
    const read = ['read', reference()];
    const ran = [station.run(read), as('agent', read), as('plain', [...read, '-n'])];
    expect(await Promise.all(ran)).toEqual([whole, whole, { ...whole, stdout: value }]);
  });

  test('several lines byte for byte, as JSON, and to a file of the user’s alone', async () => {
    const reference = 'vouchsafe://Work/%C3%9Cn%C3%AF%20code%2F2%2050%25/pem';
    expect(await station.ok(['read', reference])).toBe(KEY);
    expect(await station.json(['read', reference])).toEqual({ value: KEY });
    const file = join(station.folder, 'out.pem');
    expect((await as('agent', ['read', reference, '-o', file])).stdout).toBe('');
    expect(readFileSync(file, 'utf8')).toBe(KEY);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['the only one', 'vouchsafe://Work/Orders/totp?totp=code', SEED],
    ['the first of two', 'vouchsafe://Work/Codes/totp?totp=code', SEED],
    ['the second of two', 'vouchsafe://Work/Codes/Backup/second?totp=code', OTHER_SEED],
  ])('the code of %s', async (_, reference, seed) => {
    const around = (): readonly string[] => [-30_000, 0].map((by) => totpCode(seed, Date.now() + by).code);
    const read = ['read', reference];
    for (const ran of await Promise.all([station.run(read), as('agent', read), as('plain', read)])) {
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      expect(around()).toContain(ran.stdout.trim());
    }
  });

  test('never the seed of a code, but to its owner', async () => {
    const ran = await as('agent', ['read', 'vouchsafe://Work/Orders/totp']);
    expect(ran).toMatchObject({ status: 5, stdout: '', stderr: expect.stringContaining('?totp=code') });
    expect(ran.stderr).not.toContain(SEED);
    const env = ['run', '--no-mask', '--env', 'A=vouchsafe://Work/Orders/totp', '--', ...SHOW_A];
    for (const refused of await Promise.all([as('agent', env), station.run(env)]))
      expect(refused).toMatchObject({ status: 5, stdout: '' });
  });

  test.each([
    ['two items of a title', 'vouchsafe://Work/Twin/password', 3],
    ['no item', 'vouchsafe://Work/Nothing/password', 3],
    ['no field', 'vouchsafe://Work/Orders/nope', 3],
    ['too few parts', 'vouchsafe://Work/Orders', 2],
    ['a code of what has none', `${PASSWORD}?totp=code`, 2],
    ['another query', `${PASSWORD}?x=1`, 2],
    ['a bad escape', 'vouchsafe://Work/Orders/%GG', 2],
    ['a hidden character', 'vouchsafe://Work/Orders/%E2%80%8B', 2],
  ])('%s is refused in two lines to everyone', async (_, reference, status) => {
    for (const ran of await Promise.all([station.run(['read', reference]), as('agent', ['read', reference])])) {
      expect(ran).toMatchObject({ status, stdout: '' });
      expect(ran.stderr.trim().split('\n')).toHaveLength(2);
    }
  });

  test('what fits several is refused with the candidates, by whose ids it is then read', async () => {
    const ran = await as('agent', ['read', 'vouchsafe://Work/Twin/password', '--json']);
    const { error } = JSON.parse(ran.stderr);
    expect(error.code).toBe('ambiguous');
    expect(error.candidates).toHaveLength(2);
    const values = [];
    for (const candidate of error.candidates) {
      const [id = ''] = String(candidate).split(' ');
      values.push((await as('agent', ['read', `vouchsafe://Work/${id}/password`])).stdout.trim());
    }
    expect(values.sort()).toEqual(['canary-twin-1', 'canary-twin-2']);
  });

  test('what a token does not reach is refused as what there is not; a reason is needed of an agent', async () => {
    const bare = { env: { VOUCHSAFE_AGENT_REASON: undefined } };
    const [, calls] = await tale(async () => {
      const refused = await as('agent', ['read', 'vouchsafe://Other/Hidden/password']);
      expect(refused).toMatchObject({ status: 5, stdout: '' });
      expect(await as('agent', ['read', 'vouchsafe://Nowhere/Hidden/password'])).toEqual(refused);
      expect(await as('agent', ['read', PASSWORD], bare)).toMatchObject({
        ...{ status: 5, stdout: '', stderr: expect.stringContaining('--reason') },
      });
      expect(await as('agent', ['read', PASSWORD, '--reason', REASON], bare)).toMatchObject({ status: 0 });
    });
    expect(calls).toEqual([
      ...['item.read refused forbidden', 'item.read refused forbidden', 'item.read refused reason_required'],
      'item.read granted',
    ]);
  });
});

describe('run', () => {
  /** The command with these flags; its environment as JSON, which is masked. */
  const environmentOf = async (ran: Ran): Promise<Record<string, string>> => {
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    return Promise.resolve(JSON.parse(ran.stdout));
  };
  const ENV = node('process.stdout.write(JSON.stringify(process.env))');
  /** Tells of a value without saying it. */
  const isValue = (name: string, value: string): readonly string[] =>
    node(`process.exit(process.env.${name} === Buffer.from(process.argv[1], 'hex').toString() ? 0 : 9)`, hex(value));
  const hex = (text: string): string => Buffer.from(text).toString('hex');

  /** The program as it is installed, by its first line: Node itself knows --env-file too. */
  const installed = (args: readonly string[], more: Variables = {}): Promise<Ran> => {
    const token = { VOUCHSAFE_SESSION: undefined, VOUCHSAFE_PERSONAL_ACCESS_TOKEN: tokens['agent'] };
    return execute(PROGRAM, args, { env: station.environment({ ...token, VOUCHSAFE_AGENT_REASON: REASON, ...more }) });
  };

  test('a file of variables steers the command alone: not the program, nor the Node that it runs on', async () => {
    const evil = station.file('evil.cjs', 'console.error("canary-loaded")');
    const file = station.file('evil.env', `NODE_OPTIONS=--require ${evil}\nA=${PASSWORD}\nVOUCHSAFE_HOME=/nowhere\n`);
    const ran = await installed(['run', '--env-file', file, '--', 'sh', '-c', 'echo "$A $NODE_OPTIONS"']);
    expect(ran).toEqual({ status: 0, stdout: `${MASKED} --require ${evil}\n`, stderr: '' });
  });

  test.each(['owner', 'agent', 'plain'])('gives %s’s command the value, and shows it masked', async (name) => {
    const runs = (args: readonly string[]): Promise<Ran> => (name === 'owner' ? station.run(args) : as(name, args));
    expect(await runs(['run', '--env', `A=${PASSWORD}`, '--', ...isValue('A', SECRET)])).toMatchObject({ status: 0 });
    const [ran, calls] = await tale(() => runs(['run', '--env', `A=${PASSWORD}`, '--', ...SHOW_A]));
    expect(ran).toEqual({ status: 0, stdout: MASKED, stderr: '' });
    expect(calls).toEqual(USED);
    expect(await newestDetail()).toContain('exit 0');
  });

  test('references in the middle of a value, marked, several, in two cases, with a section and a code', async () => {
    const text = `postgres://{{ ${'vouchsafe://Work/Orders/username'} }}:${PASSWORD}@db/{{vouchsafe://work/orders/PASSWORD}}x`;
    const whole = `postgres://deploy:${SECRET}@db/${SECRET}x`;
    expect(await as('agent', ['run', '--env', `A=${text}`, '--', ...isValue('A', whole)])).toMatchObject({ status: 0 });
    const code = 'vouchsafe://Work/Codes/Backup/second?totp=code';
    const shown = await environmentOf(
      await as('agent', [
        ...['run', '--env', `A=<${code}>`, '--env', 'B=vouchsafe://Work/Orders/Main/root', '--env', `C=${text}`],
        ...['--', ...ENV],
      ]),
    );
    expect([shown['A'], shown['B'], shown['C']]).toEqual([
      `<${MASKED}>`,
      MASKED,
      `postgres://deploy:${MASKED}@db/${MASKED}x`,
    ]);
  });

  test('files in their order, flags over files, files over the environment, references in each', async () => {
    const first = station.file('1.env', `export A=${PASSWORD}\nB="one # two"\nC=first\n# no\n\nE='$HOME'\n`);
    const second = station.file('2.env', `C=second\nD=x${PASSWORD}\nVOUCHSAFE_HOME=/nowhere\n`);
    const flags = ['--env-file', first, '--env-file', second, '--env', 'B=flag', '--env', 'G=a=b'];
    const ran = await installed(['run', ...flags, '--', ...ENV], {
      ...{ C: 'outer', F: `{{ ${PASSWORD} }}f`, H: 'stays', MARK_FROM_TEST: '1' },
    });
    const shown = await environmentOf(ran);
    expect(shown).toMatchObject({
      ...{ A: MASKED, B: 'flag', C: 'second', D: `x${MASKED}`, E: '$HOME', F: `${MASKED}f`, G: 'a=b', H: 'stays' },
      MARK_FROM_TEST: '1',
    });
    expect(Object.keys(shown).filter((name) => name.startsWith('VOUCHSAFE'))).toEqual([]);
  });

  test('without any reference it is the command alone, also where there is nobody to be', async () => {
    const env = { VOUCHSAFE_SESSION: undefined, VOUCHSAFE_HOME: join(station.folder, 'nothing'), VOUCHSAFE_X: '1' };
    const ran = await station.run(['run', '--', ...ENV], { env });
    expect(Object.keys(await environmentOf(ran)).filter((name) => name.startsWith('VOUCHSAFE'))).toEqual([]);
  });

  test('hands over stdin, the arguments as they are, both outputs apart, and the status', async () => {
    const script =
      'let t="";process.stdin.on("data",(c)=>t+=c).on("end",()=>{console.log(JSON.stringify([t,process.argv.slice(1)]));console.error("err",process.env.A);process.exit(7)})';
    const words = ['--env', 'X=1', '-x', '', 'a b', "'", '$HOME', '*', '--', '--json', '-o', 'f'];
    const args = ['run', '--env', `A=${PASSWORD}`, '--', process.execPath, '-e', script, '--', ...words];
    const ran = await as('agent', args, { input: 'typed\n' });
    expect(ran.status).toBe(7);
    expect(JSON.parse(ran.stdout)).toEqual(['typed\n', words]);
    expect(ran.stderr).toBe(`err ${MASKED}\n`);
    expect(await newestDetail()).toContain('exit 7');
  });

  test('says 128 and the number of the signal that ended the command', async () => {
    const args = ['run', '--env', `A=${PASSWORD}`, '--', 'sh', '-c', 'kill -9 $$'];
    const [killed, calls] = await tale(() => as('agent', args));
    expect(killed).toEqual({ status: 137, stdout: '', stderr: '' });
    expect(calls).toEqual(USED);
  });

  /** Starts it, and waits for what the command first prints. */
  async function started(args: readonly string[], env: Variables = {}) {
    const child = station.start(args, {
      env: {
        ...{ VOUCHSAFE_SESSION: undefined, VOUCHSAFE_PERSONAL_ACCESS_TOKEN: tokens['agent'] },
        ...{ VOUCHSAFE_AGENT_REASON: REASON, ...env },
      },
    });
    const seen = { stdout: '', stderr: '' };
    child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        seen.stdout += chunk.toString();
        if (seen.stdout.includes('ready')) resolve();
      });
      child.on('close', () => resolve());
    });
    return { child, seen, ended };
  }

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const)(
    'passes %s on, and what the command says then',
    async (signal) => {
      const script = `process.on('${signal}', () => { console.log('trapped', process.env.A); process.exit(3); }); setInterval(() => 0, 1e6); console.log('ready');`;
      const { child, seen, ended } = await started(['run', '--env', `A=${PASSWORD}`, '--', ...node(script)]);
      child.kill(signal);
      expect(await ended).toBe(3);
      expect(seen).toEqual({ stdout: `ready\ntrapped ${MASKED}\n`, stderr: '' });
      expect(await newestDetail()).toContain('exit 3');
    },
  );

  test('the entry stands before the command begins, and the end only after it', async () => {
    const sqlite = join(import.meta.dirname, '..', '..', 'node_modules', 'better-sqlite3');
    const script = `const D=require(${JSON.stringify(sqlite)});const d=new D(process.argv[1],{readonly:true});console.log(JSON.stringify(d.prepare('SELECT action, outcome FROM entry ORDER BY seq DESC LIMIT 2').all()))`;
    const args = ['run', '--env', `A=${PASSWORD}`, '--', ...node(script, station.database)];
    const [ran, calls] = await tale(() => as('agent', args));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)[0]).toEqual({ action: 'item.use', outcome: 'granted' });
    expect(calls).toEqual(USED);
  });

  test('a megabyte through the mask in odd pieces, in many encodings, and not one secret of it', async () => {
    const script = `
      const s = process.env.A, b = (t) => Buffer.from(t);
      const forms = [s, b(s).toString('base64'), b('x' + s).toString('base64'), b('xy' + s + 'z').toString('base64'),
        b(s).toString('base64url'), b(s).toString('hex'), encodeURIComponent(s), JSON.stringify(s), "'" + s + "'", b(s).toString('hex').toUpperCase()];
      let out = '';
      for (let n = 0; out.length < 1e6; n += 1) out += 'line ' + n + ' ' + forms[n % forms.length] + '\\n';
      const bytes = Buffer.from(out);
      let at = 0;
      const step = () => {
        if (at >= bytes.length) return;
        const size = [1, 2, 3, 5, 7, 11, 4099, 65537][at % 8];
        const more = process.stdout.write(bytes.subarray(at, at + size));
        at += size;
        more ? (at % 97 === 0 ? setImmediate(step) : step()) : process.stdout.once('drain', step);
      };
      step();`;
    const ran = await as('agent', ['run', '--env', `A=${PASSWORD}`, '--', ...node(script)]);
    expect(ran.status).toBe(0);
    const lines = ran.stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(15_000);
    for (const [n, line] of lines.entries())
      if (!line.startsWith(`line ${String(n)} `)) expect(line).toBe(`line ${String(n)}`);
    for (const form of [
      SECRET,
      encodeURIComponent(SECRET),
      hex(SECRET),
      Buffer.from(SECRET).toString('base64').slice(0, -3),
    ])
      expect(ran.stdout).not.toContain(form);
    expect(ran.stdout.split(MASKED).length - 1).toBe(lines.length);
  });

  test('a reader that has gone ends it quietly', async () => {
    const shell = `node '${PROGRAM}' run --env 'A=${PASSWORD}' -- sh -c 'while echo "$A" 2>&-; do :; done' | head -1`;
    const env = station.environment({
      ...{ VOUCHSAFE_SESSION: undefined, VOUCHSAFE_PERSONAL_ACCESS_TOKEN: tokens['agent'] },
      VOUCHSAFE_AGENT_REASON: REASON,
    });
    const child = spawn('sh', ['-c', shell], { env: env as NodeJS.ProcessEnv });
    const seen = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    expect(seen).toEqual({ stdout: `${MASKED}\n`, stderr: '' });
    expect(storyAfter(station, 0).at(-1)).toBe('item.use.end granted');
  });

  test('no argument, process list, file of the safe or entry shows a secret', async () => {
    const { child, seen, ended } = await started([
      ...['run', '--env', `A=${PASSWORD}`, '--env', 'B=vouchsafe://Work/Orders/Main/root', '--'],
      ...node('console.log("ready"); process.stdin.resume().on("end", () => process.exit(0))'),
    ]);
    const shown = spawn('ps', ['-eo', 'args']);
    let list = '';
    shown.stdout.on('data', (chunk: Buffer) => (list += chunk.toString()));
    await new Promise((resolve) => shown.on('close', resolve));
    if (existsSync('/proc')) {
      list += readFileSync(`/proc/${String(child.pid)}/cmdline`, 'utf8');
      expect(readFileSync(`/proc/${String(child.pid)}/environ`, 'utf8')).not.toContain(SECRET);
    }
    child.stdin.end();
    expect(await ended).toBe(0);
    // not in this process: to close a file of the database would end the locks that the owner's door holds on it
    for (const word of [SECRET, 'canary-root'])
      expect(spawnSync('grep', ['-rlF', '--exclude=*.pem', '-e', word, station.folder]).stdout.toString()).toBe('');
    const log = JSON.stringify(await station.json(['audit', 'list', '--limit', '1000']));
    for (const text of [list, seen.stdout, seen.stderr, log, await newestDetail()]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain('canary-root');
    }
  });

  test('--no-mask shows what there is, and needs the scope reveal; run does not', async () => {
    const args = ['run', '--env', `A=${PASSWORD}`, '--', ...SHOW_A];
    const bare = ['run', '--no-mask', ...args.slice(1)];
    expect(await as('agent', bare)).toEqual({ status: 0, stdout: SECRET, stderr: '' });
    expect(await station.run(bare)).toEqual({ status: 0, stdout: SECRET, stderr: '' });
    expect(await as('narrow', args)).toEqual({ status: 0, stdout: MASKED, stderr: '' });
    for (const refused of [bare, ['read', PASSWORD]])
      expect(await as('narrow', refused)).toMatchObject({ status: 5, stdout: '' });
    const ran = await as('narrow', ['inject'], { input: `{{ ${PASSWORD} }}` });
    expect(ran).toMatchObject({ status: 5, stdout: '' });
  });

  test('all or nothing: one refused, and the command is not started; what was lent ends unused', async () => {
    const mark = join(station.folder, 'mark');
    const flags = ['--env', `A=${PASSWORD}`, '--env', 'B=vouchsafe://Other/Hidden/password'];
    const [ran, calls] = await tale(() => as('agent', ['run', ...flags, '--', 'touch', mark]));
    expect(ran).toMatchObject({ status: 5, stdout: '' });
    expect(existsSync(mark)).toBe(false);
    expect(calls).toEqual(['item.use granted', 'item.use refused forbidden', 'item.use.end granted']);
    expect(await newestDetail()).toContain('not used');
  });

  test('a variable that is no reference is an error before anything is lent', async () => {
    const mark = join(station.folder, 'never');
    const broken = station.file('broken.env', 'A=1\nB="canary-unclosed\n');
    const [, calls] = await tale(async () => {
      for (const value of ['vouchsafe://Work', `{{ ${PASSWORD}`, `${PASSWORD}?totp=x`]) {
        const ran = await as('agent', ['run', '--env', `A=${value}`, '--', 'touch', mark]);
        expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('In the variable A: ') });
      }
      for (const wrong of ['A', '1A=x', 'VOUCHSAFE_HOME=x', '=x'])
        expect(await as('agent', ['run', '--env', wrong, '--', 'touch', mark])).toMatchObject({
          status: 2,
          stdout: '',
        });
      const ran = await installed(['run', '--env-file', broken, '--', 'touch', mark]);
      expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/broken\.env: Line 2 /) });
      expect(ran.stderr).not.toContain('canary-unclosed');
      const none = await installed(['run', '--env-file', join(station.folder, 'none'), '--', 'touch', mark]);
      expect(none).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('is not there') });
    });
    expect(existsSync(mark)).toBe(false);
    expect(calls).toEqual([]);
  });

  test('a program that there is not, or that may not be run: exit 3, and the end says so', async () => {
    const plain = station.file('plain-file', 'x');
    for (const program of ['no-such-program', join(station.folder, 'none'), plain, station.folder]) {
      const ran = await as('agent', ['run', '--env', `A=${PASSWORD}`, '--', program]);
      expect(ran).toMatchObject({ status: 3, stdout: '' });
      expect(ran.stderr.trim().split('\n')).toHaveLength(2);
      expect(await newestDetail()).toContain('could not be started');
    }
    expect(await as('agent', ['run', '--env', `A=${PASSWORD}`])).toMatchObject({ status: 2 });
  });
});

describe('what a grant says of showing', () => {
  const ways: [name: string, args: readonly string[], how: How][] = [
    ['read', ['read', PASSWORD], {}],
    ['read of a code', ['read', 'vouchsafe://Work/Codes/Backup/second?totp=code'], {}],
    ['run', ['run', '--env', `A=${PASSWORD}`, '--', 'true'], {}],
    ['run --no-mask', ['run', '--no-mask', '--env', `A=${PASSWORD}`, '--', 'true'], {}],
    ['inject', ['inject'], { input: `{{ ${PASSWORD} }}` }],
  ];

  test.each(ways)('never: %s is refused, and what works instead is said', async (_, args, how) => {
    const [ran, calls] = await tale(() => as('never', args, how));
    expect(ran).toMatchObject({ status: 5, stdout: '' });
    expect(ran.stderr).toMatch(/vouchsafe fetch|recipe/);
    expect(ran.stderr).not.toMatch(/http_request|run_recipe/);
    expect(calls.at(-1)).toMatch(/ refused forbidden$/);
  });

  test.each(ways)('approve: %s waits for the owner, and then passes once', async (_, args, how) => {
    const asked = await as('approve', ['--json', ...args], how);
    expect(asked).toMatchObject({ status: 7, stdout: '' });
    const { id, state } = JSON.parse(asked.stderr).error.request;
    expect(state).toBe('pending');
    expect((await owner.listRequests({ all: false })).map((one) => one.id)).toEqual([id]);
    await owner.approveRequest(id, {});
    const [passed, calls] = await tale(() => as('approve', args, how));
    expect(passed).toMatchObject({ status: 0, stderr: '' });
    expect(calls[0]).toMatch(/^item\.(?:use|read) granted$/);
    expect(await as('approve', args, how)).toMatchObject({ status: 7, stdout: '' });
    const [again] = await owner.listRequests({ all: false });
    await owner.denyRequest(again?.id ?? '', 'Enough of it');
    expect(await as('approve', args, how)).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('Enough of it'),
    });
  });

  test('an approval is for the very command line: words that only read alike need their own', async () => {
    const run = (...words: string[]): Promise<Ran> => as('approve', ['run', '--env', `A=${PASSWORD}`, '--', ...words]);
    const shown = await run('sh', '-c', 'exit 0');
    expect(shown).toMatchObject({ status: 7 });
    const [request] = await owner.listRequests({ all: false });
    const id = request?.id ?? '';
    expect(JSON.stringify(await owner.showRequest(id))).toContain(JSON.stringify('run sh -c "exit 0"').slice(1, -1));
    await station.ok(['inbox', 'approve', id, '--uses', '3']);
    for (const other of [
      ['sh', '-c', 'exit', '0'],
      ['sh', '-c', 'exit  0'],
      ['sh -c', 'exit 0'],
      ['sh', '-c', 'exit 0', ''],
    ])
      expect(await run(...other)).toMatchObject({ status: 7 });
    expect(await run('sh', '-c', 'exit 0')).toMatchObject({ status: 0 });
    for (const { id: open } of await owner.listRequests({ all: false })) await owner.denyRequest(open, 'Over');
  });
});

describe('inject', () => {
  const inject = (template: string | Buffer, ...flags: readonly string[]): Promise<Ran> =>
    as('agent', ['inject', ...flags], { input: template });

  test('from file or stdin to file or stdout, for the owner and a token; all else stays byte for byte', async () => {
    const template = `\uFEFFa: {{ ${PASSWORD} }}\r\nb: {{vouchsafe://work/orders/Main/root}}{{ ${PASSWORD}}}\r\n{{ other }} ${PASSWORD} { { }} {{{{ é\n`;
    const whole = `\uFEFFa: ${SECRET}\r\nb: canary-root${SECRET}\r\n{{ other }} ${PASSWORD} { { }} {{{{ é\n`;
    expect(await inject(template)).toEqual({ status: 0, stdout: whole, stderr: '' });
    const from = station.file('a.tpl', template);
    const to = join(station.folder, 'a.out');
    expect(await station.run(['inject', '-i', from, '-o', to])).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(to, 'utf8')).toBe(whole);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    expect(await inject(template, '-o', to, '--file-mode', '0640')).toMatchObject({ status: 0, stdout: '' });
    expect(statSync(to).mode & 0o777).toBe(0o640);
    for (const mode of ['0666', '777', '0200', '4600', 'x'])
      expect(await inject(template, '-o', to, '--file-mode', mode)).toMatchObject({ status: 2 });
  });

  test('a value that looks like a reference is not filled in again', async () => {
    const marked = `[{{ vouchsafe://Work/%C3%9Cn%C3%AF%20code%2F2%2050%25/ref }}]`;
    expect(await inject(marked)).toEqual({ status: 0, stdout: `[${NESTED}]`, stderr: '' });
    const shown = await as('agent', [...['run', '--no-mask', '--env', `A=${marked}`, '--', ...SHOW_A]]);
    expect(shown.stdout).toBe(`[${NESTED}]`);
  });

  test('all or nothing: a refused one leaves the old file and nothing beside it', async () => {
    const folder = join(station.folder, 'nothing-else');
    mkdirSync(folder);
    const to = join(folder, 'old');
    writeFileSync(to, 'as it was');
    for (const [bad, status] of [
      ['vouchsafe://Other/Hidden/password', 5],
      ['vouchsafe://Work/Twin/password', 3],
      ['vouchsafe://Work/Orders/nope', 3],
      ['vouchsafe://Work', 2],
    ] as const) {
      const ran = await inject(`{{ ${PASSWORD} }}{{ ${bad} }}`, '-o', to);
      expect(ran).toMatchObject({ status, stdout: '' });
      expect(ran.stderr).not.toContain('canary');
      expect([readdirSync(folder), readFileSync(to, 'utf8')]).toEqual([['old'], 'as it was']);
    }
    const target = join(station.folder, 'target');
    writeFileSync(target, 'untouched');
    symlinkSync(target, join(folder, 'link'));
    for (const [path, words] of [
      [join(folder, 'link'), 'is a symbolic link'],
      [folder, 'is a folder'],
      ['/dev/null', 'is a device'],
      [join(folder, 'none', 'x'), 'Nothing was written'],
    ] as const)
      expect(await inject(`{{ ${PASSWORD} }}`, '-o', path)).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringContaining(words),
      });
    expect(readFileSync(target, 'utf8')).toBe('untouched');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['link', 'old']);
  });

  test('a target that is refused at once costs no use', async () => {
    const [ran, calls] = await tale(() => inject(`{{ ${PASSWORD} }}`, '-o', station.folder));
    expect(ran).toMatchObject({ status: 1 });
    expect(calls).toEqual([]);
  });

  test.each([
    ['without an end', `{{ ${'vouchsafe://Work/Orders/'}${'x'.repeat(500_000)}`],
    ['opened again and again', '{{ vouchsafe://'.repeat(200_000)],
    ['nested', `{{ ${PASSWORD} {{ ${PASSWORD} }} }}`],
    ['without a word', '{{ vouchsafe:// }}'],
    ['with a NUL', `a\0{{ ${PASSWORD} }}`],
  ])('a template with references %s is refused, with the line', async (_, template) => {
    const ran = await inject(template);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr.length).toBeLessThan(1_000);
    expect(ran.stderr).not.toContain('canary');
  });

  test('bytes that are no text are refused', async () => {
    expect(await inject(Buffer.from([0xff, 0xfe, 0x41]))).toMatchObject({ status: 2, stdout: '' });
  });

  test('ten megabytes of it', async () => {
    const line = `value {{ ${PASSWORD} }} and {{ nothing }} {{{{ and }} more text to fill the line up\n`;
    const count = Math.ceil(10e6 / line.length);
    const from = station.file('big.tpl', line.repeat(count));
    const to = join(station.folder, 'big.out');
    expect(await as('agent', ['inject', '-i', from, '-o', to])).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(to, 'utf8')).toBe(line.replace(`{{ ${PASSWORD} }}`, SECRET).repeat(count));
  });
});
