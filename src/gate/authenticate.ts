/** Step 2 of the gate: from a token's text to an opened token, or the refusal and who may sign it. */
import { Refusal } from '../core/refusal.js';
import { sameBytes, toUtf8 } from '../crypto/bytes.js';
import type { Bundle } from '../crypto/certificates.js';
import { isSecretOf, parseToken, type TokenParts } from '../crypto/token-string.js';
import type { Handle } from '../store/database.js';
import { type ExchangeRow, findExchange } from '../store/exchanges.js';
import { findRetiredToken, findToken, readToken, type TokenRow } from '../store/tokens.js';
import type { Credential } from './call.js';
import { type FreezeGround, isFrozen } from './freeze.js';
import { readHostShare } from './host-share.js';
import { narrow, refuseEnded } from './exchanged.js';
import { openBundle, type OpenedToken, openToken, type Presented, readListed, tokenActor } from './opened-token.js';
import type { Actor, Draft } from './entry-draft.js';
import type { Safe } from './safe.js';
import { readVerifiedState, type VerifiedState } from './verified-state.js';

const NEXT = 'Ask the owner of the safe for a token: set VOUCHSAFE_PERSONAL_ACCESS_TOKEN or start with --token-file.';

const EXCHANGE = 'Exchange your personal access token again: POST /oauth/token';

const REVOKED = 'The token was revoked or renewed.';

function unauthenticated(message: string, detail: string, next = NEXT): Refusal {
  return new Refusal('unauthenticated', { message, detail, next });
}

/** The parts of a credential, or the refusal that says what is wrong with its text. */
export function readCredential(credential: Credential): TokenParts {
  if (credential.kind === 'absent') throw unauthenticated('There is no usable token.', credential.problem);
  const text = credential.text.trim();
  const parts = parseToken(text);
  if (parts !== null) return parts;
  const detail = text === '' ? 'the token is empty' : 'the token is malformed or cut';
  throw unauthenticated('The token is not a whole one.', detail);
}

/** What a process keeps of its token: its opened bundle and, per state, all that it holds. */
interface Kept {
  readonly presented: Presented;
  readonly parts: TokenParts;
  readonly bundle: Bundle;
  stateKey: string;
  token: OpenedToken;
  /** Under which it was opened or found unchanged last. */
  stamp: string | null;
}

/** A token, the state that vouches for it, and what it was opened with. */
export interface Opened {
  readonly token: OpenedToken;
  readonly state: VerifiedState;
  readonly bundle: Bundle;
}

/** Opens one credential, again whenever the state has changed. */
export class Authenticator {
  readonly #safe: Safe;
  #kept: Kept | null = null;

  constructor(safe: Safe) {
    this.#safe = safe;
  }

  /** Forgets the opened keys. */
  forget(): void {
    this.#kept = null;
  }

