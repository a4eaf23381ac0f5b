/**
 * Names to choose from while an argument is typed: of vaults, and of items if the task is filled in already, since a
 * title is given for a reason alone. They come from calls of `whoami` and `search_items`, which are in the log.
 */
import type { CompleteResult } from '@modelcontextprotocol/server';
import { foldName } from '../core/text.js';
import type { Ask, Asked, Names, Question, RecentNames } from './asked.js';
import { vaultsIn } from './known-grants.js';
import { DRAFT_REASON, unknownPrompt, WORK_WITH_THIS_SAFE } from './prompts.js';
import { invalidParams } from './protocol-error.js';
import { VAULT_TEMPLATE } from './resources.js';

const VALUES_AT_MOST = 100;
const ITEMS_AT_MOST = 200;

/** How long an answer of the gate may be narrowed, in milliseconds: some keys, not a change of what is granted. */
const RECENT_MS = 5_000;

/** The most characters that are searched for; what is found is compared with all that was typed. */
const LONGEST_QUERY = 150;

/** A question that may have to be put. */
interface Open extends Pick<Question, 'topic' | 'prefix'> {
  put(): Promise<Names>;
}

/** What is being typed, and what was filled in before it. */
interface Typed {
  readonly name: string;
  readonly value: string;
  readonly filled: unknown;
}

const NOTHING: CompleteResult = { completion: { values: [], total: 0, hasMore: false } };

/** `completion/complete`. No values where there is nothing to complete, or where the gate refuses. */
export async function complete({ params, ask, recent }: Asked): Promise<CompleteResult> {
  const typed = typedIn(params);
  const open = isCompleted(params['ref'], typed.name) ? questionOf(typed, ask) : undefined;
  if (open === undefined) return NOTHING;
  return resultOf(await namesFor(open, recent), foldName(typed.value));
}

function typedIn({ argument, context }: Asked['params']): Typed {
  const [name, value] = [textIn(argument, 'name'), textIn(argument, 'value')];
  if (name === undefined || value === undefined) throw invalidParams('Send argument with name and value, both text.');
  return { name, value, filled: valueIn(context, 'arguments') };
}

/** Whether names can stand there. Throws an error of the protocol for a prompt or a template that is not. */
function isCompleted(ref: unknown, argument: string): boolean {
  if (valueIn(ref, 'type') === 'ref/prompt') {
    const prompt = valueIn(ref, 'name');
    if (prompt !== DRAFT_REASON && prompt !== WORK_WITH_THIS_SAFE) throw unknownPrompt();
    return prompt === DRAFT_REASON && (argument === 'vault' || argument === 'item');
  }
  if (valueIn(ref, 'type') === 'ref/resource' && valueIn(ref, 'uri') === VAULT_TEMPLATE) return argument === 'vault';
  throw invalidParams('Send ref: one of the prompts, or the template of resources/templates/list.');
}

/** Undefined for items without a task: then nothing may be asked. */
function questionOf({ name, value, filled }: Typed, ask: Ask): Open | undefined {
  if (name === 'vault') return { topic: 'vault', prefix: '', put: () => vaultNames(ask) };
  const [reason, vault] = [textIn(filled, 'task')?.trim() ?? '', textIn(filled, 'vault')?.trim() ?? ''];
  if (reason === '') return undefined;
  const search = {
    query: Array.from(value).slice(0, LONGEST_QUERY).join(''),
    ...(vault === '' ? {} : { vault }),
    reason,
  };
  const topic = JSON.stringify(['item', vault, reason]);
  return { topic, prefix: foldName(value), put: () => itemTitles(ask, search) };
}

async function vaultNames(ask: Ask): Promise<Names> {
  const answer = await ask('whoami', {});
  const names = answer.ok ? vaultsIn(answer).map(({ id, name }) => name ?? id) : [];
  return { names, isComplete: true, receipt: answer.receipt };
}

async function itemTitles(ask: Ask, search: Readonly<Record<string, string>>): Promise<Names> {
  const answer = await ask('search_items', { ...search, limit: ITEMS_AT_MOST });
  if (!answer.ok) return { names: [], isComplete: true, receipt: answer.receipt };
  const { items, next_cursor: cursor } = answer.result;
  const titles = Array.isArray(items) ? items.map((item) => textIn(item, 'title')) : [];
  return { names: titles.filter((title) => title !== undefined), isComplete: cursor === null, receipt: answer.receipt };
}

/** The names of the last question, if they hold all that this one asks for; else those the gate gives now. */
async function namesFor(open: Open, recent: RecentNames): Promise<Names> {
  const { last } = recent;
  const isNarrower = last?.topic === open.topic && open.prefix.startsWith(last.prefix);
  if (last !== undefined && isNarrower && performance.now() - last.askedAt < RECENT_MS) {
    const names = await last.names;
    if (names.isComplete || open.prefix === last.prefix) return names;
  }
  const asked = { topic: open.topic, prefix: open.prefix, askedAt: performance.now(), names: open.put() };
  asked.names.catch(() => (recent.last = undefined));
  recent.last = asked;
  return asked.names;
}

function resultOf({ names, isComplete, receipt }: Names, prefix: string): CompleteResult {
  const folded = new Map(names.map((name) => [name, foldName(name)]));
  const fitting = [...folded].filter(([, name]) => name.startsWith(prefix)).sort(([, a], [, b]) => (a < b ? -1 : 1));
  const values = fitting.slice(0, VALUES_AT_MOST).map(([name]) => name);
  const completion = isComplete
    ? { values, total: fitting.length, hasMore: fitting.length > values.length }
    : { values, hasMore: true };
  return { completion, ...(receipt === null ? {} : { _meta: { receipt } }) };
}

function valueIn(from: unknown, key: string): unknown {
  return typeof from === 'object' && from !== null ? Reflect.get(from, key) : undefined;
}

function textIn(from: unknown, key: string): string | undefined {
  const value = valueIn(from, key);
  return typeof value === 'string' ? value : undefined;
}
