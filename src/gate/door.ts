/**
 * The owner's door as its callers see it: one method a command, each one transaction with its entry. Everything is
 * named by id or by name; all names are resolved before anything is made. Methods throw `Refusal` alone.
 */
import type { FieldKind, ItemContent, Transport } from '../core/model.js';
import type { LimitText } from '../core/limits.js';
import type { ItemReference, Reference } from './named.js';
import type { ItemRulesChange, UseDoor } from './use-door.js';
import type { LogDoor, Page, Progress } from './log-door.js';
import type { TransferDoor } from './transfer-door.js';
import type { InboxCardShape, InboxRequestShape } from '../core/inbox-shapes.js';
import type { BypassShape } from '../core/rule-shapes.js';
import type {
  EntryShape,
  ExplanationShape,
  GrantShape,
  ItemShape,
  ItemSummaryShape,
  NewTokenShape,
  Receipt,
  RevisionShape,
  TighteningShape,
  TokenShape,
  VaultShape,
} from '../core/shapes.js';

/** Where a safe's files are. */
export interface Places {
  /** Folder of the safe (`VOUCHSAFE_HOME`). */
  readonly home: string;
  /** Folder of host shares and anchors (`VOUCHSAFE_STATE`). */
  readonly state: string;
  /** Folder of sessions and of the token kept by `login`. */
  readonly runtime: string;
}

/** Who is at the other end, as it says of itself. */
export interface Client {
  readonly name: string;
  readonly version: string;
}

export interface Origin {
  readonly client: Client;
  readonly transport: Transport;
  /** From where, as the server sees it; over HTTP alone. */
  readonly address?: string;
}

export interface NewItem {
  readonly type: string;
  readonly title: string;
  readonly urls?: readonly string[];
  readonly tags?: readonly string[];
  readonly fields?: readonly FieldInput[];
}

export interface FieldInput {
  readonly section?: string;
  readonly name: string;
  readonly kind?: FieldKind;
  readonly value: string;
}

/** Edits of an item, all or nothing. `set` and `remove` name fields as NAME or SECTION/NAME. */
export interface ItemEdit {
  readonly title?: string;
  readonly urls?: readonly string[];
  readonly tags?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: readonly FieldInput[];
  readonly remove?: readonly string[];
}

export interface ItemFilter {
  readonly vault?: Reference;
  readonly type?: string;
  readonly trashed?: boolean;
}

export interface NewToken {
  readonly name: string;
  readonly description?: string;
  /** As the owner wrote it; the default of the settings where it is absent. */
  readonly expiration?: string;
  readonly isAgent: boolean;
  readonly scopes?: readonly string[];
  /** Vaults that it may reach from the start. */
  readonly vaults?: readonly Reference[];
  readonly role?: string;
}

export interface NewGrant {
  readonly token: Reference;
  readonly vault: Reference;
  readonly item?: Reference;
  readonly role?: string;
  readonly expiration?: string;
  readonly limits?: LimitText;
  /** What it is for, in the owner's words; the agent is shown it. */
  readonly purpose?: string;
}

/** A question of what the gate would answer. `at` is as the owner wrote it; now where it is absent. */
export interface ExplainQuery {
  readonly token: Reference;
  readonly item: ItemReference;
  readonly tool?: string;
  readonly at?: string;
}

/** Which grants of a token to end: those on a vault, on an item, one by its id, or all. */
export interface GrantSelection {
  readonly token: Reference;
  readonly vault?: Reference;
  readonly item?: Reference;
  readonly grantId?: string;
  readonly all?: boolean;
  /** False where the owner chose not to change keys (`--no-rotate`). */
  readonly rotate: boolean;
}

/** What an ended token or grant leaves to do: credentials it has read, and what could not be re-signed. */
export interface Ended {
  readonly token: TokenShape;
  readonly ended: readonly GrantShape[];
  /** Items whose secrets it was given: change these at the service. */
  readonly read: readonly { readonly id: string; readonly title: string | null }[];
  readonly rotated: readonly { readonly vault: string; readonly items: number }[];
  /** Items that were left as they were, since they could not be verified. */
  readonly skipped: readonly string[];
}

