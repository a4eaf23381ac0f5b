/** A short-lived token: what its personal access token's own key says of it, and whether it was ended since. */
import type { Scope } from '../core/model.js';
import { SCOPES } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import { integrityFailure, sameBytes, sha256 } from '../crypto/bytes.js';
import { type Exchange, exchange as exchangeRecord } from '../crypto/exchange.js';
import { isSignedBy } from '../crypto/key-pair.js';
import { newestChanges } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import type { ExchangeRow } from '../store/exchanges.js';
import type { OpenedExchange, OpenedToken } from './opened-token.js';

/** The token as its exchange narrows it. Throws `integrity` for an exchange that the token did not sign. */
export function narrow(safeId: string, token: OpenedToken, row: ExchangeRow): OpenedToken {
  const said = readExchange(safeId, token, row);
  const { notAfter } = token.certificate;
  const isKnown = said.extensions.length === 0 && said.scopes.every(isScope);
  return {
    ...token,
    certificate: { ...token.certificate, notAfter: Math.min(said.notAfter, notAfter ?? Infinity) },
    scopes: said.hasScopes
      ? said.scopes.filter(isScope).filter((scope) => token.scopes?.includes(scope) ?? true)
      : token.scopes,
    grants: isKnown ? token.grants.filter(({ vault }) => said.vault === null || said.vault === vault) : [],
    actor: token.actor.kind === 'token' ? { ...token.actor, exchange: said.id } : token.actor,
    exchange: { id: said.id, hash: sha256(row.signed), notAfter: said.notAfter },
  };
}

function readExchange(safeId: string, token: OpenedToken, row: ExchangeRow): Exchange {
  if (!isSignedBy(token.certificate.signingKey, row.signed, row.signature))
    throw integrityFailure('an exchange is not signed by its token');
  const said = exchangeRecord.decode(safeId, row.signed);
  const isIts = said.id === row.lookupId && said.token === token.id && said.epoch === token.certificate.epoch;
  if (!isIts || said.notAfter !== row.notAfter) throw integrityFailure('an exchange is another token’s');
  return said;
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** Refuses an exchange that expired, that was ended, or that no entry tells of: only the log says that it stands. */
export async function refuseEnded(
  handle: Handle,
  { id, hash, notAfter }: OpenedExchange,
  { now, isUnchanged }: { now: number; isUnchanged: boolean },
): Promise<void> {
  if (now >= notAfter)
    throw new Refusal('unauthenticated', {
      message: 'The token has expired.',
      next: 'Exchange your personal access token again: POST /oauth/token',
      detail: 'the exchanged token has expired',
    });
  if (isUnchanged) return;
  const [newest] = await newestChanges(handle, 'exchange', id);
  if (newest?.revision === 1 && newest.hash !== null && sameBytes(newest.hash, hash)) return;
  throw new Refusal('unauthenticated', {
    message: 'The token was revoked or renewed.',
    next: 'Exchange your personal access token again: POST /oauth/token',
    detail: newest === undefined ? 'no entry tells of the exchange' : 'the exchanged token was ended',
  });
}
