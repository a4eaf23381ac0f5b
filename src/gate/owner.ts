/**
 * The owner's door, put together: each method is one command, made in a file of its noun. Those are loaded when they are first
 * asked for: most programs that open the door ask for one thing.
 */
import type { ItemContent } from '../core/model.js';
import type { CostBounds, PasswordCost } from '../crypto/password.js';
import type { GrantSelection, ItemEdit, ItemFilter, NewGrant, NewToken, OwnerDoor, TokenQuery } from './door.js';
import type { ItemReference, Reference } from './named.js';
import type { Progress } from './log-door.js';
import { logDoor } from './owner-log-door.js';
import type { OwnerCore } from './owner-core.js';
import { useDoor } from './owner-use-door.js';

const inbox = async () => import('./inbox.js');
const notifying = async () => import('./notify.js');
const explaining = async () => import('./explain.js');
const exporting = async () => import('./owner-export.js');
const importing = async () => import('./owner-import.js');
const grants = async () => import('./owner-grants.js');
const tightening = async () => import('./tighten.js');
const past = async () => import('./owner-history.js');
const items = async () => import('./owner-items.js');
const whole = async () => import('./owner-safe.js');
const settings = async () => import('./settings.js');
const ending = async () => import('./owner-token-end.js');
const tokens = async () => import('./owner-tokens.js');
const rekeying = async () => import('./rekey.js');
const vaults = async () => import('./owner-vaults.js');

const silent: Progress = () => undefined;

/** The door over an unlocked core. `lock` is what a new master password costs. */
export function ownerDoor(core: OwnerCore, lock: { cost: PasswordCost; bounds: CostBounds }): OwnerDoor {
  return {
    safeId: core.safe.id,
    info: async () => (await whole()).info(core),
    standing: async () => (await whole()).standing(core),
    close: async () => {
      core.close();
      return Promise.resolve();
    },

    createVault: async (vault) => (await vaults()).createVault(core, vault),
    listVaults: async () => (await vaults()).listVaults(core),
    updateVault: async (vault: Reference, edit) => (await vaults()).updateVault(core, vault, edit),
    deleteVault: async (vault: Reference, confirm: string) => (await vaults()).deleteVault(core, vault, confirm),

    createItem: async (vault, item, rules) => (await items()).createItem(core, vault, { ...item, rules }),
    listItems: async (filter: ItemFilter) => (await items()).listItems(core, filter),
    viewItem: async (item: ItemReference, reveal) => (await items()).viewItem(core, item, reveal),
    readContent: async (item: ItemReference): Promise<ItemContent> => (await items()).readContent(core, item),
    totp: async (item: ItemReference) => (await items()).totp(core, item),
    updateItem: async (item: ItemReference, edit: ItemEdit, ifRevision?: number) =>
      (await items()).updateItem(core, item, { edit, ifRevision }),
    trashItem: async (item: ItemReference) => (await items()).setTrashed(core, item, true),
    restoreItem: async (item: ItemReference) => (await items()).setTrashed(core, item, false),
    moveItem: async (item: ItemReference, to: Reference) => (await items()).moveItem(core, item, to),
    deleteItem: async (item: ItemReference) => (await items()).deleteItem(core, item),
    history: async (item: ItemReference) => (await past()).history(core, item),
    revertItem: async (item: ItemReference, revision: number) => (await past()).revertItem(core, item, revision),

    createToken: async (token: NewToken) => (await tokens()).createToken(core, token),
    listTokens: async (query: TokenQuery) => (await tokens()).listTokens(core, query),
    findToken: async (token: Reference) => (await tokens()).findToken(core, token),
    renewToken: async (token, options, progress = silent) =>
      (await ending()).renewToken(core, token, { ...options, progress }),
    deleteToken: async (token, options, progress = silent) =>
      (await ending()).deleteToken(core, token, { ...options, progress }),
    renameToken: async (token: Reference, name: string) => (await tokens()).renameToken(core, token, name),
    freezeToken: async (token: Reference) => (await tokens()).freezeToken(core, token),
    unfreezeToken: async (token: Reference) => (await tokens()).unfreezeToken(core, token),

    grant: async (grant: NewGrant) => (await grants()).grant(core, grant),
    revoke: async (selection: GrantSelection, progress = silent) => (await grants()).revoke(core, selection, progress),
    listAccess: async (token: Reference) => (await grants()).listAccess(core, token),
    explain: async (query) => (await explaining()).explain(core, query),
    tighten: async (token: Reference, options, progress = silent) =>
      (await tightening()).tighten(core, token, { ...options, progress }),

    ...logDoor(core),
    ...useDoor(core),
    planImport: async (plan) => (await importing()).planImport(core, plan),
    importItems: async (plan, progress = silent) => (await importing()).importItems(core, plan, progress),
    exportItems: async (selection, progress = silent) => (await exporting()).exportItems(core, selection, progress),

    listRequests: async (options) => (await inbox()).listRequests(core, options),
    showRequest: async (id: string) => (await inbox()).showRequest(core, id),
    approveRequest: async (id: string, approval) => (await inbox()).approveRequest(core, id, approval),
    notify: async (options) => (await notifying()).notify(core, options),
    denyRequest: async (id: string, because: string) => (await inbox()).denyRequest(core, id, because),

    listSettings: async () => (await settings()).listSettings(core),
    getSetting: async (name: string) => (await settings()).getSetting(core, name),
    setSetting: async (name: string, value: string) => (await settings()).setSetting(core, name, value),

    ...safeDoor(core, lock),
  };
}

/** What concerns the safe as a whole. */
function safeDoor(
  core: OwnerCore,
  lock: { cost: PasswordCost; bounds: CostBounds },
): Pick<OwnerDoor, 'backup' | 'rekey' | 'changePassword' | 'unlock'> {
  return {
    backup: async (path: string, options = {}) => (await whole()).backup(core, path, options),
    rekey: async (wish, progress = silent) => (await rekeying()).rekey(core, { ...wish, ...lock, progress }),
    changePassword: async (password: string) => (await whole()).changePassword(core, { password, ...lock }),
    unlock: async (ttlMs: number) => (await whole()).unlock(core, ttlMs),
  };
}
