/** Uses without seeing, from inside: what is lent and recorded, recipes under attack, decoys and the lockdown. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewRecipe } from '../../src/gate/use-door.js';
import { lockDown } from '../../src/gate/lockdown.js';
import type { LentAnswer, LocalDoor } from '../../src/gate/call.js';
import { captureStderr, entriesAfter, expectVerified, lastSeq, rigOf } from '../support/gate-rig.js';
import { closeStations, serve } from '../support/http-servers.js';
import { ask, byName, CLIENT, codeOf, makeSafe, ORIGIN, REASON, type TestSafe } from '../support/safe.js';

captureStderr();
const SECRET = 'canary+uses/4f="q';
/** RFC 6238, appendix B. */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const REFERENCE = '{{ vouchsafe://Work/Orders/password }}';

let safe: TestSafe;
let folder: string;

beforeEach(async () => {
  safe = await makeSafe();
  folder = realpathSync(dirname(safe.places.home));
  for (const name of ['Work', 'Other']) await safe.owner.createVault({ name });
  await login('Work', 'Orders', SECRET);
  await login('Other', 'Hidden', 'canary-hidden');
});

afterEach(async () => {
  await closeStations();
  await safe.end();
});

async function login(vault: string, title: string, password: string, rules?: { decoy?: boolean; approve?: boolean }) {
  const fields = [
    { name: 'username', value: 'deploy' },
    { name: 'password', value: password },
    { name: 'totp', value: SEED },
  ];
  return safe.owner.createItem(byName(vault), { type: 'login', title, fields }, rules);
}

async function agent(name: string, vaults: readonly string[] = ['Work'], role = 'viewer'): Promise<LocalDoor> {
  return safe.agent((await safe.token(name, vaults, role)).token);
}

const story = (after: number): readonly string[] =>
  entriesAfter(safe.file, after).map(({ action, outcome, code, actor_kind: kind }) =>
    [kind, action, outcome, ...(code === null ? [] : [code])].join(' '),
  );

const LEND = { vault: 'Work', item: 'Orders', fields: ['password'], codes: [], exposure: 'masked', purpose: 'run x' };
const lend = (door: LocalDoor, more: Readonly<Record<string, unknown>> = {}): Promise<LentAnswer> =>
  door.lend({ arguments: { ...LEND, reason: REASON, ...more }, client: CLIENT });

