/** The owner's door, its hinge: every command is one transaction with its entry, signed with the owner's key. */
import type { GrantPrivate } from '../crypto/certificates.js';
import type { Action } from '../core/model.js';
import { integrityFailure, sameBytes, sha256 } from '../crypto/bytes.js';
import { open } from '../crypto/envelope.js';
import { signer } from '../crypto/key-pair.js';
import { contexts, keyId, vaultKeys, type VaultKeys } from '../crypto/keys.js';
import { openSealedByAny } from '../crypto/sealed-box.js';
import { encodeState } from '../crypto/state.js';
import type { EntryRow } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { readVaultKey } from '../store/items.js';
import { putState } from '../store/safe.js';
import { Decisions } from './decisions.js';
import type { Origin } from './door.js';
import type { Keyring } from './keyring.js';
import { Recorder, type Recorded } from './recorder.js';
import { type Actor, type Draft, newDraft } from './entry-draft.js';
import { Moved, type Writer } from './revisions.js';
import type { Safe } from './safe.js';
import { Shelf, type Standpoint } from './shelf.js';
import { agreementsOf, type OwnerKeys } from './owner-keys.js';
import type { OwnerMemory } from './owner-memory.js';
import { UsageWatch } from './usage.js';
import { headOf, readSignedState, readVerifiedState, settingOf, type VerifiedState } from './verified-state.js';
import type { Receipt } from '../core/shapes.js';

/** What one command of the owner works with, on a snapshot or under the lock. */
export interface OwnerGround extends Standpoint {
  readonly now: number;
  /** Under the lock alone. */
  readonly decisions?: Decisions;
}

/** Under the lock: what the command decides and what its entry says. */
export interface OwnerWork extends OwnerGround {
  readonly decisions: Decisions;
  readonly draft: Draft;
  /** Done in the same transaction once the entry stands, with its row. */
  readonly afterEntry: ((row: EntryRow) => Promise<void>)[];
  /** Done once all of it is on disk. */
  readonly afterCommit: (() => void)[];
}

/** The state with the owner's next keys: what the last ones signed up to now stays theirs. */
function handedOver(state: VerifiedState, { agreement, signing }: OwnerKeys): VerifiedState {
  const { signingKey: key, earlier } = state.value;
  const keys = { agreementKey: agreement.publicKey, signingKey: signing.publicKey };
  return { ...state, value: { ...state.value, ...keys, earlier: [...earlier, { key, last: state.last.seq }] } };
}

const RETRIES_AT_MOST = 20;
const KEEP_REVISIONS = 50;

export class OwnerCore {
  readonly safe: Safe;
  readonly keys: OwnerKeys;
  readonly origin: Origin;
  readonly shelf: Shelf;
  readonly writer: Writer;
  readonly usage = new UsageWatch();
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly #actor: Actor;
  readonly #recorder: Recorder;
  /** Opened private parts of certificates, by the hash of the certificate. */
  readonly certificateTexts = new Map<string, { name: string; description: string }>();
  /** The private parts of grants, by the hash of their documents. */
  readonly grantTexts = new Map<string, GrantPrivate>();
  readonly #vaultKeys = new Map<string, VaultKeys>();

  readonly #memory: OwnerMemory | null;
  /** The keys that the file stands under: others than `keys` only in the command that changes them. */
  readonly #standing: OwnerKeys;

  constructor(
    safe: Safe,
    keys: OwnerKeys,
    on: { origin: Origin; memory?: OwnerMemory | undefined; from?: OwnerKeys | undefined },
  ) {
    this.safe = safe;
    this.keys = keys;
    this.#standing = on.from ?? keys;
    this.origin = on.origin;
    this.#memory = on.memory ?? null;
    this.shelf = this.#memory?.shelf(safe.id) ?? new Shelf(safe.id);
    this.sign = signer(keys.signing);
    this.writer = { id: null, epoch: null, sign: this.sign };
    this.#actor = { kind: 'owner', sign: this.sign };
    this.#recorder = new Recorder(safe);
  }

  now(state: VerifiedState): number {
    return Math.max(this.safe.clock(), state.value.at);
  }

  async #ground(handle: Handle, readState = readVerifiedState): Promise<OwnerGround> {
    const { signing, agreement } = this.#standing;
    const state = await readState(handle, this.safe, signing.publicKey);
    if (!sameBytes(state.value.agreementKey, agreement.publicKey))
      throw integrityFailure('the state names another key of the owner');
    return this.groundOn(handle, this.#standing === this.keys ? state : handedOver(state, this.keys));
  }

  /** What a command stands on, over a state that was verified. */
  groundOn(handle: Handle, state: VerifiedState): OwnerGround {
    return { handle, state, ring: this.#ring(handle, state), now: this.now(state) };
  }

  #ring(handle: Handle, state: VerifiedState): Keyring {
    const vault = async (id: string): Promise<VaultKeys | null> => {
      const head = headOf(state.value, id);
      if (head === undefined) return null;
      const keys = await this.vaultKeysAt(handle, id, head.epoch);
      if (!sameBytes(keyId(keys.key), head.keyId)) throw integrityFailure('a vault key is another one');
      return keys;
    };
    return { vault, item: () => null, name: async (id) => (await vault(id))?.nameKey ?? null };
  }

