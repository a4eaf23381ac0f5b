/**
 * Logs and their proofs made from scratch, with the program's formats and none of its rules: what the gate would refuse
 * can be built too, chained and signed as it should be. `docs/proof.md` says what the lines of a proof hold.
 */
import { logBase, type LogBase, proofEnd } from '../../src/crypto/archive.js';
import { fromHex, randomBytes, randomId, sha256, toHex, toUtf8 } from '../../src/crypto/bytes.js';
import { certificate, type Certificate, grantDocument, type GrantDocument } from '../../src/crypto/certificates.js';
import {
  type Change,
  checkpoint as checkpointRecord,
  type Entry,
  entryHash,
  entrySignature,
  firstLink,
  linkOf,
  logSession,
} from '../../src/crypto/chain.js';
import { encrypt, pad } from '../../src/crypto/envelope.js';
import { type KeyPair, newAgreementPair, newSigningPair, signer } from '../../src/crypto/key-pair.js';
import { contexts, newKey } from '../../src/crypto/keys.js';
import { sealTo } from '../../src/crypto/sealed-box.js';

/** A line of a proof; tests change them at will. */
export type Line = { type: string } & Record<string, unknown>;

/** A token as its holder and its owner know it. Ids and keys may be replaced to build what should not be. */
export interface BuiltToken {
  readonly id: string;
  readonly epoch: number;
  readonly keys: KeyPair;
  /** The hash of the certificate in force, and of the leaf. */
  readonly certificate: Uint8Array;
  readonly leaf: Uint8Array;
}

export interface BuiltGrant {
  readonly document: GrantDocument;
  readonly hash: Uint8Array;
}

/** Who makes an entry. */
export type By = 'owner' | 'none' | BuiltToken;

/** What an entry says; the rest follows from the log so far. */
export interface Deed extends Partial<Omit<Entry, 'changes'>> {
  readonly changes?: readonly Change[];
  readonly said?: unknown;
  /** The owner's entry carries a new state. */
  readonly decides?: boolean;
  /** Who signs, in place of the actor; null leaves the entry unsigned. */
  readonly signedBy?: KeyPair | null;
  /** The name of the session; each is one process with one client. */
  readonly process?: string;
}

interface Built {
  readonly value: Entry;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array | null;
  readonly session: Session;
}

interface Session {
  readonly signed: Uint8Array;
  readonly hash: Uint8Array;
  readonly key: Uint8Array;
}

interface Signed {
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** What of a log stands in a proof. */
export interface Part {
  readonly first?: number;
  readonly last?: number;
}

const START = Date.UTC(2090, 0, 9, 9);
const PAYLOAD = { v: 1, reason: 'Run the nightly tests', signals: [], tool: 'tool', fields: ['password'] };
const FACTS = { client: { name: 'claude-code', version: '2.1' }, transport: 'stdio', pid: 7 };

export class ProofBuilder {
  readonly safe: string;
  readonly owner: KeyPair;
  readonly #agreement = newAgreementPair();
  readonly #entries: Built[] = [];
  readonly #certificates = new Map<string, { value: Certificate } & Signed>();
  readonly #grants = new Map<string, { value: GrantDocument; signed: Uint8Array }>();
  readonly #checkpoints: ({ seq: number } & Signed)[] = [];
  readonly #sessions = new Map<string, Session>();
  /** What each process is: the facts of its session. */
  readonly #facts: ReadonlyMap<string, unknown>;

