/** How help looks: examples under each command, no clutter above them. */
import { Help, type Command, type Option } from 'commander';
import { isGlobalOption } from './global-options.js';

/** Adds the lines as examples, each one a command line as it is typed, with what it is for behind three spaces. */
export function withExamples(command: Command, lines: readonly string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples';
  return command.addHelpText('after', ['', `${title}:`, ...lines.flatMap(fitExample)].join('\n'));
}

const NARROWEST = 80;

/** As one line if it fits; else what it is for stands above, and the command line goes on in the next. */
function fitExample(line: string): readonly string[] {
  if (line.length + 2 <= NARROWEST) return [`  ${line}`];
  const [, typed = line, purpose] = /^(.*?\S) {3,}(\S.*)$/.exec(line) ?? [];
  const cut = typed.length + 2 <= NARROWEST ? -1 : typed.lastIndexOf(' --', NARROWEST - 4);
  const halves = cut < 0 ? [typed] : [`${typed.slice(0, cut)} \\`, `   ${typed.slice(cut)}`];
  return [...(purpose === undefined ? [] : [`  # ${purpose}`]), ...halves.map((half) => `  ${half}`)];
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
export const HELP_FORM = {
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
