/** A token as it is printed once, and the facts that its next certificate starts from. */
import type { NewTokenShape } from '../core/shapes.js';
import { open } from '../crypto/envelope.js';
import { contexts } from '../crypto/keys.js';
import { printToken, type TokenParts } from '../crypto/token-string.js';
import { shapesOfGrants } from './grant-shape.js';
import type { OwnerCore, OwnerWork } from './owner-core.js';
import { type TokenFacts } from './token-issue.js';
import { type OwnedToken, shapeOfToken } from './token-reader.js';

const TOKEN_VARIABLE = 'VOUCHSAFE_PERSONAL_ACCESS_TOKEN';

/** What is printed of a token that was made or renewed: the only place where its text is told. */
export async function newTokenShape(
  core: OwnerCore,
  work: OwnerWork,
  of: { token: OwnedToken; parts: TokenParts },
): Promise<NewTokenShape> {
  const { id, name, description, agent, scopes, created_at, expires_at } = await shapeOfToken(work, of.token);
  const token = printToken(of.parts);
  const grants = await shapesOfGrants(core, work, of.token);
  return {
    id,
    name,
    description,
    agent,
    scopes,
    created_at,
    expires_at,
    token,
    env: `${TOKEN_VARIABLE}=${token}`,
    grants,
  };
}

/** The key of a token's tags. */
export function tagKeyOf(core: OwnerCore, { id, row }: OwnedToken): Uint8Array {
  return open(core.keys.rootKey, contexts.ownerTagKey(core.safe.id, id), row.tagKey);
}

/** The facts of a token as they stand, with the key of its tags. */
export function factsOf(token: OwnedToken, tagKey: Uint8Array): TokenFacts {
  const { id, leaf, certificate, name, description } = token;
  const { isAgent, scopes, createdAt, notAfter } = certificate;
  return {
    id,
    epoch: leaf.epoch,
    name,
    description,
    isAgent,
    scopes,
    createdAt,
    notAfter,
    tagKey,
    frozenSeq: leaf.frozenSeq,
    liftedSeq: leaf.liftedSeq,
  };
}
