/** The owner's door as far as it is about uses, put together. */
import type { ItemReference, Reference } from './named.js';
import type { OwnerCore } from './owner-core.js';
import type { UseDoor } from './use-door.js';

const leaks = async () => import('./compromised.js');
const lockdown = async () => import('./lockdown.js');
const bypassing = async () => import('./owner-bypass.js');
const itemRules = async () => import('./item-rules.js');
const recipes = async () => import('./owner-recipes.js');
const uses = async () => import('./owner-use.js');

/** The part of the door over an unlocked core. */
export function useDoor(core: OwnerCore): UseDoor {
  return {
    itemRules: async (item: ItemReference) => (await itemRules()).itemRules(core, item),
    allItemRules: async () => (await itemRules()).allItemRules(core),
    changeItemRules: async (item: ItemReference, change) => (await itemRules()).changeItemRules(core, item, change),

    bypass: async (token: Reference, time) => (await bypassing()).bypass(core, token, time),

    createRecipe: async (recipe) => (await recipes()).createRecipe(core, recipe),
    listRecipes: async () => (await recipes()).listRecipes(core),
    showRecipe: async (recipe: string) => (await recipes()).showRecipe(core, recipe),
    renewRecipe: async (recipe: string) => (await recipes()).renewRecipe(core, recipe),
    deleteRecipe: async (recipe: string) => (await recipes()).deleteRecipe(core, recipe),
    runRecipe: async (recipe: string, values) => (await uses()).runOwnRecipe(core, recipe, values),
    use: async (item: ItemReference, want) => (await uses()).useItem(core, item, want),

    liftLockdown: async () => (await lockdown()).liftLockdown(core),
    compromised: async (token: Reference, done) => (await leaks()).compromised(core, token, done),
    listCompromised: async () => (await leaks()).listCompromised(core),
  };
}
