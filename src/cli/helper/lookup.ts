/** Which item a program's question means, and what of it is its answer. Common to all credential helpers. */
import { fieldKey } from '../../core/item-field.js';
import type { ItemOverview } from '../../core/model.js';
import { Refusal } from '../../core/refusal.js';
import { hostOf } from '../../core/site.js';
import { cleanText, foldName } from '../../core/text.js';

/** An item as a list shows it: nothing concealed. */
export interface OfferedItem extends ItemOverview {
  readonly id: string;
  readonly vault: string;
}

/** What helpers ask of the safe, in a token's name. */
export interface ItemDoor {
  /** The items of the URL's site that the token may see. */
  search(url: string): Promise<readonly OfferedItem[]>;
  /** All items with that tag that the token may see. */
  tagged(tag: string): Promise<readonly OfferedItem[]>;
  /** The one item of that name or id. Throws `not_found` or `ambiguous`. */
  find(name: string): Promise<OfferedItem>;
  /** The values of these fields, by the names given. It is this that is a use, and is recorded as one. */
  read(item: OfferedItem, fields: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** What a program signs in with. `username` is null where neither the item nor the program has one. */
export interface Credential {
  readonly username: string | null;
  readonly secret: string;
}

/** What a program asks for. */
export interface Wanted {
  /** A URL, or a bare `host[:port][/path]`, which means https. */
  readonly url: string;
  readonly username?: string | undefined;
}

/** The user name that goes with an API key which has none: services that take a key as a password look at the key alone. */
export const KEY_USER = 'x-access-token';

/**
 * The credential for a URL; null if no item fits. Only the item that fits is read, and of it only what is needed: the
 * password of a login; of an API key the `key`, or, where it has a `secret` besides, that, with the `key` as user name.
 * Throws `ambiguous` as {@link chooseItem} does, and what the door throws.
 */
export async function findCredential(door: ItemDoor, wanted: Wanted): Promise<Credential | null> {
  const item = chooseItem(await door.search(wanted.url), wanted);
  if (item === null) return null;
  const own = item.username ?? wanted.username;
  if (item.type === 'login') return { username: own ?? null, secret: await readOne(door, item, 'password') };
  if (!hasField(item, 'secret')) return { username: own ?? KEY_USER, secret: await readOne(door, item, 'key') };
  if (own !== undefined) return { username: own, secret: await readOne(door, item, 'secret') };
  const values = await door.read(item, ['key', 'secret']);
  return { username: valueOf(values, 'key'), secret: valueOf(values, 'secret') };
}

async function readOne(door: ItemDoor, item: OfferedItem, field: string): Promise<string> {
  return valueOf(await door.read(item, [field]), field);
}

function valueOf(values: ReadonlyMap<string, string>, field: string): string {
  const value = values.get(field);
  if (value !== undefined && value !== '') return value;
  throw new Refusal('not_found', {
    message: `The item has no value in its field ${field}.`,
    next: 'Ask the owner to fill it in.',
  });
}

/** Whether the item has a field of that name in no section. */
export function hasField({ fieldNames }: OfferedItem, name: string): boolean {
  return fieldNames.some((field) => fieldKey(field) === name);
}

/**
 * The one item that fits: a login with a password or an API key with a key, one of whose URLs has the very host (a `www.`
 * in front does not count): other hosts of a site may belong to others. Its user name must not be another than the one asked for. Where the URL is plain `http`, one of the item's own URLs
 * must be so too, for the same host: else anyone on the way could ask for the secret of an https site. Of several, those
 * count that have the user name asked for, then those with the very host and port; if there are still several, throws
 * `ambiguous` with their titles. Null if none fits.
 */
export function chooseItem(items: readonly OfferedItem[], wanted: Wanted): OfferedItem | null {
  const fitting = items.filter((item) => isUsable(item) && isOfHost(item, wanted.url) && mayServe(item, wanted));
  const named = narrow(fitting, (item) => item.username !== null && isSameName(item.username, wanted.username));
  const near = narrow(named, (item) => item.urls.some((url) => authorityOf(url) === authorityOf(wanted.url)));
  const [only = null, ...others] = near;
  if (others.length === 0) return only;
  throw new Refusal('ambiguous', {
    message: 'Several items fit this address.',
    next: 'Put the user name in the URL, as in https://USER@HOST/, or let the token see only one of them.',
    candidates: near.map(({ title }) => cleanText(title)),
  });
}

function isOfHost({ urls }: OfferedItem, wanted: string): boolean {
  const host = bareHost(wanted);
  return host !== undefined && urls.some((url) => bareHost(url) === host);
}

function bareHost(url: string): string | undefined {
  return hostOf(url)?.replace(/^www\./, '');
}

function isUsable(item: OfferedItem): boolean {
  return (item.type === 'login' && hasField(item, 'password')) || (item.type === 'api-key' && hasField(item, 'key'));
}

function mayServe({ username, urls }: OfferedItem, wanted: Wanted): boolean {
  if (username !== null && wanted.username !== undefined && !isSameName(username, wanted.username)) return false;
  return !isPlain(wanted.url) || urls.some((url) => isPlain(url) && hostOf(url) === hostOf(wanted.url));
}

function isPlain(url: string): boolean {
  return /^\s*http:/i.test(url);
}

function isSameName(a: string, b: string | undefined): boolean {
  return b !== undefined && foldName(a) === foldName(b);
}

/** Those for which it is so, or all where it is so for none. */
function narrow<T>(list: readonly T[], isSo: (one: T) => boolean): readonly T[] {
  const better = list.filter(isSo);
  return better.length > 0 ? better : list;
}

/** Host and port; the port is left out where it is the usual one. */
function authorityOf(url: string): string | undefined {
  const full = /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url.trim() : `https://${url.trim()}`;
  return URL.parse(full)?.host.toLowerCase();
}
