/**
 * Tables of servers in a text of TOML. A new table is written behind the rest, as people write it; what is there is
 * patched in place. Comments, order and line endings stay.
 */
import { parse, patch, stringify, TomlFormat } from '@decimalturn/toml-patch';
import { Unreadable } from './unreadable.js';

type Table = Readonly<Record<string, unknown>>;

/** Where a table is: its container and its name. */
export type TablePath = readonly [container: string, name: string];

/** The whole of it as plain values. Throws {@link Unreadable}. */
export function parseToml(text: string): Table {
  try {
    return parse(text) as Table;
  } catch (error) {
    throw new Unreadable(lineOf(error), 'is not TOML');
  }
}

function lineOf(error: unknown): number {
  const line: unknown = error instanceof Error ? Reflect.get(error, 'line') : undefined;
  return typeof line === 'number' ? line : 1;
}

/** The table; undefined where there is none. Throws {@link Unreadable}. */
export function readToml(text: string, [container, name]: TablePath): unknown {
  const servers = parseToml(text)[container];
  if (servers === undefined) return undefined;
  if (typeof servers !== 'object' || servers === null || Array.isArray(servers)) {
    throw new Unreadable(1, `has a ${container} that is no table`);
  }
  return Reflect.get(servers, name);
}

/** The text with the table set to these members. Throws {@link Unreadable}. */
export function setToml(text: string, path: TablePath, value: Table): string {
  const old = readToml(text, path);
  const begun =
    typeof old === 'object' && old !== null ? addMissing(text, path, missing(old, value)) : append(text, path, value);
  const isSound = parses(begun);
  const all = parse(isSound ? begun : text) as Record<string, Record<string, unknown> | undefined>;
  const [container, name] = path;
  all[container] = { ...all[container], [name]: value };
  return patched(isSound ? begun : text, all);
}

/** TOML 1.0 has no comma behind the last member of an inline table, and not every client reads 1.1. */
function patched(text: string, all: object): string {
  const format = TomlFormat.autoDetectFormat(text);
  format.trailingComma = false;
  return patch(text, all, format);
}

function missing(old: object, value: Table): Table {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !(key in old)));
}

/** New members stand under the header: behind the last one there may be comments on what follows. */
function addMissing(text: string, path: TablePath, members: Table): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => headerOf(path, '').test(line));
  const ending = text.includes('\r\n') ? '\r' : '';
  return at < 0 ? text : lines.toSpliced(at + 1, 0, ...printed(members).map((line) => line + ending)).join('\n');
}

function append(text: string, [container, name]: TablePath, value: Table): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const { env, ...plain } = value;
  const tables = [section([container, name], plain)];
  if (env !== undefined) tables.push(section([container, name, 'env'], env as Table));
  const parting = text === '' ? '' : text.endsWith('\n') ? eol : eol + eol;
  return text + parting + tables.join('\n').replaceAll('\n', eol);
}

function section(path: readonly string[], members: Table): string {
  return [`[${path.join('.')}]`, ...printed(members), ''].join('\n');
}

function printed(members: Table): readonly string[] {
  const format = TomlFormat.default();
  format.bracketSpacing = false;
  return Object.entries(members).map(([key, value]) => {
    const plain = typeof value === 'object' && !Array.isArray(value) ? inline(value as Table) : undefined;
    return plain === undefined ? stringify({ [key]: value }, format).trim() : `${key} = ${plain}`;
  });
}

function inline(table: Table): string {
  return `{ ${printed(table).join(', ')} }`;
}

function parses(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The text without the table and those below it. Throws {@link Unreadable}. */
export function dropToml(text: string, [container, name]: TablePath): string {
  if (readToml(text, [container, name]) === undefined) return text;
  const cut = cutSections(text, [container, name]);
  if (cut !== undefined && parses(cut) && readToml(cut, [container, name]) === undefined) return cut;
  const all = parse(text) as Record<string, Record<string, unknown> | undefined>;
  Reflect.deleteProperty(all[container] ?? {}, name);
  if (Object.keys(all[container] ?? {}).length === 0) Reflect.deleteProperty(all, container);
  return patched(text, all);
}

/**
 * Takes out the sections with these headers. The comments above the next header belong to that one, and stay. Lines in a
 * text of several lines can look like headers; the caller checks what came out.
 */
function cutSections(text: string, path: TablePath): string | undefined {
  const lines = text.split('\n');
  const isOurs = ownLines(lines, headerOf(path, '(?:\\.[^\\]]*)?'));
  if (!isOurs.includes(true)) return undefined;
  const kept = lines.filter((line, index) => isOurs[index] !== true && !isSpare(line, isOurs[index + 1]));
  const isFirst = isOurs[0] === true;
  return isFirst ? kept.join('\n').replace(/^(?:\r?\n)+/, '') : kept.join('\n');
}

/** The header of the table, also of those below it where `more` lets them. */
function headerOf([container, name]: TablePath, more: string): RegExp {
  return new RegExp(`^\\s*\\[\\s*"?${container}"?\\s*\\.\\s*"?${name}"?\\s*${more}\\]\\s*(?:#.*)?$`);
}

function ownLines(lines: readonly string[], header: RegExp): boolean[] {
  const isOurs = lines.map(() => false);
  for (const [start, line] of lines.entries()) {
    if (!header.test(line)) continue;
    const next = lines.findIndex((other, index) => index > start && /^\s*\[/.test(other));
    let end = next < 0 ? lines.length : next;
    while (end > start + 1 && /^\s*(?:#.*)?$/.test(lines[end - 1] ?? '')) end -= 1;
    isOurs.fill(true, start, end);
  }
  return isOurs;
}

/** An empty line that parted what is taken out from what stands before it. */
function isSpare(line: string, isNextOurs: boolean | undefined): boolean {
  return line.trim() === '' && isNextOurs === true;
}
