/** Which keys and grants were valid at each row, replayed from the changes that the owner's entries name. */
import { toHex } from '../crypto/bytes.js';
import {
  certificate as certificateRecord,
  type Certificate,
  grantDocument,
  type GrantDocument,
} from '../crypto/certificates.js';
import { sha256, sameBytes } from '../crypto/bytes.js';
import type { State } from '../crypto/state.js';
import { vaultHead } from '../crypto/state.js';
import type { ChangeRow, EntryRow } from '../store/audit.js';
import type { CertificateRow, GrantRow } from '../store/tokens.js';
import { isSignedBy } from '../crypto/key-pair.js';
import { includesRole, reaches } from './authors.js';

/** The documents that the log may name, by their hashes. */
export class Documents {
  readonly #certificates = new Map<string, Certificate>();
  readonly #grants = new Map<string, GrantDocument>();

  constructor(
    safeId: string,
    ownerKey: Uint8Array,
    rows: { certificates: readonly CertificateRow[]; grants: readonly GrantRow[] },
  ) {
    for (const row of rows.certificates)
      if (isSignedBy(ownerKey, row.signed, row.signature))
        this.#certificates.set(toHex(sha256(row.signed)), certificateRecord.decode(safeId, row.signed));
    for (const row of rows.grants)
      this.#grants.set(toHex(sha256(row.signed)), grantDocument.decode(safeId, row.signed));
  }

  certificate(hash: Uint8Array): Certificate | undefined {
    return this.#certificates.get(toHex(hash));
  }

  grant(hash: Uint8Array): GrantDocument | undefined {
    return this.#grants.get(toHex(hash));
  }
}

interface ReplayedToken {
  epoch: number;
  key: Uint8Array;
  leaf: Uint8Array | null;
}

/** The owner's decisions as the log tells them, row by row. */
export class Replay {
  readonly #documents: Documents;
  readonly #tokens = new Map<string, ReplayedToken>();
  readonly #grants = new Map<string, GrantDocument>();
  readonly #heads = new Map<string, Uint8Array>();
  readonly #settings = new Map<string, Uint8Array>();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** Takes in an owner's entry. Gives a fault in words, or null. */
  apply(changes: readonly ChangeRow[]): string | null {
    for (const change of changes) {
      const fault = this.#applyOne(change);
      if (fault !== null) return fault;
    }
    return null;
  }

  #applyOne(change: ChangeRow): string | null {
    const { kind, subject, hash } = change;
    if (kind === 'certificate') return this.#certificate(change);
    if (kind === 'token') return this.#token(change);
    if (kind === 'grant') return this.#grant(change);
    const map = kind === 'vault-head' ? this.#heads : kind === 'setting' ? this.#settings : null;
    if (map === null) return null;
    if (!isSame(map.get(subject) ?? null, change.before)) return 'a decision does not follow the one before it';
    if (hash === null) map.delete(subject);
    else map.set(subject, hash);
    return null;
  }

  #certificate({ subject, hash, revision }: ChangeRow): string | null {
    const certificate = hash === null ? undefined : this.#documents.certificate(hash);
    if (certificate?.token !== subject || certificate.epoch !== revision)
      return 'a certificate is missing or not the owner’s';
    const leaf = this.#tokens.get(subject)?.leaf ?? null;
    this.#tokens.set(subject, { epoch: certificate.epoch, key: certificate.signingKey, leaf });
    return null;
  }

  #token({ subject, hash, before }: ChangeRow): string | null {
    const token = this.#tokens.get(subject);
    if (token === undefined) return 'a token has no certificate';
    if (!isSame(token.leaf, before)) return 'a token’s leaf does not follow the one before it';
    if (hash === null) this.#tokens.delete(subject);
    else this.#tokens.set(subject, { ...token, leaf: hash });
    return null;
  }

  #grant({ subject, hash, before }: ChangeRow): string | null {
    if (hash === null) {
      this.#grants.delete(subject);
      return null;
    }
    const document = this.#documents.grant(hash);
    if (document?.grant !== subject) return 'a grant’s document is missing or was changed';
    if (before === null && this.#grants.has(subject)) return 'a grant does not follow the one before it';
    this.#grants.set(subject, document);
    return null;
  }

  /** The key with which a token's entry must be signed here, or null if it could make none. */
  keyOf(entry: EntryRow): Uint8Array | null {
    const token = this.#tokens.get(entry.actor ?? '');
    return token !== undefined && token.leaf !== null && token.epoch === entry.actorEpoch ? token.key : null;
  }

  /** Whether the entry's grant stood here and was its token's. */
  holdsGrant(entry: EntryRow): boolean {
    return entry.grant === null || this.#grants.get(entry.grant)?.token === entry.actor;
  }

  /** Whether a token could write a subject here. */
  mayWrite(token: string | null, subject: string, kind: string): boolean {
    const least = kind === 'vault' ? 'manager' : 'editor';
    return [...this.#grants.values()].some(
      (grant) => grant.token === token && includesRole(grant.role, least) && reaches(grant, subject),
    );
  }

  /** Compares the replayed decisions with a state; gives the first difference in words, or null. */
  difference(safeId: string, state: State): string | null {
    const heads = new Map(state.vaults.map((head) => [head.id, sha256(vaultHead.encode(safeId, head))]));
    const tokens = new Map(state.tokens.map(({ id, leaf }) => [id, leaf]));
    const leaves = new Map([...this.#tokens].flatMap(([id, { leaf }]) => (leaf === null ? [] : [[id, leaf] as const])));
    const settings = new Map(state.settings.map(({ name, value }) => [name, sha256(Buffer.from(value))]));
    if (!isSameMap(heads, this.#heads)) return 'the vaults of the state are not those of the log';
    if (!isSameMap(tokens, leaves)) return 'the tokens of the state are not those of the log';
    return isSameMap(settings, this.#settings) ? null : 'the settings of the state are not those of the log';
  }
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}

function isSameMap(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => isSame(value, b.get(key) ?? null));
}
