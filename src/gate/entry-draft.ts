/** An entry that is being made: who makes it, and the facts of it as they become known. */
import type { CallFrom } from '../core/limit-check.js';
import type { Action, Outcome } from '../core/model.js';
import type { AccessRequest } from '../core/request.js';
import type { RefusalCode } from '../core/refusal.js';
import type { Change } from '../crypto/chain.js';
import type { Use } from '../crypto/decision.js';
import type { MacKey } from '../crypto/keys.js';
import type { Origin } from './door.js';

/** Who makes an entry. `none` signs nothing and is never granted anything. */
export type Actor =
  | { readonly kind: 'none' }
  | { readonly kind: 'owner'; readonly sign: (bytes: Uint8Array) => Uint8Array }
  | {
      readonly kind: 'token';
      readonly id: string;
      readonly epoch: number;
      readonly sign: (bytes: Uint8Array) => Uint8Array;
      readonly tagKey: MacKey;
      /** The owner's key in the token's bundle: its anchor of trust. */
      readonly ownerKey: Uint8Array;
      /** The short-lived token that it came with, if any: the id of the exchange. */
      readonly exchange?: string;
    };

/** The facts of an entry, filled in as they become known. */
export interface Draft {
  actor: Actor;
  origin: Origin;
  action: Action;
  outcome: Outcome;
  code: RefusalCode | null;
  tool: string | null;
  reason: string | null;
  vault: string | null;
  vaultName: string | null;
  item: string | null;
  itemTitle: string | null;
  grant: string | null;
  uses: number | null;
  /** Names of the secret fields and codes that were given or used. */
  secrets: readonly string[];
  /** Names of all fields asked for. */
  fields: readonly string[];
  requestId: string | null;
  detail: string | null;
  /** What access is asked for. */
  asked: AccessRequest | null;
  /** A use that a refusal of it puts before the owner. */
  asking: Asking | null;
  /** Whether it is about an item that the owner laid out to be touched by nobody. */
  isDecoy: boolean;
  suppressed: number;
  changes: Change[];
}

/** A request that a use is approved. */
export interface Asking {
  readonly id: string;
  /** The same for the same use of the same token; tells nothing else. */
  readonly tag: Uint8Array;
  readonly use: Use;
}

/** From where it comes, as limits see it. */
export function fromOf({ origin }: Pick<Draft, 'origin'>): CallFrom {
  return { address: origin.address ?? null, client: origin.client.name };
}

export function newDraft(actor: Actor, origin: Origin, action: Action): Draft {
  return {
    ...{ actor, origin, action, outcome: 'refused', code: null, tool: null, reason: null },
    ...{ vault: null, vaultName: null, item: null, itemTitle: null, grant: null, uses: null },
    ...{ secrets: [], fields: [], requestId: null, detail: null, asked: null, asking: null },
    ...{ isDecoy: false, suppressed: 0, changes: [] },
  };
}