describe('lending', () => {
  test('gives values by the names asked for, after one entry, and none of them in the result', async () => {
    const door = await agent('bot');
    const before = lastSeq(safe.file);
    const lent = await lend(door, { fields: ['PASSWORD', 'username'], codes: ['totp'] });
    if (!lent.ok) throw new Error(lent.error.message);
    expect([...lent.lent.keys()]).toEqual(['PASSWORD', 'username', 'totp']);
    expect([lent.lent.get('PASSWORD'), lent.lent.get('username')]).toEqual([SECRET, 'deploy']);
    expect(lent.lent.get('totp')).toMatch(/^[0-9]{6}$/);
    expect(JSON.stringify([lent.result, lent.receipt])).not.toContain(SECRET);
    expect(lent.result).toMatchObject({ secrets: ['PASSWORD', 'totp'] });
    expect(story(before)).toEqual(['token item.use granted']);
    const { entry, detail } = await safe.owner.showEntry(lent.receipt.seq);
    expect(detail).toBe('run x');
    expect(entry).toMatchObject({ fields: ['password', 'username', 'totp'], reason: REASON });
    await lent.end('exit 0');
    expect(story(before)).toEqual(['token item.use granted', 'token item.use.end granted']);
    expect(JSON.stringify(await safe.owner.showEntry(lastSeq(safe.file)))).toContain('exit 0');
    await expectVerified(safe);
  });

  test.each(['lend_item', 'LEND_ITEM', 'lend-item', ' lend_item', 'lend', '__proto__', 'constructor'])(
    'is no tool: a call of %j is one of a tool that there is not',
    async (tool) => {
      for (const transport of ['stdio', 'http', 'cli'] as const) {
        const door = await safe.agent((await safe.token(`bot-${transport}`, ['Work'], 'manager')).token, transport);
        expect((await door.tools()).map(({ name }) => name)).not.toContain('lend_item');
        const before = lastSeq(safe.file);
        const answer = await ask(door, tool, LEND);
        expect(codeOf(answer)).toBe('invalid_request');
        expect(JSON.stringify(answer)).not.toContain(SECRET);
        expect(answer).not.toHaveProperty('lent');
        expect(story(before)).toEqual(['token call.unknown refused invalid_request']);
      }
    },
  );

  test.each([
    ['a field that there is not', { fields: ['nope'] }, 'not_found'],
    ['a seed', { fields: ['totp'] }, 'forbidden'],
    ['a code of what has none', { fields: [], codes: ['password'] }, 'invalid_request'],
    ['an item of another vault', { vault: 'Other', item: 'Hidden' }, 'forbidden'],
    ['no reason', { reason: undefined }, 'reason_required'],
    ['a hidden exposure, which only the owner’s word gives', { exposure: 'hidden' }, 'invalid_request'],
    ['an argument that is not known', { reveal: true }, 'invalid_request'],
    ['a purpose without an end', { purpose: 'x'.repeat(20_001) }, 'invalid_request'],
    ['fields without an end', { fields: Array.from({ length: 101 }, () => 'password') }, 'invalid_request'],
  ])('%s: refused, in one entry, with nothing lent', async (_, more, code) => {
    const door = await agent('bot');
    const before = lastSeq(safe.file);
    const answer = await lend(door, more);
    expect(codeOf(answer)).toBe(code);
    expect(answer).not.toHaveProperty('lent');
    expect(story(before)).toEqual([`token item.use refused ${code}`]);
  });

  const ends: [name: string, decide: () => Promise<unknown>, end: string][] = [
    [
      'deleted',
      () => safe.owner.deleteToken(byName('bot'), { rotate: true }),
      'none item.use.end refused unauthenticated',
    ],
    [
      'renewed',
      () => safe.owner.renewToken(byName('bot'), { rotate: false }),
      'none item.use.end refused unauthenticated',
    ],
    ['frozen', () => safe.owner.freezeToken(byName('bot')), 'token item.use.end granted'],
    ['locked down', () => lockDown(safe.places, ORIGIN), 'token item.use.end granted'],
    [
      'without its grants',
      () => safe.owner.revoke({ token: byName('bot'), all: true, rotate: true }),
      'token item.use.end granted',
    ],
  ];

  test.each(ends)('the end stands in the log also where the token was %s meanwhile', async (_, decide, end) => {
    const lent = await lend(await agent('bot'));
    if (!lent.ok) throw new Error(lent.error.message);
    await decide();
    const before = lastSeq(safe.file);
    await lent.end('exit 0');
    expect(story(before)).toEqual([end]);
    await expectVerified(safe);
  });

  test.each(ends)('the token is %s between snapshot and lock: nothing is lent', async (_, decide) => {
    const rig = await rigOf(safe, (await safe.token('bot', ['Work'])).token);
    const { gate } = rig;
    rig.faults.beforeTransaction = async () => {
      rig.faults.beforeTransaction = () => Promise.resolve();
      await decide();
    };
    const answer = await lend(gate);
    expect(answer.ok).toBe(false);
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    expect(story(0).filter((line) => line.includes('item.use granted'))).toEqual([]);
    await gate.close();
    await expectVerified(safe);
  });
});

/** A program of the owner's, and a recipe of it. */
function program(text: string, name = 'deploy.sh'): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function recipe(argv: readonly string[], more: Partial<NewRecipe> = {}, environment = { SECRET: REFERENCE }) {
  const command = { argv, environment, folder, path: process.env['PATH'] ?? '' };
  return safe.owner.createRecipe({ name: 'deploy', vault: byName('Work'), command, ...more });
}

const run = (door: LocalDoor, values: Readonly<Record<string, unknown>> = {}) =>
  ask(door, 'run_recipe', { recipe: 'deploy', values });

