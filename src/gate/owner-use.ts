/** The owner's own use of a secret: recorded as a token's is, without a gate in the way. */
import { findField, isConcealed } from '../core/item-content.js';
import { fieldPath } from '../core/item-field.js';
import type { Field } from '../core/model.js';
import type { Recipe, RecipeCommand } from '../core/recipe.js';
import { fillHoles } from '../core/recipe.js';
import { checkUse, printReference, referencePath, type SecretReference } from '../core/reference.js';
import { Refusal } from '../core/refusal.js';
import { totpCode } from '../tools/totp.js';
import type { ItemReference } from './named.js';
import type { OwnersUse } from './use-door.js';
import { findItem } from './naming.js';
import { describe } from './owner-items.js';
import type { OwnerCore } from './owner-core.js';
import { findOwnRecipe } from './owner-recipes.js';
import { checkProgram, commandEffect, referencesOf } from './recipes.js';

/** Fields that are used; `codes` are totp fields of which the current code is wanted. */
export interface OwnersWant {
  readonly fields: readonly string[];
  readonly codes: readonly string[];
  readonly purpose: string;
}

/** The values, after the entry `item.use`; where nothing of them is secret, there is none. `end` records how it ended. */
export async function useItem(core: OwnerCore, reference: ItemReference, want: OwnersWant): Promise<OwnersUse> {
  const { fields, codes, purpose } = want;
  const taken = await core.read(async (ground) => {
    const item = await findItem(core, ground, { reference, place: 'kept' });
    const content = await core.shelf.content(ground, item);
    const used = [...fields.map((name) => ({ name, isCode: false })), ...codes.map((name) => ({ name, isCode: true }))];
    const found = used.map(({ name, isCode }) => ({ name, isCode, field: findField(content, name) }));
    for (const { field, isCode } of found) checkUse(field.kind, isCode);
    const valueOf = ({ value }: Field, isCode: boolean): string => (isCode ? totpCode(value, ground.now).code : value);
    const values = new Map(found.map(({ name, isCode, field }) => [name, valueOf(field, isCode)]));
    const hidden = found.filter(({ field }) => isConcealed(field.kind));
    const secrets = hidden.map(({ field }) => fieldPath(field));
    const concealed = hidden.map(({ name }) => name);
    return { item: { id: item.id, title: item.overview.title }, secrets, concealed, values };
  });
  const shape = { item: taken.item, values: taken.values, secrets: taken.concealed };
  if (taken.secrets.length === 0) return { ...shape, end: async () => Promise.resolve() };
  await core.act('item.use', async (work) => {
    await describe(core, work, taken.item);
    Object.assign(work.draft, { secrets: taken.secrets, fields: taken.secrets, detail: purpose });
  });
  return {
    ...shape,
    end: async (detail) => {
      await core.act('item.use.end', async (work) => {
        await describe(core, work, taken.item);
        work.draft.detail = detail;
      });
    },
  };
}

/** Runs a recipe's command as the owner: an entry for each item that it uses. */
export async function runOwnRecipe(
  core: OwnerCore,
  name: string,
  given: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { recipe } = await core.read(async (ground) => findOwnRecipe(core, ground, name));
  const { does } = recipe;
  if (does.kind === 'request')
    throw new Refusal('invalid_request', {
      message: 'A request of a recipe is made by a token, as its item’s policy says.',
      next: 'Run it with --token-file, or use vouchsafe fetch.',
    });
  const filled = does.arguments.map((text) => fillHoles(recipe, given)(text));
  checkProgram(does);
  const uses = await usesOf(core, does, recipe);
  const values = new Map(uses.flatMap((use) => [...use.values]));
  const secrets = uses.flatMap((use) => use.secrets.map((name) => use.values.get(name) ?? ''));
  const run = { recipe, command: does, arguments: filled, secrets };
  const effect = commandEffect({ ...run, valueOf: (reference) => values.get(keyOf(reference)) ?? '' });
  const { result, detail } = await endingAll(uses, effect());
  for (const { end } of uses) await end(detail);
  return result;
}

/** What the work gives; if it fails, the uses for it end with that. */
async function endingAll<T>(uses: readonly OwnersUse[], work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    for (const { end } of uses) await end(error instanceof Refusal ? error.code : 'it failed');
    throw error;
  }
}

const keyOf = (reference: SecretReference): string => printReference(reference);

/** One use for each item, with its values by the canonical texts of references. */
async function usesOf(core: OwnerCore, command: RecipeCommand, { name }: Recipe): Promise<readonly OwnersUse[]> {
  const references = referencesOf(command);
  const uses: OwnersUse[] = [];
  for (const id of new Set(references.map(({ item }) => item))) {
    const own = references.filter(({ item }) => item === id);
    const paths = (isCode: boolean): string[] => own.filter((one) => one.isCode === isCode).map(referencePath);
    const want = { fields: paths(false), codes: paths(true), purpose: `recipe ${name}` };
    const use = await useItem(core, { item: { by: 'id', text: id } }, want);
    const values = new Map(own.map((reference) => [keyOf(reference), use.values.get(referencePath(reference)) ?? '']));
    const secrets = own.filter((reference) => use.secrets.includes(referencePath(reference))).map(keyOf);
    uses.push({ ...use, values, secrets });
  }
  return uses;
}
