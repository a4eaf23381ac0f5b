/** How the owner's references find what they name. */
import type { VaultName } from '../core/item-schema.js';
import { Refusal } from '../core/refusal.js';
import { foldName, nearest } from '../core/text.js';
import type { ItemReference, Reference } from './named.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import type { ShelvedItem } from './shelf.js';
import { vaultOf } from './verified-state.js';

/** A vault of the safe, by its name. */
export interface NamedVault {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

/** `not_found` with the nearest name, if one is near. */
export function notFound(what: string, wanted: string, names: Iterable<string>): Refusal {
  const near = nearest(wanted, names);
  return new Refusal('not_found', {
    message: `There is no ${what} of that name or id.`,
    next: near === undefined ? `vouchsafe ${what === 'token' ? 'pat' : what} list` : `Did you mean “${near}”?`,
    ...(near === undefined ? {} : { candidates: [near] }),
  });
}

/** Every vault with its name, sorted by name. */
export async function allVaults(core: OwnerCore, ground: OwnerGround): Promise<readonly NamedVault[]> {
  const vaults: NamedVault[] = [];
  for (const { id } of ground.state.value.vaults) {
    const named = await nameOrNull(core, ground, id);
    vaults.push({ id, name: named?.name ?? id, description: named?.description ?? '' });
  }
  return vaults.sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** A vault whose name cannot be opened goes by its id. */
async function nameOrNull(core: OwnerCore, ground: OwnerGround, id: string): Promise<VaultName | null> {
  try {
    return await core.shelf.name(ground, id);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

export async function findVault(core: OwnerCore, ground: OwnerGround, reference: Reference): Promise<NamedVault> {
  const vaults = await allVaults(core, ground);
  const byId = reference.by === 'name' ? undefined : vaults.find(({ id }) => id === reference.text);
  if (byId !== undefined) return byId;
  const named = vaults.filter(({ name }) => reference.by !== 'id' && foldName(name) === foldName(reference.text));
  const [found, ...others] = named;
  // a manager names a vault without knowing the names of those that it does not reach
  if (others.length > 0)
    throw new Refusal('ambiguous', {
      message: 'That name fits several vaults.',
      next: 'Name the one you mean by its id, and rename one: vouchsafe vault update ID --name NAME',
      candidates: named.map(({ id, name }) => `${id} (${name})`),
    });
  if (found !== undefined) return found;
  throw notFound(
    'vault',
    reference.text,
    vaults.map(({ name }) => name),
  );
}

/** Where an item is looked for: outside the trash, inside it, or both. */
export type Place = 'kept' | 'trashed' | 'both';

/** The one item that a reference names. By id it is found in the trash too. */
export async function findItem(
  core: OwnerCore,
  ground: OwnerGround,
  on: { reference: ItemReference; place: Place },
): Promise<ShelvedItem> {
  const { reference } = on;
  const { item } = reference;
  const vault = reference.vault === undefined ? null : await findVault(core, ground, reference.vault);
  const byId = item.by === 'name' ? null : await itemById(core, ground, { id: item.text, vault: vault?.id ?? null });
  if (byId !== null) return byId;
  if (item.by === 'id') throw notFound('item', item.text, []);
  const direct = await itemsByTitle(core, ground, { title: item.text, vault: vault?.id ?? null, place: on.place });
  if (direct.length > 0 || vault !== null || item.by === 'name')
    return onlyOne(core, ground, { found: direct, wanted: item.text, vault: vault?.id ?? null, place: on.place });
  return onlyOne(core, ground, {
    found: await itemsByPath(core, ground, { path: item.text, place: on.place }),
    wanted: item.text,
    vault: null,
    place: on.place,
  });
}

async function itemById(
  core: OwnerCore,
  ground: OwnerGround,
  of: { id: string; vault: string | null },
): Promise<ShelvedItem | null> {
  const { id, vault } = of;
  if (!/^[0-9a-z]{32}$/.test(id) || (vault !== null && vaultOf(id) !== vault)) return null;
  return core.shelf.item(ground, id);
}

async function itemsByTitle(
  core: OwnerCore,
  ground: OwnerGround,
  of: { title: string; vault: string | null; place: Place },
): Promise<readonly ShelvedItem[]> {
  const vaults = of.vault === null ? ground.state.value.vaults.map(({ id }) => id) : [of.vault];
  const found: ShelvedItem[] = [];
  for (const vault of vaults) found.push(...(await core.shelf.byTitle(ground, vault, of.title)));
  return found.filter(
    ({ accepted }) => of.place === 'both' || accepted.revision.isTrashed === (of.place === 'trashed'),
  );
}

/** `VAULT/ITEM`: every slash may be the one between them, since names may hold one too. */
async function itemsByPath(
  core: OwnerCore,
  ground: OwnerGround,
  of: { path: string; place: Place },
): Promise<readonly ShelvedItem[]> {
  const vaults = await allVaults(core, ground);
  const found: ShelvedItem[] = [];
  for (const slash of of.path.matchAll(/\//g)) {
    const [head, title] = [of.path.slice(0, slash.index), of.path.slice(slash.index + 1)];
    const vault = vaults.find(({ id, name }) => id === head || foldName(name) === foldName(head));
    if (vault === undefined) continue;
    const byId = await itemById(core, ground, { id: title, vault: vault.id });
    found.push(
      ...(byId === null ? await itemsByTitle(core, ground, { title, vault: vault.id, place: of.place }) : [byId]),
    );
  }
  return found;
}

async function onlyOne(
  core: OwnerCore,
  ground: OwnerGround,
  of: { found: readonly ShelvedItem[]; wanted: string; vault: string | null; place: Place },
): Promise<ShelvedItem> {
  const [first, ...others] = of.found;
  if (first === undefined) throw await missingItem(core, ground, of);
  if (others.length === 0) return first;
  throw new Refusal('ambiguous', {
    message: 'That name fits several items.',
    next: 'Name the one you mean by its id.',
    candidates: of.found.slice(0, 20).map(({ id, overview }) => `${id} (${overview.title})`),
  });
}

/** What is not here may be in the trash, or near to what was meant. */
async function missingItem(
  core: OwnerCore,
  ground: OwnerGround,
  of: { wanted: string; vault: string | null; place: Place },
): Promise<Refusal> {
  const vaults = of.vault === null ? ground.state.value.vaults.map(({ id }) => id) : [of.vault];
  const items: ShelvedItem[] = [];
  for (const id of vaults) items.push(...(await core.shelf.vault(ground, id)));
  const isHere = ({ accepted }: ShelvedItem): boolean =>
    of.place === 'both' || accepted.revision.isTrashed === (of.place === 'trashed');
  const elsewhere = items.some((item) => !isHere(item) && foldName(item.overview.title) === foldName(of.wanted));
  if (elsewhere && of.place === 'kept')
    return new Refusal('not_found', { message: 'That item is in the trash.', next: 'vouchsafe item restore ITEM' });
  return notFound(
    'item',
    of.wanted,
    items.filter(isHere).map(({ overview }) => overview.title),
  );
}
