/**
 * An attacker with the database file, the host share and tokens' texts: opens and makes rows with the functions of
 * `crypto/` alone, below the gate and below the policy.
 */
import type { ItemContent } from '../../src/core/model.js';
import { sha256, toHex, toUtf8 } from '../../src/crypto/bytes.js';
import {
  bundle as bundleRecord,
  type Bundle,
  grantDocument,
  type GrantDocument,
  grantKeys,
} from '../../src/crypto/certificates.js';
import {
  type Change,
  type Entry,
  entryHash,
  entrySignature,
  firstLink,
  linkOf,
  logSession,
} from '../../src/crypto/chain.js';
import { open } from '../../src/crypto/envelope.js';
import { type KeyPair, signer } from '../../src/crypto/key-pair.js';
import { contexts, newKey, tokenKey, vaultKeys, type VaultKeys } from '../../src/crypto/keys.js';
import { revision as revisionRecord, type Revision } from '../../src/crypto/revision.js';
import { openSealed, sealTo } from '../../src/crypto/sealed-box.js';
import { parseToken } from '../../src/crypto/token-string.js';
import type { Places } from '../../src/gate/door.js';
import { readHostShare } from '../../src/gate/host-share.js';
import { sealUnder } from '../../src/gate/log-session.js';
import { planItem, planVaultName, type RevisionPlan, type Writer } from '../../src/gate/revisions.js';
import type { Accepted, Subject } from '../../src/gate/acceptance.js';
import { blob, blobOrNull, type Cells, insertRow, integer, oneOf, type Raw, type Rows, text } from './raw.js';

/** What a token's holder has once its bundle is open. */
export interface Holder {
  readonly safeId: string;
  readonly id: string;
  readonly epoch: number;
  readonly bundle: Bundle;
  readonly agreement: KeyPair;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}

/** Opens the bundle of a token in rows of any age; null where no row of them opens. */
export function holderOf(places: Places, rows: Rows, token: string): Holder | null {
  const parts = parseToken(token);
  if (parts === null) throw new Error('not a token');
  const safeId = text(rows.get('safe')?.[0] ?? {}, 'id');
  const hostShare = readHostShare(places, safeId);
  if (hostShare === null) throw new Error('no host share');
  for (const row of rows.get('token') ?? []) {
    const [id, epoch] = [text(row, 'id'), integer(row, 'epoch')];
    const opened = tryOpen(() =>
      open(tokenKey(parts, hostShare, epoch), contexts.bundle(safeId, id, epoch), blob(row, 'bundle')),
    );
    if (opened === null) continue;
    const bundle = bundleRecord.decode(safeId, opened);
    return {
      ...{ safeId, id, epoch, bundle },
      agreement: { publicKey: bundle.agreementPublic, privateKey: bundle.agreementPrivate },
      sign: signer({ publicKey: bundle.signingPublic, privateKey: bundle.signingPrivate }),
    };
  }
  return null;
}

export function mustHold(places: Places, rows: Rows, token: string): Holder {
  const holder = holderOf(places, rows, token);
  if (holder === null) throw new Error('the token opens nothing');
  return holder;
}

export function tryOpen<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch {
    return null;
  }
}

/** A key that a sealed box of some grant gave. */
export interface GainedKey {
  readonly document: GrantDocument;
  readonly key: Uint8Array;
  readonly nameKey: Uint8Array | null;
}

/** Tries every sealed key of every grant row. */
export function gainedKeys(holder: Holder, rows: Rows): readonly GainedKey[] {
  return (rows.get('grant_document') ?? []).flatMap((row) => {
    const sealed = blobOrNull(row, 'sealed_key');
    const context = contexts.grantKey(holder.safeId, blob(row, 'hash'));
    const opened = sealed && tryOpen(() => openSealed(holder.agreement, context, sealed));
    if (opened === null) return [];
    return [
      {
        document: grantDocument.decode(holder.safeId, blob(row, 'signed')),
        ...grantKeys.decode(holder.safeId, opened),
      },
    ];
  });
}

