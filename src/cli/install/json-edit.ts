/**
 * Members put into, and taken out of, a text of JSON with comments and trailing commas. Only what has to change does:
 * comments, order, indentation and line endings stay.
 */
import {
  createScanner,
  findNodeAtLocation,
  type Node,
  parseTree,
  type ParseError,
  printParseErrorCode,
} from 'jsonc-parser';
import { Unreadable } from './unreadable.js';

/** The kinds of token that matter here; the package has them as constants that vanish when it is compiled. */
const COMMA = 5;
const COMMENTS: readonly number[] = [12, 13];

type Path = readonly string[];

/** The value at the path; undefined where there is none. Throws {@link Unreadable}. */
export function readJson(text: string, path: Path): unknown {
  const node = nodeAt(parse(text, path), path);
  return node === undefined ? undefined : valueOf(node);
}

/** The text with the member set; objects on the way to it are made. Throws {@link Unreadable}. */
export function setJson(text: string, path: Path, value: unknown): string {
  const root = parse(text, path);
  const depth = path.findLastIndex((_, index) => nodeAt(root, path.slice(0, index))?.type === 'object');
  const object = nodeAt(root, path.slice(0, depth)) ?? refuseAt(text, root, 'is no object');
  const member = memberOf(object, path[depth]);
  if (member !== undefined && depth < path.length - 1) refuseAt(text, member, 'is no object');
  const made = path.slice(depth + 1).reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return member === undefined
    ? insert(text, object, { key: path[depth] ?? '', value: made })
    : replace(text, member, made);
}

/** The text without the member. Throws {@link Unreadable}. */
export function dropJson(text: string, path: Path): string {
  const object = nodeAt(parse(text, path), path.slice(0, -1));
  const member = object === undefined ? undefined : memberOf(object, path.at(-1));
  return object === undefined || member === undefined ? text : remove(text, object, member);
}

/** Whether an object has neither members nor comments in it. */
export function isBareJson(text: string, path: Path): boolean {
  const node = nodeAt(parse(text, path), path);
  return node?.type === 'object' && inside(text, node).trim() === '';
}

function inside(text: string, { offset, length }: Node): string {
  return text.slice(offset + 1, offset + length - 1);
}

function parse(text: string, path: Path): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) throw new Unreadable(lineAt(text, first.offset), wordsOf(printParseErrorCode(first.error)));
  if (root === undefined) throw new Unreadable(1, 'it is empty');
  if (root.type !== 'object') refuseAt(text, root, 'is no object');
  path.forEach((key, depth) => refuseTwins(text, nodeAt(root, path.slice(0, depth)), key));
  return root;
}

