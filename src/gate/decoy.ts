/** Decoys as an owner makes them: which there are, and the fields of one. */
import type { ItemType } from '../core/model.js';
import { makeDecoy } from '../crypto/decoy.js';
import { type DecoyKind, decoyLike } from '../crypto/decoy-key.js';
import type { FieldInput } from './door.js';

export { checkDecoyKind, type DecoyKind } from '../crypto/decoy-key.js';

/** What a decoy is to look like. */
export interface WantedDecoy {
  readonly type: ItemType;
  readonly title: string;
  readonly urls: readonly string[];
  /** Whose key it holds; undefined: what the URLs and the title let one expect. */
  readonly like: DecoyKind | undefined;
}

/** The false fields of a new decoy, each of the kind that it has by its name unless one is said. */
export async function decoyFields({ type, title, urls, like }: WantedDecoy): Promise<readonly FieldInput[]> {
  const made = await makeDecoy({ type, like: like ?? decoyLike(title, urls), now: Date.now() });
  return made.map(({ section, name, kind, value }) => ({
    ...(section === undefined ? {} : { section }),
    ...{ name, value },
    ...(kind === undefined ? {} : { kind }),
  }));
}
