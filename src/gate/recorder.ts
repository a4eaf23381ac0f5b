/** Step 7 of the gate, for both doors: the entry is chained, signed, sealed, written and read back. */
import type { Action, Outcome } from '../core/model.js';
import type { Receipt } from '../core/shapes.js';
import type { RefusalCode } from '../core/refusal.js';
import { integrityFailure, sameBytes, toHex, toUtf8 } from '../crypto/bytes.js';
import { type Change, type Entry, entryHash, entrySignature, firstLink, linkOf } from '../crypto/chain.js';
import { isSignedBy } from '../crypto/key-pair.js';
import { contexts, logTag, type MacKey } from '../crypto/keys.js';
import { changesOf, type ChangeRow, type EntryRow, insertChange, insertEntry, readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import type { Origin } from './door.js';
import { LogSessions, sealUnder } from './log-session.js';
import type { Safe } from './safe.js';

/** Who makes an entry. `none` signs nothing and is never granted anything. */
export type Actor =
  | { readonly kind: 'none' }
  | { readonly kind: 'owner'; readonly publicKey: Uint8Array; readonly sign: (bytes: Uint8Array) => Uint8Array }
  | {
      readonly kind: 'token';
      readonly id: string;
      readonly epoch: number;
      readonly publicKey: Uint8Array;
      readonly sign: (bytes: Uint8Array) => Uint8Array;
      readonly tagKey: MacKey;
      /** The owner's key in the token's bundle: its anchor of trust. */
      readonly ownerKey: Uint8Array;
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
  suppressed: number;
  changes: Change[];
}

export function newDraft(actor: Actor, origin: Origin, action: Action): Draft {
  return {
    ...{ actor, origin, action, outcome: 'refused', code: null, tool: null, reason: null },
    ...{ vault: null, vaultName: null, item: null, itemTitle: null, grant: null, uses: null },
    ...{ secrets: [], fields: [], requestId: null, detail: null, suppressed: 0, changes: [] },
  };
}

/** What stands sealed in an entry. Never a value of a field. */
export interface Payload {
  readonly v: 1;
  readonly reason: string | null;
  readonly signals: readonly string[];
  readonly tool: string | null;
  readonly fields: readonly string[];
  readonly vault: string | null;
  readonly title: string | null;
  readonly request: string | null;
  readonly detail: string | null;
}

function payloadOf(draft: Draft): Payload {
  return {
    v: 1,
    reason: draft.reason,
    signals: [],
    tool: draft.tool,
    fields: draft.fields,
    vault: draft.vaultName,
    title: draft.itemTitle,
    request: draft.requestId,
    detail: draft.detail,
  };
}

/** Beside a draft: the state it stands on, and the state it makes (the owner's decisions alone). */
export interface Standing {
  readonly at: number;
  readonly ownerAgreementKey: Uint8Array;
  readonly stateVersion: number;
  readonly stateHash: Uint8Array | null;
  /** The entry before, read under the same lock; null for the first. */
  readonly last: EntryRow | null;
}

/** The reason without what differs between calls of one template: digits, hexadecimal and ids become one sign. */
export function templateOf(reason: string): string {
  return reason.toLowerCase().replace(/\b[0-9a-f]{6,}\b|[0-9]+/g, '#');
}

export class Recorder {
  readonly #safe: Safe;
  readonly #sessions: LogSessions;

  constructor(safe: Safe) {
    this.#safe = safe;
    this.#sessions = new LogSessions(safe.id);
  }

  /**
   * Appends the entry under the write lock and reads it back. The receipt is worth something only after COMMIT; the
   * caller then calls {@link Recorded.confirm}.
   */
  async append(handle: Handle, draft: Draft, standing: Standing): Promise<Recorded> {
    const { last } = standing;
    await this.#safe.refuseRollback(handle, last);
    const { actor, origin } = draft;
    const actorName = actor.kind === 'token' ? `token ${actor.id} ${String(actor.epoch)}` : actor.kind;
    const session = await this.#sessions.enter(handle, { actor: actorName, origin, ...standing });
    const entry = this.#entry(draft, standing, session);
    const row = this.#sign(entry, actor);
    await insertEntry(handle, row);
    for (const [n, change] of draft.changes.entries()) await insertChange(handle, n, changeRow(row.seq, change));
    await this.#readBack(handle, row, entry.changes);
    return {
      receipt: { seq: row.seq, hash: toHex(row.hash) },
      row,
      confirm: () => {
        session.isWritten = true;
        session.entries += 1;
        this.#safe.remember(row);
      },
    };
  }

  #entry(draft: Draft, standing: Standing, session: { hash: Uint8Array; key: Uint8Array }): Entry {
    const { actor } = draft;
    const { last } = standing;
    const seq = (last?.seq ?? 0) + 1;
    const token = actor.kind === 'token' ? actor : null;
    const tag = (purpose: 'reason' | 'template' | 'client', text: string | null): Uint8Array | null =>
      token === null || text === null ? null : logTag(token.tagKey, purpose, text);
    const aad = contexts.payload(this.#safe.id, session.hash, seq);
    return {
      seq,
      at: standing.at,
      actorKind: actor.kind,
      actor: token?.id ?? null,
      actorEpoch: token?.epoch ?? null,
      session: session.hash,
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
      reasonTag: tag('reason', draft.reason),
      templateTag: tag('template', draft.reason === null ? null : templateOf(draft.reason)),
      clientTag: tag('client', draft.origin.client.name),
      payload: sealUnder(session.key, aad, toUtf8(JSON.stringify(payloadOf(draft)))),
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
    const named = await changesOf(handle, written.seq);
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

/** True if a row's signature is its actor's over its hash. */
export function isSignedEntry(safeId: string, row: EntryRow, publicKey: Uint8Array): boolean {
  return (
    row.signature !== null && isSignedBy(publicKey, entrySignature.encode(safeId, { hash: row.hash }), row.signature)
  );
}
