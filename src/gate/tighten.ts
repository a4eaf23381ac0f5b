/** `pat tighten`: the least that a token needed, as the log tells it. It only ever narrows. */
import { isoTime, parseSince } from '../core/expiry.js';
import { type Limits, limitsShape, sealedLimits } from '../core/limits.js';
import { ROLES, type Role } from '../core/model.js';
import { randomBytes } from '../crypto/bytes.js';
import type { TightenedShape, TighteningShape } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import { entriesOf } from '../store/entry-search.js';
import { readEntry } from '../store/audit.js';
import { seqsBetween } from '../store/signals.js';
import { type GrantedCall, grantedCallsAfter } from '../store/usage.js';
import type { Reference } from './named.js';
import { EntryReader } from './entry-reader.js';
import { grantCommand, revokeCommand, tightenCommand } from './grant-command.js';
import { limitsOf, regrantOf, shapeOfGrant, titleOf } from './grant-shape.js';
import type { Progress } from './log-door.js';
import { DAY_MS } from './log-tally.js';
import { addGrant, revoke } from './owner-grants.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { leastRole } from './owner-report.js';
import { grantedKeyOf } from './rotation.js';
import { adopt, mayWriteAnything } from './token-end.js';
import { issueGrant, listLeaf } from './token-issue.js';
import { findOwned, type OwnedGrant, type OwnedToken, requireOwned } from './token-reader.js';

const SINCE = '30d';
/** A grant that was made so lately has had no time to be used. */
const NEW_FOR_MS = 7 * DAY_MS;
/** A vault of which so few items were used is narrowed to them. */
const ITEMS_AT_MOST = 10;

/** Calls that need the whole vault; other lists work over single items too. */
const NEEDS_VAULT: ReadonlySet<string> = new Set([
  'item.list',
  'item.search',
  'item.create',
  'item.move',
  'vault.update',
]);
const LISTS: ReadonlySet<string> = new Set(['vault.list', 'item.list', 'item.search']);

/** What the log says of one grant. */
interface Needed {
  readonly calls: readonly GrantedCall[];
  readonly items: readonly string[];
  readonly uses: number;
  readonly fields: readonly string[];
  readonly isNew: boolean;
  /** Whether the token moved items: the grant on the vault that they left is not named in the entry. */
  readonly hasMoved: boolean;
}

type Plan = Pick<TightenedShape, 'change' | 'why'> & { readonly role: Role; readonly limits: Limits };

/** What would narrow each grant, and with `apply` does. */
export async function tighten(
  core: OwnerCore,
  reference: Reference,
  options: { since?: string; apply: boolean; progress: Progress },
): Promise<TighteningShape> {
  const planned = await core.read(async (ground) =>
    planAll(core, ground, { reference, since: options.since ?? SINCE }),
  );
  const { token, plans, since } = planned;
  if (options.apply)
    for (const { grant, plan, needed } of plans) await apply(core, { token, grant, plan, needed }, options.progress);
  return {
    token: { id: token.id, name: token.name },
    since,
    applied: options.apply,
    grants: plans.map(({ shape }) => shape),
  };
}

interface Planned {
  readonly grant: OwnedGrant;
  readonly plan: Plan;
  readonly needed: Needed;
  readonly shape: TightenedShape;
}

async function planAll(
  core: OwnerCore,
  ground: OwnerGround,
  of: { reference: Reference; since: string },
): Promise<{ token: OwnedToken; plans: readonly Planned[]; since: string }> {
  const token = await findOwned(core, ground, of.reference);
  const since = parseSince(of.since, ground.now);
  const recent = await seqsBetween(ground.handle, since, Number.MAX_SAFE_INTEGER);
  const calls = recent === null ? [] : await grantedCallsAfter(ground.handle, token.id, recent.first - 1);
  const plans: Planned[] = [];
  for (const grant of token.grants) {
    const needed = await neededOf(core, ground, { grant, calls });
    const plan = planOf(grant, needed);
    plans.push({ grant, plan, needed, shape: await shapeOf(core, ground, { token, grant, plan, needed }) });
  }
  return { token, plans, since: isoTime(since) };
}

