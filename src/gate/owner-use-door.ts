/** The owner's door as far as it is about uses, put together. */
import * as leaks from './compromised.js';
import * as lockdown from './lockdown.js';
import * as bypassing from './owner-bypass.js';
import * as itemRules from './item-rules.js';
import * as recipes from './owner-recipes.js';
import * as uses from './owner-use.js';
import type { ItemReference, Reference } from './named.js';
import type { OwnerCore } from './owner-core.js';
import type { UseDoor } from './use-door.js';

/** The part of the door over an unlocked core. */
export function useDoor(core: OwnerCore): UseDoor {
  return {
    itemRules: async (item: ItemReference) => itemRules.itemRules(core, item),
    allItemRules: async () => itemRules.allItemRules(core),
    changeItemRules: async (item: ItemReference, change) => itemRules.changeItemRules(core, item, change),

    bypass: async (token: Reference, time) => bypassing.bypass(core, token, time),

    createRecipe: async (recipe) => recipes.createRecipe(core, recipe),
    listRecipes: async () => recipes.listRecipes(core),
    showRecipe: async (recipe: string) => recipes.showRecipe(core, recipe),
    renewRecipe: async (recipe: string) => recipes.renewRecipe(core, recipe),
    deleteRecipe: async (recipe: string) => recipes.deleteRecipe(core, recipe),
    runRecipe: async (recipe: string, values) => uses.runOwnRecipe(core, recipe, values),
    use: async (item: ItemReference, want) => uses.useItem(core, item, want),

    liftLockdown: async () => lockdown.liftLockdown(core),
    compromised: async (token: Reference, done) => leaks.compromised(core, token, done),
    listCompromised: async () => leaks.listCompromised(core),
  };
}
