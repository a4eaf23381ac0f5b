/** How whoever holds a credential comes in: the token is opened, and refused where it may not be used now. */
import { Refusal } from '../core/refusal.js';
import type { Bundle } from '../crypto/certificates.js';
import type { TokenParts } from '../crypto/token-string.js';
import type { Handle } from '../store/database.js';
import { AnchorWatch } from './anchor-watch.js';
import { Authenticator, readCredential, refuseUnusable } from './authenticate.js';
import type { Credential } from './call.js';
import type { CallLog } from './call-log.js';
import type { Draft } from './entry-draft.js';
import { newReference, reportFault } from './fault.js';
import type { FreezeGround } from './freeze.js';
import type { OpenedToken } from './opened-token.js';
import { Moved } from './revisions.js';
import type { Safe } from './safe.js';
import type { VerifiedState } from './verified-state.js';

/** How often a fresh snapshot is looked at. */
const LOOKS_AT_MOST = 4;

/** Does work again that found its snapshot to be behind the log's anchors. */
export async function lookAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let look = 1; ; look += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Moved) || look >= LOOKS_AT_MOST) throw error;
    }
  }
}

/** Who came in, by which state, and when (unix ms). */
export interface Entered {
  readonly token: OpenedToken;
  readonly state: VerifiedState;
  readonly bundle: Bundle;
  readonly now: number;
}

export interface EntranceOptions {
  readonly credential: Credential;
  readonly log: CallLog;
  /** Refuses everybody once verification has failed. */
  readonly health: { readonly fault: string | null };
}

export class Entrance {
  readonly #safe: Safe;
  readonly #options: EntranceOptions;
  readonly #authenticator: Authenticator;
  readonly #freezes: FreezeGround;
  readonly #anchors = new AnchorWatch();
  #parts: TokenParts | null = null;
  /** The token that was found usable last, but for its time. */
  #usable: { readonly stamp: string | null; readonly token: OpenedToken } | null = null;

  constructor(safe: Safe, options: EntranceOptions) {
    this.#safe = safe;
    this.#options = options;
    this.#authenticator = new Authenticator(safe);
    this.#freezes = { safeId: safe.id, checked: new Map() };
  }

  /** The parts of the credential. Throws the refusal of one that is none, and of everybody where the safe does not verify. */
  parts(): TokenParts {
    const { health, credential } = this.#options;
    if (health.fault !== null) throw new Refusal('integrity', { detail: health.fault });
    this.#parts ??= readCredential(credential);
    return this.#parts;
  }

  /** Lets the holder of the parts in, on a snapshot. From when the token can sign for it on, the draft is the token's. */
  async enter(handle: Handle, parts: TokenParts, draft: Draft): Promise<Entered> {
    const opened = await this.#authenticator.open(handle, parts, (actor) => (draft.actor = actor));
    const { token, state } = opened;
    await this.#anchors.check(handle, this.#safe, state);
    const now = this.#options.log.now(state);
    await this.refuseUnusable(handle, token, now);
    return { ...opened, now };
  }

  /** Refuses a token that expired or is frozen by now. */
  async refuseUnusable(handle: Handle, token: OpenedToken, now: number): Promise<void> {
    const { stamp } = handle;
    const isUnchanged = stamp !== null && this.#usable?.stamp === stamp && this.#usable.token === token;
    await refuseUnusable(handle, token, { ...this.#freezes, now, isUnchanged });
    this.#usable = { stamp, token };
  }

  /** The token as it stands, or null where it is not usable. Courtesy only: nothing is decided by it. */
  async current(): Promise<OpenedToken | null> {
    try {
      const parts = readCredential(this.#options.credential);
      return await this.#safe.database.glance(async (handle) => {
        const { token, state } = await this.#authenticator.open(handle, parts, () => undefined);
        await this.refuseUnusable(handle, token, this.#options.log.now(state));
        return token;
      });
    } catch (error) {
      if (!(error instanceof Refusal)) reportFault(newReference(), error);
      return null;
    }
  }

  /** Forgets the opened keys. */
  forget(): void {
    this.#authenticator.forget();
    this.#usable = null;
  }
}
