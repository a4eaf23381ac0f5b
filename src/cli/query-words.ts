/** A query of the log may begin with `-`, which would be taken for options: it is marked until they have been read. */
import { firstOperand } from './global-options.js';

/** No word of a command line can hold this character. */
const MARK = '\0';

/** The words, those that begin with a single `-` and go on marked where the command takes a query. */
export function shield(argv: readonly string[]): string[] {
  const { word, index } = firstOperand(argv);
  const isQuery = word === 'log' || word === 'audit' || (word === 'agent' && argv[index + 1] === 'monitor');
  if (!isQuery) return [...argv];
  return argv.map((text) => (/^-[^-]./s.test(text) ? MARK + text : text));
}

/** Arguments of an action, and its options, without the marks. */
export function unshield<A extends readonly unknown[]>(args: A): A {
  return args.map(unmark) as unknown as A;
}

function unmark(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? value.slice(MARK.length) : value;
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unmark(one)]));
}
