/** The instructions that an owner pastes for an agent, made from the templates in `agent-instructions/`. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Refusal } from '../core/refusal.js';
import type { GrantShape, TokenShape } from '../core/shapes.js';
import { escapeText } from '../core/text.js';
import { didYouMean } from './suggestion.js';

/**
 * Forms in which instructions are made: markdown between markers for a file that agents read (`agents-md`,
 * `claude-md`), the same under front matter (`skill`, `cursor`), or text without markup.
 */
export const INSTRUCTION_FORMATS = ['agents-md', 'skill', 'claude-md', 'cursor', 'plain'] as const;
export type InstructionFormat = (typeof INSTRUCTION_FORMATS)[number];

/** The most grants that are listed one by one, so that the instructions stay within 60 lines. */
export const MAX_LISTED_GRANTS = 6;

const MAX_NAME_LENGTH = 60;

/** Whom the instructions are for, and what it reached when they were made. */
export interface InstructionSubject {
  readonly token: Pick<TokenShape, 'name'>;
  readonly grants: readonly GrantShape[];
}

/** The format of that name. Throws `invalid_request`. */
export function parseInstructionFormat(text: string): InstructionFormat {
  const found = INSTRUCTION_FORMATS.find((format) => format === text.toLowerCase());
  if (found !== undefined) return found;
  throw new Refusal('invalid_request', {
    message: 'There is no such format of instructions.',
    next: `${didYouMean(text, INSTRUCTION_FORMATS)}The formats are ${INSTRUCTION_FORMATS.join(', ')}.`,
    candidates: INSTRUCTION_FORMATS,
  });
}

/** The format that a file of this name takes: that of `SKILL.md`, `CLAUDE.md` or a rule of Cursor, else `agents-md`. */
export function formatOfFile(path: string): InstructionFormat {
  const name = basename(path).toLowerCase();
  if (name === 'skill.md') return 'skill';
  if (name === 'claude.md' || name === 'claude.local.md') return 'claude-md';
  return name.endsWith('.mdc') ? 'cursor' : 'agents-md';
}

/** The instructions: at most 60 lines, ending in a newline, with no token and no `vsp_` in them. */
export function agentInstructions({ token, grants }: InstructionSubject, format: InstructionFormat): string {
  const isPlain = format === 'plain';
  const body = readTemplate('body').trimEnd();
  const template = fill(readTemplate(format), { body: isPlain ? withoutMarkup(body) : body });
  const access = accessLines(grants, isPlain ? quotePlain : quoteMarkdown).join('\n');
  return fill(template, { name: cleanName(token.name), access });
}

/** What is filled in is never looked at again: a name may hold braces. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole);
}

/** Templates stand at the root of the package, beside `src/` and `dist/`. */
function readTemplate(name: string): string {
  return readFileSync(join(import.meta.dirname, '..', '..', 'agent-instructions', `${name}.md`), 'utf8');
}

const TABLE_HEAD = /^\|.*\|\n\|[ |-]+\|\n/gm;
const TABLE_ROW = /^\| (.*?) \| (.*) \|$/gm;

/** The body without headings, tables, bold and code: the words alone. */
function withoutMarkup(body: string): string {
  return body
    .replace(TABLE_HEAD, '')
    .replace(TABLE_ROW, '$1: $2')
    .replace(/^#+ /gm, '')
    .replace(/\*\*|`/g, '');
}

type Quote = (name: string) => string;

function accessLines(grants: readonly GrantShape[], quote: Quote): readonly string[] {
  if (grants.length === 0) return ['- nothing yet: ask the user to have access granted'];
  const listed = grants.slice(0, MAX_LISTED_GRANTS).map((grant) => accessLine(grant, quote));
  const more = grants.length - listed.length;
  return more === 0 ? listed : [...listed, `- and ${String(more)} more`];
}

function accessLine({ vault, item, role, expires_at: expiresAt }: GrantShape, quote: Quote): string {
  const where = `vault ${quote(vault.name)}`;
  const what = item === undefined ? where : `item ${quote(item.title)} in ${where}`;
  const until = expiresAt === null ? '' : `, until ${expiresAt.slice(0, 10)}`;
  return `- ${what}: ${role}${until}`;
}

function quoteMarkdown(name: string): string {
  return `\`${cleanName(name)}\``;
}

function quotePlain(name: string): string {
  return `"${cleanName(name)}"`;
}

/** A name that can't break out of its line, its backticks or the block between the markers, nor look like a token. */
function cleanName(name: string): string {
  const points = Array.from(escapeText(name));
  const short = points.length > MAX_NAME_LENGTH ? `${points.slice(0, MAX_NAME_LENGTH).join('')}…` : points.join('');
  return short
    .replace(/`/g, "'")
    .replace(/vsp_/gi, 'vsp…')
    .replace(/<!-*|-*->/g, '…');
}
