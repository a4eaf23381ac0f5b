/** How much of a model's room a result takes. */
import { codePoints, utf8Length } from '../core/text.js';

/** The most tokens of the rows or the item of one result; 20,000 with what stands around them. */
export const TOKENS_AT_MOST = 19_500;

/**
 * The most tokens that an object can be as JSON. What others wrote counts one for each byte, which no tokenizer exceeds,
 * whatever was written to that end; the rest is ours, ASCII, and counts half a token a character (measured: 0.4).
 */
export function tokensOf(whole: object, written: readonly unknown[]): number {
  const others = utf8Length(JSON.stringify(written));
  return others + Math.ceil((utf8Length(JSON.stringify(whole)) - others) / 2);
}

/** The longest that a name may be by its rule; what is longer got in otherwise. */
const NAME_AT_MOST = 300;
const LIST_BYTES = 2_400;

/** The text, cut to so many code points with `…` behind them. */
export function shortText(text: string, most = NAME_AT_MOST): string {
  return codePoints(text) <= most
    ? text
    : `${Array.from(text.slice(0, 2 * most))
        .slice(0, most)
        .join('')}…`;
}

/** The first of the texts, as many as make 2,400 bytes of JSON; what follows them says how many are left out. */
export function firstTexts(texts: readonly string[]): readonly string[] {
  let bytes = 0;
  const end = texts.findIndex((text) => {
    bytes += utf8Length(JSON.stringify(text)) + 1;
    return bytes > LIST_BYTES;
  });
  return end === -1 ? texts : [...texts.slice(0, end), `… ${String(texts.length - end)} more`];
}
