/** What may stand at the cursor: from the grammar, and from the safe where somebody stands by to say what is in it. */
import type { CommandGrammar, LiveKind, OptionGrammar, Values } from '../grammar.js';
import { positionAfter, readOption, type Position } from './position.js';
import type { CompletionRequest } from './request.js';

/** A word that may stand there, and what it is, for shells that show it. */
export interface Candidate {
  readonly text: string;
  readonly note: string;
}

export type Completion =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[]; readonly before: string }
  /** The shell knows files better. */
  | { readonly kind: 'files' | 'folders'; readonly before: string };

/** What the names in a safe are asked by. */
export interface LiveQuestion {
  readonly kind: LiveKind;
  /** The vault that an option names. */
  readonly vault: string | undefined;
  /** What has been typed. */
  readonly text: string;
}

/** Gives the names in a safe, none where it is locked. */
export type LiveNames = (question: LiveQuestion) => Promise<readonly Candidate[]>;

const NOTHING: Completion = { kind: 'words', candidates: [], before: '' };

/** The candidates; `before` is the part of the current word that stays in front of each. */
export async function complete(root: CommandGrammar, request: CompletionRequest, live: LiveNames): Promise<Completion> {
  const { words, current } = request;
  const position = words[0] === 'help' ? helpPosition(root, words) : positionAfter(root, words);
  if (position === undefined) return NOTHING;
  const ask = asking(position, live);
  if (position.option !== undefined && !(position.option.takes === 'words' && current.startsWith('-')))
    return ask(position.option.values, { text: current, before: '' });
  const own = position.mayBeOption && current.startsWith('--') ? current.indexOf('=') : -1;
  if (own > 0) {
    const { option } = readOption(position.command, current);
    const before = current.slice(0, own + 1);
    return ask(option?.values, { text: current.slice(own + 1), before });
  }
  if (position.mayBeOption && current.startsWith('-')) return theseWords(optionsAt(position));
  return operands(position, current, ask);
}

function helpPosition(root: CommandGrammar, words: readonly string[]): Position | undefined {
  const position = positionAfter(root, words.slice(1));
  return position === undefined ? undefined : { ...position, argument: undefined, mayBeOption: false };
}

function theseWords(candidates: readonly Candidate[], before = ''): Completion {
  return { kind: 'words', candidates, before };
}

type Ask = (values: Values | undefined, word: { text: string; before: string }) => Promise<Completion>;

function asking({ given }: Position, live: LiveNames): Ask {
  return async (values, { text, before }) => {
    if (values === undefined) return theseWords([], before);
    if (values.kind === 'files' || values.kind === 'folders') return { kind: values.kind, before };
    if (values.kind === 'words') return theseWords(plain(values.words), before);
    const vault = ['--vault', '--vault-name', '--vault-id', '--share-id']
      .flatMap((name) => given.get(name) ?? [])
      .at(-1);
    return theseWords(await live({ kind: values.kind, vault, text }), before);
  };
}

function plain(words: readonly string[]): readonly Candidate[] {
  return words.map((text) => ({ text, note: '' }));
}

async function operands(position: Position, current: string, ask: Ask): Promise<Completion> {
  const { command, argument, isCommandPlace } = position;
  const commands = isCommandPlace ? commandsOf(command) : [];
  if (commands.length > 0 || argument === undefined) return theseWords(commands);
  const isProgram = argument.name === 'command';
  return ask(isProgram ? { kind: 'files' } : argument.values, { text: current, before: '' });
}

function commandsOf({ commands }: CommandGrammar): readonly Candidate[] {
  return commands
    .filter(({ isHidden }) => !isHidden)
    .map(({ names, description }) => ({ text: names[0] ?? '', note: description }));
}

/** Those that were not given yet, or may be given again. */
function optionsAt({ command, given }: Position): readonly Candidate[] {
  return command.options
    .filter((option) => !option.isHidden && (!given.has(nameOf(option)) || /repeatable/.test(option.description)))
    .map((option) => ({ text: nameOf(option), note: option.description }));
}

function nameOf({ long, short }: OptionGrammar): string {
  return long ?? short ?? '';
}
