/**
 * The grammar of the command line as plain data: what help, man pages and completion are made of. The build writes it to
 * a file, so that they need not load the commands to know their options.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What may stand in the place of an argument or behind an option, as far as that is known. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' | 'folders' }
  /** Names that are in the safe. */
  | { readonly kind: LiveKind };

/** What in a safe has a name. `place` is `VAULT` or `VAULT/ITEM`; `bin` is an item in the trash. */
export type LiveKind = 'vault' | 'item' | 'bin' | 'place' | 'token' | 'agent' | 'recipe' | 'request';

export interface ArgumentGrammar {
  readonly name: string;
  readonly isRequired: boolean;
  readonly isVariadic: boolean;
  readonly description: string;
  readonly values?: Values;
}

export interface OptionGrammar {
  /** As help shows it: `-o, --to <file>`. */
  readonly term: string;
  readonly long?: string;
  readonly short?: string;
  readonly description: string;
  readonly group: string;
  /** Whether a word follows it; an optional one only with `=`. */
  readonly takes: 'nothing' | 'word' | 'words' | 'optional';
  readonly isHidden: boolean;
  readonly values?: Values;
}

export interface CommandGrammar {
  /** `vouchsafe pat create`. */
  readonly path: string;
  /** Its name, then its aliases. */
  readonly names: readonly string[];
  /** As the list of its noun shows it. */
  readonly term: string;
  readonly usage: string;
  readonly description: string;
  readonly group: string;
  readonly isHidden: boolean;
  readonly arguments: readonly ArgumentGrammar[];
  readonly options: readonly OptionGrammar[];
  readonly commands: readonly CommandGrammar[];
  /** What help says below all lists: examples, and more. */
  readonly after: string;
}

const FILE = new URL('../grammar.json', import.meta.url);

/** As the file has it: the options that many commands share stand in it once, and commands have their places. */
interface Packed {
  readonly options: readonly OptionGrammar[];
  readonly program: PackedCommand;
}

interface PackedCommand extends Omit<CommandGrammar, 'options' | 'commands'> {
  readonly options: readonly number[];
  readonly commands: readonly PackedCommand[];
}

/** What the build wrote; undefined where there is none, as in sources that were not built. */
export function readGrammar(): CommandGrammar | undefined {
  if (!existsSync(FILE)) return undefined;
  const { options, program } = JSON.parse(readFileSync(FILE, 'utf8')) as Packed; // Part of the program, as its code is.
  const unpack = (command: PackedCommand): CommandGrammar => ({
    ...command,
    options: command.options.flatMap((place) => options[place] ?? []),
    commands: command.commands.map(unpack),
  });
  return unpack(program);
}

/** Writes what {@link readGrammar} reads; gives the folder that it is in, which is the compiled program's. */
export function writeGrammar(program: CommandGrammar): string {
  const places = new Map<string, number>();
  const placeOf = (option: OptionGrammar): number => {
    const text = JSON.stringify(option);
    const place = places.get(text) ?? places.size;
    places.set(text, place);
    return place;
  };
  const pack = (command: CommandGrammar): PackedCommand => ({
    ...command,
    options: command.options.map(placeOf),
    commands: command.commands.map(pack),
  });
  const packed = pack(program);
  const options = [...places.keys()].join(',');
  writeFileSync(FILE, `{"options":[${options}],"program":${JSON.stringify(packed)}}`);
  return dirname(fileURLToPath(FILE));
}

/** The command below one that a word names, by its name or an alias. */
export function childOf(command: CommandGrammar, word: string): CommandGrammar | undefined {
  return command.commands.find(({ names }) => names.includes(word));
}

/** A command and all below it that are not hidden, as they are listed. */
export function commandsIn(command: CommandGrammar): readonly CommandGrammar[] {
  return [command, ...command.commands.filter(({ isHidden }) => !isHidden).flatMap(commandsIn)];
}
