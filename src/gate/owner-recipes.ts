/** Recipes as the owner makes them: the program pinned, every reference by id, listed in the state. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { addDuration, parseDuration } from '../core/expiry.js';
import { MAX_OUTPUT_CAP, MAX_RECIPE_MS, OUTPUT_CAP, type Recipe } from '../core/recipe.js';
import { checkHoles, checkRecipeName, parseHole, readRecipe } from '../core/recipe.js';
import {
  checkUse,
  referencePath,
  printReference,
  replaceReferences,
  findReferences,
  type SecretReference,
} from '../core/reference.js';
import { resolveField } from '../core/item-field.js';
import { checkDescription } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { RecipeShape } from '../core/rule-shapes.js';
import { foldName, nearest } from '../core/text.js';
import { randomId } from '../crypto/bytes.js';
import type { NewRecipe } from './use-door.js';
import { findItem, findVault } from './naming.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { dropRule, putRule, readOwnRule } from './owner-rules.js';
import { type OwnRecipe, shapeOf } from './recipe-shape.js';
import { hashOfProgram, RECIPE } from './recipes.js';
import { findOwned } from './token-reader.js';

/** Makes a recipe. Nothing is run. */
export async function createRecipe(core: OwnerCore, wanted: NewRecipe): Promise<RecipeShape> {
  const name = checkRecipeName(wanted.name);
  const holes = Object.fromEntries((wanted.allow ?? []).map(parseHole));
  return core.act('recipe.create', async (work) => {
    const vault = await findVault(core, work, wanted.vault);
    if ((await ownRecipes(core, work)).some(({ recipe }) => foldName(recipe.name) === foldName(name)))
      throw new Refusal('conflict', {
        message: 'There is a recipe of that name already.',
        next: 'Choose another name, or delete that one: vouchsafe recipe delete NAME',
      });
    const does = await doesOf(core, work, wanted);
    const recipe: Recipe = {
      ...{ name, description: checkDescription('description', wanted.description ?? ''), does, holes },
      ...{
        timeoutMs: timeoutOf(wanted.timeout),
        outputCap: outputCapOf(wanted.outputCap),
        approve: wanted.approve === true,
      },
      tokens: await tokensOf(core, work, wanted.tokens),
    };
    checkHoles(recipe);
    const id = randomId();
    await put(core, work, { id, vault: vault.id, recipe });
    noteRecipe(work, { id, vault: vault.id, recipe }, vault.name);
    return shapeOf(core, work, { id, vault: vault.id, recipe });
  });
}

async function put(core: OwnerCore, work: OwnerWork, { id, vault, recipe }: OwnRecipe): Promise<void> {
  const parts = new Map([[RECIPE, JSON.stringify(recipe)]]);
  await putRule(core, work, { kind: 'recipe', subject: id, vault, parts });
}

function noteRecipe(work: OwnerWork, { id, vault, recipe }: OwnRecipe, vaultName: string | null): void {
  Object.assign(work.draft, { vault, vaultName, detail: `recipe ${recipe.name} [${id}]` });
}

async function tokensOf(core: OwnerCore, work: OwnerWork, wanted: NewRecipe['tokens']): Promise<Recipe['tokens']> {
  if (wanted === undefined || wanted.length === 0) return null;
  const ids: string[] = [];
  for (const reference of wanted) ids.push((await findOwned(core, work, reference)).id);
  return ids;
}

function outputCapOf(text: string | undefined): number {
  const [, amount = '', unit = ''] = /^([0-9]{1,7})\s?(KiB|MiB)?$/i.exec(text?.trim() ?? '') ?? [];
  const factor = { kib: 1024, mib: 1024 * 1024 }[unit.toLowerCase()] ?? 1;
  const bytes = text === undefined ? OUTPUT_CAP : Number(amount) * factor;
  if (bytes >= 1 && bytes <= MAX_OUTPUT_CAP) return bytes;
  throw new Refusal('invalid_request', {
    message: 'The output of a recipe is from 1 byte to 1 MiB.',
    next: 'For example --output-cap 64KiB.',
  });
}

function timeoutOf(text: string | undefined): number {
  const ms = text === undefined ? 60_000 : secondsOf(text);
  if (ms >= 1_000 && ms <= MAX_RECIPE_MS) return ms;
  throw new Refusal('invalid_request', {
    message: 'The time limit of a recipe is from 1 second to one hour.',
    next: 'For example --timeout 90s or --timeout 10min.',
  });
}

function secondsOf(text: string): number {
  const seconds = /^([0-9]{1,5})s$/.exec(text.trim());
  return seconds === null ? addDuration(0, parseDuration(text)) : Number(seconds[1]) * 1_000;
}

async function doesOf(core: OwnerCore, work: OwnerWork, { command, request }: NewRecipe): Promise<Recipe['does']> {
  if (request !== undefined) {
    const item = await findItem(core, work, { reference: request.item, place: 'kept' });
    const { method, url, headers, body } = request;
    return { kind: 'request', item: item.id, method, url, headers, ...(body === undefined ? {} : { body }) };
  }
  if (command === undefined) throw new Refusal('invalid_request', NOTHING);
  const [program = '', ...rest] = command.argv;
  const path = programOf(program, command);
  const environment: Record<string, string> = {};
  for (const [name, text] of Object.entries(command.environment)) environment[name] = await byIds(core, work, text);
  const sha256 = hashOfProgram(path);
  if (sha256 === null) throw noProgram();
  return {
    kind: 'command',
    program: path,
    sha256,
    arguments: rest,
    environment,
    folder: command.folder,
    path: command.path,
  };
}

const NOTHING = {
  message: 'A recipe needs a command, or a request.',
  next: 'vouchsafe recipe create NAME --vault VAULT -- ./deploy.sh --to {env}',
};

