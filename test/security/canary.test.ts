/**
 * security.md, section 6, no. 7: canaries in everything that people and agents write, and then a search for them, in the
 * clear and encoded, wherever bytes of the program end up.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/gate/call.js';
import type { OwnerDoor, Places } from '../../src/gate/door.js';
import { openOwner } from '../../src/gate/open.js';
import { holderOf, gainedKeys } from '../support/attacker.js';
import { type Canary, filesBelow, formsOf, found, foundInFiles, toldBy } from '../support/canaries.js';
import { call, INITIALIZE, request, startServer } from '../support/line-client.js';
import { environmentOf, PROGRAM } from '../support/processes.js';
import { rowsOf } from '../support/raw.js';
import { ask, byName, CLIENT, codeOf, makeSafe, ORIGIN, PASSWORD, REASON, type TestSafe } from '../support/safe.js';

/** Unique texts: with a quote, a backslash and letters beyond ASCII, so that every escaping differs. */
const mark = (name: string): string => `Kanarie-${name}-"\\ü𝄞-q7`;
const SEED = 'KANARIESEEDQ7WXYZ234567ABCDEFGHI';
const RECOVERY_TYPED = 'kanarie typed wrong recovery words';

/** What must never be seen by anyone but through a granted answer. */
const SECRETS = {
  ...{ password: mark('password'), note: mark('note'), oldPassword: mark('old-password'), seed: SEED },
  ...{
    agentsPassword: mark('agents-password'),
    deleted: mark('deleted'),
    moved: mark('moved'),
    trashed: mark('trashed'),
  },
  ...{ farPassword: mark('far-password'), newMaster: `${mark('master')} with 5 more words`, weakMaster: 'Kanar7' },
  ...{ wrongMaster: `${mark('wrong-master')} typed`, rejected: mark('rejected'), badSeed: mark('bad-seed') },
};
/** What those who were granted the vault may be told. */
const NAMES = {
  ...{ title: mark('title'), url: 'https://kanarie-url-q7.example/path', user: mark('user'), tag: mark('tag') },
  ...{ vault: mark('vault'), description: mark('description'), field: mark('field'), section: mark('section') },
  ...{ agentsTitle: mark('agents-title') },
};
/** What a token that was not granted the vault must not be told. */
const FAR = {
  ...{
    title: mark('far-title'),
    url: 'https://kanarie-far-q7.example',
    vault: mark('far-vault'),
    tag: mark('far-tag'),
  },
  ...{ user: mark('far-user'), description: mark('far-description') },
};
/** What the log holds, sealed. */
const SAID = {
  ...{ reason: mark('reason').replaceAll('"', "'"), client: mark('client'), version: mark('version') },
  ...{ request: mark('request'), argument: mark('argument'), tool: mark('tool') },
  ...{ tokenName: mark('token-name'), tokenDescription: mark('token-description') },
};
const listed = (values: Readonly<Record<string, string>>): readonly Canary[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

let safe: TestSafe & { recoveryCode: string | null };
let backup: string;
let sessionOwner: OwnerDoor;
let session: string;
const tokens: string[] = [];
const answers: Answer[] = [];
const errors: string[] = [];
const inspected: string[] = [];
let stderr = '';

/** Tokens, the ways in and all keys that they open, below the gate. */
function keysAndTokens(): readonly Canary[] {
  const rows = rowsOf(safe.file);
  const keys = tokens.flatMap((token, n): readonly Canary[] => {
    const holder = holderOf(safe.places, rows, token);
    if (holder === null) return [];
    const privates = [holder.agreement.privateKey, holder.bundle.signingPrivate, holder.bundle.tagKey];
    const gained = gainedKeys(holder, rows).flatMap(({ key, nameKey }) => [
      key,
      ...(nameKey === null ? [] : [nameKey]),
    ]);
    return [...privates, ...gained].map((value, at) => ({ name: `key ${String(at)} of token ${String(n)}`, value }));
  });
  return [...tokensAndWays(), ...keys];
}

function tokensAndWays(): readonly Canary[] {
  const texts = tokens.flatMap((token, n): readonly Canary[] => [
    { name: `token ${String(n)}`, value: token },
    { name: `secret of token ${String(n)}`, value: token.slice(20, 62) },
    { name: `key half of token ${String(n)}`, value: Buffer.from(token.split('::')[1] ?? '', 'base64url') },
  ]);
  const ways = { master: PASSWORD, recovery: safe.recoveryCode ?? 'none', typed: RECOVERY_TYPED, session };
  return [...texts, ...listed(ways)];
}

const everything = (): readonly Canary[] => [...[SECRETS, NAMES, FAR, SAID].flatMap(listed), ...keysAndTokens()];

async function told(work: () => Promise<unknown>, { fails = true } = {}): Promise<void> {
  try {
    const result = await work();
    expect(fails, `this was to be refused: ${inspect(result)}`).toBe(false);
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AssertionError') throw error;
    errors.push(toldBy(error));
  }
}

beforeAll(async () => {
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk: string | Uint8Array): boolean => {
    stderr += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  };
  try {
    await play();
  } finally {
    process.stderr.write = write;
  }
});
afterAll(async () => {
  await safe.end();
});

