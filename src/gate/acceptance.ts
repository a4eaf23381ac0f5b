/**
 * What a reader accepts as current: the newest change of an item or vault, made by the owner or by a token that the
 * state lists now with a role that may write it, under keys of the vault's current epoch.
 */
import { Refusal } from '../core/refusal.js';
import { integrityFailure, sameBytes, sha256 } from '../crypto/bytes.js';
import { firstLink, linkOf } from '../crypto/chain.js';
import { isSignedBy } from '../crypto/key-pair.js';
import { ownerKeyAt } from '../crypto/owner-signing.js';
import { factsOf, revision as revisionRecord, type Revision, type RevisionFacts } from '../crypto/revision.js';
import { allChanges, changesOf, type ChangeRow, type EntryRow, newestChanges, readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { readRevision, type RevisionRow } from '../store/items.js';
import { type Author, Authors, mayWrite } from './authors.js';
import { isSignedEntry, isWholeEntry } from './recorder.js';
import { headOf, vaultOf, type VerifiedState } from './verified-state.js';

/** What has revisions. A vault's revisions carry its name. */
export interface Subject {
  readonly kind: 'item' | 'vault';
  readonly id: string;
}

/** A current revision whose author, chain and epochs were checked; its envelopes are still closed. */
export interface Accepted {
  readonly subject: Subject;
  readonly revision: RevisionFacts;
  readonly hash: Uint8Array;
  readonly changeSeq: number;
  /** Who made the change: a token's id, or null for the owner. */
  readonly author: string | null;
  readonly stateVersion: number;
  /** Whether the change is a part of a move: then another item was made in the same entry. */
  readonly isMove: boolean;
}

/** A current revision on its snapshot, with all its bytes. */
export interface Current {
  readonly accepted: Accepted;
  readonly revision: Revision;
  readonly row: RevisionRow;
}

/** An entry whose hash was found to cover its row and its changes. */
interface VerifiedEntry {
  readonly row: EntryRow;
  readonly changes: readonly ChangeRow[];
  /** The same by their subjects: the entry of a rotation or an import names thousands. */
  readonly bySubject: ReadonlyMap<string, readonly ChangeRow[]>;
}

/** The entry of a rotation names each item of a vault: what is kept is counted by changes, but for the last few entries. */
const KEPT = { entries: 64, changes: 512, entriesAlways: 4 };

export class Acceptance {
  readonly #safeId: string;
  /** The least recently used first. */
  readonly #entries = new Map<number, VerifiedEntry>();
  #changesKept = 0;
  #authors: { key: string; authors: Authors } | null = null;

  constructor(safeId: string) {
    this.#safeId = safeId;
  }

  /**
   * The current revision of a subject and its row, or null if no entry ever named it. Whatever is not acceptable is an
   * integrity failure: the item is blocked until the owner repairs it.
   */
  async current(handle: Handle, subject: Subject, state: VerifiedState): Promise<Current | null> {
    const [newest, previous] = await newestChanges(handle, subject.kind, subject.id);
    return newest === undefined ? null : this.#accept(handle, { subject, newest, previous }, state);
  }

  /**
   * The newest change of a subject that is acceptable, although junk stands after it; null if there is none. For the
   * owner's repair alone.
   */
  async newestAcceptable(handle: Handle, subject: Subject, state: VerifiedState): Promise<Current | null> {
    const changes = await allChanges(handle, subject.kind, subject.id);
    for (const [n, newest] of changes.entries()) {
      try {
        return await this.#accept(handle, { subject, newest, previous: changes[n + 1] }, state);
      } catch (error) {
        if (!(error instanceof Refusal && error.code === 'integrity')) throw error;
      }
    }
    return null;
  }

  async #accept(
    handle: Handle,
    of: { subject: Subject; newest: ChangeRow; previous: ChangeRow | undefined },
    state: VerifiedState,
  ): Promise<Current> {
    const { subject, newest, previous } = of;
    if (!isSame(newest.before, previous?.hash ?? null)) throw blocked('a change does not follow the one before it');
    const verified = await this.#verifiedEntry(handle, newest.seq);
    for (const change of [newest, previous])
      if (change?.seq === newest.seq && !isNamed(verified, change)) throw blocked('an entry does not name a change');
    const row = await readRevision(handle, subject.id, newest.revision);
    if (row === null || newest.hash === null || !sameBytes(sha256(row.signed), newest.hash))
      throw blocked('the newest revision is missing or was changed');
    const revision = revisionRecord.decode(this.#safeId, row.signed);
    const accepted = acceptedOf(subject, revision, { newest, ...verified });
    await this.#checkActor(handle, { accepted, entry: verified.row, row }, state);
    this.#checkPlace(accepted, state);
    return { accepted, revision, row };
  }

  /** Whether what was accepted under an older state still is under this one; its change must be the newest still. */
  async isStillAccepted(handle: Handle, accepted: Accepted, state: VerifiedState): Promise<boolean> {
    try {
      this.#checkPlace(accepted, state);
    } catch {
      return false;
    }
    if (accepted.author === null) return true;
    const author = await this.#authorsOf(state).find(handle, accepted.author);
    return author !== null && author.epoch === accepted.revision.authorEpoch && isWriter(author, accepted);
  }

  #authorsOf(state: VerifiedState): Authors {
    if (this.#authors?.key !== state.key) this.#authors = { key: state.key, authors: new Authors(this.#safeId, state) };
    return this.#authors.authors;
  }

  /** An entry whose hash covers its row, its changes and the row before. Its signature is still to be checked. */
  async #verifiedEntry(handle: Handle, seq: number): Promise<VerifiedEntry> {
    const known = this.#entries.get(seq);
    if (known !== undefined) {
      this.#entries.delete(seq);
      this.#entries.set(seq, known);
      return known;
    }
    const row = await readEntry(handle, seq);
    const before = seq === 1 ? null : (this.#entries.get(seq - 1)?.row ?? (await readEntry(handle, seq - 1)));
    if (row === null || (before === null && seq !== 1)) throw blocked('an entry is missing');
    const prev = before === null ? firstLink(this.#safeId) : linkOf(before.hash, before.signature);
    const changes = await changesOf(handle, seq);
    if (!isWholeEntry(this.#safeId, row, { changes, prev })) throw blocked('an entry was changed');
    const verified = { row, changes, bySubject: groupBySubject(changes) };
    this.#keep(seq, verified);
    return verified;
  }

  /** Forgets the entries that were verified: they are read again when they are next needed. */
  forget(): void {
    this.#entries.clear();
    this.#changesKept = 0;
  }

  #keep(seq: number, verified: VerifiedEntry): void {
    // another call may have verified the same one meanwhile
    if (!this.#entries.has(seq)) this.#changesKept += verified.changes.length;
    this.#entries.set(seq, verified);
    for (const [oldest, { changes }] of this.#entries) {
      const isFew = this.#entries.size <= KEPT.entries && this.#changesKept <= KEPT.changes;
      if (isFew || this.#entries.size <= KEPT.entriesAlways) return;
      this.#entries.delete(oldest);
      this.#changesKept -= changes.length;
    }
  }

  async #checkActor(
    handle: Handle,
    what: { accepted: Accepted; entry: EntryRow; row: RevisionRow },
    state: VerifiedState,
  ): Promise<void> {
    const { accepted, entry, row } = what;
    if (entry.actorKind === 'owner') {
      if (!isSignedEntry(this.#safeId, entry, ownerKeyAt(state.value, entry.seq)))
        throw blocked('an entry is not the owner’s');
      return;
    }
    if (entry.actorKind !== 'token' || entry.actor === null || entry.outcome !== 'granted')
      throw blocked('a change was made by nobody');
    const author = await this.#authorsOf(state).find(handle, entry.actor);
    if (author?.epoch !== entry.actorEpoch) throw blocked('its author is no longer listed');
    const isBySame = accepted.revision.author === author.id && accepted.revision.authorEpoch === author.epoch;
    if (!isBySame || !isSignedBy(author.signingKey, row.signed, row.signature))
      throw blocked('a revision is not its author’s');
    if (!isSignedEntry(this.#safeId, entry, author.signingKey)) throw blocked('an entry is not its author’s');
    if (!isWriter(author, accepted)) throw blocked('its author may not write it');
  }

  #checkPlace({ subject, revision }: Accepted, state: VerifiedState): void {
    const isItem = subject.kind === 'item';
    const vault = isItem ? vaultOf(subject.id) : subject.id;
    const head = headOf(state.value, vault);
    if (head === undefined) throw blocked('its vault is not listed');
    if (revision.vault !== vault || revision.item !== (isItem ? subject.id : null))
      throw blocked('a revision is of another item');
    // a tombstone holds nothing that a key would keep, so no rotation writes it anew
    if (revision.isDeleted) return;
    if (revision.vaultEpoch !== head.epoch) throw blocked('a revision is under an old vault key');
    const least = head.leastEpochs.find(({ item }) => item === subject.id)?.epoch ?? 0;
    if (revision.keyEpoch < least) throw blocked('a revision is under an old item key');
  }
}

function isWriter(author: Author, accepted: Accepted): boolean {
  const { subject, revision, isMove } = accepted;
  const role = subject.kind === 'item' && (!revision.isDeleted || isMove) ? 'editor' : 'manager';
  return mayWrite(author, subject.id, { role, stateVersion: accepted.stateVersion, seq: accepted.changeSeq });
}

function acceptedOf(subject: Subject, revision: Revision, by: VerifiedEntry & { newest: ChangeRow }): Accepted {
  const { newest, row: entry, changes } = by;
  if (newest.hash === null || revision.number !== newest.revision) throw blocked('a change names another revision');
  const author = entry.actorKind === 'owner' ? null : entry.actor;
  return {
    subject,
    revision: factsOf(revision),
    hash: new Uint8Array(newest.hash),
    changeSeq: newest.seq,
    author,
    stateVersion: entry.stateVersion,
    isMove:
      entry.action === 'item.move' && changes.some((change) => isNewItem(change) && change.subject !== subject.id),
  };
}

function isNewItem({ kind, before }: ChangeRow): boolean {
  return kind === 'item' && before === null;
}

function groupBySubject(changes: readonly ChangeRow[]): ReadonlyMap<string, readonly ChangeRow[]> {
  const groups = new Map<string, ChangeRow[]>();
  for (const change of changes) {
    const group = groups.get(change.subject);
    if (group === undefined) groups.set(change.subject, [change]);
    else group.push(change);
  }
  return groups;
}

function isNamed({ bySubject }: VerifiedEntry, change: ChangeRow): boolean {
  const isIt = (named: ChangeRow): boolean =>
    named.kind === change.kind &&
    named.subject === change.subject &&
    named.revision === change.revision &&
    isSame(named.hash, change.hash) &&
    isSame(named.before, change.before);
  return bySubject.get(change.subject)?.some(isIt) ?? false;
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}

function blocked(why: string): Error {
  return integrityFailure(why);
}
