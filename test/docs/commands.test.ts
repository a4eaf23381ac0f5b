/** What the pages say of the command line is what the program has. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXIT_STATUS } from '../../src/core/refusal.js';
import { children, commandTree, findCommand } from './command-tree.js';
import { blocks, codeWords, PAGES, read, root, section, tableRows } from './pages.js';

const README = 'README.md';
let program: Command;
beforeAll(async () => (program = await commandTree()));

/** `delete (revoke)` for a command with an alias. */
function spelled(command: Command): string {
  return [command.name(), ...command.aliases().map((alias) => `(${alias})`)].join(' ');
}

/** Every command that does something or holds others: its path, and what is below it. */
function listed(command: Command, path: string): [string, string[]][] {
  const below = children(command);
  const nouns = below.filter((child) => children(child).length > 0);
  const verbs = below.filter((child) => !nouns.includes(child));
  const own: [string, string[]][] = path === '' ? [] : [[path, verbs.map(spelled)]];
  const singles = path === '' ? verbs.map((verb): [string, string[]] => [spelled(verb), []]) : [];
  const deeper = nouns.flatMap((noun) =>
    listed(noun, path === '' ? spelled(noun) : `${path.split(' ')[0]!} ${noun.name()}`),
  );
  return [...own, ...singles, ...deeper];
}

/** A cell such as `` `delete` (`revoke`) `rename` `` as words, an alias with its command. */
function cellWords(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`(?: \(`([^`]+)`\))?/g)].map(([, name, alias]) =>
    alias === undefined ? name! : `${name!} (${alias})`,
  );
}

describe('the table of commands', () => {
  const rows = tableRows(section(README, '## Commands'));

  test('has every command and verb, and no other', () => {
    const told = rows.map(([command, verbs]) => [cellWords(command!)[0]!, cellWords(verbs!).sort()]);
    const real = listed(program, '').map(([path, verbs]) => [path, verbs.sort()]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(real));
  });

  test('has the commands that the built program lists', () => {
    const help = execFileSync(process.execPath, [join(root, 'bin', 'vouchsafe.js'), '--help'], { encoding: 'utf8' });
    const names = children(program).map((command) => command.name());
    for (const name of names) expect(help).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    const shown = [...help.matchAll(/^ {2}([a-z]+)(?=[| ])/gm)].map(([, name]) => name!);
    expect([...new Set(shown)].filter((name) => !['help', 'vouchsafe', 'eval'].includes(name)).sort()).toEqual(
      names.sort(),
    );
  });

  test('says what each is for', () => {
    for (const [, , purpose] of rows) expect(purpose).not.toBe('');
  });
});

/** Command lines on a page: those of its blocks, and those between backticks in its text. */
function commandLines(page: string): string[] {
  const text = read(page);
  const lines = blocks(text, 'sh').flatMap((block) => block.replace(/\\\n/g, ' ').split('\n'));
  return [...lines, ...codeWords(text)].flatMap((line) => {
    const found = /(?:^|\$\(|^sudo -u vouchsafe )vouchsafe (.*)$/.exec(line.replace(/ {2,}#.*$/, ''));
    // a record of the formats is named alike: `vouchsafe entry 1`
    return found === null || /^[a-z-]+ 1$/.test(found[1]!) ? [] : [found[1]!.replace(/\)"$/, '')];
  });
}

test.each(PAGES)('the command lines in %s name commands and options that there are', (page) => {
  for (const line of commandLines(page)) {
    const words = line.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
    const { command, rest } = findCommand(program, words);
    if (command === program) {
      expect(rest[0], line).toMatch(/^(--(help|version)|COMMAND)$/);
      continue;
    }
    // The one noun that does something without a verb.
    if (command.name() !== 'lockdown') expect(children(command), `a verb is missing in: ${line}`).toEqual([]);
    const options = command.options.flatMap(({ long, short }) => [long, short]);
    for (const word of rest) {
      if (word === '--') break;
      if (/^--?[a-z]/.test(word)) expect([...options, '--help'], line).toContain(word.split('=')[0]);
    }
  }
});

test('options named in the text of the README are options of some command', () => {
  const all = (command: Command): string[] => [
    ...command.options.map(({ long }) => long ?? ''),
    ...children(command).flatMap(all),
  ];
  // Of npm and of npx.
  const foreign = ['--ignore-scripts', '--package'];
  const known = new Set([...all(program), ...foreign]);
  const named = codeWords(read(README)).flatMap((word) => /^--[a-z-]+/.exec(word)?.[0] ?? []);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('the table of refusals has every code with its exit status', () => {
  const rows = tableRows(section(README, '## Refusals and exit codes'));
  const told = rows.map(([code, status]) => [codeWords(code!)[0]!, Number(status)]);
  expect(Object.fromEntries(told)).toEqual(EXIT_STATUS);
  expect(told.map(([, status]) => Number(status))).toEqual(
    told.map(([, status]) => Number(status)).sort((a, b) => a - b),
  );
});
