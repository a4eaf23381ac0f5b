/** The rule for what agents and owners write on one line: reasons, names, descriptions. Refused, never stripped. */
import { codePoints, hasHiddenCharacter, holdsToken } from './text.js';
import { isHollow } from './hollow.js';
import { Refusal } from './refusal.js';

/** The most code points that a reason or a name may have after trimming. */
export const MAX_LINE_LENGTH = 300;

/** The most code points that a description may have after trimming. */
export const MAX_DESCRIPTION_LENGTH = 1000;

const NEXT_REASON =
  'Call again with a reason that says what you need this for, for example: "Run the database migration for ticket OPS-42".';

/**
 * The reason of a call, trimmed: 1 to 300 code points on one line, with a letter or a digit, without hidden characters
 * (`security.md` section 5) and without a token. Throws `reason_required`, saying which rule failed and never the value.
 */
export function checkReason(value: unknown): string {
  if (value === undefined || value === null) refuseReason('is missing');
  if (typeof value !== 'string') refuseReason('is not text');
  const fault = lineFault(value, MAX_LINE_LENGTH);
  if (fault !== undefined) refuseReason(fault);
  return value.trim();
}

const NEXT_HOLLOW =
  'Say what the access is for, in your own words: which task, which system or ticket, and what you will do with it. For example: "Run the database migration for ticket OPS-42".';

/** Refuses (`reason_required`) a reason that says nothing, where the owner asks for that. None at all is let through. */
export function refuseHollow(reason: string | null, tool: string): void {
  if (reason === null || !isHollow(reason, tool)) return;
  throw new Refusal('reason_required', {
    message: 'The reason says nothing about what this access is for.',
    next: NEXT_HOLLOW,
    detail: 'hollow, and the policy of reasons is strict',
  });
}

function refuseReason(fault: string): never {
  throw new Refusal('reason_required', { message: `The reason ${fault}.`, next: NEXT_REASON });
}

/**
 * A name of a vault, an item (its title), a token, a field, a section or a tag, as typed but trimmed: the same rule as
 * for reasons. `label` is our own word for it. Throws `invalid_request`, never with the value.
 */
export function checkName(label: string, value: unknown): string {
  if (typeof value !== 'string') refuseLine(label, 'is missing or not text', NEXT_NAME);
  const fault = lineFault(value, MAX_LINE_LENGTH);
  if (fault !== undefined) refuseLine(label, fault, NEXT_NAME);
  return value.trim();
}

const NEXT_NAME = `Give a name of 1 to ${MAX_LINE_LENGTH} visible characters on one line, for example "Production".`;

/**
 * A description, trimmed: empty, or up to 1,000 code points on one line, without hidden characters and without a token.
 * Throws `invalid_request`, never with the value.
 */
export function checkDescription(label: string, value: unknown): string {
  if (typeof value !== 'string') refuseLine(label, 'is not text', NEXT_DESCRIPTION);
  const text = value.trim();
  const fault = text === '' ? undefined : (sizeFault(text, MAX_DESCRIPTION_LENGTH) ?? characterFault(value));
  if (fault !== undefined) refuseLine(label, fault, NEXT_DESCRIPTION);
  return text;
}

const NEXT_DESCRIPTION = `Give up to ${MAX_DESCRIPTION_LENGTH} visible characters on one line, or leave it empty.`;

function refuseLine(label: string, fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `The ${label} ${fault}.`, next });
}

/** Which rule the value breaks, in words that follow "The reason"; undefined if none. */
function lineFault(value: string, longest: number): string | undefined {
  const text = value.trim();
  if (text === '') return 'is empty';
  const fault = sizeFault(text, longest) ?? characterFault(value);
  if (fault !== undefined) return fault;
  return /[\p{L}\p{N}]/u.test(text) ? undefined : 'has no letter or digit';
}

/** Looks at the length in code units first, so that ten megabytes are not walked through. */
function sizeFault(text: string, longest: number): string | undefined {
  const isLong = text.length > 2 * longest || codePoints(text) > longest;
  return isLong ? `is longer than ${String(longest)} characters` : undefined;
}

/** `trim` would take a byte order mark away unseen; it is looked for in the value as it came. */
function characterFault(value: string): string | undefined {
  const text = value.trim();
  if (/[\n\v\f\r\u0085\u2028\u2029]/.test(text)) return 'is more than one line';
  if (hasHiddenCharacter(text) || value.includes('\ufeff')) return 'has a control character or an invisible one';
  return holdsToken(text) ? 'holds an access token, which must never be written anywhere' : undefined;
}
