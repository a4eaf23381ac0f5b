/** What a call stands on, and what it leaves to be checked again under the lock. */
import { resolveField } from '../core/item-field.js';
import type { FieldName } from '../core/model.js';
import type { Consent, Exposure, Usage } from '../core/limit-check.js';
import type { Target } from '../core/policy.js';
import type { OpenedToken } from './opened-token.js';
import type { SendOptions } from '../use/http-request.js';
import type { Draft } from './entry-draft.js';
import type { RuleBook } from './rules.js';
import type { RevisionPlan } from './revisions.js';
import type { ShelvedItem, Shelf, Standpoint } from './shelf.js';
import { vaultOf } from './verified-state.js';

/** Everything one call stands on. */
export interface CallGround {
  readonly safeId: string;
  readonly shelf: Shelf;
  readonly at: Standpoint;
  readonly token: OpenedToken;
  readonly now: number;
  readonly draft: Draft;
  /** What had happened under the token's grants when the call began. */
  readonly usage: ReadonlyMap<string, Usage>;
  readonly rules: RuleBook;
  /** The name of the tool that is called. */
  readonly tool: string;
  readonly requests: RequestSide;
}

/** Where the body of an answer goes in place of the answer (the command line alone), and what tests turn. */
export type RequestSide = Pick<SendOptions, 'to' | 'resolve' | 'ca' | 'limits'>;

/** One thing that a call is about. Of several that are no shares, the grant behind the last one counts the call. */
export interface Touched {
  readonly target: Target;
  /** Paths of the secret fields and codes that are given or used. */
  readonly secrets: readonly string[];
  readonly exposure?: Exposure;
  readonly consent?: Consent;
  /** Part of a list over all that is granted: where it may no longer be shown, the list is made anew without it. */
  readonly isShare: boolean;
}

/** What a call touched and is about to change: checked again under the lock. */
export interface Footprint {
  readonly targets: Touched[];
  readonly touched: { readonly first: string; readonly end: string }[];
  readonly plans: RevisionPlan[];
  /** From where to where an item goes. */
  move?: Move;
  /** A request that is put before the owner. */
  request?: NewRequest;
  /** What lets a use pass that the owner has a word on. */
  given?: Given;
  /** What the entry says of a use. */
  purpose?: string;
  /** What is lent to a command of this process, once the entry is on disk: values by the paths of their fields. */
  lent?: ReadonlyMap<string, string>;
  /** What is done once the entry is on disk. */
  effect?: Effect;
}

/** What lets a use pass: an approval, by its request, or a time in which this token needs none. Times in unix ms. */
export type Given =
  | { readonly by: 'approval'; readonly request: string; readonly uses: number; readonly until: number }
  | { readonly by: 'bypass'; readonly until: number };

/** A use of a secret after its entry: it gives what the caller may see, and says how it ended. */
export type Effect = () => Promise<Effected>;

export interface Effected {
  readonly result: Readonly<Record<string, unknown>>;
  /** For the entry `item.use.end`. */
  readonly detail: string;
}

/** An item that goes to another vault. */
export interface Move {
  readonly from: Extract<Target, { kind: 'item' }>;
  readonly to: Extract<Target, { kind: 'vault' }>;
}

/** A request for access that an entry is about to carry. */
export interface NewRequest {
  readonly id: string;
  /** The same for the same request of the same token; tells nothing else. */
  readonly tag: Uint8Array;
}

export function targetOf(item: ShelvedItem): Move['from'] {
  return { kind: 'item', vault: vaultOf(item.id), item: item.id };
}

/** The fields that names mean. Throws `not_found` with the field names, or `ambiguous`. */
export function resolveAll(fields: readonly FieldName[], named: readonly string[]): readonly FieldName[] {
  return named.map((name) => resolveField(fields, name));
}
