/** What the made-up agents call, as the gate would describe it in an entry. */
import type { Action } from '../src/core/model.js';
import type { RefusalCode } from '../src/core/refusal.js';
import type { Draft } from '../src/gate/entry-draft.js';
import type * as EntryDraft from '../src/gate/entry-draft.js';
import type { OpenedToken } from '../src/gate/opened-token.js';
import {
  anyOf,
  type Habit,
  type Kind,
  KINDS,
  pick,
  type Random,
  reasonOf,
  type VaultName,
  weighted,
} from './log-habits.ts';
import { compiled } from './program.ts';

const { newDraft } = (await import(compiled('gate/entry-draft.js'))) as typeof EntryDraft;

/** An item of the safe, with the vault that it is in. */
export interface BookedItem {
  readonly id: string;
  readonly title: string;
  readonly vaultId: string;
  readonly vault: VaultName;
}

/** Whoever calls, and what there is to call for. */
export interface Caller {
  readonly habit: Habit;
  readonly token: OpenedToken;
  readonly items: readonly BookedItem[];
  /** How often each grant has given a secret. */
  readonly uses: Map<string, number>;
  readonly requestId: string;
}

const REFUSED = 0.05;
export const SECRET = 'password';
export const CODE = 'one-time code';

const TOOLS: Readonly<Record<Kind, readonly [Action, string]>> = {
  reveal: ['item.read', 'get_item'],
  look: ['item.read', 'get_item'],
  code: ['item.totp', 'get_totp'],
  list: ['item.list', 'list_vault'],
  search: ['item.search', 'search_items'],
  vaults: ['vault.list', 'list_vaults'],
  whoami: ['session.whoami', 'whoami'],
};

/** The next call of an agent, granted or refused. */
export function nextCall(caller: Caller, random: Random): Draft {
  const { habit, items } = caller;
  const kind = weighted(KINDS, habit.kinds, random);
  const mine = items.filter(({ vault }) => habit.vaults.includes(vault));
  // a few items are wanted often, most of them seldom
  const item = pick(mine, random() ** 2 * mine.length);
  const [action, tool] = TOOLS[kind];
  const origin = { client: { name: habit.client, version: '1.4.2' }, transport: 'stdio' } as const;
  const draft = newDraft(caller.token.actor, origin, action);
  Object.assign(draft, { tool, requestId: caller.requestId });
  if (kind !== 'whoami') draft.reason = reasonOf(habit, item.title, random);
  if (kind !== 'whoami' && kind !== 'vaults') noteVault(draft, item);
  if (kind === 'reveal' || kind === 'look' || kind === 'code') noteItem(draft, item);
  if (random() < REFUSED) refuse(draft, item, random);
  else allow(draft, caller, kind);
  return draft;
}

function noteVault(draft: Draft, { vaultId, vault }: BookedItem): void {
  draft.vault = vaultId;
  draft.vaultName = vault;
}

function noteItem(draft: Draft, { id, title }: BookedItem): void {
  draft.item = id;
  draft.itemTitle = title;
}

function allow(draft: Draft, { token, uses }: Caller, kind: Kind): void {
  draft.outcome = 'granted';
  draft.grant = token.grants.find(({ vault }) => vault === draft.vault)?.id ?? null;
  if (kind === 'reveal') draft.secrets = [SECRET];
  if (kind === 'code') draft.secrets = [CODE];
  draft.fields = draft.secrets;
  if (draft.grant === null || draft.secrets.length === 0) return;
  draft.uses = (uses.get(draft.grant) ?? 0) + 1;
  uses.set(draft.grant, draft.uses);
}

const CODES: readonly RefusalCode[] = [
  'forbidden',
  'not_found',
  'reason_required',
  'invalid_request',
  'unauthenticated',
];

function refuse(draft: Draft, { vault, title }: BookedItem, random: Random): void {
  draft.code = anyOf(CODES, random);
  draft.detail = `asked for vault “${vault}”, item “${title}”`;
  if (draft.code === 'forbidden') draft.detail += '; refused by role';
  else Object.assign(draft, { item: null, itemTitle: null });
  if (draft.code === 'reason_required') draft.reason = null;
  if (draft.code === 'unauthenticated') draft.actor = { kind: 'none' };
  if (draft.code !== 'forbidden' && draft.code !== 'not_found') Object.assign(draft, { vault: null, vaultName: null });
}
