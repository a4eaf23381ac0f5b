/** Words of a command line that commander would read otherwise than `cli.md` says. */
import { firstOperand } from './global-options.js';

/** No word of a command line can hold this character. */
const MARK = '\0';

/** The words as commander has to be given them. {@link unmarked} undoes what it passes on. */
export function optionWords(argv: readonly string[]): string[] {
  const { word, index } = firstOperand(argv);
  const verb = argv[index + 1];
  if (word === 'audit' && verb === 'tail') return argv.map((one) => (TAIL_OPTION.test(one) ? one : shieldQuery(one)));
  if (word === 'log' || word === 'audit' || (word === 'agent' && verb === 'monitor')) return argv.map(shieldQuery);
  if (word !== 'item') return [...argv];
  const isNew = firstOperand(argv.slice(index + 1)).word === 'create';
  return argv.map((one) => closeOptional(one, isNew));
}

/** `-n20`, `-fn20` and `-fn 20`, as `tail` of the system takes them. */
const TAIL_OPTION = /^-(?:f?n[0-9]+|fn)$/;

/** A query may begin with `-`, also with two letters behind it that would be an option and its value. */
function shieldQuery(word: string): string {
  return /^-[^-]./s.test(word) ? MARK + word : word;
}

/** `--generate` and `--decoy` take a name only with `=`; a word that follows them is another argument. */
function closeOptional(word: string, isNew: boolean): string {
  return word === '--generate' || (isNew && word === '--decoy') ? `${word}=` : word;
}

/** Arguments of an action, and its options, without marks. */
export function unmarked<A extends readonly unknown[]>(args: A): A {
  return args.map(unmark) as unknown as A;
}

function unmark(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? value.slice(MARK.length) : value;
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unmark(one)]));
}
