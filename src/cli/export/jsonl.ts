/** JSON Lines: the entry as `audit list --json` gives it, one to a line. */
import { printJson } from '../output.js';
import type { Formatter } from './formatter.js';

/** The contract's JSON of an entry (`EntryShape`), one to a line; characters that cannot be seen stand as `\uXXXX`. */
export const jsonl: Formatter = {
  head: '',
  line: (entry) => `${printJson(entry)}\n`,
};
