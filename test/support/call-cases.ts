/**
 * Every way in which a call of a tool can end, made from the tool catalogue: which arguments through which door, and
 * what the log must say of it.
 */
import { writeFileSync } from 'node:fs';
import type { Action, Outcome } from '../../src/core/model.js';
import type { RefusalCode } from '../../src/core/refusal.js';
import type { AgentDoor, Answer, Credential } from '../../src/gate/call.js';
import { newTokenParts, printToken, type TokenParts } from '../../src/crypto/token-string.js';
import { CATALOGUE, type CatalogueEntry } from '../../src/tools/catalogue.js';
import { WEEKDAYS } from '../../src/core/opening-hours.js';
import type { Reference } from '../../src/gate/named.js';
import { type Rig, rigOf } from './gate-rig.js';
import { allowRequests, deadHost, type LoopbackServer, loopbackServer, scriptRecipe } from './call-uses.js';
import { ask, byName, CLIENT, REASON, type TestSafe } from './safe.js';

/** Values that no refusal and no unasked answer may hold. */
export const CANARIES = {
  password: 'canary-password-4c1d',
  seed: 'JBSWY3DPEHPK3PXPCANARY22',
  note: 'canary-note-77aa',
  other: 'canary-other-vault-19fe',
} as const;

export type Input = Readonly<Record<string, unknown>>;

/** Where requests go, by what becomes of them: known once the doors are open. */
const hosts = { live: '', dead: '' };

/** Arguments with which each tool is granted to a manager. A tool of the catalogue that is not here fails the tests. */
export const GOOD_INPUT: Readonly<Record<string, (n: number) => Input>> = {
  whoami: () => ({}),
  list_vaults: () => ({}),
  list_vault: () => ({ vault: 'Work' }),
  search_items: () => ({ query: 'alpha' }),
  get_item: () => ({ vault: 'Work', item: 'Alpha', fields: ['password'] }),
  get_totp: () => ({ item: 'Alpha' }),
  create_item: (n) => ({ vault: 'Work', type: 'login', title: `Made ${String(n)}`, generate: { field: 'password' } }),
  update_item: (n) => ({ item: 'Alpha', set: { username: `user-${String(n)}` } }),
  trash_item: (n) => ({ item: `Spare ${String(n % 40)}` }),
  restore_item: () => ({ item: 'Gone' }),
  move_item: (n) => ({ vault: 'Work', item: `Movable ${String(n % 40)}`, to_vault: 'Shelf' }),
  delete_item: (n) => ({ item: `Waste ${String(n % 40)}`, confirm_title: `Waste ${String(n % 40)}` }),
  update_vault: (n) => ({ vault: 'Work', description: `What is done, ${String(n)}` }),
  http_request: (n) => ({ vault: 'Work', item: 'Alpha', url: `http://${hosts.live}/things/${String(n)}` }),
  run_recipe: () => ({ recipe: 'deploy', values: { env: 'staging' } }),
  request_access: () => ({ vault: 'Elsewhere', role: 'editor', expiration: '1d' }),
};

/** The tools that name an item, and the names of two items each that are one. */
export const ITEM_TOOLS = [
  ...['get_item', 'get_totp', 'update_item', 'trash_item', 'restore_item', 'move_item', 'delete_item'],
  'http_request',
];
/** What follows the entry of a granted call of these has an entry of its own. */
export const USE_TOOLS = ['http_request', 'run_recipe'];
const MANAGING = ['delete_item', 'update_vault'];
const WRITING = ['create_item', 'update_item', 'trash_item', 'restore_item', 'move_item', ...MANAGING];
/** About nothing that there is: granted to every token. */
const OF_ANY_TOKEN = ['whoami', 'request_access'];

export interface Doors {
  readonly manager: AgentDoor;
  readonly editor: AgentDoor;
  /** Its only grant is closed at this hour. */
  readonly closed: AgentDoor;
  readonly viewer: AgentDoor;
  readonly plain: AgentDoor;
  readonly bare: AgentDoor;
  readonly writeOnly: AgentDoor;
  readonly readOnly: AgentDoor;
  readonly unusable: Readonly<
    Record<'none' | 'malformed' | 'cut' | 'unknown' | 'half' | 'revoked' | 'renewed' | 'foreign', AgentDoor>
  >;
  readonly expired: AgentDoor;
  readonly frozen: AgentDoor;
  readonly unverified: AgentDoor;
  readonly faulty: Rig;
  readonly server: LoopbackServer;
  close(): Promise<void>;
  /** The texts of all tokens. */
  readonly texts: readonly string[];
}

