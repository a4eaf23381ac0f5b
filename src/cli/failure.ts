/** How a command that failed ends: two lines on stderr, or JSON, and the exit status of `cli.md`. */
import { CommanderError } from 'commander';
import { QueryError } from '../core/query.js';
import { EXIT_STATUS, Refusal, type RefusalCode } from '../core/refusal.js';
import { escapeText, nearest, scrub } from '../core/text.js';
import type { AgentError } from '../gate/call.js';
import { printJson, type Output } from './output.js';
import { displayWidth } from './width.js';

/** A refusal that the gate answered with: printed with all that the answer says. */
export class AnsweredRefusal extends Refusal {
  readonly answer: AgentError;

  constructor(answer: AgentError) {
    const code = (Object.keys(EXIT_STATUS) as RefusalCode[]).find((known) => known === answer.code);
    const { message, next, ref, candidates } = answer;
    super(code ?? 'unavailable', {
      message,
      next,
      ...(ref === undefined ? {} : { ref }),
      ...(candidates === undefined ? {} : { candidates }),
    });
    this.answer = answer;
  }
}

/** What is printed of an error. */
interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Undefined where there is nothing to do about it. */
  readonly next: string | undefined;
  /** Lines that stand between the two. */
  readonly between?: readonly string[];
  /** What JSON has besides. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

const CANCELLED = 130;

/** Prints what was thrown, and says with which status to exit. Never throws; prints no token, whatever it is given. */
export function exitOf(error: unknown, out: Pick<Output, 'format' | 'note'>): number {
  if (isHelp(error) && error.exitCode === 0) return 0;
  if (isHelp(error) && out.format === 'human') return EXIT_STATUS.invalid_request;
  const failure = failureOf(error);
  if (out.format === 'human' || out.format === 'csv') printLines(failure, out);
  else out.note(scrub(printJson({ error: jsonOf(failure) })));
  if (process.env['VOUCHSAFE_DEBUG'] === '1') out.note(scrub(traceOf(error)));
  return failure.status;
}

/** Help and version were asked for and have been printed; help in place of a missing verb is a usage error. */
export function isHelp(error: unknown): error is CommanderError {
  return (
    error instanceof CommanderError &&
    ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)
  );
}

const NO_VERB = new Refusal('invalid_request', { message: 'This command needs a verb.' });

function printLines({ message, between = [], next }: Failure, out: Pick<Output, 'note'>): void {
  const lines = [message, ...between, ...(next === undefined ? [] : [next])];
  for (const line of lines) out.note(escapeText(scrub(line)));
}

function jsonOf({ code, message, next, facts }: Failure): object {
  return { code, message, ...(next === undefined ? {} : { next }), ...facts };
}

function failureOf(error: unknown): Failure {
  if (isHelp(error)) return ofRefusal(NO_VERB);
  if (error instanceof QueryError) return { ...ofRefusal(error), ...ofQuery(error) };
  if (error instanceof AnsweredRefusal) return { ...ofRefusal(error), facts: { ...error.answer } };
  if (error instanceof Refusal) return ofRefusal(error);
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return { status: CANCELLED, code: 'cancelled', message: 'Cancelled.', next: undefined };
  }
  return isSystemError(error) ? ofRefusal(ofSystem(error)) : ofBug();
}

interface SystemError extends Error {
  readonly code: string;
  readonly path: string;
}

/** What the operating system says of a file, and nobody has put in other words. */
function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error && 'path' in error;
}

const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'may not be used by this user',
  EPERM: 'may not be used by this user',
  EROFS: 'is on a disk that is read-only',
  ENOSPC: 'has no room: the disk is full',
  ENOENT: 'is not there',
  ENOTDIR: 'lies in something that is no folder',
  EISDIR: 'is a folder',
  EEXIST: 'is there already',
};

function ofSystem({ code, path }: SystemError): Refusal {
  return new Refusal('unavailable', {
    message: `${path} ${SYSTEM[code] ?? 'cannot be used'} (${code}).`,
    next: 'Check the place, its owner and its mode (folders 0700, files 0600).',
  });
}