/** Lists over all that is granted are named under no grant: each was needed for them. */
async function neededOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { grant: OwnedGrant; calls: readonly GrantedCall[] },
): Promise<Needed> {
  const { grant } = of;
  const calls = of.calls.filter((call) => call.grant === grant.id || (call.grant === null && LISTS.has(call.action)));
  const uses = calls.filter((call) => call.secrets > 0);
  const made = await readEntry(ground.handle, grant.document.sinceSeq);
  const reader = new EntryReader(core);
  const fields = new Map<string, string>();
  for (const row of await entriesOf(
    ground.handle,
    uses.map(({ seq }) => seq),
    'newest',
  ))
    for (const field of (await reader.open(ground, row)).payload.fields) fields.set(foldName(field), field);
  return {
    calls,
    items: await existing(core, ground, new Set(calls.flatMap(({ item }) => item ?? []))),
    uses: uses.length,
    fields: [...fields.values()].sort(),
    isNew: made !== null && made.at > ground.now - NEW_FOR_MS,
    hasMoved: of.calls.some(({ action }) => action === 'item.move'),
  };
}

/** Those of the items that there are still. */
async function existing(core: OwnerCore, ground: OwnerGround, items: ReadonlySet<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for (const item of items) if ((await titleOf(core, ground, item)) !== null) found.push(item);
  return found;
}

function planOf(grant: OwnedGrant, needed: Needed): Plan {
  const { role, limits } = regrantOf('', grant);
  const kept = { role, limits };
  if (limitsOf(grant) === null)
    return { change: 'end', why: 'It has limits that this version does not know.', ...kept };
  if (needed.hasMoved && role !== 'viewer') return { change: 'keep', why: 'The token moved items.', ...kept };
  if (needed.calls.length === 0)
    return needed.isNew
      ? { change: 'keep', why: 'It is new, and not used yet.', ...kept }
      : { change: 'end', why: 'Nothing was done with it.', ...kept };
  const least = { role: leastRoleOf(role, needed), limits: leastLimits(limits, needed) };
  if (isSplit(grant, limits, needed)) return { change: 'split', why: splitWords(needed), ...least };
  const isSame = least.role === role && sameLimits(least.limits, limits);
  if (isSame) return { change: 'keep', why: 'All of it was needed.', ...kept };
  return { change: 'narrow', why: narrowWords(kept, least), ...least };
}

function leastRoleOf(role: Role, { calls }: Needed): Role {
  const least = leastRole(new Set(calls.map(({ action }) => action))) ?? role;
  return ROLES.indexOf(least) < ROLES.indexOf(role) ? least : role;
}

/** Only the secret fields that were given; none where none was. */
function leastLimits(limits: Limits, { uses, fields }: Needed): Limits {
  if (limits.reveal === 'never') return limits;
  if (uses === 0) return { ...limits, reveal: 'never' };
  const allowed = limits.fields?.map(foldName);
  return { ...limits, fields: fields.filter((field) => allowed?.includes(foldName(field)) !== false) };
}

function isSplit({ document }: OwnedGrant, limits: Limits, { calls, items }: Needed): boolean {
  const isWhole = document.item === null;
  // a recipe over several items, or over none, is about the vault
  const isAboutVault = ({ action, item }: GrantedCall): boolean =>
    NEEDS_VAULT.has(action) || (action === 'item.use' && item === null);
  const isNeeded = calls.some((call) => call.grant !== null && isAboutVault(call));
  // counts would begin anew for each item
  const isCounted = limits.maxUses !== null || limits.rate !== null || limits.distinctItems !== null;
  return isWhole && !isNeeded && !isCounted && items.length > 0 && items.length <= ITEMS_AT_MOST;
}

function splitWords({ items }: Needed): string {
  return items.length === 1
    ? 'Only one item of the vault was needed.'
    : `Only ${String(items.length)} items of the vault were needed.`;
}