const vaults = (...names: readonly string[]): readonly Reference[] => names.map(byName);

/** Fills the safe with what the cases are about, and opens a door for each kind of holder. */
export async function openDoors(safe: TestSafe): Promise<Doors> {
  const { owner } = safe;
  await owner.createVault({ name: 'Work' });
  await owner.createVault({ name: 'Secret' });
  await owner.createVault({ name: 'Shelf' });
  const secret = { name: 'password', value: CANARIES.password };
  const alpha = [
    secret,
    { name: 'totp', value: CANARIES.seed },
    { name: 'memo', kind: 'note', value: CANARIES.note } as const,
  ];
  await owner.createItem(byName('Work'), { type: 'login', title: 'Alpha', fields: alpha });
  for (const title of ['Twin', 'twin', 'Lost', 'LOST', 'Gone'])
    await owner.createItem(byName('Work'), { type: 'login', title, fields: [secret] });
  for (let n = 0; n < 40; n += 1)
    for (const title of ['Spare', 'Movable', 'Waste'])
      await owner.createItem(byName('Work'), { type: 'custom', title: `${title} ${String(n)}` });
  const listed = await owner.listItems({ vault: byName('Work') });
  for (const { id, title } of listed)
    if (/^(lost|gone|waste \d+)$/i.test(title)) await owner.trashItem({ item: { by: 'id', text: id } });
  await owner.createItem(byName('Secret'), {
    type: 'login',
    title: 'Hidden',
    fields: [{ name: 'password', value: CANARIES.other }],
  });

  const server = await loopbackServer();
  Object.assign(hosts, { live: server.host, dead: await deadHost() });
  await owner.createItem(byName('Work'), { type: 'login', title: 'Guarded', fields: alpha });
  await owner.createItem(byName('Work'), { type: 'login', title: 'Deserted', fields: [secret] });
  await owner.changeItemRules({ item: byName('Guarded') }, { approve: true });
  await allowRequests(safe, 'Alpha', hosts.live);
  await allowRequests(safe, 'Guarded', hosts.live);
  await allowRequests(safe, 'Deserted', hosts.dead);
  await scriptRecipe(safe, { name: 'deploy', vault: 'Work', item: 'Alpha' });
  await scriptRecipe(safe, { name: 'guarded-deploy', vault: 'Work', item: 'Alpha', approve: true });
  const changed = await scriptRecipe(safe, { name: 'changed', vault: 'Work', item: 'Alpha' });
  writeFileSync(changed, '#!/bin/sh\necho "$PASSWORD" > /dev/null\n');

  const texts: string[] = [];
  const rigs: Rig[] = [];
  const token = async (
    name: string,
    more: {
      role?: string;
      scopes?: readonly string[];
      vaults?: readonly Reference[];
      isAgent?: boolean;
      expiration?: string;
    } = {},
  ): Promise<string> => {
    const made = await owner.createToken({ name, isAgent: true, role: 'editor', vaults: vaults('Work'), ...more });
    texts.push(made.token);
    return made.token;
  };
  const rig = async (credential: Credential, health = { fault: null as string | null }): Promise<Rig> => {
    const opened = await rigOf(safe, '', { credential, health });
    rigs.push(opened);
    return opened;
  };
  const door = async (text: string): Promise<AgentDoor> => (await rig({ kind: 'token', text })).gate;

  const manager = await token('manager', { role: 'manager', vaults: vaults('Work', 'Shelf') });
  const closed = await token('closed', { vaults: [] });
  const limits = { hours: '00:00-24:00', days: WEEKDAYS[(new Date(safe.clock.now).getUTCDay() + 3) % 7] ?? 'mon' };
  await owner.grant({ token: byName('closed'), vault: byName('Work'), role: 'manager', limits });
  const half = printToken({ ...partsOf(manager), keyHalf: newTokenParts().keyHalf });
  const [revoked, renewed, frozen] = [await token('revoked'), await token('renewed'), await token('frozen')];
  const expired = await token('expired', { expiration: '1d' });
  const doors: Doors = {
    texts,
    manager: await door(manager),
    editor: await door(await token('editor')),
    closed: await door(closed),
    viewer: await door(await token('viewer', { role: 'viewer' })),
    plain: await door(await token('plain', { isAgent: false })),
    bare: await door(await token('bare', { vaults: [] })),
    writeOnly: await door(await token('write-only', { scopes: ['write'] })),
    readOnly: await door(await token('read-only', { scopes: ['read'] })),
    unusable: {
      none: (await rig({ kind: 'absent', problem: 'VOUCHSAFE_PERSONAL_ACCESS_TOKEN is not set.' })).gate,
      malformed: await door('vsp_abc'),
      cut: await door(manager.slice(0, -5)),
      unknown: await door(printToken(newTokenParts())),
      half: await door(half),
      foreign: await door(printToken({ ...partsOf(manager), secret: newTokenParts().secret })),
      revoked: await door(revoked),
      renewed: await door(renewed),
    },
    expired: await door(expired),
    frozen: await door(frozen),
    unverified: (await rig({ kind: 'token', text: manager }, { fault: 'entry 3 was changed' })).gate,
    faulty: await rig({ kind: 'token', text: manager }),
    server,
    close: async () => {
      await server.close();
      for (const { gate } of rigs) await gate.close();
    },
  };
  await owner.deleteToken(byName('revoked'), { rotate: false });
  await owner.renewToken(byName('renewed'), { rotate: false });
  await owner.freezeToken(byName('frozen'));
  safe.clock.now += 25 * 3_600_000;
  return doors;
}

