/** A token that got into the wrong hands: frozen at once, and a checklist of what it was given, kept until all is changed. */
import { isoTime } from '../core/expiry.js';
import { Refusal } from '../core/refusal.js';
import type { CompromisedShape, ExposedShape } from '../core/rule-shapes.js';
import { foldName } from '../core/text.js';
import { usesOfSecretsBy } from '../store/uses.js';
import { readProfileOf } from './archive-profile.js';
import type { Reference } from './named.js';
import { isFrozen } from './freeze.js';
import { notFound } from './naming.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { agreementsOf } from './owner-keys.js';
import { PayloadReader } from './payload-reader.js';
import type { ShelvedItem } from './shelf.js';
import { listLeaf } from './token-issue.js';
import { readOwned, tokenNames } from './token-reader.js';
import { settingOf } from './verified-state.js';

/** The name of the setting that keeps a checklist: which items are done, by id. */
const nameOf = (token: string): string => `compromised.${token}`;

/** The checklists that are open, by the ids of their tokens. */
export function openChecklists({ state }: OwnerGround): readonly string[] {
  const prefix = nameOf('');
  return state.value.settings.flatMap(({ name }) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
}

/**
 * Freezes the token and opens its checklist if none is open; without anything open the list ends. Ticking `done` off an open
 * one leaves the token as it is: the owner may have let it work again.
 */
export async function compromised(
  core: OwnerCore,
  reference: Reference,
  done: readonly string[],
): Promise<CompromisedShape> {
  const isTicking = done.length > 0 && (await core.read(async (ground) => isListed(core, ground, reference)));
  return core.act(isTicking ? 'settings.set' : 'token.freeze', async (work) => {
    const token = await anyToken(core, work, reference);
    const frozen = isTicking ? await isFrozenNow(core, work, token.id) : await freeze(core, work, token.id);
    const before = settingOf(work.state.value, nameOf(token.id));
    const ticked = new Set(before === undefined ? [] : before.split(',').filter((id) => id !== ''));
    const exposed = await exposedBy(core, work, token.id);
    for (const text of done) ticked.add(itemOf(exposed, text));
    const items = exposed.map((item) => ({ ...item, done: ticked.has(item.id) }));
    const isOver = items.every((item) => item.done);
    if (!isOver) work.decisions.setSetting(nameOf(token.id), [...ticked].sort().join(','));
    else if (before !== undefined) work.decisions.removeSetting(nameOf(token.id));
    work.draft.detail = `token ${token.id} “${token.name}” is compromised: ${String(items.filter((item) => !item.done).length)} items to change`;
    return { token, frozen, open: !isOver, items };
  });
}

/** Every open checklist, without changing anything. */
export async function listCompromised(core: OwnerCore): Promise<readonly CompromisedShape[]> {
  return core.read(async (ground) => {
    const names = await tokenNames(core, ground);
    const lists: CompromisedShape[] = [];
    for (const id of openChecklists(ground)) {
      const ticked = new Set((settingOf(ground.state.value, nameOf(id)) ?? '').split(','));
      const items = (await exposedBy(core, ground, id)).map((item) => ({ ...item, done: ticked.has(item.id) }));
      const frozen = await isFrozenNow(core, ground, id);
      lists.push({ token: { id, name: names.get(id) ?? id }, frozen, open: true, items });
    }
    return lists;
  });
}

async function isListed(core: OwnerCore, ground: OwnerGround, reference: Reference): Promise<boolean> {
  return openChecklists(ground).includes((await anyToken(core, ground, reference)).id);
}

/** False for a token that has ended: it opens nothing. */
async function isFrozenNow(core: OwnerCore, ground: OwnerGround, id: string): Promise<boolean> {
  const token = await readOwned(core, ground, id);
  return token !== null && isFrozen(ground.handle, { safeId: core.safe.id }, token.leaf);
}

/** The names of the tokens whose checklists are open. */
export async function checklistNames(core: OwnerCore, ground: OwnerGround): Promise<readonly string[]> {
  const open = openChecklists(ground);
  if (open.length === 0) return [];
  const names = await tokenNames(core, ground);
  return open.map((id) => names.get(id) ?? id);
}

/** A token, also one that has ended. */
async function anyToken(
  core: OwnerCore,
  ground: OwnerGround,
  { text }: Reference,
): Promise<{ readonly id: string; readonly name: string }> {
  const names = [...(await tokenNames(core, ground))];
  const found = names.findLast(([id, name]) => id === text.toLowerCase() || foldName(name) === foldName(text));
  if (found === undefined) throw notFound('token', text, names.flat());
  return { id: found[0], name: found[1] };
}

/** False for a token that has ended: it opens nothing. */
async function freeze(core: OwnerCore, work: OwnerWork, id: string): Promise<boolean> {
  const token = await readOwned(core, work, id);
  if (token === null) return false;
  if (token.leaf.frozenSeq === null) await listLeaf(core, work, { ...token.leaf, frozenSeq: work.state.last.seq + 1 });
  work.decisions.note({ kind: 'freeze', id, revision: 0, hash: null, before: null });
  return true;
}

/** How bad it is that a type is known, worst first. */
const WORST = ['ssh-key', 'api-key', 'database', 'login', 'card', 'identity', 'wifi', 'custom', 'note'];

/** How the entry of a use begins that handed the secret over as it is. */
const HANDED_OVER = /^(?:read|inject|helper|run --no-mask)\b/;

/** What a token was given, in order of danger: what it was shown before what it only used, by type, the newest first. */
async function exposedBy(core: OwnerCore, ground: OwnerGround, token: string): Promise<readonly ExposedShape[]> {
  const archived = (await readProfileOf(ground, token))?.reads ?? [];
  const times = new Map<string, { at: number; isShown: boolean }>();
  for (const [item, at] of archived) times.set(item, { at, isShown: true });
  const rows = await usesOfSecretsBy(ground.handle, token);
  const opened = await new PayloadReader(core.safe.id, agreementsOf(core.keys)).openAll(ground.handle, rows);
  for (const [n, { item, at, action }] of rows.entries()) {
    if (item === null) continue;
    const isHidden = action === 'item.use' && !HANDED_OVER.test(opened[n]?.payload.detail ?? '');
    times.set(item, { at, isShown: !isHidden || times.get(item)?.isShown === true });
  }
  const found: RankedShape[] = [];
  for (const [id, { at, isShown }] of times) found.push(await exposedRow(core, ground, { id, at, isShown }));
  const order = found.sort((a, b) => a.rank - b.rank || (a.row.last_at < b.row.last_at ? 1 : -1));
  return order.map(({ row }) => row);
}

interface RankedShape {
  readonly row: ExposedShape;
  /** Low is dangerous. */
  readonly rank: number;
}

async function exposedRow(
  core: OwnerCore,
  ground: OwnerGround,
  { id, at, isShown }: { id: string; at: number; isShown: boolean },
): Promise<RankedShape> {
  const item = await itemOrNull(core, ground, id);
  const type = item?.overview.type ?? null;
  const rank = (isShown ? 0 : WORST.length + 1) + (type === null ? WORST.length : WORST.indexOf(type));
  const url = item?.overview.urls[0] ?? null;
  const how = isShown ? 'shown' : 'used';
  return { rank, row: { id, title: item?.overview.title ?? null, type, url, how, last_at: isoTime(at), done: false } };
}

async function itemOrNull(core: OwnerCore, ground: OwnerGround, id: string): Promise<ShelvedItem | null> {
  try {
    return await core.shelf.item(ground, id);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

function itemOf(exposed: readonly ExposedShape[], text: string): string {
  const found = exposed.find(({ id, title }) => id === text || foldName(title ?? '') === foldName(text));
  if (found !== undefined) return found.id;
  const names = exposed.flatMap(({ title, id }) => [title ?? id]);
  throw new Refusal('not_found', {
    ...notFound('item', text, names).facts,
    message: 'The checklist has no such item.',
  });
}