  /**
   * The token and the state that vouches for it. Calls `onActor` as soon as the token can sign for itself, also where
   * it then refuses. Expiry and freezing are checked by {@link refuseUnusable} when the answer is decided.
   */
  async open(handle: Handle, parts: TokenParts, onActor: (actor: Actor) => void): Promise<Opened> {
    const unchanged = this.#unchanged(handle, parts);
    if (unchanged !== null) {
      const { token, bundle } = unchanged;
      onActor(token.actor);
      return { token, bundle, state: await readVerifiedState(handle, this.#safe, bundle.ownerSigningKey) };
    }
    const presented = await this.#find(handle, parts);
    const { row, exchange } = presented;
    const kept = this.#keptFor(presented, parts);
    const bundle = kept?.bundle ?? this.#bundle(presented, parts);
    const state = await readVerifiedState(handle, this.#safe, bundle.ownerSigningKey);
    if (kept?.stateKey === state.key) {
      kept.stamp = handle.stamp;
      onActor(kept.token.actor);
      return { token: kept.token, state, bundle };
    }
    const listed = await readListed(handle, this.#safe.id, { row, state });
    if (listed === null) throw unauthenticated(REVOKED, `token ${row.id} is not listed`);
    onActor(tokenActor(row, bundle));
    const whole = await openToken(handle, this.#safe.id, { row, state, bundle, listed });
    const token = exchange === null ? whole : narrow(this.#safe.id, whole, exchange);
    onActor(token.actor);
    this.#kept = { presented, parts, bundle, stateKey: state.key, token, stamp: handle.stamp };
    return { token, state, bundle };
  }

  /** What was opened with these very parts, if nothing can have changed since. */
  #unchanged({ stamp }: Handle, parts: TokenParts): Kept | null {
    const kept = this.#kept;
    if (kept === null || stamp === null || kept.stamp !== stamp) return null;
    const isSame = kept.parts.lookupId === parts.lookupId && kept.parts.kind === parts.kind;
    const areHalves =
      sameBytes(kept.parts.keyHalf, parts.keyHalf) && sameBytes(toUtf8(kept.parts.secret), toUtf8(parts.secret));
    return isSame && areHalves ? kept : null;
  }

  /** What was opened for these very rows with these very halves. */
  #keptFor({ row, exchange }: Presented, parts: TokenParts): Kept | null {
    const kept = this.#kept;
    if (kept === null || !isSame(kept.presented.row, row)) return null;
    const before = kept.presented.exchange;
    const isSameExchange = exchange === null ? before === null : before !== null && isSameRow(before, exchange);
    return isSameExchange && sameBytes(kept.parts.keyHalf, parts.keyHalf) ? kept : null;
  }

  async #find(handle: Handle, parts: TokenParts): Promise<Presented> {
    if (parts.kind === 'exchanged') return this.#findExchanged(handle, parts);
    const row = await findToken(handle, parts.lookupId);
    if (row !== null && isSecretOf(this.#safe.id, parts.secret, row.secretHash)) return { row, exchange: null };
    const retired = row === null ? await findRetiredToken(handle, parts.lookupId) : null;
    if (retired !== null && isSecretOf(this.#safe.id, parts.secret, retired.secretHash))
      throw unauthenticated(REVOKED, `retired token ${retired.token}, epoch ${String(retired.epoch)}`);
    throw unknown(row !== null);
  }

  /** A short-lived token ends with the token that it is of: with its epoch at the latest. */
  async #findExchanged(handle: Handle, parts: TokenParts): Promise<Presented> {
    const exchange = await findExchange(handle, parts.lookupId);
    if (exchange === null || !isSecretOf(this.#safe.id, parts.secret, exchange.secretHash))
      throw unknown(exchange !== null);
    const row = await readToken(handle, exchange.token);
    if (row?.epoch !== exchange.epoch) throw unauthenticated(REVOKED, `token ${exchange.token} ended`, EXCHANGE);
    if (exchange.bundle === null)
      throw unauthenticated(REVOKED, `an exchange of token ${exchange.token} ended`, EXCHANGE);
    return { row, exchange };
  }

  #bundle(presented: Presented, parts: TokenParts): Bundle {
    const hostShare = readHostShare(this.#safe.places, this.#safe.id);
    const next = 'Ask the owner to renew the token on this machine: vouchsafe pat renew NAME';
    if (hostShare === null)
      throw unauthenticated('The token does not work on this machine.', 'the host share is missing', next);
    try {
      return openBundle(this.#safe.id, presented, { parts, hostShare });
    } catch {
      throw unauthenticated('There is no usable token.', 'its key half or the host share is another one', next);
    }
  }
}

function unknown(isKnown: boolean): Refusal {
  return unauthenticated(
    'There is no usable token.',
    isKnown ? 'the secret of the token is wrong' : 'the token is unknown',
  );
}

function isSame(a: TokenRow, b: TokenRow): boolean {
  return sameBytes(a.bundle, b.bundle) && sameBytes(a.leaf, b.leaf);
}

function isSameRow(a: ExchangeRow, b: ExchangeRow): boolean {
  const isSameBundle = a.bundle !== null && b.bundle !== null && sameBytes(a.bundle, b.bundle);
  return isSameBundle && sameBytes(a.signed, b.signed) && sameBytes(a.signature, b.signature);
}

/** Refuses a token that expired, or that a freeze after its last lift covers. `isUnchanged`: time alone can have ended it. */
export async function refuseUnusable(
  handle: Handle,
  token: OpenedToken,
  { now, isUnchanged, ...ground }: FreezeGround & { now: number; isUnchanged: boolean },
): Promise<void> {
  if (token.exchange !== null) await refuseEnded(handle, token.exchange, { now, isUnchanged });
  const { notAfter } = token.certificate;
  if (notAfter !== null && now >= notAfter)
    throw unauthenticated('The token has expired.', 'expired', 'Ask the owner to renew it: vouchsafe pat renew NAME');
  if (!isUnchanged && (await isFrozen(handle, ground, token.leaf)))
    // whoever holds it is not told more than of one that was revoked
    throw unauthenticated(REVOKED, 'frozen');
}

/** A token that ended while its call was under way can no longer sign for it: then nobody made the call. */
export async function disownEnded(handle: Handle, state: VerifiedState, draft: Draft): Promise<void> {
  const { actor } = draft;
  if (actor.kind !== 'token') return;
  const row = await readToken(handle, actor.id);
  const isListed = row !== null && (await readListed(handle, state.safeId, { row, state })) !== null;
  if (isListed && row.epoch === actor.epoch) return;
  draft.actor = { kind: 'none' };
  draft.detail = [draft.detail, `token ${actor.id} ended during the call`].filter((text) => text !== null).join('; ');
}