function ofRefusal({ code, facts }: Refusal): Failure {
  const { message = MESSAGES[code], next = NEXT[code], ref, candidates = [] } = facts;
  const isSaid = candidates.length === 0 || candidates.some((name) => next.includes(name) || message.includes(name));
  const more = { ...(ref === undefined ? {} : { ref }), ...(candidates.length === 0 ? {} : { candidates }) };
  return {
    status: EXIT_STATUS[code],
    code,
    message: [message, ...(ref === undefined || message.includes(ref) ? [] : [`(ref ${ref})`])].join(' '),
    next: isSaid ? next : `${meant(code, candidates)} ${next}`,
    facts: facts.retryable === true ? { ...more, retryable: true } : more,
  };
}

function meant(code: RefusalCode, candidates: readonly string[]): string {
  const names = candidates.join(', ');
  if (code === 'ambiguous') return `It fits: ${names}.`;
  return candidates.length === 1 ? `Did you mean ${names}?` : `Did you mean one of these: ${names}?`;
}

/** As much of the query as fits a line, and a caret under the place. */
function ofQuery({ query, position }: QueryError): Partial<Failure> {
  const start = position > 60 ? position - 40 : 0;
  const shown = escapeText(query.slice(start, start + 76));
  const indent = displayWidth(escapeText(query.slice(start, position)));
  return { between: [`  ${shown}`, `  ${' '.repeat(indent)}^`], facts: { query, position } };
}

/** A usage error of commander as the refusal that it is; `path` is the command's, such as `vouchsafe item view`. */
export function usageRefusal({ message, code }: CommanderError, path: string): Refusal {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const help = `\`${path} --help\` lists what there is.`;
  const [, word = '', choices] = /'([^']*)' is invalid.* Allowed choices are (.*)\.$/.exec(first) ?? [];
  const meantChoice = choices === undefined ? undefined : nearest(word, choices.split(', '));
  const hint = /Did you mean (.*)\?/.exec(rest.join(' '))?.[1] ?? meantChoice;
  return new Refusal('invalid_request', {
    message: sentence(withoutValues(first, code)),
    next: hint === undefined ? help : `Did you mean ${hint}? ${help}`,
  });
}

/** What was typed after an option or in excess may be a secret. */
function withoutValues(message: string, code: string): string {
  if (code === 'commander.excessArguments') return message.replace(/ but got .*/s, '');
  return message.replace(/'(--?[^'=]+)=.*'/s, "'$1'");
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(capital) ? capital : `${capital}.`;
}

function ofBug(): Failure {
  const ref = crypto.randomUUID().slice(0, 8).toUpperCase();
  const next = process.env['VOUCHSAFE_DEBUG'] === '1' ? undefined : 'Try again with VOUCHSAFE_DEBUG=1 to see where.';
  return {
    status: EXIT_STATUS.unavailable,
    code: 'unavailable',
    message: `Something went wrong (ref ${ref}).`,
    next,
    facts: { ref },
  };
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'What was thrown is no error.';
  const detail = error instanceof Refusal && error.facts.detail !== undefined ? `${error.facts.detail}\n` : '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${traceOf(error.cause)}`;
  return `${detail}${error.stack ?? error.message}${cause}`;
}

const MESSAGES: Readonly<Record<RefusalCode, string>> = {
  unauthenticated: 'There is no usable token.',
  locked: 'The safe is locked.',
  reason_required: 'A reason is needed.',
  invalid_request: 'That cannot be done as it was asked.',
  forbidden: 'This is not allowed.',
  not_found: 'There is no such thing.',
  ambiguous: 'Several things fit this name.',
  conflict: 'Someone else changed it first.',
  limit_reached: 'A limit was reached.',
  approval_required: 'The owner has to approve this first.',
  unavailable: 'It did not work.',
  integrity: 'The safe was changed from outside.',
};

const NEXT: Readonly<Record<RefusalCode, string>> = {
  unauthenticated: 'Ask the owner for a token: `vouchsafe pat create NAME --vault VAULT`.',
  locked: 'Unlock it with `eval "$(vouchsafe unlock)"`.',
  reason_required: 'Say what you need this for with --reason.',
  invalid_request: '`vouchsafe --help` lists what there is.',
  forbidden: 'The owner sees what a token may do with `vouchsafe pat access list-access --pat-name NAME`.',
  not_found: 'See what there is with `vouchsafe vault list` and `vouchsafe item list`.',
  ambiguous: 'Use its id.',
  conflict: 'Look at it again, then repeat your change.',
  limit_reached: 'Try again later.',
  approval_required: 'Ask the owner.',
  unavailable: 'Try again.',
  integrity: 'Run `vouchsafe audit verify --full`, and restore a backup if it fails.',
};
