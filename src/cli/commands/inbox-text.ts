/** Requests as people read them. What the agent wrote is escaped. */
import type {
  AccessCardShape,
  InboxCardShape,
  InboxRequestShape,
  UseCardShape,
  UseRequestShape,
} from '../../core/inbox-shapes.js';
import { askedText } from '../../core/request.js';
import { escapeText } from '../../core/text.js';
import { counted } from '../chart.js';
import type { Column, Output } from '../output.js';
import { wrap } from '../width.js';
import { expiryText, grantText } from './token-text.js';

const COLUMNS: readonly Column[] = [
  { key: 'id', title: 'id', whole: true },
  { key: 'time', title: 'asked', whole: true },
  { key: 'kind', title: 'kind', whole: true },
  { key: 'state', title: 'state', whole: true, style: stateStyle },
  { key: 'who', title: 'who' },
  { key: 'what', title: 'what' },
  { key: 'reason', title: 'reason', wrap: true },
];

function stateStyle(row: object): 'yellow' | undefined {
  return Reflect.get(row, 'state') === 'pending' ? 'yellow' : undefined;
}

/** Below this width an id, and what is asked for, stand under the row: both are long. */
const WIDE = 130;
const UNDER_ROWS = ['id', 'what'];

/** Requests as a table; where all of them wait, it does not say so of each. */
export function inboxTable(
  requests: readonly InboxRequestShape[],
  out: Pick<Output, 'table' | 'time' | 'isTerminal' | 'width'>,
): string {
  const rows = requests.map((request) => ({
    ...request,
    time: out.time(request.at),
    who: request.token.name,
    what: textOf(request),
  }));
  const isWaiting = requests.every(({ state }) => state === 'pending');
  const columns = isWaiting ? COLUMNS.filter(({ key }) => key !== 'state') : COLUMNS;
  if (!out.isTerminal || out.width >= WIDE) return out.table(columns, rows);
  const narrow = columns.filter(({ key }) => !UNDER_ROWS.includes(key));
  return out.table(narrow, rows, (row) => UNDER_ROWS.map((key) => String(Reflect.get(row, key))).join(': '));
}

/** What is asked for in a line, as a text that is not yet escaped. */
export function textOf(request: InboxRequestShape): string {
  if (request.kind === 'use') return useText(request.use);
  const { max_uses: maxUses, ...asked } = request.asked;
  return askedText({ ...asked, maxUses });
}

/** `asks for viewer on vault Production`, or `asks to see password of Grafana`; not yet escaped. */
export function asksText(request: InboxRequestShape): string {
  return `asks ${request.kind === 'use' ? 'to' : 'for'} ${textOf(request)}`;
}

/** `see password of DB password`, or `use key of GitHub for recipe deploy env=staging`. */
function useText({ item, fields, purpose }: UseRequestShape['use']): string {
  const what = `${fields.join(', ')}${item === null ? '' : ` of ${item.title ?? item.id}`}`;
  const [first = '', ...more] = purpose.split('\n');
  return first === '' ? `see ${what}` : `use ${what} for ${first}${more.length === 0 ? '' : ' …'}`;
}

type Facts = readonly (readonly [label: string, value: string | undefined])[];

/** A request with all that decides it. */
export function cardText(card: InboxCardShape, out: Pick<Output, 'local' | 'width' | 'isTerminal'>): string {
  const all = card.kind === 'use' ? useFacts(card, out.local) : accessFacts(card, out.local);
  const facts = all.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  const room = out.isTerminal ? Math.max(40, out.width - width) : Infinity;
  const lines = facts.flatMap(([label, value]) =>
    valueLines(value, room).map((line, i) => (i === 0 ? label : '').padEnd(width) + line),
  );
  const has = card.kind === 'use' ? usesBefore(card, out.local) : accessBefore(card, out.local);
  const before = has.flatMap((line) => hanging(line, out.isTerminal ? out.width : Infinity));
  return [`Request ${card.id}, ${card.state}`, '', ...lines, '', ...before, ...nextLines(card)].join('\n');
}