function partsOf(text: string): TokenParts {
  const half = text.split('::')[1] ?? '';
  return {
    kind: 'personal',
    lookupId: text.slice(4, 20),
    secret: text.slice(20, 62),
    keyHalf: Buffer.from(half, 'base64url'),
  };
}

/** One call and what must stand in the log for it. */
export interface Case {
  readonly name: string;
  readonly tool: string;
  readonly action: Action;
  /** Null: granted. */
  readonly code: RefusalCode | null;
  readonly told: string;
  readonly outcome: Outcome;
  readonly actor: 'token' | 'none';
  /** The outcome of the entry that follows a use's own; null where nothing is used. */
  readonly end: Outcome | null;
  run(doors: Doors, n: number): Promise<Answer>;
}

type Draft = Omit<Case, 'tool' | 'action' | 'told' | 'outcome' | 'actor' | 'end'> & {
  readonly actor?: 'token' | 'none';
  /** A use that fails after its entry. */
  readonly fails?: true;
};

function finish(draft: Draft, tool: string, action: Action): Case {
  const isFault = draft.code === 'unavailable' || draft.code === 'integrity';
  const outcome = draft.code === null ? 'granted' : isFault ? 'error' : 'refused';
  const code = draft.fails === true ? 'unavailable' : draft.code;
  const told = code === 'integrity' ? 'unavailable' : (code ?? 'granted');
  const isUse = draft.code === null && USE_TOOLS.includes(tool);
  const end = isUse ? (draft.fails === true ? 'error' : 'granted') : null;
  return { ...draft, tool, action, told, outcome, end, actor: draft.actor ?? 'token', name: `${tool}: ${draft.name}` };
}

const WRONG_REASONS: readonly (readonly [string, unknown])[] = [
  ['no reason', undefined],
  ['a reason of null', null],
  ['an empty reason', ''],
  ['a blank reason', ' \t '],
  ['a reason of 301 characters', 'a'.repeat(301)],
  ['a reason of two lines', 'deploy\nfor real'],
  ['a reason with a control character', 'deploy \u001b[31m now'],
  ['a reason with a hidden character', 'deploy \u202e now'],
  ['a reason without a letter', '... !'],
  ['a reason that is a number', 7],
  ['a reason that is a list', ['deploy']],
  ['a reason that is an object', { text: 'deploy' }],
];

function reasonCases(tool: CatalogueEntry): readonly Draft[] {
  const good = input(tool);
  const drafts: Draft[] = WRONG_REASONS.filter(([, reason]) => tool.needsReason || reason !== undefined).map(
    ([name, reason]) => ({
      name,
      code: 'reason_required',
      run: async ({ manager }, n) =>
        manager.call({
          tool: tool.name,
          arguments: { ...good(n), ...(reason === undefined ? {} : { reason }) },
          client: CLIENT,
        }),
    }),
  );
  drafts.push({
    name: 'a reason that holds a token',
    code: 'reason_required',
    run: async ({ manager, texts }, n) =>
      ask(manager, tool.name, { ...good(n), reason: `deploy with ${texts[0] ?? ''}` }),
  });
  if (tool.needsReason)
    drafts.push({
      name: 'no arguments and so no reason',
      code: 'reason_required',
      run: async ({ manager }) => manager.call({ tool: tool.name, arguments: undefined, client: CLIENT }),
    });
  return drafts;
}