async function play(): Promise<void> {
  safe = await makeSafe({ recovery: true });
  const { owner } = safe;
  await owner.createVault({ name: NAMES.vault, description: NAMES.description });
  await owner.createVault({ name: FAR.vault, description: FAR.description });
  await owner.createItem(byName(NAMES.vault), {
    ...{ type: 'login', title: NAMES.title, urls: [NAMES.url], tags: [NAMES.tag] },
    fields: [
      { name: 'username', value: NAMES.user },
      { name: 'password', value: SECRETS.oldPassword },
      { name: 'one-time', kind: 'totp', value: SECRETS.seed },
      { section: NAMES.section, name: NAMES.field, kind: 'note', value: SECRETS.note },
    ],
  });
  await owner.createItem(byName(FAR.vault), {
    ...{ type: 'login', title: FAR.title, urls: [FAR.url], tags: [FAR.tag] },
    fields: [
      { name: 'username', value: FAR.user },
      { name: 'password', value: SECRETS.farPassword },
    ],
  });
  for (const [title, value] of [
    ['Gone', SECRETS.deleted],
    ['Moves', SECRETS.moved],
    ['Binned', SECRETS.trashed],
  ] as const)
    await owner.createItem(byName(NAMES.vault), { type: 'login', title, fields: [{ name: 'password', value }] });
  await owner.updateItem({ item: byName(NAMES.title) }, { set: { password: SECRETS.password } });
  await owner.deleteItem({ item: byName('Gone') });
  await owner.moveItem({ item: byName('Moves') }, byName(FAR.vault));
  await owner.trashItem({ item: byName('Binned') });
  const made = await owner.createToken({
    ...{ name: SAID.tokenName, description: SAID.tokenDescription, isAgent: true },
    ...{ vaults: [byName(NAMES.vault)], role: 'editor' },
  });
  const doomed = await safe.token('doomed', [FAR.vault], 'editor');
  tokens.push(made.token, doomed.token);
  await agentsPart();
  tokens.push((await owner.renewToken(byName(SAID.tokenName), { rotate: true })).token);
  await owner.deleteToken(byName('doomed'), { rotate: true });
  await ownersFaults();
  backup = join(safe.places.state, '..', 'backup.db');
  await owner.backup(backup);
  await owner.changePassword(SECRETS.newMaster);
  const runtime = { ...safe.places, runtime: join(safe.places.runtime, 'vouchsafe') };
  sessionOwner = await openOwner(
    runtime,
    { recoveryCode: safe.recoveryCode ?? '' },
    { origin: ORIGIN, options: safe.options },
  );
  session = (await sessionOwner.unlock(600_000)).session.value;
  inspected.push(inspect([owner, sessionOwner], { depth: 20, showHidden: true }));
  await sessionOwner.close();
}

