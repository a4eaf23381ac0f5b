/**
 * The character of base64 before the first one that depends on a secret alone: it shares its bits with what stands
 * before the secret, and goes with it.
 */
import { BACKSLASH, CR, IS_ALPHANUMERIC, IS_BASE64, LF, PERCENT } from './ascii.js';
import type { Pattern } from './pattern.js';
import type { Stretch, Walk } from './walk.js';

const CHARACTER = String.raw`(?<lead>[A-Za-z0-9+_-]|\\*\/|%2[BbFf])`;
const WRAP = String.raw`(?<wrap>(?:\r?\n|\r|\\+r\\+n|\\+n|%0D%0A|%0A)[ \t]{0,40})?`;
const PART_OF_WRAP = String.raw`(?<wrap>\r|(?:\r?\n|\\+r\\+n|\\+n|%0D%0A|%0A)[ \t]{0,40}|\\+(?:r\\*)?|%(?:0(?:[AD](?:%0?)?)?)?)?`;
const LEAD = new RegExp(`${CHARACTER}${WRAP}$`);
const OPEN_LEAD = new RegExp(`(?:${CHARACTER}${PART_OF_WRAP}|(?<part>%2?|\\\\+))$`);
/** The last bytes of what is matched by that, but for the character itself. */
const MAY_END = new Uint8Array(256);
for (const byte of Buffer.from('\r\n \t\\nr%0AD2')) MAY_END[byte] = 1;
/** As long as a lead and a line break may be together. */
const REACH = 80;

const ESCAPED_BREAK = /(?:\\n|%0A)$/i;

/**
 * Where a pattern that was found at a place begins, with the character before it; -1 if there is one of base64 that
 * cannot stand before it, so that it is another text that ends alike.
 */
export function leadStart(
  { text, before }: Stretch,
  walk: Walk,
  { pattern, place }: { pattern: Pattern; place: number },
): number {
  if (pattern.lead === null) return place;
  const previous = text[place - 1] ?? before.at(place - 1) ?? 0;
  const seen = (place < REACH ? latin1(before, before.length) : '') + latin1(text, place);
  if (IS_BASE64[previous] === 1 && pattern.lead[previous] !== 1) {
    if (!ESCAPED_BREAK.test(seen) && !/%2[BF]$/i.test(seen)) return -1;
  }
  return Math.max(0, startOf(LEAD.exec(seen), { walk, place, leads: pattern.lead }));
}

/** Where a text ends in a character that may be one before a secret; its length if it does not. */
export function openLead(stretch: Stretch, walk: Walk, leads: Uint8Array): number {
  const { text } = stretch;
  const last = text.at(-1) ?? 0;
  if (!leads.includes(1) || (leads[last] !== 1 && MAY_END[last] !== 1)) return text.length;
  if (isAlone(text, last)) return text.length - (leads[last] ?? 0);
  if (endsInPlainBreak(stretch, walk)) return text.length;
  const found = OPEN_LEAD.exec(latin1(text, text.length));
  if (found?.groups?.['part'] !== undefined) return text.length - found[0].length;
  return startOf(found, { walk, place: text.length, leads });
}

/** Whether the last byte is not of an escape, nor of a line break. */
function isAlone(text: Uint8Array, last: number): boolean {
  if (MAY_END[last] === 1 && IS_ALPHANUMERIC[last] !== 1) return false;
  const [second, third] = [text.at(-2), text.at(-3)];
  return second !== BACKSLASH && second !== PERCENT && third !== PERCENT;
}

/** Whether a text ends in a line break that is none of a wrapped text. */
function endsInPlainBreak({ text }: Stretch, walk: Walk): boolean {
  const last = text.at(-1);
  if (last !== LF && last !== CR) return false;
  return !walk.isWrappedAt(text.length - (last === LF && text.at(-2) === CR ? 2 : 1));
}

interface Lead {
  readonly walk: Walk;
  readonly place: number;
  readonly leads: Uint8Array;
}

function startOf(found: RegExpExecArray | null, { walk, place, leads }: Lead): number {
  const { lead = '', wrap = '' } = found?.groups ?? {};
  const byte = lead.startsWith('%') ? Number.parseInt(lead.slice(1), 16) : (lead.codePointAt(lead.length - 1) ?? 0);
  if (lead === '' || leads[byte] !== 1) return place;
  if (wrap !== '' && !walk.isWrappedAt(place - wrap.length)) return place;
  return place - wrap.length - lead.length;
}

function latin1(text: Uint8Array, end: number): string {
  return Buffer.from(text.buffer, text.byteOffset, end).toString('latin1', Math.max(0, end - REACH));
}