function input(tool: CatalogueEntry): (n: number) => Input {
  const good = GOOD_INPUT[tool.name];
  if (good === undefined) throw new Error(`no good input for ${tool.name}: add a row`);
  return good;
}

function argumentCases(tool: CatalogueEntry): readonly Draft[] {
  const good = input(tool);
  const required = tool.inputSchema()['required'];
  const drafts: Draft[] = ['force', 'Vault', 'reason2', '__proto__', 'constructor', 'toString'].map((extra) => ({
    name: `an extra argument ${extra}`,
    code: 'invalid_request',
    run: async ({ manager }, n) => ask(manager, tool.name, withOwn({ ...good(n) }, extra)),
  }));
  for (const key of Object.keys(good(0)))
    drafts.push({
      name: `a ${key} of another type`,
      code: 'invalid_request',
      run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), [key]: 7 }),
    });
  for (const key of Array.isArray(required) ? (required as string[]) : [])
    drafts.push({
      name: `no ${key}`,
      code: 'invalid_request',
      run: async ({ manager }, n) =>
        ask(manager, tool.name, Object.fromEntries(Object.entries(good(n)).filter(([name]) => name !== key))),
    });
  for (const [name, given] of [
    ['a list', [REASON]],
    ['a text', REASON],
  ] as const)
    drafts.push({
      name: `${name} in place of arguments`,
      code: tool.needsReason ? 'reason_required' : 'invalid_request',
      run: async ({ manager }) => manager.call({ tool: tool.name, arguments: given, client: CLIENT }),
    });
  return drafts;
}

/** An own property of any name, `__proto__` too, as JSON.parse makes it. */
export function withOwn(object: Record<string, unknown>, key: string, value: unknown = 'x'): Record<string, unknown> {
  return Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function tokenCases(tool: CatalogueEntry): readonly Draft[] {
  const good = input(tool);
  const through = (
    name: string,
    door: (doors: Doors) => AgentDoor,
    of: { code: RefusalCode; actor: 'token' | 'none' },
  ): Draft => ({
    name,
    ...of,
    run: async (doors, n) => ask(door(doors), tool.name, good(n)),
  });
  const unusable = ['none', 'malformed', 'cut', 'unknown', 'half', 'foreign', 'revoked', 'renewed'] as const;
  return [
    ...unusable.map((kind) =>
      through(`a token that is ${kind}`, (doors) => doors.unusable[kind], { code: 'unauthenticated', actor: 'none' }),
    ),
    through('an expired token', (doors) => doors.expired, { code: 'unauthenticated', actor: 'token' }),
    through('a frozen token', (doors) => doors.frozen, { code: 'unauthenticated', actor: 'token' }),
    through('a safe that does not verify', (doors) => doors.unverified, { code: 'integrity', actor: 'none' }),
  ];
}

function policyCases(tool: CatalogueEntry): readonly Draft[] {
  const good = input(tool);
  const isWriting = WRITING.includes(tool.name);
  const drafts: Draft[] = [];
  if (MANAGING.includes(tool.name))
    drafts.push({
      name: 'a role that is one too low',
      code: 'forbidden',
      run: async ({ editor }, n) => ask(editor, tool.name, good(n)),
    });
  if (!OF_ANY_TOKEN.includes(tool.name))
    drafts.push({
      name: 'a grant that is closed at this hour',
      code: 'limit_reached',
      run: async ({ closed }, n) => ask(closed, tool.name, good(n)),
    });
  if (isWriting) {
    drafts.push({
      name: 'the wrong role',
      code: 'forbidden',
      run: async ({ viewer }, n) => ask(viewer, tool.name, good(n)),
    });
    drafts.push({
      name: 'the wrong scope',
      code: 'forbidden',
      run: async ({ readOnly }, n) => ask(readOnly, tool.name, good(n)),
    });
  } else if (!OF_ANY_TOKEN.includes(tool.name))
    drafts.push({
      name: 'the wrong scope',
      code: 'forbidden',
      run: async ({ writeOnly }, n) => ask(writeOnly, tool.name, good(n)),
    });
  if (tool.name === 'get_item')
    drafts.push({
      name: 'a secret without the scope for it',
      code: 'forbidden',
      run: async ({ readOnly }, n) => ask(readOnly, tool.name, good(n)),
    });
  if (hasVault(tool))
    for (const vault of ['Secret', 'Nowhere', 'Work'])
      drafts.push({
        name: `no grant on ${vault}`,
        code: 'forbidden',
        run: async ({ bare }, n) => ask(bare, tool.name, { ...good(n), vault }),
      });
  if (hasVault(tool))
    drafts.push({
      name: 'a vault that is not granted',
      code: 'forbidden',
      run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), vault: 'Secret' }),
    });
  return drafts;
}