/** What a change of every key did, and what it leaves to do. */
export interface Rekeyed extends Pick<Ended, 'rotated' | 'skipped'> {
  /** Each needs a new text: what its holder has opens nothing any more. */
  readonly tokens: readonly { readonly id: string; readonly name: string }[];
  /** Tokens whose rows differed from the state: these ended. */
  readonly ended: readonly string[];
  /** Of the owner's new signing key. */
  readonly fingerprint: string;
  /** Given once, where it was asked for. */
  readonly recoveryCode: string | null;
}

export interface TokenQuery {
  readonly all: boolean;
  readonly agentsOnly: boolean;
  readonly limit: number;
  readonly cursor?: string;
}

export interface SettingShape {
  readonly name: string;
  readonly value: string;
  readonly is_default: boolean;
}

/** A session of the owner: the value for `VOUCHSAFE_SESSION` and its end. */
export interface OwnerSession {
  readonly value: string;
  readonly expiresAt: number;
}

/** What `unlock` did besides unlocking. */
export interface UnlockReport {
  readonly session: OwnerSession;
  readonly swept: readonly string[];
  /** Requests that wait for a decision. */
  readonly requests: number;
  readonly checkpoint: Receipt;
}

/** A backup that was made, and the older ones that were removed for it. */
export interface BackupReport {
  readonly path: string;
  readonly bytes: number;
  readonly entries: number;
  readonly removed: readonly string[];
}

/** How the safe stands, and what the owner should know now. */
export interface OwnerStanding {
  readonly safeId: string;
  readonly fingerprint: string;
  readonly vaults: number;
  readonly tokens: number;
  readonly entries: number;
  readonly ending: readonly TokenShape[];
  /** Requests that wait for a decision. */
  readonly requests: number;
  /** Tokens that need no approval now. */
  readonly bypasses: readonly BypassShape[];
  /** Whether a lockdown stands. */
  readonly lockdown: boolean;
  /** Compromised tokens of which something is still to be changed, by name. */
  readonly compromised: readonly string[];
}

/** As {@link OwnerStanding}; the items outside the trash are counted, which takes longer the more there are. */
export interface OwnerInfo extends OwnerStanding {
  readonly items: number;
}

/** Requests that wait, entries in which tokens touched a decoy, and what could not be told of, in words. */
export interface NotifyReport {
  readonly requests: readonly InboxRequestShape[];
  /** Newest first. */
  readonly decoys: readonly EntryShape[];
  readonly failures: readonly string[];
}

/** What the owner gives where it differs from what was asked for. */
export interface Approval {
  readonly vault?: Reference;
  readonly item?: Reference;
  readonly role?: string;
  readonly expiration?: string;
  readonly limits?: LimitText;
  readonly purpose?: string;
  /** Of a use: a time such as `15min`, and a number of uses. */
  readonly for?: string;
  readonly uses?: string;
  /** Words for the agent. */
  readonly because?: string;
}

export interface OwnerDoor extends LogDoor, UseDoor, TransferDoor {
  readonly safeId: string;
  info(): Promise<OwnerInfo>;
  /** What of it takes no longer the more items there are. */
  standing(): Promise<OwnerStanding>;
  close(): Promise<void>;

  createVault(vault: { name: string; description?: string }): Promise<VaultShape>;
  listVaults(): Promise<readonly VaultShape[]>;
  updateVault(vault: Reference, edit: { name?: string; description?: string }): Promise<VaultShape>;
  /** `confirm` must be the vault's name. Its items are deleted for good and every grant on it ends. */
  deleteVault(vault: Reference, confirm: string): Promise<VaultShape>;

