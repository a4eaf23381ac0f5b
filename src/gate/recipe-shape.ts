/** Recipes as they are printed. */
import type { Recipe, RecipeCommand, RecipeRequest } from '../core/recipe.js';
import type { RecipeShape } from '../core/rule-shapes.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { hashOfProgram } from './recipes.js';
import { tokenNames } from './token-reader.js';

/** A recipe that its owner opened. */
export interface OwnRecipe {
  readonly id: string;
  readonly vault: string;
  readonly recipe: Recipe;
}

/** A recipe as its owner reads it: whether its program is still the pinned one is looked up. */
export async function shapeOf(
  core: OwnerCore,
  ground: OwnerGround,
  { id, vault, recipe }: OwnRecipe,
): Promise<RecipeShape> {
  const { name, description, does, holes, timeoutMs, outputCap, approve, tokens } = recipe;
  const names = tokens === null ? null : await tokenNames(core, ground);
  return {
    ...{ id, name, description },
    vault: { id: vault, name: (await core.shelf.name(ground, vault))?.name ?? vault },
    ...(does.kind === 'command' ? commandShape(does) : requestShape(does)),
    ...{ holes, timeout_ms: timeoutMs, output_cap: outputCap, approve },
    tokens: tokens === null ? null : tokens.map((token) => ({ id: token, name: names?.get(token) ?? token })),
  };
}

function commandShape(does: RecipeCommand): Pick<RecipeShape, 'command'> {
  const { program, sha256, arguments: rest, environment, folder } = does;
  const now = hashOfProgram(program);
  const state = now === sha256 ? 'current' : now === null ? 'missing' : 'changed';
  return { command: { argv: [program, ...rest], sha256, state, environment, folder } };
}

function requestShape({ item, method, url, headers, body }: RecipeRequest): Pick<RecipeShape, 'request'> {
  return { request: { item, method, url, headers, ...(body === undefined ? {} : { body }) } };
}