async function agentsPart(): Promise<void> {
  const token = tokens[0] ?? '';
  const agent = await safe.agent(token);
  const client = { name: SAID.client, version: SAID.version };
  const as = async (tool: string, input: Record<string, unknown>): Promise<string> => {
    const answer = await agent.call({
      tool,
      arguments: { reason: SAID.reason, ...input },
      client,
      requestId: SAID.request,
    });
    if (!answer.ok) answers.push(answer);
    return codeOf(answer);
  };
  const item = NAMES.title;
  expect(await as('get_item', { item, fields: ['password'] })).toBe('granted');
  expect(await as('get_totp', { item })).toBe('granted');
  expect(await as('update_item', { item, set: { password: SECRETS.agentsPassword } })).toBe('granted');
  const fields = [{ name: 'password', value: SECRETS.agentsPassword }];
  expect(await as('create_item', { vault: NAMES.vault, type: 'login', title: NAMES.agentsTitle, fields })).toBe(
    'granted',
  );
  const refused: readonly (readonly [string, Record<string, unknown>])[] = [
    ['get_item', { item, fields: ['password'], reason: `see ${token}` }],
    ['get_item', { item, fields: ['password'], reason: '' }],
    ['get_item', { item: FAR.title.slice(0, 12) }],
    ['get_item', { item, vault: 'Personal' }],
    ['get_item', { item: token }],
    ['get_item', { item, [SAID.argument]: SECRETS.rejected }],
    ['update_item', { item, set: { nothing: SECRETS.rejected } }],
    ['update_item', { item, set: { password: 7, other: SECRETS.rejected } }],
    ['update_item', { item, set: { 'one-time': SECRETS.badSeed } }],
    [
      'create_item',
      {
        vault: NAMES.vault,
        type: 'login',
        title: NAMES.title,
        fields: [{ name: 'password', value: { deep: SECRETS.rejected } }],
      },
    ],
    ['create_item', { vault: NAMES.vault, type: SECRETS.rejected, title: 'x' }],
    [
      'create_item',
      { vault: 'Personal', type: 'login', title: 'x', fields: [{ name: 'password', value: SECRETS.rejected }] },
    ],
    [SAID.tool, { value: SECRETS.rejected }],
    [`get ${token}`, {}],
  ];
  for (const [tool, input] of refused) expect(await as(tool, input), JSON.stringify([tool, input])).not.toBe('granted');
  for (const text of [token.replace('::', ':'), token.slice(0, -1), `${token.slice(0, 68)}::${'A'.repeat(43)}`]) {
    const answer = await ask(await safe.agent(text), 'list_vaults');
    expect(codeOf(answer)).toBe('unauthenticated');
    answers.push(answer);
  }
  // what it is not granted is in none of the answers, granted or not
  for (const [tool, input] of [
    ['list_vaults', {}],
    ['search_items', { query: 'kanarie' }],
    ['whoami', {}],
  ] as const)
    answers.push(await agent.call({ tool, arguments: { reason: REASON, ...input }, client: CLIENT }));
  inspected.push(inspect(agent, { depth: 20, showHidden: true }));
}

async function ownersFaults(): Promise<void> {
  const { owner } = safe;
  const item = { item: byName(NAMES.title) };
  const vault = byName(NAMES.vault);
  await told(async () => safe.reopen({ password: SECRETS.wrongMaster }));
  await told(async () => safe.reopen({ recoveryCode: RECOVERY_TYPED }));
  await told(async () => safe.reopen({ session: tokens[0] ?? '' }));
  await told(async () => owner.changePassword(SECRETS.weakMaster));
  await told(async () => owner.updateItem(item, { set: { 'one-time': SECRETS.badSeed } }));
  await told(async () => owner.updateItem(item, { set: { [SECRETS.rejected]: SECRETS.rejected } }));
  await told(async () => owner.updateItem(item, { set: { password: SECRETS.rejected } }, 999));
  await told(async () => owner.createItem(vault, { type: SECRETS.rejected, title: 'x' }));
  const fields = [{ name: 'seed', kind: 'totp' as const, value: SECRETS.badSeed }];
  await told(async () => owner.createItem(vault, { type: 'login', title: 'x', fields }));
  const twice = [1, 2].map(() => ({ name: 'same', value: SECRETS.rejected }));
  await told(async () => owner.createItem(vault, { type: 'login', title: 'x', fields: twice }));
  await told(async () => owner.findToken(byName(tokens[0] ?? '')));
  await told(async () => owner.viewItem({ item: byName(tokens[0] ?? '') }, 'all'));
  await told(async () => owner.createVault({ name: tokens[0] ?? '' }));
}

