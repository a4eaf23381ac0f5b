/** Where on a command line the cursor is: at an option, at its value, at a command or at an argument. */
import { childOf, type ArgumentGrammar, type CommandGrammar, type OptionGrammar } from '../grammar.js';

export interface Position {
  readonly command: CommandGrammar;
  /** The option whose value is to come; its own word may hold the value's beginning, behind `=`. */
  readonly option: OptionGrammar | undefined;
  /** The argument whose place it is. */
  readonly argument: ArgumentGrammar | undefined;
  /** Whether a command may still be named here. */
  readonly isCommandPlace: boolean;
  /** Whether options may stand here: not behind `--`. */
  readonly mayBeOption: boolean;
  /** The values that options were given so far, by the names that help shows: `--vault`. */
  readonly given: ReadonlyMap<string, readonly string[]>;
}

/** Reads the words before the cursor; undefined where they name no command. */
export function positionAfter(root: CommandGrammar, words: readonly string[]): Position | undefined {
  const walk: Walk = { command: root, option: undefined, operands: 0, isOver: false, given: new Map() };
  for (const word of words) if (!take(walk, word)) return undefined;
  const { command, operands, option, isOver, given } = walk;
  return {
    command,
    option,
    argument: command.arguments[operands] ?? lastIfVariadic(command),
    isCommandPlace: operands === 0 && !isOver,
    mayBeOption: !isOver,
    given,
  };
}

interface Walk {
  command: CommandGrammar;
  option: OptionGrammar | undefined;
  operands: number;
  isOver: boolean;
  readonly given: Map<string, string[]>;
}

function lastIfVariadic({ arguments: all }: CommandGrammar): ArgumentGrammar | undefined {
  const last = all.at(-1);
  return last?.isVariadic === true ? last : undefined;
}

/** Takes a word; false where it is none that can stand there. */
function take(walk: Walk, word: string): boolean {
  if (walk.option !== undefined && (walk.option.takes === 'word' || !word.startsWith('-'))) {
    note(walk, walk.option, word);
    if (walk.option.takes === 'word') walk.option = undefined;
    return true;
  }
  walk.option = undefined;
  if (!walk.isOver && /^-./.test(word)) return takeOption(walk, word);
  return takeOperand(walk, word);
}

function takeOption(walk: Walk, word: string): boolean {
  if (word === '--') {
    walk.isOver = true;
    return true;
  }
  const { option, value } = readOption(walk.command, word);
  if (option === undefined) return true;
  if (value !== undefined) note(walk, option, value);
  else if (option.takes === 'word' || option.takes === 'words') walk.option = option;
  else note(walk, option, '');
  return true;
}

/** The option that a word names, and the value in the word itself: `--vault=CI`, `-oFILE`. */
export function readOption(command: CommandGrammar, word: string): { option?: OptionGrammar; value?: string } {
  const [, name = '', value] = /^(--[^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  const isLong = name !== '';
  const key = isLong ? name : word.slice(0, 2);
  const option = command.options.find(({ long, short }) => (isLong ? long : short) === key);
  if (option === undefined) return {};
  const rest = isLong ? value : word.slice(2) || undefined;
  return rest === undefined ? { option } : { option, value: rest };
}

function takeOperand(walk: Walk, word: string): boolean {
  const child = walk.operands === 0 && !walk.isOver ? childOf(walk.command, word) : undefined;
  if (child !== undefined) {
    walk.command = child;
    return true;
  }
  walk.operands += 1;
  return walk.command.arguments.length > 0;
}

function note({ given }: Walk, { long, short }: OptionGrammar, value: string): void {
  const name = long ?? short ?? '';
  given.set(name, [...(given.get(name) ?? []), value]);
}
