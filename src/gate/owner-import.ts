/** Taking in items of a file: planned, sealed and signed on a snapshot, then written under the lock with one entry. */
import { checkName } from '../core/reason.js';
import { foldName } from '../core/text.js';
import type { ImportOutcome, ImportPlan, ImportReport, TransferItem } from '../core/transfer.js';
import { integrityFailure, randomId, sha256 } from '../crypto/bytes.js';
import { newKey, vaultKeys, type VaultKeys } from '../crypto/keys.js';
import { changedSubjects } from '../store/audit.js';
import { checkTotp } from './generated.js';
import { newItemId } from './ids.js';
import { type ExistingItem, type MatchedItem, matchItems } from './import-match.js';
import { itemKeyOf } from './keyring.js';
import type { Progress } from './log-door.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { allVaults } from './naming.js';
import { addVault } from './owner-vaults.js';
import {
  applyNew,
  applyPlan,
  Moved,
  newItemKey,
  planItem,
  type RevisionBefore,
  type RevisionPlan,
} from './revisions.js';
import { headOf } from './verified-state.js';

/** What {@link importItems} would do now. */
export async function planImport(core: OwnerCore, plan: ImportPlan): Promise<ImportReport> {
  checkPlan(plan);
  return core.read(async (ground) => {
    const matched = await matchItems(core, ground, plan);
    return reportOf(matched, newVaultNames(matched));
  });
}

/** All items of the plan or none, with one entry. Takes long: `progress` counts the items that are sealed. */
export async function importItems(core: OwnerCore, plan: ImportPlan, progress: Progress): Promise<ImportReport> {
  checkPlan(plan);
  const report = await core.prepareAndAct(
    'import',
    async (ground) => prepare(core, ground, { plan, progress }),
    async (work, prepared) => {
      await write(core, work, prepared);
      work.draft.detail = `${plan.format}: ${countsOf(prepared.report)}`;
      return prepared.report;
    },
  );
  core.shelf.clear();
  return report;
}

function checkPlan({ items }: ImportPlan): void {
  for (const { vault, content, history } of items) {
    checkName('vault', vault);
    for (const each of [content, ...history.map((revision) => revision.content)]) checkTotp(each);
  }
}

/** A vault that items go to, as it was found, or as it is to be made. */
interface Target {
  readonly id: string;
  readonly name: string;
  readonly epoch: number;
  readonly keys: VaultKeys;
  /** The key of a vault that is to be made. */
  readonly newKey: Uint8Array | null;
}

interface PreparedImport {
  /** The newest entry of the snapshot. */
  readonly seq: number;
  readonly targets: readonly Target[];
  /** The first revisions of items that are new. */
  readonly created: readonly (readonly RevisionPlan[])[];
  readonly updated: readonly RevisionPlan[];
  readonly report: ImportReport;
}

async function prepare(
  core: OwnerCore,
  ground: OwnerGround,
  of: { plan: ImportPlan; progress: Progress },
): Promise<PreparedImport> {
  const matched = await matchItems(core, ground, of.plan);
  const targets = await targetsOf(ground, matched);
  const created: (readonly RevisionPlan[])[] = [];
  const updated: RevisionPlan[] = [];
  const most = core.keepOf(ground.state);
  for (const [done, { incoming, outcome, existing }] of matched.entries()) {
    const target = targets.get(foldName(incoming.vault));
    if (target === undefined) throw integrityFailure('an item goes to no vault');
    if (outcome === 'created') created.push(planNew(core, { incoming, target, most, now: ground.now }));
    if (outcome === 'updated' && existing !== null) updated.push(await planNext(core, ground, { incoming, existing }));
    if (done % 100 === 99) of.progress(done + 1, matched.length);
  }
  of.progress(matched.length, matched.length);
  const report = reportOf(matched, newVaultNames(matched));
  return { seq: ground.state.last.seq, targets: [...targets.values()], created, updated, report };
}

/** The vaults that the items go to, by their folded names. */
async function targetsOf(ground: OwnerGround, matched: readonly MatchedItem[]): Promise<ReadonlyMap<string, Target>> {
  const targets = new Map<string, Target>();
  for (const { incoming, vault } of matched) {
    const name = foldName(incoming.vault);
    if (targets.has(name)) continue;
    targets.set(
      name,
      vault === null ? newTarget(incoming.vault) : await oldTarget(ground, { id: vault, name: incoming.vault }),
    );
  }
  return targets;
}

function newTarget(name: string): Target {
  const key = newKey();
  return { id: randomId(), name: checkName('vault', name), epoch: 1, keys: vaultKeys(key), newKey: key };
}

async function oldTarget(ground: OwnerGround, { id, name }: { id: string; name: string }): Promise<Target> {
  const head = headOf(ground.state.value, id);
  const keys = await ground.ring.vault(id);
  if (head === undefined || keys === null) throw integrityFailure('a vault has no key');
  return { id, name, epoch: head.epoch, keys, newKey: null };
}

