/** Handing out whole items, those of each vault once its entry is on disk. */
import type { TransferItem } from '../core/transfer.js';
import { historyOf } from './history.js';
import type { Progress } from './log-door.js';
import { allVaults, findVault, type NamedVault } from './naming.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { warnOfBlocked } from './owner-items.js';
import type { ShelvedItem } from './shelf.js';
import type { ExportSelection } from './transfer-door.js';

/** The items with their kept revisions, those in the trash too. Items that do not verify are left out, and told of. */
export async function exportItems(
  core: OwnerCore,
  { vault, format }: ExportSelection,
  progress: Progress,
): Promise<readonly TransferItem[]> {
  const out: TransferItem[] = [];
  const vaults = await core.read(async (ground) =>
    vault === undefined ? allVaults(core, ground) : [await findVault(core, ground, vault)],
  );
  for (const named of vaults) {
    const items = await core.read(async (ground) => openVault(core, ground, { vault: named, progress }));
    if (items.length === 0) continue;
    await core.act('export', async ({ draft }) => {
      Object.assign(draft, { vault: named.id, vaultName: named.name });
      draft.detail = `${format}: ${String(items.length)} items`;
      return Promise.resolve();
    });
    out.push(...items);
  }
  return out;
}

async function openVault(
  core: OwnerCore,
  ground: OwnerGround,
  of: { vault: NamedVault; progress: Progress },
): Promise<readonly TransferItem[]> {
  await warnOfBlocked(core, ground, of.vault.id);
  const shelved = await core.shelf.vault(ground, of.vault.id);
  const items: TransferItem[] = [];
  for (const [done, item] of shelved.entries()) {
    items.push(await openWhole(core, ground, { item, vault: of.vault.name }));
    if (done % 100 === 99) of.progress(done + 1, shelved.length);
  }
  of.progress(shelved.length, shelved.length);
  return items;
}

async function openWhole(
  core: OwnerCore,
  ground: OwnerGround,
  of: { item: ShelvedItem; vault: string },
): Promise<TransferItem> {
  const { id, accepted } = of.item;
  const { isTrashed, createdAt, at } = accepted.revision;
  const [present, ...past] = await historyOf(core, ground, { id, hash: accepted.hash });
  const content = present?.content ?? (await core.shelf.content(ground, of.item));
  const history = past.reverse().map((kept) => ({ at: Date.parse(kept.shape.at), content: kept.content }));
  return { vault: of.vault, content, history, isTrashed, createdAt, updatedAt: at };
}
