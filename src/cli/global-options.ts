/** The options that every command takes, before or after its name. */
import { Option, type Command } from 'commander';
import type { GlobalFlags } from './context.js';
import { parseFormat, type Format } from './output.js';

const GROUP = 'Options of every command:';

const OPTIONS = {
  output: new Option('--output <format>', 'human, json, ndjson (jsonl) or csv'),
  json: new Option('--json', 'the same as --output json'),
  to: new Option('-o, --to <file>', 'write data to this file (made 0600), not to stdout'),
  local: new Option('--local', 'show times in the local time zone, not in UTC'),
  tokenFile: new Option('--token-file <file>', 'act as the token in this file (0600)'),
  reason: new Option('--reason <text>', 'why a token does this (or VOUCHSAFE_AGENT_REASON)'),
  passwordStdin: new Option('--password-stdin', 'read the master password from the first line of stdin'),
  input: new Option('--no-input', 'never ask anything'),
} as const;

type Name = keyof typeof OPTIONS;

/** Adds the options to the command and all below it; an option of the command's own with the same name stays. */
export function addGlobalOptions(command: Command): void {
  for (const option of Object.values(OPTIONS)) {
    const isTaken = command.options.some(
      ({ long, short }) => long === option.long || (short !== undefined && short === option.short),
    );
    if (!isTaken) command.addOption(option.helpGroup(GROUP));
  }
  command.commands.forEach(addGlobalOptions);
}

/** Whether every command takes the option. */
export function isGlobalOption(option: Option): boolean {
  return Object.values(OPTIONS).includes(option);
}

/** What of the words of a command line follows its global options: the first word that is no option, and its place. */
export function firstOperand(argv: readonly string[]): { readonly word: string | undefined; readonly index: number } {
  let index = 0;
  while (index < argv.length && /^-./.test(argv[index] ?? '') && argv[index] !== '--') {
    index += takesValue(argv[index] ?? '') ? 2 : 1;
  }
  return { word: argv[index], index };
}

function takesValue(word: string): boolean {
  return Object.values(OPTIONS).some((option) => option.required && (word === option.long || word === option.short));
}

/** What the command line says for output, from the program's options to the command's own. */
export interface OutputFlags {
  readonly format: Format | undefined;
  readonly to: string | undefined;
  readonly local: boolean;
}

export function outputFlags(command: Command): OutputFlags {
  const format = valueOf(command, 'json') === true ? 'json' : textOf(command, 'output');
  return {
    format: format === undefined ? undefined : parseFormat(format),
    to: textOf(command, 'to'),
    local: valueOf(command, 'local') === true,
  };
}

/** The other global options; a flag beats its variable. */
export function globalFlags(command: Command, env: NodeJS.ProcessEnv): GlobalFlags {
  return {
    tokenFile: textOf(command, 'tokenFile'),
    reason: textOf(command, 'reason') ?? env['VOUCHSAFE_AGENT_REASON'],
    passwordStdin: valueOf(command, 'passwordStdin') === true,
    noInput: valueOf(command, 'input') === false,
  };
}

function textOf(command: Command, name: Name): string | undefined {
  const value = valueOf(command, name);
  return typeof value === 'string' ? value : undefined;
}

/** The value that was given nearest to the command. An option of that name which is the command's own is not it. */
function valueOf(command: Command, name: Name): unknown {
  const option = OPTIONS[name];
  const key = option.attributeName();
  if (command.options.includes(option) && command.getOptionValueSource(key) === 'cli') {
    return command.getOptionValue(key) as unknown;
  }
  return command.parent === null ? undefined : valueOf(command.parent, name);
}

/** The format that the words ask for, for errors that come before they are understood; `human` if in doubt. */
export function formatIn(words: readonly string[]): Format | undefined {
  const end = words.indexOf('--');
  const argv = end < 0 ? words : words.slice(0, end);
  if (argv.includes('--json')) return 'json';
  const index = argv.indexOf('--output');
  const text =
    argv.find((word) => word.startsWith('--output='))?.slice('--output='.length) ??
    argv[index < 0 ? argv.length : index + 1];
  return text === 'json' || text === 'ndjson' || text === 'jsonl' ? 'json' : undefined;
}
