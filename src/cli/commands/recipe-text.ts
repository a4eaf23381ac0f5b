/** Recipes as people read them. What stands in them is escaped. */
import { holeText } from '../../core/recipe.js';
import type { RecipeShape } from '../../core/rule-shapes.js';
import { escapeText } from '../../core/text.js';
import type { Column, Output } from '../output.js';
import { wrap } from '../width.js';
import { shellWord } from './naming.js';

/** The columns of a list of recipes. */
export const RECIPE_COLUMNS: readonly Column[] = [
  { key: 'name', title: 'name' },
  { key: 'vault', title: 'vault' },
  { key: 'state', title: 'state', whole: true, style: stateStyle },
  { key: 'holes', title: 'holes' },
  { key: 'does', title: 'does', wrap: true },
];

function stateStyle(row: object): 'yellow' | undefined {
  const state: unknown = Reflect.get(row, 'state');
  return state === 'changed' || state === 'missing' ? 'yellow' : undefined;
}

/** A recipe as a row of {@link RECIPE_COLUMNS}. */
export function recipeRow(recipe: RecipeShape): object {
  const { name, vault, command, holes } = recipe;
  return { name, vault: vault.name, state: command?.state, holes: Object.keys(holes), does: doesText(recipe) };
}

/** The command line, or the method and URL; not escaped. */
function doesText({ command, request }: RecipeShape): string {
  if (command !== undefined) return command.argv.map(argumentText).join(' ');
  return request === undefined ? '' : `${request.method} ${request.url}`;
}

/** Holes stand as they are; what a shell would not take for one word stands in quotes. */
function argumentText(word: string): string {
  return /^[\w.,:=/@%+{}-]+$/.test(word) ? word : shellWord(word);
}

const STATES = {
  current: 'the program is the one that was pinned',
  changed: 'THE PROGRAM HAS CHANGED since it was pinned: nobody can run it until vouchsafe recipe renew',
  missing: 'THE PROGRAM IS GONE: nobody can run it',
};

type Facts = readonly (readonly [label: string, value: string])[];

/** All of a recipe. */
export function recipeText(recipe: RecipeShape, out: Pick<Output, 'width' | 'isTerminal'>): string {
  const { name, id, description, vault, timeout_ms: ms, output_cap: cap, approve, tokens } = recipe;
  const facts: Facts = [
    ...(description === '' ? [] : [['For', description] as const]),
    ['Vault', vault.name],
    ...(recipe.command === undefined ? requestFacts(recipe.request) : commandFacts(recipe.command)),
    ...Object.entries(recipe.holes).map(([hole, rule]) => [`{${hole}}`, holeText(rule)] as const),
    ['At most', `${String(ms / 1_000)} seconds, ${String(cap)} bytes of each output`],
    ['Approval', approve ? 'each run needs your word' : 'not needed'],
    [
      'For whom',
      tokens === null ? 'any token that reaches what it uses' : tokens.map((token) => token.name).join(', '),
    ],
  ];
  return [`Recipe ${escapeText(name)} (${id})`, '', ...factLines(facts, out)].join('\n');
}

function factLines(facts: Facts, { width, isTerminal }: Pick<Output, 'width' | 'isTerminal'>): readonly string[] {
  const left = Math.max(...facts.map(([label]) => label.length)) + 2;
  const room = isTerminal ? Math.max(40, width - left) : Infinity;
  return facts.flatMap(([label, value]) =>
    wrap(escapeText(value), room).map((line, i) => (i === 0 ? label : '').padEnd(left) + line),
  );
}

function commandFacts(command: NonNullable<RecipeShape['command']>): Facts {
  const { argv, sha256, state, environment, folder } = command;
  return [
    ['Runs', argv.map(argumentText).join(' ')],
    ['In folder', folder],
    ['SHA-256', sha256],
    ['', STATES[state]],
    ...Object.entries(environment).map(([name, text]) => [name, text] as const),
  ];
}

function requestFacts(request: RecipeShape['request']): Facts {
  if (request === undefined) return [];
  const { item, method, url, headers, body } = request;
  return [
    ['Sends', `${method} ${url}`],
    ['With item', item],
    ...Object.entries(headers).map(([name, value]) => ['Header', `${name}: ${value}`] as const),
    ...(body === undefined ? [] : [['Body', body] as const]),
  ];
}
