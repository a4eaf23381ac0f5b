/** Every command, tool, argument and refusal in the instructions for agents is one that the program has. */
import type { Command } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { agentInstructions, INSTRUCTION_FORMATS } from '../../src/cli/instructions.js';
import { EXIT_STATUS } from '../../src/core/refusal.js';
import { findTool } from '../../src/tools/catalogue.js';
import { children, commandTree, findCommand } from './command-tree.js';
import { codeWords, read, TEMPLATES } from './pages.js';

let program: Command;
beforeAll(async () => (program = await commandTree()));

const codes = Object.keys(EXIT_STATUS).filter((code) => !['locked', 'integrity'].includes(code));
/** What an answer or a refusal has besides, and the states of a request: the contract's words. */
const ANSWERS = [
  'next',
  'candidates',
  'retry',
  'retry_at',
  'request',
  'ref',
  'id',
  'pending',
  'approved',
  'denied',
  'expired',
];
const PREFIX = 'mcp__vouchsafe__';

/** The words of a text that the program has to know: what stands as code, and what looks like a name of ours. */
function namesIn(text: string): string[] {
  const written = codeWords(text).filter((word) => /^[a-z_]+$/.test(word));
  const looked = [...text.matchAll(/\b[a-z]+(?:_+[a-z]+)+\b|\bwhoami\b/g)].map(([word]) => word);
  return [...new Set([...written, ...looked])];
}

/** The tools that the text names, as the program calls them. */
const toolsIn = (text: string): string[] =>
  namesIn(text).flatMap((word) => findTool(word.replace(PREFIX, ''))?.name ?? []);

function unknownIn(text: string): string[] {
  const takes = (name: string): string[] => Object.keys(findTool(name)?.inputSchema()['properties'] ?? {});
  const known = [...toolsIn(text), ...toolsIn(text).flatMap(takes), ...codes, ...ANSWERS, 'reason'];
  return namesIn(text).filter((word) => !known.includes(word.replace(PREFIX, '')));
}

/** The command lines that name no command, or an option that it has not. */
function wrongCommandsIn(text: string): string[] {
  const lines = codeWords(text).flatMap((word) => /^vouchsafe (.*)$/.exec(word)?.[1] ?? []);
  return lines.filter((line) => {
    const [own = ''] = line.split(' -- ');
    const { command, rest } = findCommand(program, own.split(' '));
    const options = ['--reason', ...command.options.flatMap(({ long, short }) => [long, short])];
    const isWhole = command !== program && children(command).length === 0;
    return !isWhole || rest.some((word) => word.startsWith('-') && !options.includes(word.split('=')[0]));
  });
}

describe.each(TEMPLATES)('%s', (page) => {
  test('names only tools, arguments and refusals that there are', () => expect(unknownIn(read(page))).toEqual([]));
  test('names only commands and options that there are', () => expect(wrongCommandsIn(read(page))).toEqual([]));
});

describe.each(INSTRUCTION_FORMATS)('instructions as %s', (format) => {
  const text = agentInstructions({ token: { name: 'deploy-bot' }, grants: [] }, format);

  test('say of each refusal what to do, once', () => {
    const rows = [...text.matchAll(/^(?:\| )?`?([a-z_]+)`?(?: \||:) (.*?)(?: \|)?$/gm)].map(([, code]) => code!);
    expect(rows.filter((code) => !['code', 'description', 'name'].includes(code)).sort()).toEqual(codes.toSorted());
  });

  test('name the tools by which the tasks of an agent are done', () => {
    const needed = ['whoami', 'list_vaults', 'list_vault', 'search_items', 'get_item', 'get_totp', 'create_item'];
    for (const name of [...needed, 'request_access']) expect(text).toContain(name);
  });
});

test('a word that is no tool, argument, refusal, command or option is found', () => {
  expect(unknownIn('call `get_itm` with `fields` and `item`, then get_totp, or mcp__vouchsafe__get_all')).toEqual([
    'get_itm',
    'fields',
    'mcp__vouchsafe__get_all',
  ]);
  expect(unknownIn('call `get_item` with `fields`; `forbiden` or `forbidden`')).toEqual(['forbiden']);
  expect(wrongCommandsIn('`vouchsafe agent instruct x`, `vouchsafe agent`, `vouchsafe info --al`')).toHaveLength(3);
  expect(wrongCommandsIn('`vouchsafe agent instructions x --format skill`')).toEqual([]);
});
