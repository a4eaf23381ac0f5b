/**
 * Recipes: a command or a request that the owner has set up, with holes that whoever runs it fills within what the owner
 * allows. Arguments stay an argv; nothing goes through a shell.
 */
import { z } from 'zod';
import type { WantedRequest } from './http-check.js';
import { checkName } from './reason.js';
import { Refusal } from './refusal.js';
import { hasHiddenCharacter } from './text.js';

/** What a hole may be filled with: one of a list, or what a pattern matches whole. */
export type Hole = { readonly values: readonly string[] } | { readonly pattern: string };

/** A program with its arguments, in which `{hole}` stands for a value. */
export interface RecipeCommand {
  readonly kind: 'command';
  /** Absolute path of the program, and SHA-256 of its content in hexadecimal. */
  readonly program: string;
  readonly sha256: string;
  readonly arguments: readonly string[];
  /** Texts with references by id, by the names of variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute path. */
  readonly folder: string;
  /** `PATH` of the program. */
  readonly path: string;
}

/** A request with an item's credential, in which `{hole}` stands for a value. */
export interface RecipeRequest {
  readonly kind: 'request';
  readonly item: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface Recipe {
  readonly name: string;
  readonly description: string;
  readonly does: RecipeCommand | RecipeRequest;
  readonly holes: Readonly<Record<string, Hole>>;
  readonly timeoutMs: number;
  /** The most bytes of output, of each kind. */
  readonly outputCap: number;
  /** Whether each run needs the owner's word. */
  readonly approve: boolean;
  /** Ids of the only tokens that may run it; null: any that reaches all it uses. */
  readonly tokens: readonly string[] | null;
}

const texts = z.record(z.string(), z.string());
const schema: z.ZodType<Recipe> = z.strictObject({
  name: z.string(),
  description: z.string(),
  does: z.discriminatedUnion('kind', [
    z.strictObject({
      ...{ kind: z.literal('command'), program: z.string(), sha256: z.string(), arguments: z.array(z.string()) },
      ...{ environment: texts, folder: z.string(), path: z.string() },
    }),
    z.strictObject({
      ...{ kind: z.literal('request'), item: z.string(), method: z.string(), url: z.string() },
      ...{ headers: texts, body: z.string().optional() },
    }),
  ]),
  holes: z.record(
    z.string(),
    z.union([z.strictObject({ values: z.array(z.string()) }), z.strictObject({ pattern: z.string() })]),
  ),
  timeoutMs: z.int().positive(),
  outputCap: z.int().positive(),
  approve: z.boolean(),
  tokens: z.array(z.string()).nullable(),
});

/** A stored recipe; null where it says what this version does not know: then nobody can run it. */
export function readRecipe(stored: string): Recipe | null {
  try {
    const parsed = schema.safeParse(JSON.parse(stored));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** The longest that a recipe may take, in ms. */
export const MAX_RECIPE_MS = 3_600_000;

/** The most bytes of each kind of output that a recipe gives: where nothing is said, and at all. */
export const OUTPUT_CAP = 256 * 1024;
export const MAX_OUTPUT_CAP = 1024 * 1024;

/** The most characters that a value for a hole may have. */
const LONGEST_VALUE = 200;

const HOLE = /\{([a-z][a-z0-9_-]{0,30})\}/g;

/** The names of the holes in texts, each once. */
export function holesIn(strings: readonly string[]): readonly string[] {
  return [...new Set(strings.flatMap((text) => [...text.matchAll(HOLE)].map(([, name = '']) => name)))];
}

/** All texts of a recipe in which there can be holes. */
export function fillable({ does }: Pick<Recipe, 'does'>): readonly string[] {
  if (does.kind === 'command') return does.arguments;
  return [does.url, ...Object.values(does.headers), ...(does.body === undefined ? [] : [does.body])];
}

/** What a hole may be filled with, as an owner types it: `NAME=one,two` or `NAME=/PATTERN/`. Throws `invalid_request`. */
export function parseHole(text: string): readonly [string, Hole] {
  const [, name = '', allowed = ''] = /^([a-z][a-z0-9_-]{0,30})=(.+)$/su.exec(text) ?? [];
  if (name === '')
    refuse(
      '--allow takes a hole and what it may be',
      'For example --allow env=staging,production or --allow tag=/v[0-9.]+/.',
    );
  const [, pattern] = /^\/(.+)\/$/su.exec(allowed) ?? [];
  if (pattern === undefined)
    return [
      name,
      {
        values: allowed
          .split(',')
          .map((value) => value.trim())
          .filter((value) => value !== ''),
      },
    ];
  if (regexpOf(pattern) === null)
    refuse('The pattern of --allow is no regular expression', 'Correct it, or list the values.');
  return [name, { pattern }];
}

function regexpOf(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    return null;
  }
}

/** Refuses a recipe of which a hole has no rule, or a rule has no hole. */
export function checkHoles(recipe: Pick<Recipe, 'does' | 'holes'>): void {
  const found = holesIn(fillable(recipe));
  const ruled = Object.keys(recipe.holes);
  if (found.some((name) => !ruled.includes(name)))
    refuse(
      'A hole of the recipe has no --allow',
      'Say what it may be: --allow NAME=one,two or --allow NAME=/PATTERN/.',
    );
  if (ruled.some((name) => !found.includes(name)))
    refuse('An --allow is for a hole that the recipe does not have', 'Write the hole as {NAME} in an argument.');
}

/**
 * Fills texts with values that the recipe allows. Throws `invalid_request` that names the hole and what it may be; a value
 * is never repeated.
 */
export function fillHoles(
  { holes }: Pick<Recipe, 'holes'>,
  values: Readonly<Record<string, string>>,
): (text: string, encode?: (value: string) => string) => string {
  for (const name of Object.keys(values))
    if (!Object.hasOwn(holes, name)) refuse('A value is for no hole of the recipe', holesNext(holes));
  for (const [name, hole] of Object.entries(holes))
    checkHoleValue(name, hole, Object.hasOwn(values, name) ? values[name] : undefined);
  return (text, encode = (value) => value) => text.replace(HOLE, (_, name: string) => encode(values[name] ?? ''));
}

/** The request with its holes filled, each value as the place where it stands needs it. Throws `invalid_request`. */
export function fillRequest(
  recipe: Pick<Recipe, 'holes'>,
  { method, url, headers, body }: RecipeRequest,
  values: Readonly<Record<string, string>>,
): WantedRequest {
  const fill = fillHoles(recipe, values);
  const filled = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, fill(text)]));
  const wanted = { method, url: fill(url, encodeURIComponent), headers: filled };
  return body === undefined ? wanted : { ...wanted, body: fill(body, encodingOf(headers)) };
}

