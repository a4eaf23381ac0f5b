/** Step 7 of the gate, for both doors: the entry is chained, signed, sealed, written and read back. */
import type { AccessRequest } from '../core/request.js';
import { isClockBack, type Signal } from '../core/signals.js';
import type { Receipt } from '../core/shapes.js';
import { integrityFailure, sameBytes, toHex, toUtf8 } from '../crypto/bytes.js';
import { type Change, type Entry, entryHash, entrySignature, firstLink, linkOf } from '../crypto/chain.js';
import { isSignedBy } from '../crypto/key-pair.js';
import type { Use } from '../crypto/decision.js';
import type { OwnerSigning } from '../crypto/owner-signing.js';
import { contexts } from '../crypto/keys.js';
import {
  changesOf,
  namesChange,
  type ChangeRow,
  type EntryRow,
  insertChange,
  insertEntry,
  readEntry,
} from '../store/audit.js';
import { archivedSeq } from '../store/archive.js';
import type { Handle } from '../store/database.js';
import { isArchived } from './archive-stub.js';
import type { OwnerPublic } from './decisions.js';
import type { Actor, Draft } from './entry-draft.js';
import { factOf, hexOf, newFact, type Tags, tagsOf } from './entry-tags.js';
import { LogSessions, sealUnder } from './log-session.js';
import type { Safe } from './safe.js';
import { SignalWatch } from './signal-watch.js';

/** What stands sealed in an entry; what there is nothing of is left out. Never a value of a field. */
export interface Payload {
  readonly v: 1;
  readonly reason?: string;
  readonly signals?: readonly Signal[];
  /** The name of a tool that does not exist, or of one of several with an action; of others the action tells. */
  readonly tool?: string;
  readonly fields?: readonly string[];
  readonly vault?: string;
  readonly title?: string;
  readonly request?: string;
  readonly detail?: string;
  readonly asked?: AccessRequest;
  readonly use?: UseAsked;
  /** The short-lived token that it was done with: the id of its exchange. */
  readonly exchange?: string;
}

/** A use that its owner is asked about. */
export interface UseAsked {
  readonly tool: string;
  readonly subject: string;
  readonly secrets: readonly string[];
  readonly purpose: string;
}

/** Actions that do not tell which tool was called. */
const MANY_TOOLS: ReadonlySet<string> = new Set(['call.unknown', 'item.use']);

function payloadOf(draft: Draft, signals: readonly Signal[]): Payload {
  const { actor, reason, action, tool, fields, vaultName, itemTitle, requestId, detail, asked, asking } = draft;
  return {
    v: 1,
    ...(reason === null ? {} : { reason }),
    ...(signals.length === 0 ? {} : { signals }),
    ...(tool === null || !MANY_TOOLS.has(action) ? {} : { tool }),
    ...(fields.length === 0 ? {} : { fields }),
    ...(vaultName === null ? {} : { vault: vaultName }),
    ...(itemTitle === null ? {} : { title: itemTitle }),
    ...(requestId === null ? {} : { request: requestId }),
    ...(detail === null ? {} : { detail }),
    ...(asked === null ? {} : { asked }),
    ...(asking === null ? {} : { use: askedUse(asking.use) }),
    ...(actor.kind !== 'token' || actor.exchange === undefined ? {} : { exchange: actor.exchange }),
  };
}

/** The token and the reason stand in the entry itself. */
function askedUse({ tool, subject, secrets, purpose }: Use): UseAsked {
  return { tool, subject, secrets, purpose };
}

/** Beside a draft: the state it stands on, and the state it makes (the owner's decisions alone). */
export interface Standing {
  readonly at: number;
  /** The owner's public keys, as the state names them. */
  readonly owner: OwnerPublic;
  readonly stateVersion: number;
  readonly stateHash: Uint8Array | null;
  /** The entry before, read under the same lock; null for the first. */
  readonly last: EntryRow | null;
}

/** What goes into an entry beside its draft. */
interface Made {
  readonly hash: Uint8Array;
  readonly key: Uint8Array;
  readonly tags: Tags;
  readonly signals: readonly Signal[];
}

export class Recorder {
  readonly #safe: Safe;
  readonly #sessions: LogSessions;
  readonly #watch: SignalWatch;

  constructor(safe: Safe) {
    this.#safe = safe;
    this.#sessions = new LogSessions(safe.id);
    this.#watch = new SignalWatch(safe.id);
  }