/** What was decrypted of one subject at one number: the JSON of every envelope that opened. */
export interface Opened {
  readonly subject: string;
  readonly number: number;
  readonly revision: Revision;
  readonly texts: readonly string[];
}

/** Tries every key on every wrapped item key, and all of them on both envelopes of every revision. */
export function decryptAll(safeId: string, keys: readonly GainedKey[], rows: Rows): readonly Opened[] {
  const held = [
    ...new Map(
      keys.flatMap(({ key, nameKey }) => [key, ...(nameKey === null ? [] : [nameKey])]).map((key) => [toHex(key), key]),
    ).values(),
  ];
  const unwrapped = (rows.get('item_key') ?? []).flatMap((row) => unwrap(safeId, held, { row, rows }));
  const names = held.map((key) => vaultKeys(key).nameKey);
  const all = [...new Map([...held, ...names, ...unwrapped].map((key) => [toHex(key), key])).values()];
  return (rows.get('revision') ?? []).flatMap((row) => {
    const revision = revisionRecord.decode(safeId, blob(row, 'signed'));
    const texts = openBoth(safeId, all, { row, revision });
    return texts.length === 0
      ? []
      : [{ subject: text(row, 'subject'), number: integer(row, 'number'), revision, texts }];
  });
}

/** The item key of a row, whichever vault it may have been wrapped for. */
function unwrap(safeId: string, held: readonly Uint8Array[], of: { row: Cells; rows: Rows }): readonly Uint8Array[] {
  const { row, rows } = of;
  const [item, itemEpoch, wrapped] = [text(row, 'item'), integer(row, 'epoch'), blob(row, 'envelope')];
  const vaults = [...new Set([item.slice(0, 16), ...(rows.get('vault_key') ?? []).map((key) => text(key, 'vault'))])];
  const at = { safeId, epoch: integer(row, 'vault_epoch'), item, itemEpoch };
  return held.flatMap((key) =>
    vaults.flatMap((vault) => tryOpen(() => open(key, contexts.itemKey({ ...at, vault }), wrapped)) ?? []),
  );
}

function openBoth(
  safeId: string,
  keys: readonly Uint8Array[],
  of: { row: Cells; revision: Revision },
): readonly string[] {
  const { row, revision } = of;
  const at = {
    ...{ safeId, vault: revision.vault, epoch: revision.vaultEpoch, item: revision.item ?? '' },
    ...{ itemEpoch: revision.keyEpoch, number: revision.number },
  };
  const sealed = [
    [contexts.overview(at), blob(row, 'overview')],
    [contexts.vaultName(at), blob(row, 'overview')],
    [contexts.secret(at), blob(row, 'secret')],
  ] as const;
  return keys.flatMap((key) =>
    sealed.flatMap(([context, envelope]) => {
      const opened = envelope.length === 0 ? null : tryOpen(() => open(key, context, envelope));
      return opened === null ? [] : [Buffer.from(opened).toString('utf8')];
    }),
  );
}

/** The key of an item at its newest revision, from keys that were gained; null where none gives it. */
export function itemKeyFrom(
  safeId: string,
  keys: readonly GainedKey[],
  of: { rows: Rows; item: string },
): { key: Uint8Array; epoch: number } | null {
  const { rows, item } = of;
  const wrapped = (rows.get('item_key') ?? []).filter((row) => row['item'] === item).at(-1);
  for (const { document, key } of keys) {
    if (document.item === item) return { key, epoch: document.keyEpoch };
    if (document.item !== null || wrapped === undefined) continue;
    const [opened] = unwrap(safeId, [key], { row: wrapped, rows });
    if (opened !== undefined) return { key: opened, epoch: integer(wrapped, 'epoch') };
  }
  return null;
}

