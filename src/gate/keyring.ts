import { integrityFailure, sameBytes } from '../crypto/bytes.js';
import { contexts, keyId, type VaultKeys } from '../crypto/keys.js';
import { open } from '../crypto/envelope.js';
import type { RevisionFacts } from '../crypto/revision.js';
import type { Handle } from '../store/database.js';
import { readItemKey } from '../store/items.js';

/** A key that opens one item, as a grant on that item alone gives it. */
export interface ItemGrantKey {
  readonly key: Uint8Array;
  readonly epoch: number;
}

/** The keys that a door holds. What is not here cannot be opened, whatever any policy says. */
export interface Keyring {
  /** Keys of a vault that is held whole, at its current epoch. */
  vault(vault: string): Promise<VaultKeys | null> | VaultKeys | null;
  /** The key of a single item. */
  item(item: string): ItemGrantKey | null;
  /** What opens a vault's name: held with the vault or with an item of it. */
  name(vault: string): Promise<Uint8Array | null> | Uint8Array | null;
}

/** The item key of a revision, through the vault's key or a grant on the item; null where the ring holds neither. */
export async function itemKeyOf(
  handle: Handle,
  safeId: string,
  of: { ring: Keyring; revision: RevisionFacts },
): Promise<Uint8Array | null> {
  const { ring, revision } = of;
  if (revision.item === null) throw new Error('not the revision of an item');
  const vaultKeys = await ring.vault(revision.vault);
  const key =
    vaultKeys === null
      ? grantedKey(ring, revision.item, revision.keyEpoch)
      : await unwrap(handle, safeId, { vaultKey: vaultKeys.key, revision, item: revision.item });
  if (key !== null && !sameBytes(keyId(key), revision.keyId)) throw integrityFailure('an item key is another one');
  return key;
}

function grantedKey(ring: Keyring, item: string, epoch: number): Uint8Array | null {
  const held = ring.item(item);
  return held?.epoch === epoch ? held.key : null;
}

async function unwrap(
  handle: Handle,
  safeId: string,
  of: { vaultKey: Uint8Array; revision: RevisionFacts; item: string },
): Promise<Uint8Array> {
  const { vaultKey, revision, item } = of;
  const row = await readItemKey(handle, item, revision.keyEpoch);
  if (row === null) throw integrityFailure('an item key is missing');
  const at = { safeId, vault: revision.vault, epoch: revision.vaultEpoch, item, itemEpoch: revision.keyEpoch };
  return open(vaultKey, contexts.itemKey(at), row.envelope);
}
