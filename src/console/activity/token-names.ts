/** The tokens that a filter can name. */
import type { OwnerDoor } from '../../gate/door.js';

/** Enough for a list to choose from. */
const MOST = 100;

export interface TokenNames {
  readonly names: readonly string[];
  /** The name of a token that is given by id or by name; what was given, where it is not known. */
  nameOf(token: string): string;
}

/** The names of the first hundred tokens. */
export async function tokenNames(door: OwnerDoor): Promise<TokenNames> {
  const { data } = await door.listTokens({ limit: MOST, all: true, agentsOnly: false });
  return {
    names: data.map(({ name }) => name),
    nameOf: (token) => data.find(({ id, name }) => id === token || name === token)?.name ?? token,
  };
}