/** What does not fit goes on below, two columns in. */
function hanging(text: string, width: number): readonly string[] {
  return wrap(text, Math.max(40, width) - 2).map((line, i) => (i === 0 ? line : `  ${line}`));
}

/** A request with its headers and its body has lines of its own. */
function valueLines(value: string, room: number): readonly string[] {
  return value.split('\n').flatMap((line) => wrap(escapeText(line), room));
}

function accessBefore({ access }: AccessCardShape, isLocal: boolean): readonly string[] {
  const lines = access.map((grant) => `- ${grantText(grant, isLocal)}`);
  return lines.length === 0 ? ['It has no access yet.'] : ['It has now:', ...lines];
}

function usesBefore({ before, last_uses: last }: UseCardShape, isLocal: boolean): readonly string[] {
  const { granted, refused, approved, denied } = before;
  const calls = `Before: ${counted(granted, 'call')} granted, ${String(refused)} refused; you approved ${counted(approved, 'request')} and denied ${String(denied)}.`;
  const lines = last.map(
    ({ at, action, item, fields, reason }) =>
      `- ${expiryText(at, isLocal)} ${action} ${escapeText(item?.title ?? item?.id ?? '')} ${escapeText(fields.join(', '))}: ${escapeText(reason ?? '')}`,
  );
  return [calls, ...(lines.length === 0 ? ['It has used no secret yet.'] : ['Its last uses:', ...lines])];
}

function whoFacts({ token, client, transport }: InboxCardShape): Facts {
  return [
    ['Who', `${token.name} (token ${token.id})`],
    ['Client', `${client.name} ${client.version} (${transport})`],
  ];
}

function timeFacts(card: InboxCardShape, isLocal: boolean): Facts {
  return [
    ['Asked', `${expiryText(card.at, isLocal)}, entry ${String(card.seq)} of the log`],
    [card.state === 'pending' ? 'Ends' : 'Decided', expiryText(card.decided_at ?? card.expires_at, isLocal)],
    ['Because', card.because],
  ];
}

function accessFacts(card: AccessCardShape, isLocal: boolean): Facts {
  const { means, replaces } = card;
  return [
    ...whoFacts(card),
    ['Asks for', textOf(card)],
    ['Why', card.reason ?? undefined],
    ['That is', meaningText(means)],
    ['Replaces', replaces === undefined ? undefined : grantText(replaces, isLocal)],
    ...timeFacts(card, isLocal),
  ];
}

function useFacts(card: UseCardShape, isLocal: boolean): Facts {
  const { tool, vault, item, fields, purpose } = card.use;
  const where = vault === null ? '' : ` in vault ${vault.name}`;
  const good =
    card.uses === undefined
      ? undefined
      : `${String(card.used ?? 0)} of ${String(card.uses)} used, until ${expiryText(card.until ?? null, isLocal)}`;
  return [
    ...whoFacts(card),
    ['Asks for', tool === 'lend_item' ? 'use in a command' : tool],
    ['Item', item === null ? where.trim() || undefined : `${item.title ?? ''} [${item.id}]${where}`],
    ['Fields', fields.join(', ')],
    ['For', purpose === '' ? 'to see it' : purpose],
    ['Why', card.reason ?? undefined],
    ...timeFacts(card, isLocal),
    ['Good for', good],
  ];
}

function meaningText({ vault, item }: AccessCardShape['means']): string {
  if (vault === null)
    return 'nothing that there is under that name, or several things: name it with --vault and --item';
  const where = `vault ${vault.name} [${vault.id}]`;
  return item === null ? where : `item ${item.title} [${item.id}] in ${where}`;
}

function nextLines({ id, state }: InboxCardShape): readonly string[] {
  if (state !== 'pending') return [];
  return ['', `vouchsafe inbox approve ${id}`, `vouchsafe inbox deny ${id} --because TEXT`];
}

/** How often and until when an approved use may be made. */
export function usesText({ uses = 1, until }: Pick<UseRequestShape, 'uses' | 'until'>, isLocal: boolean): string {
  return `${uses === 1 ? 'once' : `${String(uses)} times`}, until ${expiryText(until ?? null, isLocal)}`;
}
