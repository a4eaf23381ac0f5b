/** Which keys and grants were valid at each row, replayed from the changes that the owner's entries name. */
import { toHex } from '../crypto/bytes.js';
import {
  certificate as certificateRecord,
  type Certificate,
  grantDocument,
  type GrantDocument,
} from '../crypto/certificates.js';
import { firstLink } from '../crypto/chain.js';
import { sha256, sameBytes } from '../crypto/bytes.js';
import type { State } from '../crypto/state.js';
import { vaultHead } from '../crypto/state.js';
import type { LogBase } from '../crypto/archive.js';
import type { ChangeRow } from '../store/audit.js';
import type { CertificateRow, GrantRow } from '../store/tokens.js';
import { isOwners, type OwnerSigning } from '../crypto/owner-signing.js';
import type { CertifiedKey } from './chain-check.js';
import { includesRole, reaches } from './authors.js';
import { ownerHash, policyHashes } from './decisions.js';
import { LogFault } from './log-fault.js';
import { vaultOf } from './verified-state.js';

/** The documents that the log may name, by their hashes. */
export class Documents {
  readonly #certificates = new Map<string, Certificate>();
  readonly #grants = new Map<string, GrantDocument>();
  /** `prev` of the first entry of the safe's log. */
  readonly firstLink: Uint8Array;

  constructor(
    safeId: string,
    owner: OwnerSigning,
    rows: { certificates: readonly CertificateRow[]; grants: readonly GrantRow[] },
  ) {
    this.firstLink = firstLink(safeId);
    for (const row of rows.certificates)
      if (isOwners(owner, row.signed, row.signature))
        this.#certificates.set(toHex(sha256(row.signed)), certificateRecord.decode(safeId, row.signed));
    for (const row of rows.grants)
      this.#grants.set(toHex(sha256(row.signed)), grantDocument.decode(safeId, row.signed));
  }

  certificate(hash: Uint8Array): Certificate | undefined {
    return this.#certificates.get(toHex(hash));
  }

  /** The keys that the owner ever certified. */
  get keys(): readonly CertifiedKey[] {
    return [...this.#certificates.values()].map(({ token, epoch, signingKey }) => ({ token, epoch, key: signingKey }));
  }

  grant(hash: Uint8Array): GrantDocument | undefined {
    return this.#grants.get(toHex(hash));
  }
}

interface ReplayedToken {
  readonly epoch: number;
  readonly key: Uint8Array;
  readonly notAfter: number | null;
  readonly leaf: Uint8Array | null;
}

/** Calls of one token, by what the owner's decisions say of them. */
export interface Called {
  readonly actor: string | null;
  readonly epoch: number | null;
  readonly grant: string | null;
  /** The latest time at which one was granted; 0 if none was. */
  readonly grantedAt: number;
}

interface ReplayedGrant {
  readonly document: GrantDocument;
  readonly hash: Uint8Array;
}

/** The owner's decisions as the log tells them, row by row. */
export class Replay {
  readonly #documents: Documents;
  readonly #tokens = new Map<string, ReplayedToken>();
  readonly #grants = new Map<string, ReplayedGrant>();
  readonly #heads = new Map<string, Uint8Array>();
  readonly #settings = new Map<string, Uint8Array>();

  /** From the beginning of the log, or from where a base says that it stood. Throws {@link LogFault}. */
  constructor(documents: Documents, base: LogBase | null) {
    this.#documents = documents;
    if (base !== null) this.#begin(base);
  }

  #begin(base: LogBase): void {
    for (const { id, ...token } of base.tokens) this.#tokens.set(id, token);
    for (const { id, hash } of base.grants) {
      const document = this.#documents.grant(hash);
      if (document?.grant !== id) throw new LogFault(base.seq, 'a grant’s document is missing or was changed');
      this.#grants.set(id, { document, hash });
    }
    for (const { id, hash } of base.heads) this.#heads.set(id, hash);
    for (const { id, hash } of base.settings) this.#settings.set(id, hash);
  }