function narrowWords(now: Pick<Plan, 'role' | 'limits'>, least: Pick<Plan, 'role' | 'limits'>): string {
  const words = [
    ...(least.role === now.role ? [] : [`the role ${least.role} was enough`]),
    ...(least.limits.reveal === now.limits.reveal ? [] : ['no secret was shown']),
    ...(least.limits.fields === null || sameLimits(now.limits, { ...now.limits, fields: least.limits.fields })
      ? []
      : ['only these fields were shown']),
  ].join(', ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function sameLimits(a: Limits, b: Limits): boolean {
  const text = (limits: Limits): string =>
    JSON.stringify(sealedLimits({ ...limits, fields: limits.fields && [...limits.fields].map(foldName).sort() }));
  return text(a) === text(b);
}

interface Narrowing {
  readonly token: OwnedToken;
  readonly grant: OwnedGrant;
  readonly plan: Plan;
  readonly needed: Needed;
}

async function shapeOf(core: OwnerCore, ground: OwnerGround, of: Narrowing): Promise<TightenedShape> {
  const { token, grant, plan, needed } = of;
  const { calls, items, uses, fields } = needed;
  const titled = await Promise.all(items.map(async (id) => ({ id, title: await titleOf(core, ground, id) })));
  const to = {
    role: plan.role,
    limits: limitsShape(plan.limits),
    ...(plan.change === 'split' ? { items: titled } : {}),
  };
  return {
    grant: await shapeOfGrant(core, ground, { token, grant }),
    change: plan.change,
    why: plan.why,
    used: { calls: calls.length, uses, items: items.length, fields },
    ...(plan.change === 'narrow' || plan.change === 'split' ? { to } : {}),
    commands: commandsOf(of),
  };
}

function commandsOf({ token, grant, plan, needed }: Narrowing): readonly string[] {
  const same = { ...regrantOf(token.id, grant), role: plan.role, limits: plan.limits };
  if (plan.change === 'keep') return [];
  if (plan.change === 'end') return [revokeCommand(token.id, grant.id)];
  // granted again its count would begin anew
  if (plan.change === 'narrow' && plan.limits.maxUses !== null) return [tightenCommand(token.id)];
  if (plan.change === 'narrow') return [grantCommand(same)];
  return [...needed.items.map((item) => grantCommand({ ...same, item })), revokeCommand(token.id, grant.id)];
}

async function apply(core: OwnerCore, narrowing: Narrowing, progress: Progress): Promise<void> {
  const { token, grant, plan } = narrowing;
  if (plan.change === 'narrow') await narrow(core, narrowing);
  const selection = { token: { by: 'id', text: token.id }, grantId: grant.id, rotate: true } as const;
  if (plan.change === 'end') await revoke(core, selection, progress);
  if (plan.change !== 'split') return;
  // the keys of the vault change first: what is granted anew is granted under the new ones
  await revoke(core, selection, progress);
  for (const item of narrowing.needed.items) await grantItem(core, narrowing, item);
}

/** The same grant, with its id and its counts, for less. */
async function narrow(core: OwnerCore, { token: { id }, grant: { id: grantId }, plan }: Narrowing): Promise<void> {
  await core.act('grant.create', async (work) => {
    const token = await findOwned(core, work, { by: 'id', text: id });
    const grant = token.grants.find((candidate) => candidate.id === grantId);
    if (grant === undefined) return;
    if (mayWriteAnything(token, [grant])) await adopt(core, work, { token: id, except: new Set() });
    const { vault, item } = grant.document;
    const issued = await issueGrant(core, work, {
      token: { id, epoch: token.leaf.epoch, agreementKey: token.certificate.agreementKey },
      grant: {
        ...grant.document,
        ...{ id: grantId, role: plan.role },
        private: { random: randomBytes(32), purpose: grant.private.purpose, limits: [...sealedLimits(plan.limits)] },
      },
      granted: await grantedKeyOf(core, work, { vault, item }),
      before: grant.hash,
    });
    const grants = token.leaf.grants.map((listed) => (listed.id === grantId ? issued : listed));
    await listLeaf(core, work, { ...token.leaf, grants });
    await requireOwned(core, work, id);
    Object.assign(work.draft, { vault, item, detail: `token ${id} “${token.name}”, narrowed to ${plan.role}` });
  });
}

async function grantItem(core: OwnerCore, { token: { id }, grant, plan }: Narrowing, item: string): Promise<void> {
  await core.act('grant.create', async (work: OwnerWork) => {
    const token = await findOwned(core, work, { by: 'id', text: id });
    const { vault, notAfter } = grant.document;
    const { purpose } = grant.private;
    await addGrant(core, work, {
      token,
      grant: { vault, item, role: plan.role, notAfter, limits: plan.limits, purpose },
    });
    Object.assign(work.draft, { vault, item, detail: `token ${id} “${token.name}”, ${plan.role}` });
  });
}