/** The keys of a vault from keys that were gained: those of its highest epoch. */
export function vaultKeysFrom(keys: readonly GainedKey[], vault: string): VaultKeys | null {
  const held = keys.filter(({ document }) => document.vault === vault && document.item === null);
  const [newest] = held.sort((a, b) => b.document.keyEpoch - a.document.keyEpoch);
  return newest === undefined ? null : vaultKeys(newest.key);
}

/** What the newest change of a subject says, as a writer builds upon it. */
export function standing(db: Raw, safeId: string, subject: Subject): Accepted {
  const change = oneOf(
    db,
    'SELECT * FROM change WHERE kind = ? AND subject = ? ORDER BY seq DESC, n DESC LIMIT 1',
    subject.kind,
    subject.id,
  );
  const row = oneOf(
    db,
    'SELECT * FROM revision WHERE subject = ? AND number = ?',
    subject.id,
    change['revision'] ?? null,
  );
  const revision = revisionRecord.decode(safeId, blob(row, 'signed'));
  return {
    subject,
    revision,
    hash: sha256(blob(row, 'signed')),
    changeSeq: integer(change, 'seq'),
    author: revision.author,
    stateVersion: 0,
    isMove: false,
  };
}

/** Who is said to make an entry, and what signs it. */
export interface Signer {
  readonly kind: 'owner' | 'token' | 'none';
  readonly id: string | null;
  readonly epoch: number | null;
  readonly sign: ((bytes: Uint8Array) => Uint8Array) | null;
}

export function signerOf(holder: Holder): Signer {
  return { kind: 'token', id: holder.id, epoch: holder.epoch, sign: holder.sign };
}

/** Appends an entry that is as valid as the signer can make it; `facts` replaces what is usual. */
export function appendEntry(
  db: Raw,
  by: { safeId: string; ownerKey: Uint8Array; signer: Signer },
  facts: Partial<Entry> & { readonly said?: unknown } = {},
): number {
  const { safeId, signer: actor } = by;
  const last = oneOf(db, 'SELECT * FROM entry ORDER BY seq DESC LIMIT 1');
  const seq = integer(last, 'seq') + 1;
  const session = newSession(db, by);
  const { said, ...given } = facts;
  const entry: Entry = {
    ...{
      seq,
      at: integer(last, 'at'),
      actorKind: actor.kind,
      actor: actor.id,
      actorEpoch: actor.epoch,
      session: session.hash,
    },
    ...{ action: 'item.update', outcome: 'granted', code: null, vault: null, item: null, grant: null, uses: null },
    ...{ stateVersion: integer(last, 'state_version'), stateHash: null, fieldsCount: 0, suppressed: 0 },
    ...{ reasonTag: null, templateTag: null, clientTag: null, payload: session.seal(seq, said), changes: [] },
    prev: seq === 1 ? firstLink(safeId) : linkOf(blob(last, 'hash'), blobOrNull(last, 'signature')),
    ...given,
  };
  const hash = entryHash(safeId, entry);
  const signature = actor.sign === null ? null : actor.sign(entrySignature.encode(safeId, { hash }));
  insertEntryRow(db, entry, { hash, signature });
  return seq;
}

function insertEntryRow(db: Raw, entry: Entry, proof: { hash: Uint8Array; signature: Uint8Array | null }): void {
  const { seq, at, session, action, outcome, code, vault, item, uses, suppressed, payload } = entry;
  insertRow(db, 'entry', {
    ...{
      seq,
      at,
      actor_kind: entry.actorKind,
      actor: entry.actor,
      actor_epoch: entry.actorEpoch,
      session,
      action,
      outcome,
      code,
    },
    ...{ vault, item, grant_id: entry.grant, uses, state_version: entry.stateVersion, state_hash: entry.stateHash },
    ...{ fields_count: entry.fieldsCount, suppressed, reason_tag: entry.reasonTag, template_tag: entry.templateTag },
    ...{ client_tag: entry.clientTag, payload, ...proof },
  });
  for (const [n, change] of entry.changes.entries()) insertChangeRow(db, { seq, n, change });
}