  /** The decisions as they stand, for a base. */
  decisions(): Pick<LogBase, 'tokens' | 'grants' | 'heads' | 'settings'> {
    const hashes = (map: ReadonlyMap<string, Uint8Array>): { id: string; hash: Uint8Array }[] =>
      [...map].map(([id, hash]) => ({ id, hash }));
    return {
      tokens: [...this.#tokens].map(([id, token]) => ({ id, ...token })),
      grants: [...this.#grants].map(([id, { hash }]) => ({ id, hash })),
      heads: hashes(this.#heads),
      settings: hashes(this.#settings),
    };
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
    const { kind, subject } = change;
    if (kind === 'certificate') return this.#certificate(change);
    if (kind === 'token') return this.#token(change);
    if (kind === 'grant') return this.#grant(change);
    if (kind === 'vault-head') return follow(this.#heads, subject, change);
    return SETTING_KINDS.has(kind) ? follow(this.#settings, settingId(kind, subject), change) : null;
  }

  #certificate({ subject, hash, revision }: ChangeRow): string | null {
    const certificate = hash === null ? undefined : this.#documents.certificate(hash);
    if (certificate?.token !== subject || certificate.epoch !== revision)
      return 'a certificate is missing or not the owner’s';
    const leaf = this.#tokens.get(subject)?.leaf ?? null;
    const { epoch, signingKey: key, notAfter } = certificate;
    this.#tokens.set(subject, { epoch, key, notAfter, leaf });
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
    this.#grants.set(subject, { document, hash });
    return null;
  }

  /** The key with which a token's entry of this epoch must be signed here, or null if it could make none. */
  keyOf(actor: string | null, epoch: number | null): Uint8Array | null {
    const token = this.#tokens.get(actor ?? '');
    return token !== undefined && token.leaf !== null && token.epoch === epoch ? token.key : null;
  }

  /** What keeps calls from having been made here, in words; null if nothing does. */
  faultOf({ actor, epoch, grant, grantedAt }: Called): string | null {
    if (this.keyOf(actor, epoch) === null) return 'an entry is signed with a key that was not valid for it';
    const held = grant === null ? null : this.#grants.get(grant)?.document;
    if (held !== null && held?.token !== actor) return 'an entry names a grant that its token did not hold';
    if (isOver(this.#tokens.get(actor ?? '')?.notAfter, grantedAt)) return 'an expired token was granted something';
    return isOver(held?.notAfter, grantedAt) ? 'something was granted under an expired grant' : null;
  }

  /** Whether a token could write a subject here. */
  mayWrite(token: string | null, subject: string, kind: string): boolean {
    const isVault = vaultOf(subject) === subject;
    if (kind !== 'prune' && (kind === 'vault') !== isVault) return false;
    const least = isVault ? 'manager' : 'editor';
    return [...this.#grants.values()].some(
      ({ document: grant }) => grant.token === token && includesRole(grant.role, least) && reaches(grant, subject),
    );
  }

  /** Compares the replayed decisions with a state; gives the first difference in words, or null. */
  difference(safeId: string, state: State): string | null {
    const heads = new Map(state.vaults.map((head) => [head.id, sha256(vaultHead.encode(safeId, head))]));
    const tokens = new Map(state.tokens.map(({ id, leaf }) => [id, leaf]));
    const leaves = new Map([...this.#tokens].flatMap(([id, { leaf }]) => (leaf === null ? [] : [[id, leaf] as const])));
    const owner = ownerHash(safeId, state);
    const settings = new Map([
      ...(owner === null ? [] : [[settingId('owner', safeId), owner] as const]),
      ...state.settings.map(({ name, value }) => [name, sha256(Buffer.from(value))] as const),
      ...policyHashes(state).map(([item, hash]) => [settingId('policy', item), hash] as const),
      ...state.recipes.map(({ id, hash }) => [settingId('recipe', id), hash] as const),
    ]);
    if (!isSameMap(heads, this.#heads)) return 'the vaults of the state are not those of the log';
    if (!isSameMap(tokens, leaves)) return 'the tokens of the state are not those of the log';
    return isSameMap(settings, this.#settings)
      ? null
      : 'the settings, rules, recipes and owner’s keys of the state are not those of the log';
  }
}

/** Decisions that stand beside settings: the owner's rules about items, recipes, and the owner's keys once they changed. */
const SETTING_KINDS: ReadonlySet<string> = new Set(['setting', 'policy', 'recipe', 'owner']);

/** A name of a setting has no space in it. */
function settingId(kind: string, subject: string): string {
  return kind === 'setting' ? subject : `${kind} ${subject}`;
}

/** Takes in a decision by its hash. Gives a fault in words, or null. */
function follow(map: Map<string, Uint8Array>, id: string, { hash, before }: ChangeRow): string | null {
  if (!isSame(map.get(id) ?? null, before)) return 'a decision does not follow the one before it';
  if (hash === null) map.delete(id);
  else map.set(id, hash);
  return null;
}

function isOver(notAfter: number | null | undefined, at: number): boolean {
  return notAfter !== null && notAfter !== undefined && at >= notAfter;
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}

function isSameMap(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => isSame(value, b.get(key) ?? null));
}
