/**
 * Environment files, in the format that the documentation of dotenv describes (https://github.com/motdotla/dotenv,
 * "What rules does the parsing engine follow?"):
 *
 * - `NAME=VALUE` on a line, `export` before it or not; blank lines and lines that begin with `#` are passed over.
 * - A bare value ends at `#` or at the end of its line, and is trimmed. Quotes inside of it stay.
 * - A value in `"`, `'` or a backtick is kept as it is, over several lines too. In `"`, `\n` and `\r` become a line feed
 *   and a carriage return, and a quote may stand after a backslash; the backslash stays. After it only a comment may
 *   follow.
 * - Nothing is put in for `$NAME`. A line may end in CR LF or CR. Of equal names the last one counts.
 *
 * What dotenv passes over in silence is refused, with its line: a value that goes astray is noticed too late.
 */
import { Refusal } from './refusal.js';

/** The name of a variable as POSIX has it (XBD 3.216, "Name"), in ASCII. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const BLANK = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?([^\s=#"'`]+)[ \t]*=[ \t]*/y;
const QUOTED = /"((?:\\"|[^"])*)"|'([^']*)'|`([^`]*)`/y;
const BARE = /[^#\n]*/y;

/** Whether a text may name a variable of the environment: letters, digits and `_` of ASCII, no digit first. */
export function isVariableName(text: string): boolean {
  return NAME.test(text);
}

/** One assignment of an environment file. */
export interface EnvAssignment {
  /** The line in which it begins; the first is 1. */
  readonly line: number;
  readonly name: string;
  readonly value: string;
}

/**
 * The variables of an environment file, in the order in which they first stand there. Throws `invalid_request` that names
 * the line, and never what stands in it.
 */
export function readEnvFile(text: string): ReadonlyMap<string, string> {
  return new Map(envAssignments(text).map(({ name, value }) => [name, value]));
}

/** All assignments of an environment file, those that a later one of the same name puts aside too. Throws as {@link readEnvFile} does. */
export function envAssignments(text: string): readonly EnvAssignment[] {
  const file = new Cursor(text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n'));
  const found: EnvAssignment[] = [];
  while (!file.isAtEnd()) {
    if (file.take(BLANK) === null) found.push(readVariable(file));
  }
  return found;
}

function readVariable(file: Cursor): EnvAssignment {
  const { line } = file;
  const name = file.take(ASSIGNMENT)?.[1] ?? refuse(line, 'is neither NAME=VALUE nor a comment');
  if (!isVariableName(name)) refuse(line, 'has a name with other characters than A-Z a-z 0-9 _, or a digit first');
  const value = readValue(file);
  if (file.take(BLANK) === null) refuse(line, 'has text after the closing quote of its value');
  if (value.includes('\0')) refuse(line, 'has a NUL character in its value');
  return { line, name, value };
}

function readValue(file: Cursor): string {
  const { line } = file;
  const quoted = file.take(QUOTED);
  if (quoted !== null) return quoted[1] === undefined ? (quoted[2] ?? quoted[3] ?? '') : expand(quoted[1]);
  const bare = file.take(BARE)?.[0].trim() ?? '';
  return /^["'`]/.test(bare) ? refuse(line, 'has a value whose quote is not closed') : bare;
}

function expand(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\r', '\r');
}

function refuse(line: number, fault: string): never {
  throw new Refusal('invalid_request', {
    message: `Line ${String(line)} of the environment file ${fault}.`,
    next: 'Write NAME=VALUE, one variable a line, or NAME="VALUE" for a value with spaces, # or line breaks.',
  });
}

/** A place in a text that only moves forward. */
class Cursor {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The line it stands in; the first is 1. */
  get line(): number {
    return this.#line;
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** What a sticky pattern finds here, which is then behind; null if it finds nothing. */
  take(sticky: RegExp): RegExpExecArray | null {
    const pattern = new RegExp(sticky);
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    this.#line += match[0].split('\n').length - 1;
    return match;
  }
}
