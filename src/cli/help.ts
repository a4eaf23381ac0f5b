/** How help looks: examples under each command, no clutter above them. */
import { Help, type Command, type Option } from 'commander';
import { isGlobalOption } from './global-options.js';

/** Adds the lines as examples, each one a command line as it is typed. */
export function withExamples(command: Command, lines: readonly string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples';
  return command.addHelpText('after', ['', `${title}:`, ...lines.map((line) => `  ${line}`)].join('\n'));
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
