import { ROLES, type Role } from '../core/model.js';
import { sameBytes, sha256 } from '../crypto/bytes.js';
import { certificate, grantDocument, type GrantDocument, tokenLeaf } from '../crypto/certificates.js';
import type { Handle } from '../store/database.js';
import { readCertificate, readGrant, readToken } from '../store/tokens.js';
import type { VerifiedState } from './verified-state.js';

/** A token that the state lists now, as others may know it: its key and what it may write. */
export interface Author {
  readonly id: string;
  readonly epoch: number;
  readonly signingKey: Uint8Array;
  readonly grants: readonly GrantDocument[];
  /** What it wrote from this entry on does not count: the owner froze it then. */
  readonly frozenSeq: number | null;
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** Whether `role` includes `least`. */
export function includesRole(role: string, least: Role): boolean {
  return isRole(role) && ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** Whether a grant reaches an item or (for a vault's own id) the whole vault. */
export function reaches(grant: Pick<GrantDocument, 'vault' | 'item'>, subject: string): boolean {
  return grant.item === null ? subject.startsWith(grant.vault) : grant.item === subject;
}

/** The tokens that one state lists, read and checked by their hashes when first asked for. */
export class Authors {
  readonly #safeId: string;
  readonly #state: VerifiedState;
  readonly #known = new Map<string, Author | null>();

  constructor(safeId: string, state: VerifiedState) {
    this.#safeId = safeId;
    this.#state = state;
  }

  async find(handle: Handle, token: string): Promise<Author | null> {
    const known = this.#known.get(token);
    if (known !== undefined) return known;
    const author = await this.#read(handle, token);
    this.#known.set(token, author);
    return author;
  }

  async #read(handle: Handle, token: string): Promise<Author | null> {
    const listed = this.#state.value.tokens.find(({ id }) => id === token);
    const row = listed && (await readToken(handle, token));
    if (listed === undefined || !row || !sameBytes(sha256(row.leaf), listed.leaf)) return null;
    const leaf = tokenLeaf.decode(this.#safeId, row.leaf);
    const stored = await readCertificate(handle, leaf.certificate);
    if (stored === null || !sameBytes(sha256(stored.signed), leaf.certificate)) return null;
    const { epoch, signingKey, scopes, extensions } = certificate.decode(this.#safeId, stored.signed);
    const mayWriteAtAll = extensions.length === 0 && (scopes.length === 0 || scopes.includes('write'));
    const listedGrants = mayWriteAtAll ? leaf.grants : [];
    const grants = await Promise.all(listedGrants.map(async ({ hash }) => this.#grant(handle, hash)));
    return {
      id: token,
      epoch,
      signingKey,
      frozenSeq: leaf.frozenSeq,
      grants: grants.filter((grant) => grant !== null),
    };
  }

  async #grant(handle: Handle, hash: Uint8Array): Promise<GrantDocument | null> {
    const row = await readGrant(handle, hash);
    if (row === null || !sameBytes(sha256(row.signed), hash)) return null;
    const document = grantDocument.decode(this.#safeId, row.signed);
    return document.extensions.length === 0 ? document : null;
  }
}

/** Whether a listed token could write `subject` by an entry of this number and state version. */
export function mayWrite(
  author: Author,
  subject: string,
  by: { role: Role; stateVersion: number; seq: number },
): boolean {
  if (author.frozenSeq !== null && by.seq > author.frozenSeq) return false;
  return author.grants.some(
    (grant) =>
      includesRole(grant.role, by.role) &&
      reaches(grant, subject) &&
      grant.since <= by.stateVersion &&
      grant.sinceSeq < by.seq,
  );
}