describe('recipes', () => {
  test('the program gets the secret and what any program needs, and nothing of the server’s environment', async () => {
    const evil = join(folder, 'evil.sh');
    writeFileSync(evil, `touch '${join(folder, 'mark')}'\n`);
    const hostile = {
      LD_PRELOAD: '/nowhere.so',
      BASH_ENV: evil,
      ENV: evil,
      NODE_OPTIONS: '--require /nowhere',
      IFS: 'x',
    };
    const door = await agent('bot');
    await recipe([program('env; [ "$SECRET" = "" ] || echo given')]);
    Object.assign(process.env, hostile);
    try {
      const answer = await run(door);
      if (!answer.ok) throw new Error(answer.error.message);
      const names = String(answer.result['stdout'])
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => line.split('=')[0]);
      // PWD is the shell's own
      expect(
        names.filter((name) => name !== 'PWD' && name !== '_' && name !== 'SHLVL' && name !== 'OLDPWD').sort(),
      ).toEqual([...['HOME', 'LANG', 'LOGNAME', 'PATH', 'SECRET', 'USER']]);
      expect(answer.result).toMatchObject({ exit_status: 0, stderr: '' });
      expect(answer.result['stdout']).toMatch(/SECRET=<concealed by vouchsafe>\n[^]*given\n$/);
      expect(existsSync(join(folder, 'mark'))).toBe(false);
    } finally {
      for (const name of Object.keys(hostile)) Reflect.deleteProperty(process.env, name);
    }
  });

  test('what it prints of the secret is masked in every encoding, on both outputs', async () => {
    const script = `
const s = process.env.SECRET, b = (t) => Buffer.from(t);
const all = [s, 'x' + s, b(s).toString('base64'), b('x' + s).toString('base64'), b('xy' + s).toString('base64'), b(s).toString('base64url'),
  b(s).toString('hex'), encodeURIComponent(s), JSON.stringify(s), JSON.stringify(JSON.stringify(s)), b(s, 'utf8').toString('utf16le')];
for (const text of all) { console.log(text); console.error(text); }`;
    await recipe([process.execPath, '-e', script]);
    const answer = await run(await agent('bot'));
    const text = JSON.stringify(answer);
    expect(codeOf(answer)).toBe('granted');
    for (const part of [
      SECRET,
      'canary',
      Buffer.from('canary').toString('hex'),
      Buffer.from(SECRET).toString('base64').slice(4, 16),
    ])
      expect(text).not.toContain(part);
    expect(text.match(/<concealed by vouchsafe>/g)?.length).toBeGreaterThanOrEqual(20);
  });

  const HOSTILE: [name: string, value: string][] = [
    ['a second command', 'prod; touch mark'],
    ['a substitution', '$(touch mark)'],
    ['backquotes', '`touch mark`'],
    ['a line break', 'prod\ntouch mark'],
    ['a line break at its end', 'prod\n'],
    ['a NUL', 'prod\0'],
    ['no end', 'a'.repeat(10_000)],
    ['nothing', ''],
    ['an option', '-rf'],
    ['a long option', '--config=/etc/passwd'],
    ['a letter that looks like another', 'pr\u043ed'],
    ['a direction', 'prod\u202e'],
    ['a joiner', 'pro\u200dd'],
    ['a variable', '${SECRET}'],
    ['another hole', '{env}'],
    ['a reference', 'vouchsafe://Work/Orders/password'],
    ['a path upward', '../../etc/passwd'],
    ['a half of a character', 'prod\ud800'],
  ];

  test.each(HOSTILE)('a value with %s fits neither a list nor a careful pattern', async (_, value) => {
    const path = program('touch ran; echo "$1|$2"');
    await recipe([path, '{env}', '{tag}'], { allow: ['env=staging,prod', 'tag=/[a-z0-9.]+/'] });
    const door = await agent('bot');
    for (const values of [
      { env: value, tag: 'v1' },
      { env: 'prod', tag: value },
    ]) {
      const answer = await run(door, values);
      expect(codeOf(answer)).toBe('invalid_request');
      if (value.length > 3 && value.length < 100)
        expect(JSON.stringify(answer)).not.toContain(JSON.stringify(value).slice(1, -1));
    }
    expect(existsSync(join(folder, 'ran'))).toBe(false);
    expect(await run(door, { env: 'prod', tag: 'v1.2' })).toMatchObject({ result: { stdout: 'prod|v1.2\n' } });
  });

  test('a value that the loosest pattern lets through is one argument as it is, and never an option', async () => {
    await recipe([program('printf "%s\\n" "$#" "$1"'), '{any}'], { allow: ['any=/.*/'] });
    const door = await agent('bot');
    for (const value of ['a b; $(touch mark) `x` "\'*', '{any}', '$SECRET', 'vouchsafe://Work/Orders/password'])
      expect(await run(door, { any: value })).toMatchObject({ result: { exit_status: 0, stdout: `1\n${value}\n` } });
    for (const value of ['-rf', '--x', 'a\nb', 'a\0b', 'x'.repeat(201), 'a\u2028b', '\u200b'])
      expect(codeOf(await run(door, { any: value }))).toBe('invalid_request');
    expect(existsSync(join(folder, 'mark'))).toBe(false);
  });

  test.each(['__proto__', 'constructor', 'toString', 'ENV', 'env '])(
    'a value for %j, which is no hole, is refused',
    async (name) => {
      await recipe([program('echo ran'), '{env}'], { allow: ['env=prod'] });
      const door = await agent('bot');
      const values = JSON.parse(`{"env":"prod",${JSON.stringify(name)}:"x"}`);
      expect(codeOf(await run(door, values))).toBe('invalid_request');
      expect(codeOf(await run(door, JSON.parse(`{${JSON.stringify(name)}:"prod"}`)))).toBe('invalid_request');
    },
  );

  test('an entry says which tool it was', async () => {
    await recipe([program('echo ran')]);
    const door = await agent('bot');
    const lent = await lend(door);
    if (!lent.ok) throw new Error(lent.error.message);
    await lent.end('exit 0');
    const answers = [await run(door), await ask(door, 'http_request', { item: 'Orders', url: 'https://example.com/' })];
    const tools = [lent, ...answers].map(async ({ receipt }) => (await safe.owner.showEntry(receipt?.seq ?? 0)).tool);
    expect(await Promise.all(tools)).toEqual(['lend_item', 'run_recipe', 'http_request']);
  });

  test('of the owner’s that cannot start, it leaves the end of the use all the same', async () => {
    const path = program('echo ran');
    await recipe([path]);
    chmodSync(path, 0o644);
    const before = lastSeq(safe.file);
    await expect(safe.owner.runRecipe('deploy', {})).rejects.toMatchObject({ code: 'not_found' });
    expect(story(before)).toEqual(['owner item.use granted', 'owner item.use.end granted']);
  });

  test('a program that has changed, is gone or is another is not run until the owner renews the recipe', async () => {
    const path = program('echo one');
    await recipe([path]);
    const door = await agent('bot');
    const before = lastSeq(safe.file);
    expect(await run(door)).toMatchObject({ result: { stdout: 'one\n' } });
    const tamper: (() => void)[] = [
      () => writeFileSync(path, '#!/bin/sh\necho "$SECRET" > stolen\n'),
      () => rmSync(path),
      () => mkdirSync(path),
      () => {
        rmSync(path, { recursive: true });
        symlinkSync('/bin/echo', path);
      },
      ...(process.getuid?.() === 0
        ? []
        : [
            () => {
              rmSync(path);
              program('echo one');
              chmodSync(path, 0o100);
            },
          ]),
    ];
    for (const change of tamper) {
      change();
      expect(codeOf(await run(door))).toBe('conflict');
    }
    expect(existsSync(join(folder, 'stolen'))).toBe(false);
    rmSync(path);
    program('echo two');
    expect(codeOf(await run(door))).toBe('conflict');
    await safe.owner.renewRecipe('deploy');
    expect(await run(door)).toMatchObject({ result: { stdout: 'two\n' } });
    const uses = story(before).filter((line) => line.startsWith('token'));
    expect(uses.filter((line) => line === 'token item.use granted')).toHaveLength(2);
    expect(uses.filter((line) => line === 'token item.use.end granted')).toHaveLength(2);
  });

  test('the program is swapped after its check and before it starts: the entry stands, and it is not run', async () => {
    const path = program('echo one');
    await recipe([path]);
    const rig = await rigOf(safe, (await safe.token('bot', ['Work'])).token);
    rig.faults.beforeTransaction = async () => {
      rig.faults.beforeTransaction = () => Promise.resolve();
      renameSync(path, `${path}.old`);
      program('touch stolen');
      return Promise.resolve();
    };
    const before = lastSeq(safe.file);
    const answer = await run(rig.gate);
    expect(codeOf(answer)).toBe('conflict');
    expect(existsSync(join(folder, 'stolen'))).toBe(false);
    expect(story(before)).toEqual(['token item.use granted', 'token item.use.end error unavailable']);
    await rig.gate.close();
  });

  test('what is printed over the cap is cut, and what takes too long ends with all that it started', async () => {
    const pidFile = join(folder, 'pid');
    await recipe([program(`(sleep 300 & echo $! > '${pidFile}'; wait) & yes canary-filler | head -c 700000; wait`)], {
      timeout: '1s',
    });
    const answer = await run(await agent('bot'));
    if (!answer.ok) throw new Error(answer.error.message);
    expect(answer.result).toMatchObject({ timed_out: true, truncated: true });
    expect(String(answer.result['stdout']).length).toBeLessThanOrEqual(256 * 1024);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await sleep(100);
    expect(isRunning(pid)).toBe(false);
  });

  test('of what is printed as much is given as the owner said', async () => {
    const made = await recipe([program('printf 0123456789')], { outputCap: '4' });
    expect(made.output_cap).toBe(4);
    const answer = await run(await agent('bot'));
    expect(answer).toMatchObject({ ok: true, result: { stdout: '0123', truncated: true } });
  });

  test.each(['0', '-1', '2MiB', '1GiB', 'much', ''])('a cap of %j is none', async (outputCap) => {
    const making = recipe([program('true')], { outputCap });
    await expect(making).rejects.toMatchObject({ code: 'invalid_request' });
  });

  function isRunning(pid: number): boolean {
    try {
      process.kill(pid, 0);
    } catch {
      return false;
    }
    // ended, and not yet taken by whoever is its parent now
    return !/^Z/.test(execFileSync('ps', ['-o', 'stat=', '-p', String(pid)]).toString());
  }

  test('it is for whom the owner said: to any other token it is as one that there is not', async () => {
    const token = await safe.token('chosen', ['Work']);
    await recipe([program('echo ran')], { tokens: [byName('chosen')] });
    const other = await agent('other', ['Work'], 'manager');
    const real = await run(other);
    const none = await ask(other, 'run_recipe', { recipe: 'no-such', values: {} });
    expect(codeOf(real)).toBe('forbidden');
    expect(withoutReceipt(real)).toEqual(withoutReceipt(none));
    const who = await ask(other, 'whoami');
    expect(JSON.stringify(who)).not.toContain('deploy.sh');
    expect(JSON.stringify(who)).not.toContain('recipes');
    expect(codeOf(await run(await safe.agent(token.token)))).toBe('granted');
    const outside = await agent('outside', ['Other']);
    expect(withoutReceipt(await run(outside))).toEqual(withoutReceipt(none));
  });

  test('all that it uses must be granted, and under one grant', async () => {
    const both = { A: REFERENCE, B: '{{ vouchsafe://Other/Hidden/password }}' };
    await recipe([program('echo "$A $B" > stolen; echo ran')], {}, both as never);
    for (const vaults of [['Work'], ['Work', 'Other']])
      expect(codeOf(await run(await agent(`bot-${String(vaults.length)}`, vaults)))).toBe('forbidden');
    expect(existsSync(join(folder, 'stolen'))).toBe(false);
  });

  test('it needs no right to reveal, but the scope use; limits count it, and the owner may want a word', async () => {
    await recipe([program('echo ran')]);
    const never = await safe.owner.createToken({ name: 'never', isAgent: true, scopes: ['read', 'use'] });
    await safe.owner.grant({
      token: byName('never'),
      vault: byName('Work'),
      limits: { reveal: 'never', maxUses: '2' },
    });
    const door = await safe.agent(never.token);
    expect([codeOf(await run(door)), codeOf(await run(door)), codeOf(await run(door))]).toEqual([
      'granted',
      'granted',
      'limit_reached',
    ]);
    const reader = await safe.owner.createToken({
      name: 'reader',
      isAgent: true,
      scopes: ['read', 'reveal'],
      vaults: [byName('Work')],
    });
    expect(codeOf(await run(await safe.agent(reader.token)))).toBe('forbidden');
  });

  test('with a word of the owner’s, it is for the very values', async () => {
    await recipe([program('echo "$1"'), '{env}'], { approve: true, allow: ['env=staging,prod'] });
    const door = await agent('bot');
    const asked = await run(door, { env: 'staging' });
    expect(codeOf(asked)).toBe('approval_required');
    const [request] = await safe.owner.listRequests({ all: false });
    await safe.owner.approveRequest(request?.id ?? '', { uses: '2' });
    expect(codeOf(await run(door, { env: 'prod' }))).toBe('approval_required');
    expect(codeOf(await run(door, { env: 'staging' }))).toBe('granted');
    await safe.owner.deleteRecipe('deploy');
    await recipe([program('echo other "$1"'), '{env}'], { approve: true, allow: ['env=staging,prod'] });
    expect(codeOf(await run(door, { env: 'staging' }))).toBe('approval_required');
  });
});

