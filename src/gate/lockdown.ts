/** Freezing without a key, and the owner's lift of it. Refusing needs nobody's word; letting in again needs the owner's. */
import { Refusal } from '../core/refusal.js';
import type { Action } from '../core/model.js';
import { freezesOn } from '../store/audit.js';
import { newDraft } from './entry-draft.js';
import type { Origin, Places } from './door.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { Recorder } from './recorder.js';
import { openSafe, type Safe } from './safe.js';
import { listLeaf } from './token-issue.js';
import { allOwned } from './token-reader.js';
import { readVerifiedState } from './verified-state.js';

/** Freezes every token at once, in processes that run too, without a password. */
export async function lockDown(places: Places, origin: Origin): Promise<void> {
  const safe = await openSafe(places);
  try {
    await freezeAll(safe, origin, 'all tokens are frozen');
  } finally {
    safe.close();
  }
}

/** The entry `safe.lockdown`, without any key. */
export async function freezeAll(safe: Safe, origin: Origin, detail: string): Promise<void> {
  const recorder = new Recorder(safe);
  const draft = newDraft({ kind: 'none' }, origin, 'safe.lockdown');
  Object.assign(draft, { outcome: 'granted', detail });
  draft.changes.push({ kind: 'freeze', id: 'safe', revision: 0, hash: null, before: null });
  const recorded = await safe.database.transaction(async (handle) => {
    const { value, last } = await readVerifiedState(handle, safe, null);
    const at = Math.max(safe.clock(), value.at);
    return recorder.append(handle, draft, { last, at, owner: value, stateVersion: value.version, stateHash: null });
  });
  recorded.confirm();
}

/** What a lift did: tokens that work again, and those that stay frozen since they were so by themselves. */
export interface Lifted {
  readonly lifted: readonly string[];
  readonly frozen: readonly string[];
}

const LIFT: Action = 'token.unfreeze';

/** Lifts a lockdown; a token that was frozen by itself stays so. Throws `conflict` where there is none. */
export async function liftLockdown(core: OwnerCore): Promise<Lifted> {
  return core.act(LIFT, async (work) => {
    const [lifted, frozen]: [string[], string[]] = [[], []];
    for (const token of await allOwned(core, work)) {
      const { leaf, name } = token;
      if ((await freezesOn(work.handle, 'safe', leaf.liftedSeq)) === null) continue;
      const own = leaf.frozenSeq ?? (await freezesOn(work.handle, leaf.token, leaf.liftedSeq));
      await listLeaf(core, work, { ...leaf, frozenSeq: own, liftedSeq: work.state.last.seq });
      (own === null ? lifted : frozen).push(name);
    }
    if (lifted.length + frozen.length === 0)
      throw new Refusal('conflict', { message: 'There is no lockdown.', next: 'vouchsafe info' });
    work.draft.detail = `lockdown lifted: ${String(lifted.length)} tokens work again, ${String(frozen.length)} stay frozen`;
    return { lifted, frozen };
  });
}

/** Whether a lockdown stands over any token. */
export async function isLockedDown(core: OwnerCore, ground: OwnerGround): Promise<boolean> {
  for (const { leaf } of await allOwned(core, ground))
    if ((await freezesOn(ground.handle, 'safe', leaf.liftedSeq)) !== null) return true;
  return false;
}
