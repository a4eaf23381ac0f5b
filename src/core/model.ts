/** The nouns of the product, as plain data. Times are unix milliseconds (`…At`), ids are strings. */

/** Item types, each with the fields that `item-type.ts` lists. */
export const ITEM_TYPES = [
  'login',
  'note',
  'card',
  'identity',
  'ssh-key',
  'wifi',
  'api-key',
  'database',
  'custom',
] as const;
export type ItemType = (typeof ITEM_TYPES)[number];

/** Kinds of field. Values of `secret`, `totp` and `note` are concealed unless asked for by name. */
export const FIELD_KINDS = ['text', 'secret', 'totp', 'url', 'email', 'date', 'note'] as const;
export type FieldKind = (typeof FIELD_KINDS)[number];

/** One typed value of an item. `name` is unique within its section, without regard to case. */
export interface Field {
  readonly section?: string;
  readonly name: string;
  readonly kind: FieldKind;
  readonly value: string;
}

/** What an item says, whole: the owner's and writers' input after checks. URLs are fields of kind `url`. */
export interface ItemContent {
  readonly type: ItemType;
  readonly title: string;
  readonly tags: readonly string[];
  readonly fields: readonly Field[];
}

/** What a list shows of an item: nothing concealed. */
export interface ItemOverview {
  readonly type: ItemType;
  readonly title: string;
  readonly username: string | null;
  readonly urls: readonly string[];
  readonly tags: readonly string[];
  readonly fieldNames: readonly FieldName[];
}

export interface FieldName {
  readonly section?: string;
  readonly name: string;
  readonly kind: FieldKind;
}

/** Roles, weakest first; each includes the ones before it. */
export const ROLES = ['viewer', 'editor', 'manager'] as const;
export type Role = (typeof ROLES)[number];

/** Scopes of a token, fixed when it is made. None = the roles of its grants alone limit it. */
export const SCOPES = ['read', 'reveal', 'totp', 'write', 'use'] as const;
export type Scope = (typeof SCOPES)[number];

/** The actions of the log. */
export const ACTIONS = [
  'session.whoami',
  'vault.list',
  'item.list',
  'item.search',
  'item.read',
  'item.totp',
  'item.create',
  'item.update',
  'item.trash',
  'item.restore',
  'item.move',
  'item.delete',
  'vault.update',
  'access.request',
  'item.use',
  'item.use.end',
  'call.unknown',
  'safe.init',
  'safe.unlock',
  'safe.lockdown',
  'safe.passwd',
  'safe.rekey',
  'vault.create',
  'vault.delete',
  'token.create',
  'token.renew',
  'token.delete',
  'token.rename',
  'token.freeze',
  'token.unfreeze',
  'token.exchange',
  'token.exchange.end',
  'grant.create',
  'grant.revoke',
  'settings.set',
  'audit.checkpoint',
  'audit.export',
  'import',
  'export',
  'backup',
  'approval.decide',
  'recipe.create',
  'recipe.renew',
  'recipe.delete',
] as const;
export type Action = (typeof ACTIONS)[number];

export type Outcome = 'granted' | 'refused' | 'error';
export type Transport = 'stdio' | 'http' | 'cli' | 'console';
