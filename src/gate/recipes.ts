/** Recipes as tokens meet them: those whose vault they reach, and what running one takes. */
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { holeText, type Recipe, readRecipe, type RecipeCommand } from '../core/recipe.js';
import { findReferences, replaceReferences, type SecretReference } from '../core/reference.js';
import { Refusal } from '../core/refusal.js';
import { foldName } from '../core/text.js';
import { sha256, toHex } from '../crypto/bytes.js';
import type { CallGround, Effect, Effected } from './call-ground.js';
import { forbidden } from './refusals.js';

/** A recipe that the state lists. */
export interface ListedRecipe {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly vault: string;
  readonly recipe: Recipe;
}

/** The part of a rule that is a recipe. */
export const RECIPE = 'recipe';

/** The recipes of the vaults that the token reaches, as far as they are for it. */
export async function recipesFor({ at, rules, token }: CallGround): Promise<readonly ListedRecipe[]> {
  const found: ListedRecipe[] = [];
  for (const listed of at.state.value.recipes) {
    const rule = await openedOrNull(rules.recipe(at, listed));
    const recipe = rule === null ? null : readRecipe(rule.parts.get(RECIPE) ?? '');
    if (rule === null || recipe === null || rule.parts.size !== 1) continue;
    if (recipe.tokens === null || recipe.tokens.includes(token.id))
      found.push({ ...listed, vault: rule.vault, recipe });
  }
  return found;
}

/** One that is missing or was changed is none, alone. */
async function openedOrNull<T>(opening: Promise<T | null>): Promise<T | null> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

/** The recipe that a text names, among those for the token; any other is forbidden, existing or not. */
export async function findRecipe(ground: CallGround, text: string): Promise<ListedRecipe> {
  const recipes = await recipesFor(ground);
  const byId = recipes.find(({ id }) => id === text);
  const [found, ...others] = recipes.filter(({ recipe }) => foldName(recipe.name) === foldName(text.trim()));
  if (byId !== undefined) return byId;
  if (found === undefined) throw forbidden('the recipe is not for this token or does not exist');
  if (others.length === 0) return found;
  throw new Refusal('ambiguous', {
    message: 'That name fits several recipes.',
    next: 'Send the id of the one you mean.',
    candidates: [found, ...others].map(({ id, recipe }) => `${id} (${recipe.name})`),
  });
}

/** A recipe as whoami tells of it. */
export function recipeRow({ id, recipe }: ListedRecipe): Readonly<Record<string, unknown>> {
  const { name, description, holes, approve } = recipe;
  const values = Object.fromEntries(Object.entries(holes).map(([hole, rule]) => [hole, holeText(rule)]));
  return { id, name, ...(description === '' ? {} : { description }), values, ...(approve ? { approve } : {}) };
}

/** What a run is in words: the recipe, at this version of it, and its values. */
export function runText({ id, hash, recipe }: ListedRecipe, values: Readonly<Record<string, string>>): string {
  const names = Object.keys(values).sort();
  const filled = names.map((name) => ` ${name}=${JSON.stringify(values[name])}`);
  return `recipe ${recipe.name} [${id} ${toHex(hash).slice(0, 12)}]${filled.join('')}`;
}

/** Each reference of a command's environment once. */
export function referencesOf({ environment }: RecipeCommand): readonly SecretReference[] {
  return Object.values(environment).flatMap((text) => findReferences(text).map(({ reference }) => reference));
}

/** Refuses a program whose content is not what the owner pinned. */
export function checkProgram({ program, sha256: pinned }: RecipeCommand): void {
  if (hashOfProgram(program) === pinned) return;
  throw new Refusal('conflict', {
    message: 'The program of the recipe is not the one that the owner pinned: it has changed or is gone.',
    next: 'Tell the user: the owner can look at it, and renew the recipe with vouchsafe recipe renew NAME.',
  });
}

/** SHA-256 of a program's content in hexadecimal; null where there is no such file. */
export function hashOfProgram(path: string): string | null {
  try {
    return statSync(path).isFile() ? toHex(sha256(readFileSync(path))) : null;
  } catch {
    return null;
  }
}

/** A command of a recipe that may be run. `valueOf` gives what a reference stands for; `secrets` are what is masked. */
export interface CommandRun {
  readonly recipe: Recipe;
  readonly command: RecipeCommand;
  readonly arguments: readonly string[];
  readonly valueOf: (reference: SecretReference) => string;
  readonly secrets: readonly string[];
}

/** Runs the program, with nothing of this process's environment but what any program needs. */
export function commandEffect(run: CommandRun): Effect {
  return async (): Promise<Effected> => {
    const { command, recipe } = run;
    checkProgram(command);
    const { captureChild } = await import('../use/capture.js');
    const { Mask } = await import('../use/mask.js');
    const filled = Object.entries(command.environment).map(([name, text]) => [
      name,
      replaceReferences(text, run.valueOf),
    ]);
    const done = await captureChild({
      argv: [command.program, ...run.arguments],
      env: { ...plainEnvironment(command), ...(Object.fromEntries(filled) as Record<string, string>) },
      ...{ cwd: command.folder, mask: new Mask(run.secrets), stdin: 'none' },
      ...{ timeoutMs: recipe.timeoutMs, outputCap: recipe.outputCap },
    });
    const { status, signal, stdout, stderr, truncated, timedOut } = done;
    const ended = timedOut ? 'took too long' : signal === null ? `exit ${String(status)}` : `ended by ${signal}`;
    const cut = truncated ? { truncated } : {};
    const late = timedOut ? { timed_out: true } : {};
    const by = signal === null ? {} : { signal };
    return { result: { exit_status: status, ...by, stdout, stderr, ...cut, ...late }, detail: ended };
  };
}

/** Whoever starts this process must not steer the program through variables. */
function plainEnvironment({ path }: RecipeCommand): Record<string, string> {
  const { username, homedir } = userInfo();
  return { PATH: path, HOME: homedir, USER: username, LOGNAME: username, LANG: 'C.UTF-8' };
}
