/** Help of every command: it fits 80 columns, has examples, and its examples are read by the program's own grammar. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { childOf, commandsIn, type CommandGrammar } from '../../src/cli/grammar.js';
import { helpWidth, printPage, wholePage } from '../../src/cli/help-page.js';
import { withExamples } from '../../src/cli/help.js';
import { optionWords } from '../../src/cli/option-words.js';
import { gatherGrammar } from '../../src/cli/program.js';
import { commandTree } from '../docs/command-tree.js';

let grammar: CommandGrammar;
let commands: readonly CommandGrammar[];
beforeAll(async () => {
  grammar = await gatherGrammar();
  commands = commandsIn(grammar).filter(({ path }) => path.startsWith('vouchsafe'));
});

/** The command lines below `Examples:`, joined where they go on, without what they are for. */
function examplesOf({ after }: CommandGrammar): readonly string[] {
  const blocks = after.split(/\n{2,}/).map((block) => block.trim());
  const examples = blocks.filter((block) => /^Examples?:\n/.test(block)).join('\n');
  const lines = examples.replace(/ \\\n */g, ' ').split('\n');
  return lines.filter((line) => /^ {2}[^#]/.test(line)).map((line) => line.trim().replace(/ {3,}\S.*$/, ''));
}

/** The words behind `vouchsafe` in a shell's line, up to a pipe or the end of a substitution. */
function wordsOf(line: string): string[] | undefined {
  const typed = /(?:^|[\s"'(!])vouchsafe (.*)$/.exec(line)?.[1];
  if (typed === undefined) return undefined;
  const words = typed.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  const end = words.findIndex((word) => /^(\||\|\||&&|>|<|;)$/.test(word));
  return words
    .slice(0, end < 0 ? undefined : end)
    .map((word) => word.replace(/(["'])(.*?)\1/g, '$2').replace(/\)?["']?$/, ''));
}

test('every command that does something has an example', () => {
  const verbs = commands.filter((command) => command.arguments.length > 0 || command.commands.length === 0);
  expect(verbs.length).toBeGreaterThan(80);
  expect(verbs.filter((command) => examplesOf(command).length === 0).map(({ path }) => path)).toEqual([]);
});

test('every example is a command line that the grammar takes', async () => {
  const faults: string[] = [];
  for (const command of commands) {
    for (const line of examplesOf(command)) {
      const words = wordsOf(line);
      const fault = words === undefined ? 'names no command' : await parsed(words);
      // what a program adds to the command that it is given, such as `helper git get`
      const isGiven = !line.startsWith('vouchsafe ') && /missing required argument/.test(fault ?? '');
      if (fault !== undefined && !isGiven) faults.push(`${command.path}: ${line}: ${fault}`);
    }
  }
  expect(faults).toEqual([]);
});

/** What commander has against the words; nothing is run. */
async function parsed(words: readonly string[]): Promise<string | undefined> {
  const program = await commandTree();
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined, outputError: () => undefined });
    command.commands.forEach(quiet);
  };
  quiet(program);
  try {
    await program.parseAsync(optionWords(words), { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'something else was thrown';
  }
}

describe('a page', () => {
  test('of every command fits 80 columns', () => {
    const wide = commands.flatMap((command) =>
      wholePage(command, 80)
        .split('\n')
        .filter((line) => line.length > 80)
        .map((line) => `${command.path}: ${line}`),
    );
    expect(wide).toEqual([]);
  });

  test('of a narrower terminal fits that, but for what stands below the lists', () => {
    for (const command of commands)
      for (const line of printPage(command, 60).split('\n')) expect(line.length, line).toBeLessThanOrEqual(60);
  });

  test('puts a long term on a line of its own', () => {
    const option = { group: 'Options:', takes: 'word', isHidden: false } as const;
    const command: CommandGrammar = {
      ...grammar,
      usage: 'vouchsafe try [options]',
      description: '',
      arguments: [],
      commands: [],
      options: [
        { ...option, term: '--a', description: 'one two three' },
        { ...option, term: `--${'b'.repeat(40)}`, description: 'four' },
      ],
    };
    expect(printPage(command, 50).split('\n')).toEqual([
      'Usage: vouchsafe try [options]',
      '',
      'Options:',
      '  --a  one two three',
      `  --${'b'.repeat(40)}`,
      '       four',
      '',
    ]);
  });

  test('heeds COLUMNS, then the terminal', () => {
    expect(helpWidth({ COLUMNS: '100' }, { isTTY: true, columns: 70 })).toBe(100);
    expect(helpWidth({ COLUMNS: 'x' }, { isTTY: true, columns: 70 })).toBe(70);
    expect(helpWidth({}, { columns: 70 })).toBe(80);
    expect(helpWidth({ COLUMNS: '20' }, {})).toBe(40);
  });

  test.each([['item', 'create'], ['pat'], ['vault', 'list'], []].map((words) => [words]))(
    'is the same from the file of the build and from the commands themselves: %j',
    (words) => {
      const program = join(import.meta.dirname, '..', '..', 'bin', 'vouchsafe.js');
      const run = (...args: string[]) => execFileSync(process.execPath, ['--', program, ...args], { encoding: 'utf8' });
      const page = run(...words, '--help');
      expect(page).toBe(run(...words, '--json', '--help'));
      expect(page).toBe(
        wholePage(
          words.reduce((command, word) => childOf(command, word)!, grammar),
          80,
        ),
      );
    },
  );
});

test('an example that is too long goes on in further lines, its purpose above', () => {
  let text = '';
  const command = new Command('x').configureOutput({ writeOut: (more) => (text += more) });
  const long = `vouchsafe x --first "${'a b'.repeat(12)}" --second ${'c'.repeat(30)} rest   what it is for`;
  withExamples(command, [long]).outputHelp();
  const lines = text.slice(text.indexOf('Example:')).trimEnd().split('\n');
  expect(lines).toEqual([
    'Example:',
    '  # what it is for',
    `  vouchsafe x --first "${'a b'.repeat(12)}" \\`,
    `      --second ${'c'.repeat(30)} rest`,
  ]);
});
