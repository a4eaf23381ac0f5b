/** The configuration of a client as one text: our entry in it is read, put in and taken out; all else stays. */
import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '../../core/refusal.js';
import type { Client } from './clients.js';
import { SERVER_NAME, type Entry } from './entry.js';
import { dropJson, isBareJson, readJson, setJson } from './json-edit.js';
import { dropToml, parseToml, readToml, setToml } from './toml-edit.js';
import { Unreadable } from './unreadable.js';

type Members = Readonly<Record<string, unknown>>;

/** Of a text and its place, for the errors. */
export interface Source {
  readonly path: string;
  /** Null where there is no file. */
  readonly text: string | null;
}

/** The variable of a token, which an entry made by hand may hold. */
const TOKEN_VARIABLE = 'VOUCHSAFE_PERSONAL_ACCESS_TOKEN';

const BOM = '\ufeff';

/** Our entry as it is there; undefined where there is none. Throws `conflict` for a text that cannot be read. */
export function entryIn(client: Client, source: Source): Members | undefined {
  const found = tried(client, source, (text) => readAt(client, text));
  return isMembers(found) ? found : undefined;
}

/**
 * The text with our entry as it should be. What else an entry of ours has stays, but for a token in its environment,
 * which has no place there. The same text comes back where nothing has to change. Throws as {@link entryIn}.
 */
export function withEntry(client: Client, source: Source, entry: Entry): string {
  return tried(client, source, (text) => checked(client, text, setAt(client, text, entry)));
}

/** The text without our entry; null where nothing is left in it. Throws as {@link entryIn}. */
export function withoutEntry(client: Client, source: Source): string | null {
  if (source.text === null) return null;
  const text = tried(client, source, (before) => checked(client, before, dropAt(client, before)));
  return isEmptied(client, text) ? null : text;
}

/** A configuration with our entry alone. */
export function snippet(client: Client, entry: Entry): string {
  const text = withEntry(client, { path: '', text: null }, entry);
  return text.endsWith('\n') ? text : `${text}\n`;
}

function tried<T>(client: Client, { path, text }: Source, work: (text: string) => T): T {
  try {
    return work(text ?? '');
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new Refusal('conflict', {
      message: `The file ${path} was left as it is, since it cannot be read: line ${String(error.line)} (${error.message}).`,
      next: `Mend it, then run this again, or put in by hand what --print shows (${client.title}).`,
      cause: error,
    });
  }
}

function pathOf(client: Client): readonly [string, string] {
  return [client.container, SERVER_NAME];
}

function readAt(client: Client, text: string): unknown {
  const plain = stripped(text);
  if (client.format === 'toml') return readToml(plain, pathOf(client));
  return plain.trim() === '' ? undefined : readJson(plain, pathOf(client));
}

function stripped(text: string): string {
  return text.startsWith(BOM) ? text.slice(1) : text;
}

/** Works on the text without its byte order mark, which then stands before it again. */
function within(text: string, work: (text: string) => string): string {
  return (text.startsWith(BOM) ? BOM : '') + work(stripped(text));
}

function setAt(client: Client, text: string, entry: Entry): string {
  const old = readAt(client, text);
  const members = merged(old, entry);
  if (isDeepStrictEqual(plain(old), plain(members))) return text;
  return within(text, (inner) => {
    if (client.format === 'toml') return setToml(inner, pathOf(client), members);
    const base = inner.trim() === '' ? '{}\n' : inner;
    return isCommand(old) ? setMembers(base, pathOf(client), { old, members }) : setJson(base, pathOf(client), members);
  });
}

/** Members that have another value are set one by one, so that the rest of the entry keeps its form. */
function setMembers(text: string, path: readonly string[], entry: { old: Members; members: Members }): string {
  const { old, members } = entry;
  const changed = Object.entries(members).filter(([key, value]) => !isDeepStrictEqual(plain(old[key]), plain(value)));
  const gone = Object.keys(old).filter((key) => !(key in members));
  const set = changed.reduce((kept, [key, value]) => setJson(kept, [...path, key], value), text);
  return gone.reduce((kept, key) => dropJson(kept, [...path, key]), set);
}

/** What an entry of ours should be, with what its owner has added. An entry of another kind is replaced. */
function merged(old: unknown, entry: Entry): Members {
  if (!isCommand(old)) return entry;
  const before = isMembers(old['env']) ? old['env'] : {};
  const env = without({ ...before, ...entry.env }, TOKEN_VARIABLE);
  const rest = without({ ...old, ...entry }, 'env');
  const hadOther = 'env' in old && !(TOKEN_VARIABLE in before);
  return hadOther || Object.keys(env).length > 0 ? { ...rest, env } : rest;
}

function without(members: Members, name: string): Members {
  return Object.fromEntries(Object.entries(members).filter(([key]) => key !== name));
}

function isCommand(value: unknown): value is Members {
  return isMembers(value) && typeof value['command'] === 'string';
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dropAt(client: Client, text: string): string {
  return within(text, (inner) => {
    if (client.format === 'toml') return dropToml(inner, pathOf(client));
    if (readAt(client, inner) === undefined) return inner;
    const dropped = dropJson(inner, pathOf(client));
    return isBareJson(dropped, [client.container]) ? dropJson(dropped, [client.container]) : dropped;
  });
}

function isEmptied(client: Client, text: string): boolean {
  const rest = stripped(text).trim();
  return rest === '' || (client.format === 'json' && /^\{\s*\}$/.test(rest));
}

/** Whatever the editing did: if anything but our entry reads otherwise than before, nothing is written. */
function checked(client: Client, before: string, after: string): string {
  if (before === after || isDeepStrictEqual(others(client, before), others(client, after))) return after;
  throw new Unreadable(1, 'editing it would have changed something else');
}

/** All that the text holds besides our entry. */
function others(client: Client, text: string): unknown {
  const all = wholeOf(client, stripped(text));
  const servers = all[client.container];
  if (!isMembers(servers)) return { ...all };
  const rest = without(servers, SERVER_NAME);
  const besides = without(all, client.container);
  return Object.keys(rest).length === 0 ? besides : { ...besides, [client.container]: rest };
}

function wholeOf({ format }: Client, text: string): Members {
  if (format === 'toml') return parseToml(text);
  const all = text.trim() === '' ? {} : readJson(text, []);
  return isMembers(all) ? all : {};
}

/** Values without what a parser adds to them, to be compared. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value, bigintText)) as unknown);
}

function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
