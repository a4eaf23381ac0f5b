/** What was most likely meant by a mistyped word. */
import { nearest } from '../core/text.js';

/** `Did you mean json? ` for a word that is near to a known one; empty where none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = nearest(word, known);
  return near === undefined ? '' : `Did you mean ${near}? `;
}
