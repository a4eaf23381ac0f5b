/** How help looks: examples under each command, no clutter above them; and a command's grammar as data. */
import { Help, type Argument, type Command, type Option } from 'commander';
import { isGlobalOption } from './global-options.js';
import type { ArgumentGrammar, CommandGrammar, OptionGrammar } from './grammar.js';
import { helpWidth, printPage } from './help-page.js';
import { valuesOfArgument, valuesOfOption } from './value-kinds.js';

/** Adds the lines as examples, each one a command line as it is typed, with what it is for behind three spaces. */
export function withExamples(command: Command, lines: readonly string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples';
  return command.addHelpText('after', ['', `${title}:`, ...lines.flatMap(fitExample)].join('\n'));
}

const NARROWEST = 80;

/** As one line if it fits; else what it is for stands above, and the command line goes on in further lines. */
function fitExample(line: string): readonly string[] {
  if (line.length + 2 <= NARROWEST) return [`  ${line}`];
  const [, typed = line, purpose] = /^(.*?\S) {3,}(\S.*)$/.exec(line) ?? [];
  return [...(purpose === undefined ? [] : [`  # ${purpose}`]), ...breakLine(typed)];
}

/** A shell's line in several, each option with what belongs to it; words in quotes stay whole. */
function breakLine(typed: string): readonly string[] {
  const words = typed.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  const parts: string[] = [];
  for (const word of words) {
    const before = parts.at(-1);
    if (before === undefined || word.startsWith('-') || before.length + word.length > NARROWEST / 2) parts.push(word);
    else parts[parts.length - 1] = `${before} ${word}`;
  }
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const isFirst = lines.length === 0;
    if (last !== undefined && last.length + part.length + ' '.length <= NARROWEST - ' \\'.length)
      lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(`${isFirst ? '  ' : '      '}${part}`);
  }
  return lines.map((one, i) => (i === lines.length - 1 ? one : `${one} \\`));
}

/** Every noun says where its examples are; only the program itself has the command `help`. */
export function pointToVerbs(command: Command, path = command.name()): void {
  for (const noun of command.commands.filter(hasVerbs)) {
    const words = `${path} ${noun.name()}`;
    noun.helpCommand(false);
    noun.addHelpText('after', `\n\`${words} VERB --help\` has the options of a verb, and examples.`);
    pointToVerbs(noun, words);
  }
}

function hasVerbs(command: Command): boolean {
  return command.commands.length > 0;
}

/** Commands are listed without `[options]`, which they all take; nouns without the options of every command. */
const LISTING = {
  subcommandTerm: (command: Command): string => {
    const names = [command.name(), ...command.aliases().slice(0, 1)].join('|');
    const words = command.registeredArguments.map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return argument.required ? ` <${name}>` : ` [${name}]`;
    });
    return names + words.join('');
  },
  visibleOptions: (command: Command): Option[] => {
    const options = new Help().visibleOptions(command);
    const isNoun = command.parent !== null && hasVerbs(command);
    return isNoun ? options.filter((option) => !isGlobalOption(option)) : options;
  },
};

/** For commander's `configureHelp`: pages as `help-page.ts` lays them out. */
export const HELP_FORM = {
  ...LISTING,
  formatHelp: (command: Command): string => printPage(grammarOf(command), helpWidth(process.env, process.stdout)),
};

/** The grammar of a command and all below it, with the texts below its lists, as {@link readGrammar} gives it back. */
export function wholeGrammar(command: Command): CommandGrammar {
  const listed = [...command.commands, ...new Help().visibleCommands(command)];
  const commands = [...new Set(listed)].map(wholeGrammar);
  return { ...grammarOf(command), commands, after: textAfter(command) };
}

/** Only what is written below the page: the page itself is left empty meanwhile. */
function textAfter(command: Command): string {
  let text = '';
  command.configureHelp({ formatHelp: () => '' }).configureOutput({ writeOut: (more) => (text += more) });
  command.outputHelp();
  command.configureHelp(HELP_FORM);
  return text;
}

/** The grammar of one command; of those below it, what a list shows. */
function grammarOf(command: Command): CommandGrammar {
  const help = Object.assign(new Help(), LISTING);
  const path = pathOf(command);
  const shown = help.visibleOptions(command);
  const hidden = command.options.filter((option) => !shown.includes(option));
  return {
    ...summaryOf(command),
    path,
    usage: help.commandUsage(command),
    arguments: command.registeredArguments.map((argument) => argumentGrammar(argument, path)),
    options: [
      ...shown.map((option) => optionGrammar(option, path, false)),
      ...hidden.map((option) => optionGrammar(option, path, true)),
    ],
    commands: help.visibleCommands(command).map((child) => ({ ...BARE, ...summaryOf(child) })),
    after: '',
  };
}

const BARE = { path: '', usage: '', arguments: [], options: [], commands: [], after: '', isHidden: false };

function summaryOf(command: Command): Pick<CommandGrammar, 'names' | 'term' | 'description' | 'group' | 'isHidden'> {
  return {
    names: [command.name(), ...command.aliases()],
    term: LISTING.subcommandTerm(command),
    description: command.description(),
    group: command.helpGroup() === '' ? 'Commands:' : command.helpGroup(),
    isHidden: command.parent !== null && !new Help().visibleCommands(command.parent).includes(command),
  };
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function argumentGrammar(argument: Argument, path: string): ArgumentGrammar {
  const values = valuesOfArgument(argument, path);
  return {
    name: argument.name(),
    isRequired: argument.required,
    isVariadic: argument.variadic,
    description: new Help().argumentDescription(argument),
    ...(values === undefined ? {} : { values }),
  };
}

function optionGrammar(option: Option, path: string, isHidden: boolean): OptionGrammar {
  const values = valuesOfOption(option, path);
  return {
    term: option.flags,
    ...(option.long === undefined ? {} : { long: option.long }),
    ...(option.short === undefined ? {} : { short: option.short }),
    description: new Help().optionDescription(option),
    group: option.helpGroupHeading ?? 'Options:',
    takes: takenBy(option),
    isHidden,
    ...(values === undefined ? {} : { values }),
  };
}

function takenBy({ required, optional, variadic }: Option): OptionGrammar['takes'] {
  if (optional) return 'optional';
  if (!required) return 'nothing';
  return variadic ? 'words' : 'word';
}
