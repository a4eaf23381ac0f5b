/** `audit show`: one entry, and what proves it. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import type { EntryDetail } from '../../gate/log-door.js';
import { counted } from '../chart.js';
import type { Runner } from '../context.js';
import { withExamples } from '../help.js';
import { wrap } from '../width.js';
import { entryTable, outcomeOf, whoOf, type EntryPage } from './audit-text.js';

/** Adds `show` to the noun. */
export function registerShow(audit: Command, run: Runner): void {
  const command = audit
    .command('show <entry>')
    .description('one entry and its proof, by number, or as a receipt SEQ:HASH');
  withExamples(command, ['vouchsafe audit show 42']).action(
    run(async (context, text: string) => {
      const { seq, hash } = readReceipt(text);
      const door = await context.owner();
      const detail = await door.showEntry(seq, hash);
      context.out.one(detailShape(detail), detailText(detail, context.out, hash));
    }),
  );
}

/** The number and the hash of `SEQ[:HASH]`. Throws `invalid_request`. */
export function readReceipt(text: string): { readonly seq: number; readonly hash?: string } {
  const [, seq, hash] = /^([1-9][0-9]{0,14})(?::([0-9a-f]{64}))?$/i.exec(text.trim()) ?? [];
  if (seq !== undefined) return { seq: Number(seq), ...(hash === undefined ? {} : { hash: hash.toLowerCase() }) };
  throw new Refusal('invalid_request', {
    message: 'That is not the number of an entry, nor a receipt SEQ:HASH with 64 hexadecimal digits.',
    next: 'For example: vouchsafe audit show 42',
  });
}

/**
 * One entry with all that is known of it, its proof, and the entries around it. `receipt` is the hash that was asked for,
 * which the entry has.
 */
function detailText(detail: EntryDetail, out: EntryPage, receipt?: string): string {
  const { entry, proof, neighbours } = detail;
  const facts = [...entryFacts(detail), ...proofFacts(detail)].filter(([, value]) => value !== '' && value !== null);
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  const room = out.isTerminal ? Math.max(LEAST_ROOM, out.width - width) : Infinity;
  const lines = facts.flatMap(([label, value]) =>
    wrap(escapeText(String(value)), room).map((line, i) => (i === 0 ? label : '').padEnd(width) + line),
  );
  const around = neighbours.length === 0 ? [] : ['', 'Around it:', entryTable(neighbours, out)];
  const head = `Entry ${String(entry.seq)}, ${proof.verified ? 'verified' : 'NOT VERIFIED'}`;
  return [head, ...receiptLines(detail, receipt), '', ...lines, ...changeLines(detail), ...around].join('\n');
}

function receiptLines({ entry, proof }: EntryDetail, receipt: string | undefined): readonly string[] {
  if (receipt === undefined) return [];
  return proof.verified
    ? [`The receipt is right: entry ${String(entry.seq)} is the one that it was given for.`]
    : ['The receipt has the hash of this entry, but the entry itself is NOT what was signed.'];
}

/** The fewest columns in which a fact is wrapped. */
const LEAST_ROOM = 40;

type Fact = readonly [label: string, value: string | number | null];

function entryFacts(found: EntryDetail): readonly Fact[] {
  const { entry, tool, requestId, address, exchange, detail, asked, purpose, suppressed } = found;
  const { actor, client } = entry;
  return [
    ['Time', entry.at],
    ['Who', actor.kind === 'token' ? `${whoOf(entry)} (token ${actor.id ?? 'unknown'})` : whoOf(entry)],
    ['What', tool === null ? entry.action : `${entry.action} (${tool})`],
    ['Outcome', outcomeOf(entry)],
    ['Detail', detail],
    ['Vault', nameAndId(entry.vault?.name, entry.vault?.id)],
    ['Item', nameAndId(entry.item?.title, entry.item?.id)],
    ['Fields', entry.fields.join(', ')],
    ['Reason', entry.reason],
    ['Signals', entry.signals.join(', ')],
    ['Client', `${client.name} ${client.version} (${entry.transport})`],
    ['Address', address],
    ['Short-lived token', exchange],
    ['Request', requestId],
    ['Asks for', asked],
    ['Grant', entry.grant_id ?? null],
    ['Purpose', purpose],
    [
      'Unrecorded',
      suppressed === 0
        ? null
        : `${counted(suppressed, 'refusal')} before this one ${suppressed === 1 ? 'was' : 'were'} only counted`,
    ],
  ];
}

function proofFacts({ entry, stateVersion, proof }: EntryDetail): readonly Fact[] {
  return [
    ['State', `version ${String(stateVersion)}`],
    ['Hash', entry.hash],
    ['Previous', proof.prev],
    ['Signature', proof.signature ?? '(none: no usable token)'],
  ];
}

function nameAndId(name: string | null | undefined, id: string | undefined): string | null {
  if (id === undefined) return null;
  return name === undefined || name === null ? id : `${name} [${id}]`;
}

function changeLines({ changes }: EntryDetail): readonly string[] {
  if (changes.length === 0) return [];
  const lines = changes.map(({ kind, id, revision, hash, before }) => {
    const was = before === null ? 'new' : `was ${before}`;
    return escapeText(`- ${kind} ${id} revision ${String(revision)}: ${hash ?? 'deleted'} (${was})`);
  });
  return ['', 'Changed:', ...lines];
}

/** The JSON of `audit show`: the entry, and beside it what proves it. */
function detailShape(found: EntryDetail): object {
  const { entry, tool, requestId, address, exchange, detail, suppressed, stateVersion, changes, proof, neighbours } =
    found;
  return {
    entry,
    tool,
    request_id: requestId,
    address,
    exchange,
    detail,
    suppressed,
    state_version: stateVersion,
    changes,
    proof,
    neighbours,
  };
}