function withoutReceipt(answer: Awaited<ReturnType<typeof ask>>): unknown {
  return { ...answer, receipt: null };
}

describe('recipes of requests', () => {
  const seen: string[] = [];

  async function request(url: (host: string) => string, allow: readonly string[], more: Record<string, unknown> = {}) {
    seen.length = 0;
    const server = await serve((asked, response) => {
      seen.push(`${asked.method ?? ''} ${asked.url ?? ''} ${String(asked.headers.authorization)}`);
      response.end(JSON.stringify(asked.headers));
    });
    const http = {
      hosts: [server.host],
      auth: 'bearer:password',
      paths: ['/v1/**'],
      methods: ['POST'],
      allowLoopback: true,
    };
    const item = { vault: byName('Work'), item: byName('Orders') };
    await safe.owner.changeItemRules(item, { http });
    const wanted = { item, method: 'POST', url: url(server.host), headers: {}, ...more };
    await safe.owner.createRecipe({ name: 'deploy', vault: byName('Work'), request: wanted, allow });
    return agent('bot');
  }

  test('the credential goes where the policy says, and is in no answer', async () => {
    const door = await request((host) => `http://${host}/v1/{env}`, ['env=staging,prod']);
    const answer = await run(door, { env: 'prod' });
    expect(answer).toMatchObject({ ok: true, result: { status: 200 } });
    expect(seen).toEqual([`POST /v1/prod Bearer ${SECRET}`]);
    expect(JSON.stringify(answer)).not.toContain('canary');
  });

  test.each([
    '..',
    '../../admin',
    '..%2f..%2fadmin',
    '%2e%2e',
    'x/../../admin',
    '..\\..\\admin',
    'x?y=1#z',
    '@evil.example.com',
    '.',
    '/',
    '//evil.example.com',
    'x\r\nHost: evil.example.com',
  ])('a hole in a path filled with %j leads nowhere else', async (value) => {
    const door = await request((host) => `http://${host}/v1/{any}/end`, ['any=/.*/s', 'any=/[^]*/'].slice(1));
    await run(door, { any: value });
    for (const line of seen) expect(line).toMatch(/^POST \/v1\/[^/?#]+\/end Bearer /);
  });

  test.each(['evil.example.com', '127.0.0.1:1', 'user@127.0.0.1', '[::1]', 'localhost', '2130706433'])(
    'a hole in the place of the host filled with %j reaches nothing',
    async (value) => {
      const door = await request(() => 'http://{any}/v1/x', ['any=/.*/']);
      const answer = await run(door, { any: value });
      expect(['forbidden', 'invalid_request']).toContain(codeOf(answer));
      expect(seen).toEqual([]);
    },
  );

  test('a hole in a header or a body stays one value there', async () => {
    const more = { headers: { 'content-type': 'application/json', 'x-env': '{any}' }, body: '{"env":"{any}"}' };
    const door = await request((host) => `http://${host}/v1/x`, ['any=/.*/'], more);
    expect(codeOf(await run(door, { any: 'a","admin":"b' }))).toBe('granted');
    expect(codeOf(await run(door, { any: 'a\r\nx-admin: 1' }))).toBe('invalid_request');
    expect(seen).toHaveLength(1);
  });
});

describe('decoys', () => {
  const facts = (item: Readonly<Record<string, unknown>>): unknown => shape(item);

  /** The same with every text and number replaced by its kind: what an answer tells beside its values. */
  function shape(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(shape);
    if (typeof value !== 'object' || value === null) return typeof value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, key === 'kind' || key === 'type' ? part : shape(part)]),
    );
  }

  test('it is to a token what any item is, and to the owner a sign', async () => {
    await login('Work', 'Honey', 'canary-decoy', { decoy: true });
    const door = await agent('bot');
    const listed = await ask(door, 'list_vault', { vault: 'Work' });
    if (!listed.ok) throw new Error('no list');
    const rows = listed.result['items'] as Record<string, unknown>[];
    expect(rows).toHaveLength(2);
    expect(facts(rows[0] ?? {})).toEqual(facts(rows[1] ?? {}));
    const before = lastSeq(safe.file);
    for (const [tool, input] of [
      ['get_item', {}],
      ['get_item', { fields: ['password'] }],
      ['get_item', { fields: ['nope'] }],
      ['get_item', { fields: ['totp'] }],
      ['get_totp', {}],
      ['update_item', { set: { password: 'x' } }],
      ['trash_item', {}],
      ['http_request', { url: 'https://example.com/' }],
      ['search_items', { query: 'o' }],
      ['whoami', {}],
    ] as const) {
      const named = tool === 'search_items' || tool === 'whoami' ? [{}, {}] : [{ item: 'Honey' }, { item: 'Orders' }];
      const [decoy, real] = [
        await ask(door, tool, { ...named[0], ...input }),
        await ask(door, tool, { ...named[1], ...input }),
      ];
      expect(shape(decoy), tool).toEqual(shape(real));
      expect(JSON.stringify(decoy)).not.toMatch(/decoy(?!-|")/);
      if (!decoy.ok && !real.ok) expect(decoy.error.message).toBe(real.error.message);
    }
    const read = await ask(door, 'get_item', { item: 'Honey', fields: ['password'] });
    expect(JSON.stringify(read)).toContain('canary-decoy');
    const entries = await Promise.all(entriesAfter(safe.file, before).map(({ seq }) => safe.owner.showEntry(seq)));
    for (const { entry } of entries) {
      const { item, signals } = entry;
      if (item?.title === 'Orders') expect(signals).not.toContain('decoy');
      if (item?.title === 'Honey') expect(signals, JSON.stringify(entry)).toContain('decoy');
    }
    expect(entries.filter(({ entry }) => entry.item?.title === 'Honey')).toHaveLength(9);
    await expectVerified(safe);
  });

  test('lent or used by a recipe it is a sign too', async () => {
    await login('Work', 'Honey', 'canary-decoy', { decoy: true });
    const door = await agent('bot');
    const lent = await lend(door, { item: 'Honey' });
    if (!lent.ok) throw new Error(lent.error.message);
    await lent.end('exit 0');
    await recipe([program('echo ran')], {}, { SECRET: '{{ vouchsafe://Work/Honey/password }}' });
    expect(codeOf(await run(door))).toBe('granted');
    const { data } = await safe.owner.listEntries({ query: 'signal:decoy', limit: 10 });
    expect(data.map(({ action }) => action)).toEqual(expect.arrayContaining(['item.use', 'item.use']));
    expect(data.filter(({ action }) => action === 'item.use')).toHaveLength(2);
  });

  test('decoy.freeze: the value is given, and the next call hears that the token was revoked', async () => {
    await login('Work', 'Honey', 'canary-decoy', { decoy: true });
    await safe.owner.setSetting('decoy.freeze', 'true');
    const [door, other, gone] = [await agent('bot'), await agent('other'), await agent('gone')];
    await safe.owner.deleteToken(byName('gone'), { rotate: false });
    const revoked = await ask(gone, 'whoami');
    if (revoked.ok) throw new Error('not revoked');
    expect(JSON.stringify(await ask(door, 'get_item', { item: 'Honey', fields: ['password'] }))).toContain(
      'canary-decoy',
    );
    for (const tool of ['whoami', 'get_item', 'nothing']) {
      const answer = await ask(door, tool, tool === 'get_item' ? { item: 'Orders' } : {});
      expect(answer).toMatchObject({ ok: false, error: revoked.error });
    }
    expect(codeOf(await lend(door))).toBe('unauthenticated');
    expect(await door.identity()).toBeNull();
    expect(codeOf(await ask(other, 'get_item', { item: 'Orders' }))).toBe('granted');
    await safe.owner.unfreezeToken(byName('bot'));
    expect(codeOf(await ask(door, 'whoami'))).toBe('granted');
    await expectVerified(safe);
  });

  test('nothing in the file tells one, and the owner is told of each touch once', async () => {
    await login('Work', 'Honey', 'canary-false', { decoy: true });
    await safe.owner.setSetting(
      'notify.command',
      `cat >> '${join(folder, 'told')}'; echo >> '${join(folder, 'told')}'`,
    );
    const door = await agent('bot');
    expect(codeOf(await ask(door, 'get_item', { item: 'Honey', fields: ['password'] }))).toBe('granted');
    for (const end of ['', '-wal']) {
      if (!existsSync(`${safe.file}${end}`)) continue;
      const counted = execFileSync('sh', [
        '-c',
        'grep -aoi "[a-z._]*decoy[a-z._]*" "$1" || true',
        'sh',
        `${safe.file}${end}`,
      ]);
      expect(
        counted
          .toString()
          .split('\n')
          .filter((word) => word !== ''),
      ).toEqual([]);
    }
    const first = await safe.owner.notify({ retry: false });
    expect(first.decoys).toHaveLength(1);
    expect(first.failures).toEqual([]);
    const text = readFileSync(join(folder, 'told'), 'utf8');
    await safe.owner.notify({ retry: false });
    expect(readFileSync(join(folder, 'told'), 'utf8')).toBe(text);
    expect(text).not.toContain('canary-false');
  });
});

describe('the lockdown', () => {
  test('refuses the very next call of everyone; only the owner lifts it, and what was frozen by itself stays so', async () => {
    const [door, other] = [await agent('bot'), await agent('other')];
    await safe.owner.freezeToken(byName('other'));
    expect(codeOf(await ask(door, 'get_item', { item: 'Orders' }))).toBe('granted');
    await lockDown(safe.places, ORIGIN);
    for (const one of [door, other]) expect(codeOf(await ask(one, 'whoami'))).toBe('unauthenticated');
    expect(codeOf(await lend(door))).toBe('unauthenticated');
    await safe.owner.unfreezeToken(byName('other')).catch(() => undefined);
    await lockDown(safe.places, ORIGIN);
    expect(await safe.owner.liftLockdown()).toMatchObject({ lifted: expect.arrayContaining(['bot']) });
    expect(codeOf(await ask(door, 'get_item', { item: 'Orders' }))).toBe('granted');
    await expectVerified(safe);
  });

  test('a token that was frozen before stays frozen after the lift', async () => {
    const [door, other] = [await agent('bot'), await agent('other')];
    await safe.owner.freezeToken(byName('other'));
    await lockDown(safe.places, ORIGIN);
    expect(await safe.owner.liftLockdown()).toEqual({ lifted: ['bot'], frozen: ['other'] });
    expect([codeOf(await ask(door, 'whoami')), codeOf(await ask(other, 'whoami'))]).toEqual([
      'granted',
      'unauthenticated',
    ]);
    await safe.owner.unfreezeToken(byName('other'));
    expect(codeOf(await ask(other, 'whoami'))).toBe('granted');
    await expect(safe.owner.liftLockdown()).rejects.toMatchObject({ code: 'conflict' });
    await expectVerified(safe);
  });

  test('one that a decoy froze stays frozen after the lift, too', async () => {
    await login('Work', 'Honey', 'canary-decoy', { decoy: true });
    await safe.owner.setSetting('decoy.freeze', 'true');
    const door = await agent('bot');
    expect(codeOf(await ask(door, 'get_item', { item: 'Honey', fields: ['password'] }))).toBe('granted');
    await lockDown(safe.places, ORIGIN);
    expect(await safe.owner.liftLockdown()).toEqual({ lifted: [], frozen: ['bot'] });
    expect(codeOf(await ask(door, 'whoami'))).toBe('unauthenticated');
  });
});