/** `ValueExpected` as words. */
function wordsOf(code: string): string {
  return code.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Of two members with one name, which one counts is not for us to say. */
function refuseTwins(text: string, object: Node | undefined, key: string): void {
  const [, twin] = (object?.children ?? []).filter(({ children = [] }) => children[0]?.value === key);
  if (twin !== undefined) refuseAt(text, twin, 'is there twice');
}

function refuseAt(text: string, { offset }: Node, fault: string): never {
  throw new Unreadable(lineAt(text, offset), fault);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function nodeAt(root: Node, path: Path): Node | undefined {
  return findNodeAtLocation(root, [...path]);
}

function memberOf({ children = [] }: Node, key: string | undefined): Node | undefined {
  return children.find(({ children: parts = [] }) => parts[0]?.value === key);
}

function valueOf({ type, value, children = [] }: Node): unknown {
  if (type === 'array') return children.map(valueOf);
  if (type !== 'object') return value as unknown;
  return Object.fromEntries(
    children.map(({ children: [key, item] = [] }) => [String(key?.value), item && valueOf(item)]),
  );
}

interface Member {
  readonly key: string;
  readonly value: unknown;
}

function insert(text: string, object: Node, { key, value }: Member): string {
  const last = object.children?.at(-1);
  const close = object.offset + object.length - 1;
  const from = last === undefined ? object.offset + 1 : endOf(last);
  const { comma, end } = scanGap(text, from, close);
  const isOneLine = last !== undefined && !inside(text, object).includes('\n');
  const eol = eolOf(text);
  const outer = indentAt(text, object.offset);
  const indent = last !== undefined && isFirstOnLine(text, last) ? indentAt(text, last.offset) : outer + unitOf(text);
  const lead = isOneLine ? ' ' : eol + indent;
  const printed = `${JSON.stringify(key)}: ${print(value, isOneLine ? undefined : { indent, unit: unitOf(text), eol })}`;
  const tail = text.slice(end, close).includes('\n') || isOneLine ? '' : eol + outer;
  const parting = last !== undefined && comma === undefined ? ',' : '';
  const ending = comma === undefined ? '' : ',';
  return text.slice(0, from) + parting + text.slice(from, end) + lead + printed + ending + tail + text.slice(end);
}

function replace(text: string, member: Node, value: unknown): string {
  const old = member.children?.[1];
  if (old === undefined) return text;
  const form = { indent: indentAt(text, member.offset), unit: unitOf(text), eol: eolOf(text) };
  const isOneLine = !isFirstOnLine(text, member);
  return text.slice(0, old.offset) + print(value, isOneLine ? undefined : form) + text.slice(endOf(old));
}

function remove(text: string, object: Node, member: Node): string {
  const { children = [] } = object;
  const index = children.indexOf(member);
  const [before, next] = [children[index - 1], children[index + 1]];
  const { comma } = scanGap(text, endOf(member), next?.offset ?? object.offset + object.length - 1);
  const { start, end } = extent(text, member, { comma, isLast: next === undefined });
  const kept = text.slice(0, start) + text.slice(end);
  // The last one has no comma behind it: then the one before it loses its own.
  const parting =
    comma === undefined && before !== undefined ? scanGap(text, endOf(before), member.offset).comma : undefined;
  const cut = parting === undefined ? kept : kept.slice(0, parting) + kept.slice(parting + 1);
  return children.length === 1 ? closeUp(cut, object.offset) : cut;
}

interface Behind {
  readonly comma: number | undefined;
  readonly isLast: boolean;
}

/** What goes with a member: its comma, and its line with the comment at the end of it, or the spaces around it. */
function extent(
  text: string,
  member: Node,
  { comma, isLast }: Behind,
): { readonly start: number; readonly end: number } {
  const end = comma === undefined ? endOf(member) : comma + 1;
  const [head, tail] = [text.slice(0, member.offset), text.slice(end)];
  const lineBreak = lengthOf(/\r?\n[ \t]*$/, head);
  if (lineBreak > 0) {
    const comment = lengthOf(/^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\n]*?\*\/[ \t]*)?(?=\r?\n)/, tail);
    return { start: member.offset - lineBreak, end: end + comment };
  }
  if (isLast) return { start: member.offset - lengthOf(/[ \t]*$/, head), end };
  return { start: member.offset, end: end + lengthOf(/^[ \t]*/, tail) };
}

function lengthOf(pattern: RegExp, text: string): number {
  return pattern.exec(text)?.[0].length ?? 0;
}

/** An object that has nothing in it any more stands as `{}`. */
function closeUp(text: string, offset: number): string {
  return text.slice(0, offset) + text.slice(offset).replace(/^\{\s*\}/, '{}');
}

/** The comma between two places, and where the last comment or the comma there ends. */
function scanGap(text: string, from: number, to: number): { readonly comma: number | undefined; readonly end: number } {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  let comma: number | undefined;
  let end = from;
  while (scanner.getPosition() < to) {
    const kind: number = scanner.scan();
    if (kind === COMMA) comma = scanner.getTokenOffset();
    if (kind === COMMA || COMMENTS.includes(kind)) end = scanner.getPosition();
  }
  return { comma, end };
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

function isFirstOnLine(text: string, { offset }: Node): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(0, offset));
}

function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

/** What the first indented member is indented by; two spaces where there is none. */
function unitOf(text: string): string {
  return /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

interface Form {
  readonly indent: string;
  readonly unit: string;
  readonly eol: string;
}

/** JSON on lines of its own, lists on one line; without a form, all on one line. */
function print(value: unknown, form?: Form): string {
  if (Array.isArray(value)) return `[${value.map((item) => print(item)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = form === undefined ? undefined : { ...form, indent: form.indent + form.unit };
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${print(item, inner)}`);
  if (form === undefined || inner === undefined) return `{ ${members.join(', ')} }`;
  return `{${form.eol}${members.map((member) => inner.indent + member).join(`,${form.eol}`)}${form.eol}${form.indent}}`;
}