  constructor({
    safe = randomId(),
    owner = newSigningPair(),
    facts = new Map<string, unknown>(),
  }: { safe?: string; owner?: KeyPair; facts?: ReadonlyMap<string, unknown> } = {}) {
    [this.safe, this.owner, this.#facts] = [safe, owner, facts];
  }

  /** As `vouchsafe info` prints it. */
  get fingerprint(): string {
    const hash = toHex(sha256(this.owner.publicKey)).slice(0, 40);
    return (hash.match(/.{4}/g) ?? []).join(' ');
  }

  /** The number of the newest entry. */
  get last(): number {
    return this.#entries.length;
  }

  /** The time of the next entry. */
  get now(): number {
    return START + this.last * 60_000;
  }

  /** The hash of an entry. */
  hashOf(seq: number): string {
    return toHex(this.#built(seq).hash);
  }

  #built(seq: number): Built {
    const built = this.#entries[seq - 1];
    if (built === undefined) throw new Error(`no entry ${String(seq)}`);
    return built;
  }

  /** Appends an entry, whatever it says; gives its number. */
  append(by: By, { said = PAYLOAD, decides = false, signedBy, process = 'agent', ...deed }: Deed = {}): number {
    const before = this.#entries.at(-1);
    const session = this.#session(process);
    const seq = this.last + 1;
    const version = before?.value.stateVersion ?? 0;
    const value: Entry = {
      ...{ seq, at: this.now, actorKind: typeof by === 'string' ? by : 'token' },
      ...(typeof by === 'string' ? { actor: null, actorEpoch: null } : { actor: by.id, actorEpoch: by.epoch }),
      ...{ session: session.hash, action: 'item.read', outcome: by === 'none' ? 'refused' : 'granted', code: null },
      ...{ vault: null, item: null, grant: null, uses: null, fieldsCount: 0, suppressed: 0 },
      ...{ stateVersion: version + (decides ? 1 : 0), stateHash: decides ? randomBytes(32) : null },
      ...{ reasonTag: null, templateTag: null, clientTag: null, changes: [] },
      payload: seal(session.key, contexts.payload(this.safe, session.hash, seq), said),
      prev: before === undefined ? firstLink(this.safe) : linkOf(before.hash, before.signature),
      ...deed,
    };
    const hash = entryHash(this.safe, value);
    const keys = signedBy ?? (by === 'owner' ? this.owner : by === 'none' ? null : by.keys);
    const isSigned = keys !== null && signedBy !== null;
    const signature = isSigned ? signer(keys)(entrySignature.encode(this.safe, { hash })) : null;
    this.#entries.push({ value, hash, signature, session });
    return seq;
  }

  #session(process: string): Session {
    const known = this.#sessions.get(process);
    if (known !== undefined) return known;
    const key = newKey();
    const id = randomId();
    const signed = logSession.encode(this.safe, {
      ...{ id, at: this.now, key: sealTo(this.#agreement.publicKey, contexts.sessionKey(this.safe, id), key) },
      facts: seal(key, contexts.sessionFacts(this.safe, id), this.#facts.get(process) ?? FACTS),
    });
    const session = { signed, hash: sha256(signed), key };
    this.#sessions.set(process, session);
    return session;
  }

  /** Signs a certificate and a leaf without an entry: {@link changesOf} names them. */
  certify(facts: { id?: string; epoch?: number; notAfter?: number | null; by?: KeyPair } = {}): BuiltToken {
    const { id = `token-${randomId()}`, epoch = 1, notAfter = null, by = this.owner } = facts;
    const keys = newSigningPair();
    const value: Certificate = {
      ...{ token: id, epoch, agreementKey: newAgreementPair().publicKey, signingKey: keys.publicKey },
      ...{ createdAt: this.now, issuedAt: this.now, notAfter, isAgent: true, scopes: ['read', 'write'] },
      ...{ privateHash: randomBytes(32), extensions: [] },
    };
    const signed = certificate.encode(this.safe, value);
    const hash = sha256(signed);
    this.#certificates.set(toHex(hash), { value, signed, signature: signer(by)(signed) });
    return { id, epoch, keys, certificate: hash, leaf: randomBytes(32) };
  }

  /** The changes that put a token in force; `before` is its leaf until then. */
  changesOf({ id, epoch, certificate: hash, leaf }: BuiltToken, before: Uint8Array | null = null): readonly Change[] {
    return [
      { kind: 'certificate', id, revision: epoch, hash, before: null },
      { kind: 'token', id, revision: epoch, hash: leaf, before },
    ];
  }

  /** An entry of the owner that makes a token. */
  token(facts: { notAfter?: number | null } = {}): BuiltToken {
    const token = this.certify(facts);
    this.append('owner', { action: 'token.create', decides: true, changes: this.changesOf(token) });
    return token;
  }

  /** An entry of the owner that gives a token its next epoch. */
  renew(old: BuiltToken, grants: readonly BuiltGrant[] = []): BuiltToken {
    const token = this.certify({ id: old.id, epoch: old.epoch + 1 });
    const reissued = grants.map((grant) => {
      const { hash } = this.document(token, { ...grant.document, epoch: token.epoch });
      return { kind: 'grant', id: grant.document.grant, revision: token.epoch, hash, before: grant.hash };
    });
    const changes = [...this.changesOf(token, old.leaf), ...reissued];
    this.append('owner', { action: 'token.renew', decides: true, changes });
    return token;
  }

  /** Writes a grant's document without an entry. */
  document(token: { id: string; epoch: number }, facts: Partial<GrantDocument> & { vault: string }): BuiltGrant {
    const document: GrantDocument = {
      ...{ grant: randomId(), token: token.id, epoch: token.epoch, item: null, role: 'viewer', keyEpoch: 1 },
      ...{ keyId: randomBytes(16), since: 1, sinceSeq: this.last + 1, notAfter: null },
      ...{ privateHash: randomBytes(32), extensions: [] },
      ...facts,
    };
    const signed = grantDocument.encode(this.safe, document);
    const hash = sha256(signed);
    this.#grants.set(toHex(hash), { value: document, signed });
    return { document, hash };
  }

  /** An entry of the owner that gives a token a grant; the token has another leaf from then on. */
  grant(token: BuiltToken, facts: Partial<GrantDocument> & { vault: string }): BuiltGrant & { token: BuiltToken } {
    const built = this.document(token, facts);
    const leaf = randomBytes(32);
    const changes = [
      { kind: 'grant', id: built.document.grant, revision: token.epoch, hash: built.hash, before: null },
      { kind: 'token', id: token.id, revision: token.epoch, hash: leaf, before: token.leaf },
    ];
    this.append('owner', { action: 'grant.create', decides: true, changes });
    return { ...built, token: { ...token, leaf } };
  }

  /** Signs a checkpoint over an entry, without an entry of its own. */
  sign(seq: number, { hash = this.#built(seq).hash, by = this.owner } = {}): Signed {
    const signed = checkpointRecord.encode(this.safe, { seq, hash, at: this.now });
    return { signed, signature: signer(by)(signed) };
  }

  /** An entry of the owner with its checkpoint. */
  checkpoint(): number {
    const change = { kind: 'checkpoint', id: this.safe, revision: 0, hash: null, before: null };
    const seq = this.append('owner', { action: 'audit.checkpoint', changes: [change] });
    this.#checkpoints.push({ seq, ...this.sign(seq) });
    return seq;
  }

  /** The text of an anchor, as the program keeps it. */
  anchor(seq: number, signed: Signed = this.sign(seq)): string {
    return `${JSON.stringify({ safe: this.safe, seq, hash: this.hashOf(seq), ...inHex(signed) })}\n`;
  }

  /** The lines of a proof of a part of the log. */
  proof({ first = 1, last = this.last }: Part = {}): Line[] {
    const owner = toHex(this.owner.publicKey);
    const base = first === 1 ? null : this.signedBase(first - 1);
    return [
      { type: 'proof', format: 1, safe: this.safe, program: '0.1.0', owner, first, last, base },
      ...[...this.#certificates.values()].map((one) => ({ type: 'certificate', ...inHex(one) })),
      ...[...this.#grants.values()].map(({ signed }) => ({ type: 'grant', signed: toHex(signed) })),
      ...this.#checkpoints.map((one) => ({ type: 'checkpoint', ...inHex(one) })),
      ...this.#entryLines(first, last),
      { type: 'end', ...this.signedEnd({ first, last }) },
    ];
  }

  #entryLines(first: number, last: number): readonly Line[] {
    const told = new Set<Session>();
    return this.#entries.slice(first - 1, last).flatMap((built) => {
      const { session } = built;
      const isTold = told.has(session);
      told.add(session);
      const line = { type: 'session', signed: toHex(session.signed), key: toHex(session.key) };
      return isTold ? [entryLine(built)] : [line, entryLine(built)];
    });
  }

  signedEnd({ first = 1, last = this.last }: Part, by: KeyPair = this.owner): Record<string, string> {
    const signed = proofEnd.encode(this.safe, { first, seq: last, hash: this.#built(last).hash, at: this.now });
    return inHex({ signed, signature: signer(by)(signed) });
  }

  /** The base under which the entry after `seq` stands, with whatever is to be otherwise in it. */
  signedBase(seq: number, other: Partial<LogBase> = {}, by: KeyPair = this.owner): Record<string, string> {
    const signed = logBase.encode(this.safe, { ...this.#baseAt(seq), ...other });
    return inHex({ signed, signature: signer(by)(signed) });
  }

  #baseAt(seq: number): LogBase {
    const { hash, signature, value } = this.#built(seq);
    const standing = new Standing();
    for (const { value: entry } of this.#entries.slice(0, seq))
      for (const change of entry.changes) standing.take(change, this.#authorOf(entry));
    const tokens = [...standing.tokens].flatMap(([id, { certificate: named, leaf }]) => {
      const certified = this.#certificates.get(named)?.value;
      return certified === undefined
        ? []
        : [{ id, epoch: certified.epoch, key: certified.signingKey, notAfter: certified.notAfter, leaf }];
    });
    const hashes = (map: ReadonlyMap<string, Uint8Array>): { id: string; hash: Uint8Array }[] =>
      [...map].map(([id, one]) => ({ id, hash: one }));
    return {
      ...{ seq, hash, link: linkOf(hash, signature), at: value.at, stateVersion: value.stateVersion, tokens },
      ...{ grants: hashes(standing.grants), heads: hashes(standing.heads), settings: hashes(standing.settings) },
      subjects: [...standing.subjects.values()].flatMap((rows) => rows),
    };
  }

  #authorOf({ actor, actorEpoch }: Entry): { author: string | null; key: Uint8Array } {
    const certified = [...this.#certificates.values()].find(
      ({ value }) => value.token === actor && value.epoch === actorEpoch,
    );
    return { author: actor, key: certified?.value.signingKey ?? this.owner.publicKey };
  }
}

/** What is in force, taken in change by change. */
class Standing {
  readonly tokens = new Map<string, { certificate: string; leaf: Uint8Array | null }>();
  readonly grants = new Map<string, Uint8Array>();
  readonly heads = new Map<string, Uint8Array>();
  readonly settings = new Map<string, Uint8Array>();
  /** The revisions of each item and vault that were not erased, the newest last. */
  readonly subjects = new Map<string, LogBase['subjects']>();

  take({ kind, id, revision, hash }: Change, by: { author: string | null; key: Uint8Array }): void {
    const lists: Record<string, Map<string, Uint8Array>> = {
      ...{ grant: this.grants, 'vault-head': this.heads, setting: this.settings },
    };
    const token = this.tokens.get(id);
    const rows = this.subjects.get(id) ?? [];
    const keptFrom = rows.at(-1)?.keptFrom ?? 0;
    if (kind === 'certificate' && hash !== null)
      this.tokens.set(id, { certificate: toHex(hash), leaf: token?.leaf ?? null });
    else if (kind === 'token' && hash === null) this.tokens.delete(id);
    else if (kind === 'token' && token !== undefined) this.tokens.set(id, { ...token, leaf: hash });
    else if (kind === 'prune') {
      const kept = rows.filter((row) => row.revision >= revision);
      this.subjects.set(
        id,
        kept.map((row) => ({ ...row, keptFrom: revision })),
      );
    } else if ((kind === 'item' || kind === 'vault') && hash !== null) {
      const others = rows.filter((row) => row.revision !== revision);
      this.subjects.set(id, [...others, { kind, id, revision, hash, keptFrom, ...by }]);
    } else if (hash === null) lists[kind]?.delete(id);
    else lists[kind]?.set(id, hash);
  }
}

/** Lines as the text of a file. */
export function textOf(lines: readonly Line[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Seals JSON, or bytes as they are, under the key of a session. */
export function seal(key: Uint8Array, aad: Uint8Array, said: unknown): Uint8Array {
  const data = said instanceof Uint8Array ? said : toUtf8(JSON.stringify(said));
  const nonce = randomBytes(12);
  return Buffer.concat([nonce, encrypt({ key, nonce, aad }, pad(data))]);
}

function inHex({ signed, signature }: Signed): Record<string, string> {
  return { signed: toHex(signed), signature: toHex(signature) };
}

function hexOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : toHex(bytes);
}

function entryLine({ value, hash, signature }: Built): Line {
  return {
    ...{ type: 'entry', seq: value.seq, at: value.at, actor_kind: value.actorKind, actor: value.actor },
    ...{ actor_epoch: value.actorEpoch, session: toHex(value.session), action: value.action },
    ...{ outcome: value.outcome, code: value.code, vault: value.vault, item: value.item, grant: value.grant },
    ...{ uses: value.uses, state_version: value.stateVersion, state_hash: hexOrNull(value.stateHash) },
    ...{ fields_count: value.fieldsCount, suppressed: value.suppressed, reason_tag: hexOrNull(value.reasonTag) },
    ...{ template_tag: hexOrNull(value.templateTag), client_tag: hexOrNull(value.clientTag) },
    ...{ payload: toHex(value.payload), hash: toHex(hash), signature: hexOrNull(signature) },
    changes: value.changes.map((change) => ({
      ...{ kind: change.kind, id: change.id, revision: change.revision },
      ...{ hash: hexOrNull(change.hash), before: hexOrNull(change.before) },
    })),
  };
}

/** The same line with the entry hashed and signed anew: what the holder of `keys` could make of it. */
export function resigned(safe: string, line: Line, keys: KeyPair): Line {
  const hash = fromHex(String(line['hash']));
  return { ...line, signature: toHex(signer(keys)(entrySignature.encode(safe, { hash }))) };
}
