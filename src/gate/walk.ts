import type { OwnerSigning } from '../crypto/owner-signing.js';
import type { Stub } from './archive-stub.js';
import type { ChainCheck } from './chain-check.js';
import type { Documents, Replay } from './replay.js';
import type { NamedSubject } from './verify-revisions.js';

/** What has been found of the log so far. */
export interface Walk {
  readonly safeId: string;
  readonly owner: OwnerSigning;
  readonly stub: Stub | null;
  readonly documents: Documents;
  readonly replay: Replay;
  readonly signaturesFrom: number;
  /** Newest change of each item and vault by now: its hash, and the lowest revision that must be kept. */
  readonly subjects: Map<string, NamedSubject>;
  readonly sessions: Set<string>;
  readonly checkpoints: Set<number>;
  signatures: number;
  entries: number;
  /** The stub that the log says is the newest: its hash, or null where it says that there is none. */
  archive: Uint8Array | null;
  end: ChainCheck['end'];
}