function encodingOf(headers: RecipeRequest['headers']): (value: string) => string {
  const [, type = ''] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  if (/[/+]json\b/i.test(type)) return (value) => JSON.stringify(value).slice(1, -1);
  return type.toLowerCase().startsWith('application/x-www-form-urlencoded') ? encodeURIComponent : (value) => value;
}

function checkHoleValue(name: string, hole: Hole, value: string | undefined): void {
  const next = `${name} may be ${holeText(hole)}.`;
  if (value === undefined) refuse(`The recipe needs a value for ${name}`, next);
  if ('values' in hole ? hole.values.includes(value) : isMatch(hole.pattern, value)) return;
  refuse(`The recipe does not allow this value for ${name}`, next);
}

/** Never an option: what a pattern lets through is not to begin with a hyphen, unless the pattern itself does. */
function isMatch(pattern: string, value: string): boolean {
  if (value.length > LONGEST_VALUE || hasHiddenCharacter(value)) return false;
  if (value.startsWith('-') && !/^(?:\\?-|\[-)/.test(pattern)) return false;
  return regexpOf(pattern)?.test(value) === true;
}

/** What a hole may be, in words. */
export function holeText(hole: Hole): string {
  return 'values' in hole ? hole.values.join(', ') : `what /${hole.pattern}/ matches`;
}

function holesNext(holes: Recipe['holes']): string {
  const names = Object.keys(holes);
  return names.length === 0 ? 'It has none: leave values out.' : `Its holes are: ${names.join(', ')}.`;
}

/** The name of a recipe: as an owner types it, one word. Throws `invalid_request`. */
export function checkRecipeName(name: string): string {
  const checked = checkName('name', name);
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(checked))
    refuse('The name of a recipe is one word', 'Use letters, digits, . _ and -, such as deploy-staging.');
  return checked;
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}
