/** The owner's door, put together: each method is one command, made in a file of its noun. */
import type { ItemContent } from '../core/model.js';
import type { CostBounds, PasswordCost } from '../crypto/password.js';
import type {
  GrantSelection,
  ItemEdit,
  ItemFilter,
  NewGrant,
  NewItem,
  NewToken,
  OwnerDoor,
  TokenQuery,
} from './door.js';
import type { ItemReference, Reference } from './named.js';
import type { Progress } from './log-door.js';
import * as inbox from './inbox.js';
import * as notifying from './notify.js';
import { logDoor } from './owner-log-door.js';
import type { OwnerCore } from './owner-core.js';
import * as explaining from './explain.js';
import * as exporting from './owner-export.js';
import * as importing from './owner-import.js';
import * as grants from './owner-grants.js';
import * as tightening from './tighten.js';
import * as past from './owner-history.js';
import * as items from './owner-items.js';
import * as whole from './owner-safe.js';
import * as settings from './settings.js';
import * as ending from './owner-token-end.js';
import * as tokens from './owner-tokens.js';
import { useDoor } from './owner-use-door.js';
import { rekey } from './rekey.js';
import * as vaults from './owner-vaults.js';

const silent: Progress = () => undefined;

/** The door over an unlocked core. `lock` is what a new master password costs. */
export function ownerDoor(core: OwnerCore, lock: { cost: PasswordCost; bounds: CostBounds }): OwnerDoor {
  return {
    safeId: core.safe.id,
    info: async () => whole.info(core),
    standing: async () => whole.standing(core),
    close: async () => {
      core.close();
      return Promise.resolve();
    },

    createVault: async (vault) => vaults.createVault(core, vault),
    listVaults: async () => vaults.listVaults(core),
    updateVault: async (vault: Reference, edit) => vaults.updateVault(core, vault, edit),
    deleteVault: async (vault: Reference, confirm: string) => vaults.deleteVault(core, vault, confirm),

    createItem: async (vault: Reference, item: NewItem, rules) => items.createItem(core, vault, { ...item, rules }),
    listItems: async (filter: ItemFilter) => items.listItems(core, filter),
    viewItem: async (item: ItemReference, reveal) => items.viewItem(core, item, reveal),
    readContent: async (item: ItemReference): Promise<ItemContent> => items.readContent(core, item),
    totp: async (item: ItemReference) => items.totp(core, item),
    updateItem: async (item: ItemReference, edit: ItemEdit, ifRevision?: number) =>
      items.updateItem(core, item, { edit, ifRevision }),
    trashItem: async (item: ItemReference) => items.setTrashed(core, item, true),
    restoreItem: async (item: ItemReference) => items.setTrashed(core, item, false),
    moveItem: async (item: ItemReference, to: Reference) => items.moveItem(core, item, to),
    deleteItem: async (item: ItemReference) => items.deleteItem(core, item),
    history: async (item: ItemReference) => past.history(core, item),
    revertItem: async (item: ItemReference, revision: number) => past.revertItem(core, item, revision),

    createToken: async (token: NewToken) => tokens.createToken(core, token),
    listTokens: async (query: TokenQuery) => tokens.listTokens(core, query),
    findToken: async (token: Reference) => tokens.findToken(core, token),
    renewToken: async (token, options, progress = silent) => ending.renewToken(core, token, { ...options, progress }),
    deleteToken: async (token, options, progress = silent) => ending.deleteToken(core, token, { ...options, progress }),
    renameToken: async (token: Reference, name: string) => tokens.renameToken(core, token, name),
    freezeToken: async (token: Reference) => tokens.freezeToken(core, token),
    unfreezeToken: async (token: Reference) => tokens.unfreezeToken(core, token),

    grant: async (grant: NewGrant) => grants.grant(core, grant),
    revoke: async (selection: GrantSelection, progress = silent) => grants.revoke(core, selection, progress),
    listAccess: async (token: Reference) => grants.listAccess(core, token),
    explain: async (query) => explaining.explain(core, query),
    tighten: async (token: Reference, options, progress = silent) =>
      tightening.tighten(core, token, { ...options, progress }),

    ...logDoor(core),
    ...useDoor(core),
    planImport: async (plan) => importing.planImport(core, plan),
    importItems: async (plan, progress = silent) => importing.importItems(core, plan, progress),
    exportItems: async (selection, progress = silent) => exporting.exportItems(core, selection, progress),

    listRequests: async (options) => inbox.listRequests(core, options),
    showRequest: async (id: string) => inbox.showRequest(core, id),
    approveRequest: async (id: string, approval) => inbox.approveRequest(core, id, approval),
    notify: async (options) => notifying.notify(core, options),
    denyRequest: async (id: string, because: string) => inbox.denyRequest(core, id, because),

    listSettings: async () => settings.listSettings(core),
    getSetting: async (name: string) => settings.getSetting(core, name),
    setSetting: async (name: string, value: string) => settings.setSetting(core, name, value),

    backup: async (path: string, options = {}) => whole.backup(core, path, options),
    rekey: async (wish, progress = silent) => rekey(core, { ...wish, ...lock, progress }),
    changePassword: async (password: string) => whole.changePassword(core, { password, ...lock }),
    unlock: async (ttlMs: number) => whole.unlock(core, ttlMs),
  };
}