/** The revisions of a new item: its history as far as it is kept, and then how it is now. */
function planNew(
  core: OwnerCore,
  of: { incoming: TransferItem; target: Target; most: number; now: number },
): readonly RevisionPlan[] {
  const { incoming, target, most, now } = of;
  const at = { safeId: core.safe.id, vault: target.id, epoch: target.epoch };
  const item = newItemId(target.id);
  const itemKey = newItemKey(at, item, { vaultKey: target.keys.key, epoch: 1 });
  const plans: RevisionPlan[] = [];
  let before: RevisionBefore | null = null;
  for (const { content, isTrashed, times } of statesOf(incoming, { most, now })) {
    const plan: RevisionPlan = planItem(core.writer, {
      ...{ at, item, before, itemKey: before === null ? itemKey : { ...itemKey, row: null } },
      ...{ titleKeys: target.keys, content, isTrashed, isCopy: false, now: times.at, createdAt: times.createdAt },
    });
    plans.push(plan);
    before = { hash: sha256(plan.row.signed), revision: plan.revision };
  }
  return plans;
}

/** What an item was and is, oldest first. No time lies after now, and none before the one before it. */
function statesOf({ content, history, isTrashed, ...file }: TransferItem, of: { most: number; now: number }) {
  const past = history.slice(Math.max(0, history.length - of.most + 1));
  const present = { content, isTrashed, at: file.updatedAt ?? of.now };
  const states = [...past.map((revision) => ({ ...revision, isTrashed: false })), present];
  const createdAt = Math.min(file.createdAt ?? Infinity, ...states.map(({ at }) => at), of.now);
  let last = createdAt;
  return states.map((state) => {
    last = Math.max(last, Math.min(state.at, of.now));
    return { content: state.content, isTrashed: state.isTrashed, times: { at: last, createdAt } };
  });
}

async function planNext(
  core: OwnerCore,
  ground: OwnerGround,
  of: { incoming: TransferItem; existing: ExistingItem },
): Promise<RevisionPlan> {
  const { accepted, id } = of.existing.item;
  const { revision } = accepted;
  const key = await itemKeyOf(ground.handle, core.safe.id, { ring: ground.ring, revision });
  if (key === null) throw integrityFailure('an item has no key');
  return planItem(core.writer, {
    at: { safeId: core.safe.id, vault: revision.vault, epoch: revision.vaultEpoch },
    ...{ item: id, before: accepted, itemKey: { key, epoch: revision.keyEpoch, row: null } },
    titleKeys: await ground.ring.vault(revision.vault),
    ...{ content: of.incoming.content, isTrashed: revision.isTrashed, isCopy: false, now: ground.now },
  });
}

/** Writes what was prepared. Throws {@link Moved} if any of its vaults was changed since. */
async function write(core: OwnerCore, work: OwnerWork, prepared: PreparedImport): Promise<void> {
  await refuseMoved(core, work, prepared);
  for (const { id, name, newKey: key } of prepared.targets)
    if (key !== null) await addVault(core, work, { id, name, description: '', key });
  for (const plans of prepared.created) work.decisions.note(...(await applyNew(work.handle, plans)));
  const keep = core.keepOf(work.state);
  for (const plan of prepared.updated) work.decisions.note(...(await applyPlan(work.handle, plan, keep)));
  const [only, ...others] = prepared.targets;
  if (only !== undefined && others.length === 0) Object.assign(work.draft, { vault: only.id, vaultName: only.name });
}

async function refuseMoved(core: OwnerCore, work: OwnerWork, { seq, targets }: PreparedImport): Promise<void> {
  const names = new Set((await allVaults(core, work)).map(({ name }) => foldName(name)));
  for (const { id, name, epoch, newKey: key } of targets) {
    if (key !== null && names.has(foldName(name))) throw new Moved();
    if (key !== null) continue;
    const isSameHead = work.decisions.head(id)?.epoch === epoch;
    const changed = await changedSubjects(work.handle, seq, { first: id, end: `${id}~` });
    if (!isSameHead || changed.length > 0) throw new Moved();
  }
}

function newVaultNames(matched: readonly MatchedItem[]): readonly string[] {
  const names = matched.filter(({ vault }) => vault === null).map(({ incoming }) => incoming.vault);
  return [...new Map(names.map((name) => [foldName(name), name])).values()];
}

function reportOf(matched: readonly MatchedItem[], vaults: readonly string[]): ImportReport {
  return { outcomes: matched.map(({ outcome }) => outcome), vaults };
}

function countsOf({ outcomes }: ImportReport): string {
  const count = (wanted: ImportOutcome): string => String(outcomes.filter((outcome) => outcome === wanted).length);
  return `${count('created')} created, ${count('updated')} updated, ${count('skipped')} skipped`;
}
