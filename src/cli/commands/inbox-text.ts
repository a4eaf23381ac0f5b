/** Requests as people read them. What the agent wrote is escaped. */
import type { InboxCardShape, InboxRequestShape } from '../../core/shapes.js';
import { askedText } from '../../core/request.js';
import { escapeText } from '../../core/text.js';
import type { Column, Output } from '../output.js';
import { wrap } from '../width.js';
import { expiryText, grantText } from './token-text.js';

/** The columns of a list of requests. */
export const INBOX_COLUMNS: readonly Column[] = [
  { key: 'id', title: 'id', whole: true },
  { key: 'time', title: 'asked' },
  { key: 'state', title: 'state', style: (row) => (Reflect.get(row, 'state') === 'pending' ? 'yellow' : undefined) },
  { key: 'who', title: 'who' },
  { key: 'what', title: 'what' },
  { key: 'reason', title: 'reason', wrap: true },
];

/** What is asked for, as a text that is not yet escaped. */
export function textOf(request: Pick<InboxRequestShape, 'asked'>): string {
  const { max_uses: maxUses, ...asked } = request.asked;
  return askedText({ ...asked, maxUses });
}

/** A request with all that decides it. */
export function cardText(card: InboxCardShape, out: Pick<Output, 'local' | 'width' | 'isTerminal'>): string {
  const facts = cardFacts(card, out.local).filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  const room = out.isTerminal ? Math.max(40, out.width - width) : Infinity;
  const lines = facts.flatMap(([label, value]) =>
    wrap(escapeText(value), room).map((line, i) => (i === 0 ? label : '').padEnd(width) + line),
  );
  const access = card.access.map((grant) => `- ${grantText(grant, out.local)}`);
  const has = access.length === 0 ? ['It has no access yet.'] : ['It has now:', ...access];
  return [`Request ${card.id}, ${card.state}`, '', ...lines, '', ...has, ...nextLines(card)].join('\n');
}

function cardFacts(card: InboxCardShape, isLocal: boolean): readonly (readonly [string, string | undefined])[] {
  const { token, client, transport, means, replaces } = card;
  return [
    ['Who', `${token.name} (token ${token.id})`],
    ['Client', `${client.name} ${client.version} (${transport})`],
    ['Asks for', textOf(card)],
    ['Why', card.reason ?? undefined],
    ['That is', meaningText(means)],
    ['Replaces', replaces === undefined ? undefined : grantText(replaces, isLocal)],
    ['Asked', `${expiryText(card.at, isLocal)}, entry ${String(card.seq)} of the log`],
    [card.state === 'pending' ? 'Ends' : 'Decided', expiryText(card.decided_at ?? card.expires_at, isLocal)],
    ['Because', card.because],
  ];
}

function meaningText({ vault, item }: InboxCardShape['means']): string {
  if (vault === null)
    return 'nothing that there is under that name, or several things: name it with --vault and --item';
  const where = `vault ${vault.name} [${vault.id}]`;
  return item === null ? where : `item ${item.title} [${item.id}] in ${where}`;
}

function nextLines({ id, state }: InboxCardShape): readonly string[] {
  if (state !== 'pending') return [];
  return ['', `vouchsafe inbox approve ${id}`, `vouchsafe inbox deny ${id} --because TEXT`];
}
