/** Step 2 of the gate: from a token's text to an opened token, or the refusal and who may sign it. */
import { Refusal } from '../core/refusal.js';
import { sameBytes } from '../crypto/bytes.js';
import type { Bundle } from '../crypto/certificates.js';
import { isSecretOf, parseToken, type TokenParts } from '../crypto/token-string.js';
import type { Handle } from '../store/database.js';
import { findRetiredToken, findToken, readToken, type TokenRow } from '../store/tokens.js';
import type { Credential } from './call.js';
import { type FreezeGround, isFrozen } from './freeze.js';
import { readHostShare } from './host-share.js';
import { openBundle, type OpenedToken, openToken, readListed, tokenActor } from './opened-token.js';
import type { Actor, Draft } from './entry-draft.js';
import type { Safe } from './safe.js';
import { readVerifiedState, type VerifiedState } from './verified-state.js';

const NEXT = 'Ask the owner of the safe for a token: set VOUCHSAFE_PERSONAL_ACCESS_TOKEN or start with --token-file.';

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
  readonly row: TokenRow;
  readonly parts: TokenParts;
  readonly bundle: Bundle;
  stateKey: string;
  token: OpenedToken;
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
  async open(
    handle: Handle,
    parts: TokenParts,
    onActor: (actor: Actor) => void,
  ): Promise<{ token: OpenedToken; state: VerifiedState }> {
    const row = await this.#findRow(handle, parts);
    const kept = this.#keptFor(row, parts);
    const bundle = kept?.bundle ?? this.#bundle(row, parts);
    const state = await readVerifiedState(handle, this.#safe, bundle.ownerSigningKey);
    if (kept?.stateKey === state.key) {
      onActor(kept.token.actor);
      return { token: kept.token, state };
    }
    const listed = await readListed(handle, this.#safe.id, { row, state });
    if (listed === null) throw unauthenticated(REVOKED, `token ${row.id} is not listed`);
    onActor(tokenActor(row, bundle));
    const token = await openToken(handle, this.#safe.id, { row, state, bundle, listed });
    this.#kept = { row, parts, bundle, stateKey: state.key, token };
    return { token, state };
  }

  /** What was opened for this very row with these very halves. */
  #keptFor(row: TokenRow, parts: TokenParts): Kept | null {
    const kept = this.#kept;
    if (kept === null) return null;
    const isSame = sameBytes(kept.row.bundle, row.bundle) && sameBytes(kept.row.leaf, row.leaf);
    return isSame && sameBytes(kept.parts.keyHalf, parts.keyHalf) ? kept : null;
  }

  async #findRow(handle: Handle, parts: TokenParts): Promise<TokenRow> {
    const row = await findToken(handle, parts.lookupId);
    if (row !== null && isSecretOf(this.#safe.id, parts.secret, row.secretHash)) return row;
    const retired = row === null ? await findRetiredToken(handle, parts.lookupId) : null;
    if (retired !== null && isSecretOf(this.#safe.id, parts.secret, retired.secretHash))
      throw unauthenticated(REVOKED, `retired token ${retired.token}, epoch ${String(retired.epoch)}`);
    throw unauthenticated(
      'There is no usable token.',
      row === null ? 'the token is unknown' : 'the secret of the token is wrong',
    );
  }

  #bundle(row: TokenRow, parts: TokenParts): Bundle {
    const hostShare = readHostShare(this.#safe.places, this.#safe.id);
    const next = 'Ask the owner to renew the token on this machine: vouchsafe pat renew NAME';
    if (hostShare === null)
      throw unauthenticated('The token does not work on this machine.', 'the host share is missing', next);
    try {
      return openBundle(this.#safe.id, row, { parts, hostShare });
    } catch {
      throw unauthenticated('There is no usable token.', 'its key half or the host share is another one', next);
    }
  }
}

/** Refuses a token that expired, or that a freeze after its last lift covers. */
export async function refuseUnusable(
  handle: Handle,
  token: OpenedToken,
  { now, ...ground }: FreezeGround & { now: number },
): Promise<void> {
  const { notAfter } = token.certificate;
  if (notAfter !== null && now >= notAfter)
    throw unauthenticated('The token has expired.', 'expired', 'Ask the owner to renew it: vouchsafe pat renew NAME');
  if (await isFrozen(handle, ground, token.leaf))
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