  /** The keys of a vault at any epoch: the owner keeps the old ones for history. */
  async vaultKeysAt(handle: Handle, vault: string, epoch: number): Promise<VaultKeys> {
    const name = `${vault} ${String(epoch)}`;
    const known = this.#vaultKeys.get(name);
    if (known !== undefined) return known;
    const envelope = await readVaultKey(handle, vault, epoch);
    if (envelope === null) throw integrityFailure('a vault key is missing');
    const context = contexts.ownerVaultKey({ safeId: this.safe.id, vault, epoch });
    const keys = vaultKeys(open(this.#standing.rootKey, context, envelope));
    this.#vaultKeys.set(name, keys);
    return keys;
  }

  /** Opens what is sealed to the owner, whichever keys the owner had then. */
  openSealed(context: Uint8Array, box: Uint8Array): Uint8Array {
    return openSealedByAny(agreementsOf(this.keys), context, box);
  }

  /** Reads on a snapshot; leaves no entry. */
  async read<T>(work: (ground: OwnerGround) => Promise<T>): Promise<T> {
    return this.safe.database.read(async (handle) => work(await this.#ground(handle)));
  }

  /** The same of a log that may not belong to the state: to look at it and at its anchors, and to hand it over as it is. */
  async readAsItIs<T>(work: (ground: OwnerGround) => Promise<T>): Promise<T> {
    return this.safe.database.read(async (handle) => work(await this.#ground(handle, readSignedState)));
  }

  /** One command: `work` runs under the lock; what it decides is signed, its entry appended, and both are durable. */
  async act<T>(action: Action, work: (work: OwnerWork) => Promise<T>): Promise<T> {
    return (await this.actWithReceipt(action, work)).result;
  }

  async actWithReceipt<T>(
    action: Action,
    work: (work: OwnerWork) => Promise<T>,
  ): Promise<{ result: T; receipt: Receipt }> {
    const draft = newDraft(this.#actor, this.origin, action);
    const done = await this.safe.database.transaction(async (handle) => {
      const ground = await this.#ground(handle);
      const decisions = new Decisions(this.safe.id, ground.state.value);
      const afterEntry: OwnerWork['afterEntry'] = [];
      const afterCommit: OwnerWork['afterCommit'] = [];
      const result = await work({ ...ground, decisions, draft, afterEntry, afterCommit });
      draft.changes.push(...decisions.changes);
      draft.outcome = 'granted';
      const recorded = await this.#record(handle, { ground, decisions, draft });
      for (const then of afterEntry) await then(recorded.row);
      return { result, recorded, afterCommit };
    });
    done.recorded.confirm();
    for (const then of done.afterCommit) then();
    return { result: done.result, receipt: done.recorded.receipt };
  }

  /** A command whose long part is prepared on a snapshot, without the lock; starts over if that was overtaken. */
  async prepareAndAct<P, T>(
    action: Action,
    prepare: (ground: OwnerGround) => Promise<P>,
    work: (work: OwnerWork, prepared: P) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const prepared = await this.read(prepare);
      try {
        return await this.act(action, async (under) => work(under, prepared));
      } catch (error) {
        if (!(error instanceof Moved) || attempt >= RETRIES_AT_MOST) throw error;
      }
    }
  }

  async #record(handle: Handle, on: { ground: OwnerGround; decisions: Decisions; draft: Draft }): Promise<Recorded> {
    const { ground, decisions, draft } = on;
    const { last, value } = ground.state;
    const standing = { at: ground.now, owner: value, last };
    if (!decisions.isChanged)
      return this.#recorder.append(handle, draft, { ...standing, stateVersion: value.version, stateHash: null });
    const next = decisions.next({ logSeq: last.seq, logHash: last.hash, at: ground.now });
    const signed = encodeState(this.safe.id, next);
    await putState(handle, { signed, signature: this.sign(signed) });
    return this.#recorder.append(handle, draft, { ...standing, stateVersion: next.version, stateHash: sha256(signed) });
  }

  /** The first entry and the first state of a new safe, under the lock. */
  async begin(handle: Handle): Promise<Recorded> {
    const at = this.safe.clock();
    const draft = newDraft(this.#actor, this.origin, 'safe.init');
    draft.outcome = 'granted';
    const { agreement, signing } = this.keys;
    const first = { version: 1, logSeq: 0, logHash: new Uint8Array(32), at };
    const nothing = { vaults: [], tokens: [], policies: [], recipes: [], settings: [], earlier: [] };
    const value = { ...first, ...nothing, agreementKey: agreement.publicKey, signingKey: signing.publicKey };
    const signed = encodeState(this.safe.id, value);
    await putState(handle, { signed, signature: this.sign(signed) });
    const standing = {
      at,
      owner: value,
      stateVersion: 1,
      stateHash: sha256(signed),
      last: null,
    };
    return this.#recorder.append(handle, draft, standing);
  }

  /** Erases what was deleted from the write-ahead log too. What fails is told, since the command itself is done. */
  async eraseTraces(): Promise<void> {
    try {
      await this.safe.database.eraseLog();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(`vouchsafe: done, but traces of it stay in the write-ahead log for now: ${why}\n`);
    }
  }

  /** How many revisions of an item are kept. */
  keepOf(state: VerifiedState): number {
    return Number(settingOf(state.value, 'item.keep_revisions') ?? KEEP_REVISIONS);
  }

  close(): void {
    if (this.#memory === null) this.shelf.clear();
    else this.shelf.rest();
    this.#vaultKeys.clear();
    this.keys.rootKey.fill(0);
    this.safe.close();
  }
}
