/** Where the pages of vaults and items are, and which one a page is about. */
import type { ItemShape, VaultShape } from '../../core/shapes.js';
import type { ItemReference, Reference } from '../../gate/named.js';
import { Refusal } from '../../core/refusal.js';
import type { ConsoleContext } from '../area.js';
import type { KeyOf } from '../keys.js';

/** The assets of the area. */
export const ASSETS = { styles: ['vaults.css'], scripts: ['vaults.js'] } as const;

/** What the keys of a list do, besides those of every page. */
export const LIST_KEYS: readonly KeyOf[] = [
  ['j', 'Next row'],
  ['k', 'Row before'],
];

/** Where the pages of a vault are; `part` is one of them. */
export function vaultPath(id: string, part?: string): string {
  return part === undefined ? `/vaults/${id}` : `/vaults/${id}/${part}`;
}

/** Where the pages of an item are; `part` is one of them. */
export function itemPath(id: string, part?: string): string {
  return part === undefined ? `/vaults/items/${id}` : `/vaults/items/${id}/${part}`;
}

/** What the address names by its id. */
export function referenceOf(c: ConsoleContext): Reference {
  return { by: 'id', text: c.req.param('id') ?? '' };
}

/** The item that the address names, wherever it is. */
export function itemReferenceOf(c: ConsoleContext): ItemReference {
  return { item: referenceOf(c) };
}

/** The item that the address names, with nothing concealed in it; that leaves no entry. */
export async function findItem(c: ConsoleContext): Promise<ItemShape> {
  return c.get('door').viewItem(itemReferenceOf(c), []);
}

/** The vault that the address names. Throws `not_found`. */
export async function findVault(c: ConsoleContext): Promise<VaultShape> {
  return vaultIn(await c.get('door').listVaults(), referenceOf(c).text);
}

/** One of these vaults, by its id. Throws `not_found`. */
export function vaultIn(vaults: readonly VaultShape[], id: string): VaultShape {
  const vault = vaults.find((one) => one.id === id);
  if (vault !== undefined) return vault;
  throw new Refusal('not_found', { message: 'There is no such vault.', next: 'See the list of vaults.' });
}

/** The item's vault, for the line over the heading. */
export function parentOf(item: ItemShape): { readonly href: string; readonly title: string } {
  return { href: vaultPath(item.vault_id), title: item.vault };
}