/** The file that a name means: a path from the folder, else the first such program of the path. */
function programOf(program: string, { folder, path }: { folder: string; path: string }): string {
  if (program === '') throw new Refusal('invalid_request', NOTHING);
  const places = program.includes('/')
    ? [resolve(folder, program)]
    : path
        .split(':')
        .filter(isAbsolute)
        .map((dir) => join(dir, program));
  const found = places.find(isProgram);
  if (found === undefined) throw noProgram();
  return realpathSync(found);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function noProgram(): Refusal {
  return new Refusal('not_found', {
    message: 'There is no such program, or it may not be run.',
    next: 'Name it by its path, such as ./deploy.sh, and make it executable: chmod +x FILE',
  });
}

/** The text with every reference by ids and marked, so that no new name changes what it means. */
async function byIds(core: OwnerCore, ground: OwnerGround, text: string): Promise<string> {
  const fixed: string[] = [];
  for (const { reference } of findReferences(text))
    fixed.push(`{{ ${printReference(await fix(core, ground, reference))} }}`);
  let next = 0;
  return replaceReferences(text, () => {
    next += 1;
    return fixed[next - 1] ?? '';
  });
}

async function fix(core: OwnerCore, ground: OwnerGround, reference: SecretReference): Promise<SecretReference> {
  const { vault, item: title, isCode } = reference;
  const named = { vault: { by: 'any' as const, text: vault }, item: { by: 'any' as const, text: title } };
  const item = await findItem(core, ground, { reference: named, place: 'kept' });
  const field = resolveField(item.overview.fieldNames, referencePath(reference));
  checkUse(field.kind, isCode);
  const { id: vaultId } = await findVault(core, ground, named.vault);
  return {
    vault: vaultId,
    item: item.id,
    ...(field.section === undefined ? {} : { section: field.section }),
    field: field.name,
    isCode,
  };
}

/** Every recipe that reads whole. One that was damaged is told of, and can be deleted by its id. */
async function ownRecipes(core: OwnerCore, ground: OwnerGround): Promise<readonly OwnRecipe[]> {
  const found: OwnRecipe[] = [];
  for (const { id, hash } of ground.state.value.recipes) {
    const own = await readOwnRecipe(core, ground, { id, hash });
    if (own !== null) found.push(own);
    else process.stderr.write(`vouchsafe: the recipe ${id} was damaged: vouchsafe recipe delete ${id} --force\n`);
  }
  return found.sort((a, b) => a.recipe.name.localeCompare(b.recipe.name, 'en'));
}

async function readOwnRecipe(
  core: OwnerCore,
  ground: OwnerGround,
  { id, hash }: { id: string; hash: Uint8Array },
): Promise<OwnRecipe | null> {
  try {
    const { listed, parts } = await readOwnRule(core, ground, { hash, subject: id });
    const recipe = readRecipe(parts.get(RECIPE) ?? '');
    return recipe === null ? null : { id, vault: listed.vault, recipe };
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

/** The recipe that a name or id means. Throws `not_found`. */
export async function findOwnRecipe(core: OwnerCore, ground: OwnerGround, text: string): Promise<OwnRecipe> {
  const recipes = await ownRecipes(core, ground);
  const found =
    recipes.find(({ id }) => id === text) ?? recipes.find(({ recipe }) => foldName(recipe.name) === foldName(text));
  if (found !== undefined) return found;
  const near = nearest(
    text,
    recipes.map(({ recipe }) => recipe.name),
  );
  throw new Refusal('not_found', {
    message: 'There is no recipe of that name or id.',
    next: near === undefined ? 'vouchsafe recipe list' : `Did you mean “${near}”?`,
    ...(near === undefined ? {} : { candidates: [near] }),
  });
}

export async function listRecipes(core: OwnerCore): Promise<readonly RecipeShape[]> {
  return core.read(async (ground) => {
    const shapes: RecipeShape[] = [];
    for (const own of await ownRecipes(core, ground)) shapes.push(await shapeOf(core, ground, own));
    return shapes;
  });
}

export async function showRecipe(core: OwnerCore, text: string): Promise<RecipeShape> {
  return core.read(async (ground) => shapeOf(core, ground, await findOwnRecipe(core, ground, text)));
}

/** Pins the program as it is now. */
export async function renewRecipe(core: OwnerCore, text: string): Promise<RecipeShape> {
  return core.act('recipe.renew', async (work) => {
    const own = await findOwnRecipe(core, work, text);
    const { does } = own.recipe;
    if (does.kind === 'request')
      throw new Refusal('conflict', {
        message: 'A request has no program to pin.',
        next: 'vouchsafe recipe show NAME',
      });
    const sha256 = hashOfProgram(does.program);
    if (sha256 === null) throw noProgram();
    const renewed = { ...own, recipe: { ...own.recipe, does: { ...does, sha256 } } };
    await put(core, work, renewed);
    noteRecipe(work, renewed, null);
    return shapeOf(core, work, renewed);
  });
}

/** Takes a recipe off the list; by its id also one that was damaged. */
export async function deleteRecipe(core: OwnerCore, text: string): Promise<{ id: string; name: string }> {
  return core.act('recipe.delete', async (work) => {
    const hash = work.decisions.ruleOf('recipe', text);
    const isDamaged = hash !== undefined && (await readOwnRecipe(core, work, { id: text, hash })) === null;
    const { id, recipe } = isDamaged ? { id: text, recipe: { name: text } } : await findOwnRecipe(core, work, text);
    await dropRule(work, 'recipe', id);
    work.draft.detail = `recipe ${recipe.name} [${id}]`;
    return { id, name: recipe.name };
  });
}
