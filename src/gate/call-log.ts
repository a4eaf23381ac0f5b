/** How the gate's calls come into the log: what was granted, what was refused, and how a use ended. */
import type { Transport } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import type { Receipt } from '../core/shapes.js';
import type { EntryRow } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { disownEnded } from './authenticate.js';
import type { Refused } from './call.js';
import { askingChange, waiting } from './consent.js';
import { resetDraft, shown } from './draft.js';
import { type Asking, type Draft, newDraft } from './entry-draft.js';
import { newReference, reportFault } from './fault.js';
import { FLOOD, FloodGuard } from './flood.js';
import { Recorder, type Recorded } from './recorder.js';
import { agentErrorOf } from './refusals.js';
import type { Safe } from './safe.js';
import { readVerifiedState, settingOf, type VerifiedState } from './verified-state.js';

/** The state, read under the lock, and the time that was decided by. */
interface Standing {
  readonly state: VerifiedState;
  readonly now: number;
}

/** What the doors of one process share. */
export interface SharedLog {
  readonly recorder: Recorder;
  /** Counts refusals of whoever has no usable token. */
  readonly flood: FloodGuard;
}

export class CallLog {
  readonly #safe: Safe;
  readonly #transport: Transport;
  readonly #recorder: Recorder;
  /** Refusals of the token, and of whoever has none. */
  readonly #floods: { readonly token: FloodGuard; readonly none: FloodGuard };

  constructor(safe: Safe, transport: Transport, shared: SharedLog | undefined) {
    this.#safe = safe;
    this.#transport = transport;
    this.#recorder = shared?.recorder ?? new Recorder(safe);
    this.#floods = { token: new FloodGuard(FLOOD.token), none: shared?.flood ?? new FloodGuard(FLOOD.none) };
  }

  now(state: VerifiedState): number {
    return Math.max(this.#safe.clock(), state.value.at);
  }

  /** Reads ahead what the signals of an entry need, outside of the lock. */
  async prepare(handle: Handle, draft: Draft, on: { state: VerifiedState; now: number }): Promise<void> {
    return this.#recorder.prepare(handle, draft, { at: on.now, owner: on.state.value });
  }

  /** Records an entry in a transaction of its own. Where that fails, nothing that it did is thought to have been. */
  async record(draft: Draft, work: (handle: Handle) => Promise<Recorded>): Promise<Receipt> {
    try {
      const gathers = this.#transport === 'http';
      const recorded = await this.#safe.database.transaction(work, { gathers });
      recorded.confirm();
      return recorded.receipt;
    } catch (error) {
      this.#floods.token.giveBack(draft.suppressed);
      draft.suppressed = 0;
      this.#recorder.forget(draft.actor);
      throw error;
    }
  }

  /** Appends the entry of a granted call under the lock, and what follows from it. To be confirmed once it is durable. */
  async grant(handle: Handle, draft: Draft, on: Standing): Promise<Recorded> {
    const recorded = await this.#append(handle, draft, { ...on, last: on.state.last });
    const freeze = await this.#freezeAtDecoy(handle, draft, { ...on, last: recorded.row });
    return {
      ...recorded,
      confirm: () => {
        recorded.confirm();
        freeze?.confirm();
      },
    };
  }

  /** Where the owner set it so, a token that touched a decoy is frozen in the same transaction. */
  async #freezeAtDecoy(handle: Handle, draft: Draft, on: Standing & { last: EntryRow }): Promise<Recorded | null> {
    const { actor, origin } = draft;
    if (!draft.isDecoy || actor.kind !== 'token' || settingOf(on.state.value, 'decoy.freeze') !== 'true') return null;
    const freeze = newDraft({ kind: 'none' }, origin, 'token.freeze');
    Object.assign(freeze, { outcome: 'granted', detail: `token ${actor.id} touched a decoy` });
    freeze.changes.push({ kind: 'freeze', id: actor.id, revision: 0, hash: null, before: null });
    return this.#append(handle, freeze, on);
  }