  /** With rules, if they are given, from the start. */
  createItem(vault: Reference, item: NewItem, rules?: ItemRulesChange): Promise<ItemShape>;
  listItems(filter: ItemFilter): Promise<readonly ItemSummaryShape[]>;
  /** The item; fields named in `reveal` (or all, with `'all'`) carry their values, and then it leaves an entry. */
  viewItem(item: ItemReference, reveal: readonly string[] | 'all'): Promise<ItemShape>;
  /** What is in an item, for an edit by template; leaves an entry as showing all of it does. */
  readContent(item: ItemReference): Promise<ItemContent>;
  totp(item: ItemReference): Promise<{ readonly code: string; readonly seconds_left: number }>;
  updateItem(item: ItemReference, edit: ItemEdit, ifRevision?: number): Promise<ItemShape>;
  trashItem(item: ItemReference): Promise<ItemShape>;
  restoreItem(item: ItemReference): Promise<ItemShape>;
  moveItem(item: ItemReference, to: Reference): Promise<ItemShape>;
  /** Deletes an item for good; `item.trashed` names of the trash too. */
  deleteItem(item: ItemReference): Promise<ItemShape>;
  history(item: ItemReference): Promise<readonly RevisionShape[]>;
  revertItem(item: ItemReference, revision: number): Promise<ItemShape>;

  createToken(token: NewToken): Promise<NewTokenShape>;
  listTokens(query: TokenQuery): Promise<Page<TokenShape>>;
  findToken(token: Reference): Promise<TokenShape>;
  renewToken(
    token: Reference,
    options: { expiration?: string; rotate: boolean },
    progress?: Progress,
  ): Promise<NewTokenShape>;
  deleteToken(token: Reference, options: { rotate: boolean }, progress?: Progress): Promise<Ended>;
  renameToken(token: Reference, name: string): Promise<TokenShape>;
  freezeToken(token: Reference): Promise<TokenShape>;
  unfreezeToken(token: Reference): Promise<TokenShape>;

  grant(grant: NewGrant): Promise<GrantShape>;
  revoke(selection: GrantSelection, progress?: Progress): Promise<Ended>;
  listAccess(token: Reference): Promise<readonly GrantShape[]>;
  /** What the gate would answer, and why; leaves no entry. */
  explain(query: ExplainQuery): Promise<ExplanationShape>;
  /** The least that a token needed since then; with `apply` its grants become that. */
  tighten(token: Reference, options: { since?: string; apply: boolean }, progress?: Progress): Promise<TighteningShape>;

  /** Requests, newest first: those that wait, or all. */
  listRequests(options: { readonly all: boolean }): Promise<readonly InboxRequestShape[]>;
  showRequest(id: string): Promise<InboxCardShape>;
  /** Grants what was asked for, or what the owner gives in its place; or approves the use that was asked for. */
  approveRequest(id: string, approval: Approval): Promise<{ request: InboxRequestShape; grant?: GrantShape }>;
  /** Refuses; the agent is told the owner's words. */
  denyRequest(id: string, because: string): Promise<InboxRequestShape>;

  /** Tells of requests that wait by the ways of the settings, each once; `retry` takes its time where a way fails. */
  notify(options: { readonly retry: boolean }): Promise<NotifyReport>;

  listSettings(): Promise<readonly SettingShape[]>;
  getSetting(name: string): Promise<SettingShape>;
  setSetting(name: string, value: string): Promise<SettingShape>;

  /** A verified copy of the safe as a new 0600 file; recorded. `keep`: how many of its folder stay, this one included. */
  backup(path: string, options?: { readonly keep?: number }): Promise<BackupReport>;
  changePassword(password: string): Promise<void>;
  /**
   * Changes every key of the safe, its master password and its recovery code; every token needs a new text. Nothing
   * else may be asked of this door afterwards.
   */
  rekey(wish: { readonly password: string; readonly withRecovery: boolean }, progress?: Progress): Promise<Rekeyed>;
  /** Sweeps what expired, signs a checkpoint and begins a session. */
  unlock(ttlMs: number): Promise<UnlockReport>;
}