function hasVault(tool: CatalogueEntry): boolean {
  const { properties } = tool.inputSchema();
  if (OF_ANY_TOKEN.includes(tool.name)) return false;
  return typeof properties === 'object' && properties !== null && 'vault' in properties;
}

function itemCases(tool: CatalogueEntry): readonly Draft[] {
  if (!ITEM_TOOLS.includes(tool.name)) return [];
  const good = input(tool);
  const twins = ['restore_item', 'delete_item'].includes(tool.name) ? 'lost' : 'TWIN';
  const drafts: Draft[] = [
    {
      name: 'an item that is not there',
      code: 'not_found',
      run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), item: 'Nothing of the kind' }),
    },
    {
      name: 'an item that is not there, in a vault',
      code: 'not_found',
      run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), item: 'Nothing', vault: 'Work' }),
    },
    {
      name: 'an item of a vault that is not granted',
      code: 'not_found',
      run: async ({ manager }, n) => ask(manager, tool.name, { ...withoutVault(good(n)), item: 'Hidden' }),
    },
    {
      name: 'a name that fits two',
      code: 'ambiguous',
      run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), item: twins }),
    },
  ];
  if (tool.name === 'get_item')
    drafts.push(
      {
        name: 'a field that is not there',
        code: 'not_found',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), fields: ['passwort'] }),
      },
      {
        name: 'the seed of a code',
        code: 'forbidden',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), fields: ['totp'] }),
      },
      {
        name: 'one good field and one bad',
        code: 'not_found',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), fields: ['password', 'x'] }),
      },
    );
  if (tool.name === 'move_item')
    drafts.push(
      {
        name: 'a vault that is not granted as the target',
        code: 'forbidden',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), to_vault: 'Secret' }),
      },
      {
        name: 'the vault that it is in as the target',
        code: 'conflict',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), to_vault: 'Work' }),
      },
    );
  if (tool.name === 'delete_item')
    drafts.push(
      {
        name: 'an item that is not in the trash',
        code: 'not_found',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), item: 'Alpha' }),
      },
      {
        name: 'another title',
        code: 'invalid_request',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), confirm_title: 'Waste' }),
      },
    );
  if (tool.name === 'update_item')
    drafts.push(
      {
        name: 'an old revision',
        code: 'conflict',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), expected_revision: 999 }),
      },
      {
        name: 'a field that is not there',
        code: 'not_found',
        run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), set: { nothing: 'x' } }),
      },
    );
  return drafts;
}

const APPROVED_FIRST: Readonly<Record<string, Input>> = {
  get_item: { item: 'Guarded' },
  get_totp: { item: 'Guarded' },
  http_request: { item: 'Guarded' },
  run_recipe: { recipe: 'guarded-deploy' },
};

/** What a use adds: whether the owner allowed it at all, to whom and where, and what happens when it is made. */
function useCases(tool: CatalogueEntry): readonly Draft[] {
  const good = input(tool);
  const byManager = (name: string, code: RefusalCode | null, more: (n: number) => Input): Draft => ({
    ...{ name, code },
    run: async ({ manager }, n) => ask(manager, tool.name, { ...good(n), ...more(n) }),
  });
  const drafts: Draft[] = [];
  const waiting = APPROVED_FIRST[tool.name];
  if (waiting !== undefined)
    for (const time of ['', ', again'])
      drafts.push({
        ...byManager(`what the owner approves first${time}`, 'approval_required', () => waiting),
        run: async ({ manager }) => ask(manager, tool.name, { ...good(0), ...waiting }),
      });
  if (tool.name === 'http_request')
    drafts.push(
      byManager('an item without a policy', 'forbidden', () => ({ item: 'Spare 39' })),
      byManager('another host', 'forbidden', () => ({ url: `http://${hosts.dead}/` })),
      byManager('another method', 'forbidden', () => ({ method: 'DELETE' })),
      byManager('what is no address', 'invalid_request', () => ({ url: 'things' })),
      byManager('the header of the credential', 'invalid_request', () => ({ headers: { authorization: 'x' } })),
      {
        ...byManager('a server that is gone', null, () => ({ item: 'Deserted', url: `http://${hosts.dead}/` })),
        fails: true,
      },
    );
  if (tool.name === 'run_recipe')
    drafts.push(
      byManager('no such recipe', 'forbidden', () => ({ recipe: 'nothing' })),
      byManager('a value that is not allowed', 'invalid_request', () => ({ values: { env: 'x; rm -rf /' } })),
      byManager('no value', 'invalid_request', () => ({ values: {} })),
      byManager('a value too many', 'invalid_request', () => ({ values: { env: 'staging', more: 'x' } })),
      byManager('a program that was changed', 'conflict', () => ({ recipe: 'changed' })),
      {
        name: 'a recipe of a vault that is not granted',
        code: 'forbidden',
        run: async ({ bare }, n) => ask(bare, tool.name, good(n)),
      },
    );
  return drafts;
}