describe('the search itself', () => {
  test('finds a canary in each of its forms', () => {
    for (const value of [SECRETS.password, PASSWORD, Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex')])
      for (const [name, form] of formsOf(value)) {
        expect(form.length, name).toBeGreaterThan(10);
        const hidden = Buffer.concat([Buffer.from('before '), form, Buffer.from(' after')]);
        expect(found([{ name: 'x', value }], hidden), name).toHaveLength(1);
      }
    for (const shift of [0, 1, 2, 3, 4, 5]) {
      const text = Buffer.from(`${'x'.repeat(shift)}${SECRETS.password} and more`).toString('base64');
      expect(found(listed({ password: SECRETS.password }), text)).toHaveLength(1);
    }
    expect(found(everything(), 'nothing to see')).toEqual([]);
  });

  test('has something to search', () => {
    expect(tokens).toHaveLength(3);
    expect(safe.recoveryCode).not.toBeNull();
    expect(session).toMatch(/^vss_/);
    expect(keysAndTokens().length).toBeGreaterThan(15);
    expect(new Set(everything().map(({ value }) => Buffer.from(value).toString('hex'))).size).toBeGreaterThan(50);
    expect(errors.length).toBeGreaterThan(12);
    expect(answers.length).toBeGreaterThan(16);
  });
});

describe('no canary stands', () => {
  beforeEach(() => {
    expect(existsSync(`${safe.file}-wal`)).toBe(true);
  });

  test('in the database, its write-ahead log, its shared memory, the host share, the anchors and the session', () => {
    const files = filesBelow(join(safe.places.home, '..'));
    const names = files.map((file) => file.slice(join(safe.places.home, '..').length + 1));
    for (const part of [
      'home/safe.db',
      'home/safe.db-wal',
      'home/safe.db-shm',
      'host-share',
      'anchor.json',
      'sessions/',
    ])
      expect(
        names.some((name) => name.includes(part)),
        part,
      ).toBe(true);
    expect(names).toContain('backup.db');
    expect(foundInFiles(everything(), files)).toEqual([]);
    for (const file of files) expect(statSync(file).mode & 0o077, file).toBe(0);
  });

  test('in the backup', () => {
    expect(readFileSync(backup).length).toBeGreaterThan(10_000);
    expect(foundInFiles(everything(), [backup])).toEqual([]);
  });

  test('of secrets or tokens in a refusal, nor anything of a vault that was not granted in any answer', () => {
    const refusals = answers.filter(({ ok }) => !ok);
    const all = [...listed(SECRETS), ...keysAndTokens()];
    for (const answer of refusals) expect(found(all, JSON.stringify(answer)), JSON.stringify(answer)).toEqual([]);
    expect(found(listed(FAR), JSON.stringify(answers))).toEqual([]);
    expect(found(listed({ vault: NAMES.vault }), JSON.stringify(answers))).toHaveLength(1);
  });

  test('of secrets or tokens in an error that the owner’s door threw', () => {
    const all = [...listed(SECRETS), ...keysAndTokens()];
    for (const error of errors) expect(found(all, error), error).toEqual([]);
  });

  test('in what an inspector shows of a door', () => {
    for (const text of inspected) expect(found([...listed(SECRETS), ...keysAndTokens()], text)).toEqual([]);
  });

  test('on standard error', () => {
    expect(found(everything(), stderr)).toEqual([]);
  });

  test('of secrets or tokens in the log that the owner reads', async () => {
    const { data } = await safe.owner.listEntries({ query: '', limit: 500 });
    const details = await Promise.all(data.map(async ({ seq }) => safe.owner.showEntry(seq)));
    const log = JSON.stringify([data, details]);
    expect(log).toContain(JSON.stringify(SAID.reason).slice(1, -1));
    expect(found([...listed(SECRETS), ...keysAndTokens()], log)).toEqual([]);
  });
});

describe.skipIf(!existsSync(join(PROGRAM, '..', '..', 'dist', 'bin', 'vouchsafe.js')))('with real processes', () => {
  interface Ran {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  }
  async function run(args: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<Ran> {
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [PROGRAM, ...args], { env }, (error, stdout, stderr_) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr: stderr_ });
      });
      child.stdin?.end(input);
    });
  }
  const places = (): Places => safe.places;

  test('an MCP server tells the agent what it was granted and nothing else, and stderr nothing at all', async () => {
    const token = tokens[2] ?? '';
    const server = startServer([PROGRAM, 'mcp'], environmentOf(places(), token));
    server.send(request('initialize', INITIALIZE));
    await server.lines(1);
    server.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    server.send(call('get_item', { item: NAMES.title, fields: ['password'], reason: SAID.reason }));
    await server.lines(2);
    server.send(call('get_item', { item: NAMES.title, reason: `see ${token}` }));
    server.send(call('get_item', { item: FAR.title.slice(0, 12), reason: SAID.reason }));
    server.send(call('update_item', { item: NAMES.title, set: { x: SECRETS.rejected }, reason: SAID.reason }));
    server.send(call('list_vaults', {}));
    const lines = JSON.stringify(await server.lines(6));
    server.end();
    await server.ended;
    expect(found(listed({ password: SECRETS.agentsPassword }), lines)).toHaveLength(1);
    const others = [...listed(SECRETS), ...keysAndTokens()].filter(({ name }) => name !== 'agentsPassword');
    expect(found(others, lines)).toEqual([]);
    expect(found(listed(FAR), lines)).toEqual([]);
    expect(found(everything(), server.stderr())).toEqual([]);
  });

  test('the owner’s commands conceal what was not asked for, and errors name no secret', async () => {
    const rest = { ...environmentOf(places(), '') };
    delete rest['VOUCHSAFE_PERSONAL_ACCESS_TOKEN'];
    const env = { ...rest, VOUCHSAFE_SESSION: session };
    const all = [...listed(SECRETS), ...keysAndTokens()];
    const view = await run(['item', 'view', NAMES.title, '--json'], env);
    expect(view).toMatchObject({ code: 0 });
    expect(found(listed({ title: NAMES.title }), view.stdout)).toHaveLength(1);
    expect(found(all, view.stdout + view.stderr)).toEqual([]);
    for (const args of [['item', 'list'], ['audit', 'list', '--json'], ['pat', 'list'], ['info']]) {
      const { code, stdout, stderr: said } = await run(args, env);
      expect(code, `${args.join(' ')}: ${said}`).toBe(0);
      expect(found(all, stdout + said), args.join(' ')).toEqual([]);
    }
    const wrong = await run(['item', 'list', '--password-stdin'], rest, `${SECRETS.wrongMaster}\n`);
    expect(wrong.code).not.toBe(0);
    expect(found(everything(), wrong.stdout + wrong.stderr)).toEqual([]);
    const file = join(places().home, '..', 'token-file');
    writeFileSync(file, `${tokens[2] ?? ''}x`, { mode: 0o600 });
    const bad = await run(['vault', 'list', '--token-file', file], rest);
    expect(bad.code).not.toBe(0);
    expect(found(everything(), bad.stdout + bad.stderr)).toEqual([]);
    expect(foundInFiles(everything(), filesBelow(places().home))).toEqual([]);
  });
});
