/** What a shell is answered: a line that says what follows, then a candidate a line, in the form that the shell takes. */
import { escapeText, hasHiddenCharacter } from '../../core/text.js';
import type { Candidate, Completion } from './candidates.js';
import type { CompletionRequest, Quote } from './request.js';

/**
 * The answer, each line of it with a newline. The first line is `words`, `value` (words for what stands behind `=`),
 * `files` or `folders`. A candidate with a character that cannot be seen is left out; in notes, it stands as an escape.
 */
export function printAnswer(completion: Completion, request: CompletionRequest): string {
  const isValue = completion.before !== '';
  if (completion.kind !== 'words') return `${completion.kind}\n`;
  const clean = completion.candidates.filter(({ text }) => text !== '' && !hasHiddenCharacter(text));
  const lines = clean.flatMap((candidate) => lineOf(candidate, completion.before, request));
  return [isValue ? 'value' : 'words', ...new Set(lines)].map((line) => `${line}\n`).join('');
}

function lineOf(candidate: Candidate, before: string, request: CompletionRequest): readonly string[] {
  const { text } = candidate;
  const note = escapeText(candidate.note).slice(0, LONGEST_NOTE);
  switch (request.shell) {
    case 'bash':
      return fits(before + text, request) ? [bashWord((before + text).slice(request.kept), request.quote)] : [];
    case 'zsh':
      return [note === '' ? text : `${text}\t${note}`];
    case 'fish':
      return [note === '' ? before + text : `${before}${text}\t${note}`];
    case 'pwsh':
      return fits(before + text, request) ? [[pwshWord(before + text), before + text, note].join('\t')] : [];
  }
}

const LONGEST_NOTE = 100;

/** zsh and fish match candidates themselves, by rules that their users choose. */
function fits(word: string, { current }: CompletionRequest): boolean {
  return word.toLowerCase().startsWith(current.toLowerCase());
}

/**
 * The word as bash reads it back, in the quotes that are open. `!` stands outside of double quotes, where nothing else
 * keeps history expansion from it.
 */
export function bashWord(word: string, quote: Quote): string {
  if (quote === "'") return word.replaceAll("'", String.raw`'\''`);
  if (quote === '"') return word.replace(/["\\$`]/g, String.raw`\$&`).replaceAll('!', String.raw`"\!"`);
  return word.replace(/[^\p{L}\p{M}\p{N}_./:=@%+,-]/gu, String.raw`\$&`);
}

/** The word as PowerShell reads it back; it takes curved quotation marks for straight ones. */
export function pwshWord(word: string): string {
  return /^[\w./:=+-]+$/.test(word) ? word : `'${word.replace(/['‘’‚‛]/g, '$&$&')}'`;
}
