/** The proof of a stretch of the log, line by line; docs/proof.md is its format. */
import { Refusal } from '../core/refusal.js';
import { toHex } from '../crypto/bytes.js';
import { logBase, type LogBase, proofEnd } from '../crypto/archive.js';
import { isOwners } from '../crypto/owner-signing.js';
import { ownerPublic } from '../crypto/state.js';
import type { EntryRow } from '../store/audit.js';
import { changesBetween, type ChangeRow, entriesFrom } from '../store/audit.js';
import { readCheckpoints, readSession } from '../store/log.js';
import { readCertificates, readGrants } from '../store/tokens.js';
import type { Progress, ProofSummary, Verification } from './log-door.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { agreementsOf } from './owner-keys.js';
import { fingerprintOf } from './owner-safe.js';
import { PayloadReader } from './payload-reader.js';
import { VERSION } from './version.js';

const BATCH = 1_000;

/** Which entries, from where on they are proven, and whether the owner signs for them. */
export interface Proof {
  readonly first: number;
  readonly last: number;
  /** Null for a proof from the first entry of the safe on. */
  readonly base: LogBase | null;
  /** What verification found; the owner signs the end of a proof only where that is nothing. */
  readonly fault: Verification['fault'];
  readonly write: (line: string) => void;
  readonly progress: Progress;
}

type Signed = { readonly signed: Uint8Array; readonly signature: Uint8Array };

const hexOf = ({ signed, signature }: Signed): object => ({ signed: toHex(signed), signature: toHex(signature) });
const hexOrNull = (bytes: Uint8Array | null): string | null => (bytes === null ? null : toHex(bytes));

/** Writes the proof of entries as they stand on this snapshot. */
export async function writeProof(core: OwnerCore, ground: OwnerGround, proof: Proof): Promise<ProofSummary> {
  const { first, last, fault } = proof;
  const line = (value: object): void => proof.write(`${JSON.stringify(value)}\n`);
  const owner = core.keys.signing.publicKey;
  const { value } = ground.state;
  const isChanged = value.earlier.length > 0;
  line({
    ...{
      type: 'proof',
      format: isChanged ? 2 : 1,
      safe: core.safe.id,
      program: VERSION,
      owner: toHex(owner),
      first,
      last,
    },
    base: proof.base === null ? null : hexOf(signed(core, logBase.encode(core.safe.id, proof.base))),
  });
  if (isChanged) line({ type: 'owner', ...hexOf(signed(core, ownerPublic.encode(core.safe.id, value))) });
  await writeDocuments(ground, proof, line);
  const hash = await new EntryLines(core, ground).write(proof, line);
  if (fault === null) {
    const end = proofEnd.encode(core.safe.id, { first, seq: last, hash, at: ground.now });
    line({ type: 'end', ...hexOf(signed(core, end)) });
  } else line({ type: 'end', fault });
  const fingerprint = fingerprintOf(owner);
  return { from: first, to: last, entries: last - first + 1, fingerprint, hash: toHex(hash), fault };
}

function signed(core: OwnerCore, bytes: Uint8Array): Signed {
  return { signed: bytes, signature: core.sign(bytes) };
}

/** What the entries rest on: every certificate, grant and checkpoint that they may name. */
async function writeDocuments(
  { handle, state }: OwnerGround,
  { first, last }: Proof,
  line: (value: object) => void,
): Promise<void> {
  // a row that the owner did not sign certifies nothing, and is none of the log's
  const owner = state.value;
  const certificates = (await readCertificates(handle)).filter((row) => isOwners(owner, row.signed, row.signature));
  for (const row of certificates) line({ type: 'certificate', ...hexOf(row) });
  for (const row of await readGrants(handle)) line({ type: 'grant', signed: toHex(row.signed) });
  for (const row of await readCheckpoints(handle))
    if (row.seq >= first && row.seq <= last) line({ type: 'checkpoint', ...hexOf(row) });
}

/** Entries as lines, each session before its first entry. */
class EntryLines {
  readonly #ground: OwnerGround;
  readonly #reader: PayloadReader;
  readonly #sessions = new Set<string>();

  constructor(core: OwnerCore, ground: OwnerGround) {
    this.#ground = ground;
    this.#reader = new PayloadReader(core.safe.id, agreementsOf(core.keys));
  }

  /** Gives the hash of the last one. */
  async write({ first, last, progress }: Proof, line: (value: object) => void): Promise<Uint8Array> {
    const { handle } = this.#ground;
    let hash: Uint8Array = new Uint8Array(0);
    for (let next = first; next <= last;) {
      const rows = (await entriesFrom(handle, next, BATCH)).filter(({ seq }) => seq <= last);
      const end = rows.at(-1);
      if (end === undefined) break;
      const changes = await changesBetween(handle, next, end.seq);
      for (const row of rows) {
        await this.#session(row.session, line);
        line(entryLine(row, changes.get(row.seq) ?? []));
      }
      hash = end.hash;
      next = end.seq + 1;
      progress(next - first, last - first + 1);
    }
    return hash;
  }

  async #session(name: Uint8Array, line: (value: object) => void): Promise<void> {
    const hex = toHex(name);
    if (this.#sessions.has(hex)) return;
    this.#sessions.add(hex);
    const row = await readSession(this.#ground.handle, name);
    if (row === null) return;
    line({ type: 'session', signed: toHex(row.signed), key: await this.#key(name) });
  }

  /** Null where whoever made the session sealed it so that nobody can open it. */
  async #key(name: Uint8Array): Promise<string | null> {
    try {
      return toHex((await this.#reader.session(this.#ground.handle, name)).key);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'integrity') return null;
      throw error;
    }
  }
}

function entryLine(row: EntryRow, changes: readonly ChangeRow[]): object {
  return {
    ...{ type: 'entry', seq: row.seq, at: row.at },
    ...{ actor_kind: row.actorKind, actor: row.actor, actor_epoch: row.actorEpoch, session: toHex(row.session) },
    ...{ action: row.action, outcome: row.outcome, code: row.code, vault: row.vault, item: row.item },
    ...{ grant: row.grant, uses: row.uses, state_version: row.stateVersion, state_hash: hexOrNull(row.stateHash) },
    ...{ fields_count: row.fieldsCount, suppressed: row.suppressed },
    ...{ reason_tag: hexOrNull(row.reasonTag), template_tag: hexOrNull(row.templateTag) },
    ...{ client_tag: hexOrNull(row.clientTag), payload: toHex(row.payload) },
    ...{ hash: toHex(row.hash), signature: hexOrNull(row.signature) },
    changes: changes.map(({ kind, subject, revision, hash, before }) => ({
      ...{ kind, id: subject, revision, hash: hexOrNull(hash), before: hexOrNull(before) },
    })),
  };
}
