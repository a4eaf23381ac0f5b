/** A question beside something that uses a word, which leads to its meaning. */
import { WORDS, type WordId } from './words.js';

/** Where the meaning of a word stands. */
export function wordPath(id: WordId): string {
  return `/help#${id}`;
}

/** `What is a decoy?`, as a link. */
export function WordLink({ id }: { readonly id: WordId }) {
  const word = WORDS.find((known) => known.id === id)?.word ?? id;
  return <a href={wordPath(id)}>{`What is ${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}?`}</a>;
}