function withoutVault(given: Input): Input {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'vault'));
}

function faultCases(tool: CatalogueEntry): readonly Draft[] {
  const good = input(tool);
  const failing = (
    name: string,
    arm: (rig: Rig) => void,
    of: { code: RefusalCode; actor: 'token' | 'none' },
  ): Draft => ({
    name,
    ...of,
    run: async ({ faulty: rig }, n) => {
      arm(rig);
      try {
        return await ask(rig.gate, tool.name, good(n));
      } finally {
        rig.faults.clear();
      }
    },
  });
  const bug = (): Error => new TypeError(`a bug that holds ${CANARIES.password}`);
  return [
    failing('a bug on the way to the commit', (rig) => rig.faults.arm('commit', { error: bug }), {
      code: 'unavailable',
      actor: 'token',
    }),
    failing('a database that fails at the first statement', (rig) => rig.faults.arm(1), {
      code: 'unavailable',
      actor: 'none',
    }),
  ];
}

function grantedCases(tool: CatalogueEntry): readonly Draft[] {
  const good = input(tool);
  const drafts: Draft[] = [
    { name: 'granted', code: null, run: async ({ manager }, n) => ask(manager, tool.name, good(n)) },
    {
      name: 'granted, with the argument that one client adds',
      code: null,
      run: async ({ manager }, n) =>
        ask(manager, tool.name, {
          ...good(n + 20),
          ...(tool.name === 'restore_item' ? { item: 'Again' } : {}),
          wait_for_previous: true,
        }),
    },
  ];
  if (!tool.needsReason)
    drafts.push({
      name: 'granted without a reason',
      code: null,
      run: async ({ manager }) => manager.call({ tool: tool.name, arguments: {}, client: CLIENT }),
    });
  return drafts;
}

/** All cases of all tools of the catalogue. */
export function casesOf(tool: CatalogueEntry): readonly Case[] {
  const drafts = [
    ...reasonCases(tool),
    ...argumentCases(tool),
    ...tokenCases(tool),
    ...policyCases(tool),
    ...itemCases(tool),
    ...useCases(tool),
    ...faultCases(tool),
    ...grantedCases(tool),
  ];
  return drafts.map((draft) => finish(draft, tool.name, tool.action));
}

/** Names that are no tool's. */
export const NO_TOOLS = [
  'nothing',
  '',
  'GET_ITEM',
  'get_item ',
  'get-item',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'move_item',
  'delete_item',
  'update_vault',
  '\u202eget_item',
  'a\nb',
  'x'.repeat(10_000),
];

export function unknownToolCases(): readonly Case[] {
  return NO_TOOLS.filter((name) => !CATALOGUE.some((tool) => tool.name === name)).flatMap((tool) => [
    finish(
      { name: 'no such tool', code: 'invalid_request', run: async ({ manager }) => ask(manager, tool) },
      tool,
      'call.unknown',
    ),
    finish(
      {
        name: 'no such tool and no reason',
        code: 'reason_required',
        run: async ({ manager }) => manager.call({ tool, arguments: {}, client: CLIENT }),
      },
      tool,
      'call.unknown',
    ),
    finish(
      {
        name: 'no such tool and no token',
        code: 'unauthenticated',
        actor: 'none',
        run: async (doors) => ask(doors.unusable.none, tool),
      },
      tool,
      'call.unknown',
    ),
  ]);
}