  async #append(handle: Handle, draft: Draft, on: Standing & { last: EntryRow }): Promise<Recorded> {
    draft.suppressed += this.#floods.token.take() + this.#floods.none.take();
    const { value: owner } = on.state;
    const standing = { at: on.now, owner, stateVersion: owner.version, stateHash: null, last: on.last };
    return this.#recorder.append(handle, draft, standing);
  }

  /** The entry `item.use.end` of a use that was recorded and made. Throws where it cannot be written. */
  async end(use: Draft, on: { detail: string; isFault: boolean }): Promise<void> {
    const draft = newDraft(use.actor, use.origin, 'item.use.end');
    const { vault, vaultName, item, itemTitle, requestId, isDecoy } = use;
    Object.assign(draft, { vault, vaultName, item, itemTitle, requestId, isDecoy, detail: shown(on.detail) });
    Object.assign(draft, on.isFault ? { outcome: 'error', code: 'unavailable' } : { outcome: 'granted' });
    await this.record(draft, async (handle) => {
      const state = await this.#stateFor(handle, draft);
      // nobody is granted anything
      if (draft.actor.kind === 'none') Object.assign(draft, { outcome: 'refused', code: 'unauthenticated' });
      return this.#append(handle, draft, { state, now: this.now(state), last: state.last });
    });
  }

  async #stateFor(handle: Handle, draft: Draft): Promise<VerifiedState> {
    const ownerKey = draft.actor.kind === 'token' ? draft.actor.ownerKey : null;
    const state = await readVerifiedState(handle, this.#safe, ownerKey);
    await disownEnded(handle, state, draft);
    return state;
  }

  /** Anything that was thrown becomes one refusal entry; if that fails too, the answer is `unavailable`. */
  async refuse(draft: Draft, error: unknown): Promise<Refused> {
    const { refusal, ref } = this.refusalFor(error);
    const flood = this.#floods[draft.actor.kind === 'none' ? 'none' : 'token'];
    if (!flood.admits(performance.now()))
      return { ok: false, error: agentErrorOf(unasked(refusal), ref), receipt: null };
    const written = await this.#writeRefusal(draft, refusal);
    if (written !== 'failed') return { ok: false, error: agentErrorOf(written.refusal, ref), receipt: written.receipt };
    const unavailable = new Refusal('unavailable', { detail: 'no entry could be written' });
    return { ok: false, error: agentErrorOf(unavailable, ref ?? newReference()), receipt: null };
  }

  /** A refusal as it is told; one that is a fault is reported under a reference. */
  refusalFor(error: unknown): { refusal: Refusal; ref: string | null } {
    const isRefusal = error instanceof Refusal;
    const ref = isRefusal && error.code !== 'unavailable' && error.code !== 'integrity' ? null : newReference();
    if (ref !== null && !(isRefusal && this.#transport === 'cli')) reportFault(ref, error);
    return { ref, refusal: isRefusal ? error : new Refusal('unavailable', { detail: `fault ${ref ?? ''}` }) };
  }

  async #writeRefusal(draft: Draft, refused: Refusal): Promise<{ refusal: Refusal; receipt: Receipt } | 'failed'> {
    const { asking, detail } = draft;
    try {
      let refusal = refused;
      const receipt = await this.record(draft, async (handle) => {
        resetDraft(draft);
        const state = await this.#stateFor(handle, draft);
        const now = this.now(state);
        refusal = await putAsking(handle, draft, { refused, asking, state, now });
        noteRefusal(draft, refusal, detail);
        return this.#append(handle, draft, { state, now, last: state.last });
      });
      return { refusal, receipt };
    } catch (fault) {
      reportFault(newReference(), fault);
      return 'failed';
    }
  }

  /** States how many refusals were only counted, when the door closes. */
  async close(): Promise<void> {
    const suppressed = this.#floods.token.take() + this.#floods.none.take();
    if (suppressed === 0) return;
    const origin = { client: { name: '', version: '' }, transport: this.#transport };
    const draft = { ...newDraft({ kind: 'none' }, origin, 'call.unknown'), suppressed };
    const counted = new Refusal('limit_reached', { detail: `${String(suppressed)} refusals were only counted` });
    await this.#writeRefusal(draft, counted);
  }
}

function noteRefusal(draft: Draft, refusal: Refusal, asked: string | null): void {
  draft.code = refusal.code;
  draft.outcome = refusal.code === 'unavailable' || refusal.code === 'integrity' ? 'error' : 'refused';
  draft.detail = [asked, refusal.facts.detail].filter((text) => text != null).join('; ') || null;
}

/** Under the lock: the refusal's entry becomes the request, unless the owner has the same one to decide already. */
async function putAsking(
  handle: Handle,
  draft: Draft,
  on: Standing & { refused: Refusal; asking: Asking | null },
): Promise<Refusal> {
  const { refused, asking, state, now } = on;
  if (refused.code !== 'approval_required' || asking === null) return refused;
  if (draft.actor.kind !== 'token') return unasked(refused);
  const asked = await askingChange(handle, asking, { token: draft.actor.id, now });
  if (asked instanceof Refusal) return asked;
  if (asked.change === null) return waiting(asked.as, { expired: null, state });
  draft.changes.push(asked.change);
  draft.asking = asking;
  return refused;
}

/** A use that could not be put before the owner. */
function unasked(refusal: Refusal): Refusal {
  if (refusal.code !== 'approval_required') return refusal;
  return new Refusal('limit_reached', { message: 'You asked too often.', next: 'Wait a minute, then send it again.' });
}
