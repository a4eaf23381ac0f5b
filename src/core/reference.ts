/**
 * References: the name of one value in a safe, which may stand where the value itself must not. In ABNF, on the terms of
 * RFC 3986, sections 2.1 (`pct-encoded`) and 2.3 (`unreserved`):
 *
 * ```
 * reference = "vouchsafe://" vault "/" item "/" [ section "/" ] field [ "?totp=code" ]
 * vault     = segment
 * item      = segment
 * section   = segment
 * field     = segment
 * segment   = 1*( unreserved / pct-encoded )
 * marked    = "{{" *( SP / HTAB ) reference *( SP / HTAB ) "}}"
 * ```
 *
 * A segment stands for a name or an id: its octets after percent-decoding are UTF-8 (RFC 3629) without a character that
 * can't be seen (`hasHiddenCharacter`). A slash inside a name is `%2F`; `.` and `..` are names like others. The scheme is
 * read without regard to case (RFC 3986, section 3.1) and written in lower case; the query is read to the letter. The
 * canonical form has everything but `unreserved` encoded, in capitals, and nothing else (section 6.2.2).
 *
 * Inside a longer text a reference begins wherever `vouchsafe://` stands, whatever is before it (`-pvouchsafe://…`), and
 * ends before the first character that is none of `unreserved`, `%`, `/` and the one query. So a full stop at the end of
 * a sentence, a letter or a slash would belong to it: `{{ }}` marks its end there. What begins like a reference and is
 * none is an error, never text: also `%` without two hexadecimal digits, `?totp=` with anything but `code`, and `{{`
 * without `}}`. Any other `?` ends it.
 */
import { fieldPath } from './item-field.js';
import type { FieldKind } from './model.js';
import { Refusal } from './refusal.js';
import { hasHiddenCharacter } from './text.js';

/** What a reference says, with decoded names. */
export interface SecretReference {
  /** Name or id of the vault. */
  readonly vault: string;
  /** Title or id of the item. */
  readonly item: string;
  readonly section?: string;
  readonly field: string;
  /** Whether it stands for the code that a TOTP field gives now, in place of what the field holds. */
  readonly isCode: boolean;
}

/** A reference inside a longer text. */
export interface FoundReference {
  /** Where it begins, with its braces, in UTF-16 code units. */
  readonly start: number;
  /** The first place after it and its braces. */
  readonly end: number;
  readonly reference: SecretReference;
}

/** The field that a reference names, as `NAME` or `SECTION/NAME`. */
export function referencePath({ section, field }: Pick<SecretReference, 'section' | 'field'>): string {
  return fieldPath({ ...(section === undefined ? {} : { section }), name: field });
}

/** Refuses a use that a field of that kind does not have: a seed gives codes, and nothing else does. */
export function checkUse(kind: FieldKind, isCode: boolean): void {
  if (isCode && kind !== 'totp')
    throw new Refusal('invalid_request', {
      message: 'Only a one-time code can be asked for with ?totp=code.',
      next: 'Leave ?totp=code out.',
    });
  if (!isCode && kind === 'totp')
    throw new Refusal('forbidden', {
      message: 'The seed of a one-time code is never given.',
      next: 'Ask for the code: add ?totp=code to the reference.',
    });
}

const SCHEME = 'vouchsafe://';
const QUERY = '?totp=code';
const SEGMENT = /^(?:[0-9A-Za-z\-._~]|%[0-9A-Fa-f]{2})+$/;
const OPENING = /(\{\{[ \t]*)?vouchsafe:\/\//gi;
const BODY = /[0-9A-Za-z\-._~%/]*/y;
const CODE_QUERY = /\?totp=(?:code(?![0-9A-Za-z\-._~%/]))?/y;
const CLOSING = /[ \t]*\}\}/y;

const NEXT =
  'Write vouchsafe://VAULT/ITEM/FIELD or vouchsafe://VAULT/ITEM/SECTION/FIELD, with ?totp=code at its end for a code. ' +
  'In names, percent-encode all but A-Z a-z 0-9 - . _ ~ (a space is %20, a slash %2F).';