export function insertChangeRow(db: Raw, of: { seq: number; n: number; change: Change }): void {
  const { kind, id, revision, hash, before } = of.change;
  insertRow(db, 'change', { seq: of.seq, n: of.n, kind, subject: id, revision, hash, before });
}

function newSession(
  db: Raw,
  by: { safeId: string; ownerKey: Uint8Array },
): { hash: Uint8Array; seal(seq: number, said: unknown): Uint8Array } {
  const { safeId, ownerKey } = by;
  const [id, key] = ['forgedforgedforg', newKey()];
  const facts = {
    client: { name: 'forger', version: '1' },
    transport: 'stdio',
    pid: 1,
    uid: 1,
    host: 'h',
    program: '0.1.0',
  };
  const signed = logSession.encode(safeId, {
    ...{ id, at: 0, key: sealTo(ownerKey, contexts.sessionKey(safeId, id), key) },
    facts: sealUnder(key, contexts.sessionFacts(safeId, id), toUtf8(JSON.stringify(facts))),
  });
  const hash = sha256(signed);
  insertRow(db, 'log_session', { hash, signed });
  const usual = {
    v: 1,
    reason: 'a forged reason',
    signals: [],
    tool: 'update_item',
    fields: [],
    vault: null,
    title: null,
    request: null,
    detail: null,
  };
  const print = (said: unknown): string => (typeof said === 'string' ? said : JSON.stringify(said ?? usual));
  return { hash, seal: (seq, said) => sealUnder(key, contexts.payload(safeId, hash, seq), toUtf8(print(said))) };
}

/** A revision of an item, sealed under `key` and signed by the holder, built upon what stands now. */
export function forgeRevision(
  db: Raw,
  holder: Writer & Pick<Holder, 'safeId'>,
  of: { item: string; key: { key: Uint8Array; epoch: number }; content: ItemContent; titleKeys?: VaultKeys | null },
): RevisionPlan {
  const { item, key, content } = of;
  const { safeId } = holder;
  const before = standing(db, safeId, { kind: 'item', id: item });
  const vault = item.slice(0, 16);
  const head = standing(db, safeId, { kind: 'vault', id: vault });
  return planItem(holder, {
    at: { safeId, vault, epoch: head.revision.vaultEpoch },
    item,
    before,
    itemKey: { ...key, row: null },
    titleKeys: of.titleKeys ?? null,
    content,
    ...{ isTrashed: false, isCopy: false, now: before.revision.at + 1 },
  });
}

export function forgeName(db: Raw, holder: Holder, of: { vault: string; keys: VaultKeys; name: string }): RevisionPlan {
  const { safeId } = holder;
  const before = standing(db, safeId, { kind: 'vault', id: of.vault });
  return planVaultName(holder, {
    at: { safeId, vault: of.vault, epoch: before.revision.vaultEpoch },
    before,
    keys: of.keys,
    name: { name: of.name, description: '' },
    ...{ isCopy: false, now: before.revision.at + 1 },
  });
}

export function insertRevision(db: Raw, plan: RevisionPlan): void {
  const { subject, number, signed, signature, overview, secret } = plan.row;
  insertRow(db, 'revision', { subject, number, signed, signature, overview, secret });
}

/** Writes a forged revision with an entry that names it, as valid as the signer can make them. Gives the entry's seq. */
export function plant(
  db: Raw,
  plan: RevisionPlan,
  by: { holder: Holder; signer?: Signer; facts?: Partial<Entry> },
): number {
  const { holder } = by;
  insertRevision(db, plan);
  const isItem = plan.subject.kind === 'item';
  return appendEntry(
    db,
    { safeId: holder.safeId, ownerKey: holder.bundle.ownerAgreementKey, signer: by.signer ?? signerOf(holder) },
    { vault: plan.revision.vault, item: isItem ? plan.subject.id : null, changes: [plan.change], ...by.facts },
  );
}
