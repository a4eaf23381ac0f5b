/** The instructions that an owner pastes for an agent, made from the templates in `agent-instructions/`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../core/refusal.js';
import type { GrantShape, TokenShape } from '../core/shapes.js';
import { escapeText } from '../core/text.js';

/** Forms in which instructions are printed: one block of markdown between markers, or text without markup. */
export const INSTRUCTION_FORMATS = ['agents-md', 'plain'] as const;
export type InstructionFormat = (typeof INSTRUCTION_FORMATS)[number];

/** Formats that the contract names and a later version prints. */
const LATER_FORMATS = ['skill', 'claude-md', 'cursor'];

/** The most grants that are listed one by one, so that the instructions stay within 60 lines. */
export const MAX_LISTED_GRANTS = 8;

const MAX_NAME_LENGTH = 60;

/** Whom the instructions are for, and what it reached when they were made. */
export interface InstructionSubject {
  readonly token: Pick<TokenShape, 'name'>;
  readonly grants: readonly GrantShape[];
}

/** The format of that name. Throws `invalid_request`, also for those that come later. */
export function parseInstructionFormat(text: string): InstructionFormat {
  const found = INSTRUCTION_FORMATS.find((format) => format === text.toLowerCase());
  if (found !== undefined) return found;
  const isLater = LATER_FORMATS.includes(text.toLowerCase());
  throw new Refusal('invalid_request', {
    message: isLater
      ? 'That format of instructions comes in a later version.'
      : 'There is no such format of instructions.',
    next: `The formats are ${INSTRUCTION_FORMATS.join(' and ')}.`,
    candidates: INSTRUCTION_FORMATS,
  });
}

/** The instructions: at most 60 lines, ending in a newline, with no token and no `vsp_` in them. */
export function agentInstructions({ token, grants }: InstructionSubject, format: InstructionFormat): string {
  const quote = format === 'plain' ? quotePlain : quoteMarkdown;
  const values: Readonly<Record<string, string>> = {
    name: cleanName(token.name),
    access: accessLines(grants, quote).join('\n'),
  };
  return readTemplate(format).replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? '');
}

/** Templates stand at the root of the package, beside `src/` and `dist/`. */
function readTemplate(format: InstructionFormat): string {
  return readFileSync(join(import.meta.dirname, '..', '..', 'agent-instructions', `${format}.md`), 'utf8');
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