  /**
   * Appends the entry under the write lock and reads it back. The receipt is worth something only after COMMIT; the
   * caller then calls {@link Recorded.confirm}.
   */
  async append(handle: Handle, draft: Draft, standing: Standing): Promise<Recorded> {
    const { last, owner, at } = standing;
    const { actor, origin } = draft;
    await this.#safe.refuseRollback(handle, last, async (seq) =>
      actor.kind === 'none'
        ? (await archivedSeq(handle)) >= seq
        : isArchived(handle, { safeId: this.#safe.id, owner, seq }),
    );
    const actorName = actor.kind === 'token' ? `token ${actor.id} ${String(actor.epoch)}` : actor.kind;
    const archived = await archivedSeq(handle);
    const session = await this.#sessions.enter(handle, {
      actor: actorName,
      origin,
      archived,
      at,
      ownerKey: owner.agreementKey,
    });
    const tags = tagsOf(draft);
    const signals = await this.#signals(handle, draft, { ...standing, tags });
    const entry = this.#entry(draft, standing, { ...session, tags, signals });
    const row = this.#sign(entry, actor);
    await insertEntry(handle, row);
    for (const [n, change] of draft.changes.entries()) await insertChange(handle, n, changeRow(row.seq, change));
    await this.#readBack(handle, row, entry.changes);
    this.#safe.noteLast(handle, row);
    if (row.grant !== null && row.uses !== null) this.#safe.uses.note(handle, row.grant, row.uses);
    if (actor.kind === 'token') this.#watch.observe(actor.id, factOf(row));
    return {
      receipt: { seq: row.seq, hash: toHex(row.hash) },
      row,
      confirm: () => {
        session.writtenAt = archived;
        session.entries += 1;
        this.#safe.remember(row);
      },
    };
  }

  /** What is unusual about the entry; of one that no token makes, only that the clock went back. */
  async #signals(handle: Handle, draft: Draft, at: Standing & { tags: Tags }): Promise<readonly Signal[]> {
    const { actor } = draft;
    const fact = { ...newFact(draft, at.at), ...hexOf(at.tags) };
    const found =
      actor.kind === 'token' ? await this.#watch.signals(handle, { id: actor.id, owner: at.owner }, fact) : [];
    const isBack = isClockBack(this.#safe.clock(), at.last?.at ?? 0);
    return [...found, ...(isBack ? (['clock'] as const) : []), ...(draft.isDecoy ? (['decoy'] as const) : [])];
  }

  /** Forgets what is known of an actor's history: an entry that seemed to be part of it was not committed. */
  forget(actor: Actor): void {
    if (actor.kind === 'token') this.#watch.forget(actor.id);
  }

  /** Reads ahead what the signals of an entry need, outside of the lock. */
  async prepare(handle: Handle, { actor, item }: Draft, on: { at: number; owner: OwnerSigning }): Promise<void> {
    const { at, owner } = on;
    if (actor.kind === 'token') await this.#watch.prepare(handle, { id: actor.id, owner }, { item, at });
  }

  #entry(draft: Draft, standing: Standing, made: Made): Entry {
    const { actor } = draft;
    const { last } = standing;
    const seq = (last?.seq ?? 0) + 1;
    const token = actor.kind === 'token' ? actor : null;
    const aad = contexts.payload(this.#safe.id, made.hash, seq);
    return {
      seq,
      at: standing.at,
      actorKind: actor.kind,
      actor: token?.id ?? null,
      actorEpoch: token?.epoch ?? null,
      session: made.hash,
      action: draft.action,
      outcome: draft.outcome,
      code: draft.code,
      vault: draft.vault,
      item: draft.item,
      grant: draft.grant,
      uses: draft.uses,
      stateVersion: standing.stateVersion,
      stateHash: standing.stateHash,
      fieldsCount: draft.secrets.length,
      suppressed: draft.suppressed,
      ...made.tags,
      payload: sealUnder(made.key, aad, toUtf8(JSON.stringify(payloadOf(draft, made.signals)))),
      prev: last === null ? firstLink(this.#safe.id) : linkOf(last.hash, last.signature),
      changes: draft.changes,
    };
  }

  #sign(entry: Entry, actor: Actor): EntryRow {
    const hash = entryHash(this.#safe.id, entry);
    const signature = actor.kind === 'none' ? null : actor.sign(entrySignature.encode(this.#safe.id, { hash }));
    return { ...entry, hash, signature };
  }

  async #readBack(handle: Handle, written: EntryRow, changes: readonly Change[]): Promise<void> {
    const row = await readEntry(handle, written.seq);
    // a list costs more than a look, and nearly all entries name nothing
    const isNone = changes.length === 0 && !(await namesChange(handle, written.seq));
    const named = isNone ? [] : await changesOf(handle, written.seq);
    const expected = changes.map((change) => changeRow(written.seq, change));
    if (row === null || !isSameRow({ ...row }, { ...written }) || named.length !== expected.length)
      throw integrityFailure('an entry did not read back as it was written');
    for (const [n, change] of expected.entries())
      if (!isSameRow({ ...named[n] }, { ...change }))
        throw integrityFailure('a change did not read back as it was written');
  }
}

type Cells = Readonly<Record<string, unknown>>;

/** Whether two rows hold the same, cell by cell. */
function isSameRow(read: Cells, written: Cells): boolean {
  return Object.entries(read).every(([name, value]) => {
    const other = written[name];
    return value instanceof Uint8Array ? other instanceof Uint8Array && sameBytes(value, other) : value === other;
  });
}

/** An entry that was appended and is not yet committed. */
export interface Recorded {
  readonly receipt: Receipt;
  readonly row: EntryRow;
  /** To be called when the commit is durable. */
  confirm(): void;
}

function changeRow(seq: number, change: Change): ChangeRow {
  return {
    seq,
    kind: change.kind,
    subject: change.id,
    revision: change.revision,
    hash: change.hash,
    before: change.before,
  };
}

/** The canonical entry of a stored row, its changes and the link of the row before. */
export function entryOf(row: EntryRow, changes: readonly ChangeRow[], prev: Uint8Array): Entry {
  return { ...row, prev, changes: changes.map((change) => ({ ...change, id: change.subject })) };
}

/** Whether a row's hash covers the row, its changes and the row before. What no entry can hold, no hash covers. */
export function isWholeEntry(
  safeId: string,
  row: EntryRow,
  of: { changes: readonly ChangeRow[]; prev: Uint8Array },
): boolean {
  try {
    return sameBytes(entryHash(safeId, entryOf(row, of.changes, of.prev)), row.hash);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** True if a row's signature is its actor's over its hash. */
export function isSignedEntry(safeId: string, row: EntryRow, publicKey: Uint8Array): boolean {
  return (
    row.signature !== null && isSignedBy(publicKey, entrySignature.encode(safeId, { hash: row.hash }), row.signature)
  );
}