/**
 * The reference that the whole text is. Throws `invalid_request` that says what is wrong and how to write one, never the
 * text.
 */
export function parseReference(text: string): SecretReference {
  if (text.slice(0, SCHEME.length).toLowerCase() !== SCHEME) refuse('does not begin with vouchsafe://');
  const [body = '', ...queries] = text.slice(SCHEME.length).split('?');
  const query = queries.length === 0 ? '' : `?${queries.join('?')}`;
  if (query !== '' && query !== QUERY) refuse('has another query than ?totp=code');
  return parseBody(body, query === QUERY);
}

function parseBody(body: string, isCode: boolean): SecretReference {
  const segments = body.split('/');
  if (segments.includes('')) refuse('has an empty part');
  if (segments.length < 3) refuse('has too few parts');
  if (segments.length > 4) refuse('has too many parts');
  const [vault = '', item = '', ...path] = segments.map(decodeSegment);
  const [section, field = ''] = path.length === 2 ? path : [undefined, path[0]];
  return { vault, item, ...(section === undefined ? {} : { section }), field, isCode };
}

function decodeSegment(segment: string): string {
  if (!SEGMENT.test(segment)) refuse('has a character that must be percent-encoded');
  return checkSegment(decode(segment));
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return refuse('has percent-encoded bytes that are not UTF-8');
  }
}

function checkSegment(name: string): string {
  if (name === '') refuse('has an empty part');
  if (hasHiddenCharacter(name)) refuse('has a control character or an invisible one in a name');
  return name;
}

function refuse(fault: string): never {
  throw new Refusal('invalid_request', { message: `The reference ${fault}.`, next: NEXT });
}

/**
 * The canonical text of a reference, which {@link parseReference} reads back. Throws `invalid_request` for a name that no
 * reference can have: empty, or with a character that can't be seen.
 */
export function printReference({ vault, item, section, field, isCode }: SecretReference): string {
  const names = [vault, item, ...(section === undefined ? [] : [section]), field];
  return SCHEME + names.map(encodeSegment).join('/') + (isCode ? QUERY : '');
}

function encodeSegment(name: string): string {
  const encoded = encodeURIComponent(checkSegment(name));
  return encoded.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * All references inside a text, in their order. Throws `invalid_request` as {@link parseReference} does if something
 * begins like a reference and is none.
 */
export function findReferences(text: string): readonly FoundReference[] {
  const found: FoundReference[] = [];
  const opening = new RegExp(OPENING);
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const one = readReference(text, { start: match.index, body: opening.lastIndex, isMarked: match[1] !== undefined });
    found.push(one);
    opening.lastIndex = one.end;
  }
  return found;
}

interface Opening {
  readonly start: number;
  readonly body: number;
  readonly isMarked: boolean;
}

function readReference(text: string, { start, body, isMarked }: Opening): FoundReference {
  const names = matchAt(BODY, text, body) ?? '';
  const query = matchAt(CODE_QUERY, text, body + names.length) ?? '';
  if (query !== '' && query !== QUERY) refuse('has another query than ?totp=code');
  const reference = parseBody(names, query === QUERY);
  const end = body + names.length + query.length;
  if (!isMarked) return { start, end, reference };
  const closing = matchAt(CLOSING, text, end) ?? refuse('stands after {{ and no }} follows it');
  return { start, end: end + closing.length, reference };
}

function matchAt(sticky: RegExp, text: string, at: number): string | undefined {
  const pattern = new RegExp(sticky);
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/**
 * The text with each reference, and the braces around it, replaced by what `values` gives for it; all else stays. What
 * is put in is not looked through again. Throws as {@link findReferences} does, before `values` is asked.
 */
export function replaceReferences(text: string, values: (reference: SecretReference) => string): string {
  let done = 0;
  let filled = '';
  for (const { start, end, reference } of findReferences(text)) {
    filled += text.slice(done, start) + values(reference);
    done = end;
  }
  return filled + text.slice(done);
}
