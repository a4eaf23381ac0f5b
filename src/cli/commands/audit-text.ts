/** How entries of the log are shown. All that agents wrote in them is escaped. */
import type { EntryShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { EntryDetail, Verification } from '../../gate/door.js';
import type { Output } from '../output.js';
import type { Column } from '../table.js';
import { wrap } from '../width.js';

const COLUMNS: readonly Column[] = [
  { key: 'seq', title: '#', alignRight: true, whole: true },
  { key: 'time', title: 'time', whole: true },
  { key: 'who', title: 'who' },
  { key: 'what', title: 'what' },
  { key: 'where', title: 'where' },
  { key: 'outcome', title: 'outcome', whole: true, style: outcomeStyle },
  { key: 'reason', title: 'reason', wrap: true },
];

function outcomeStyle(row: object): 'red' | undefined {
  return Reflect.get(row, 'outcome') === 'granted' ? undefined : 'red';
}

/** What a table of entries has to know of the output. */
export type EntryPage = Pick<Output, 'table' | 'time' | 'isTerminal' | 'width'>;

/** Below this width the code of a refusal and the reason stand under the row: nothing of them is ever cut. */
const WIDE = 130;

/** The entries as a table: what was not granted stands in capitals. */
export function entryTable(entries: readonly EntryShape[], out: EntryPage): string {
  const isNarrow = out.isTerminal && out.width < WIDE;
  const rows = entries.map((entry) => ({
    seq: entry.seq,
    time: out.time(entry.at),
    who: whoOf(entry),
    what: entry.action,
    where: whereOf(entry),
    outcome: isNarrow ? outcomeWord(entry) : outcomeOf(entry),
    reason: isNarrow ? reasonWithCode(entry) : entry.reason,
  }));
  if (!isNarrow) return out.table(COLUMNS, rows);
  const columns = COLUMNS.filter(({ key }) => key !== 'reason');
  return out.table(columns, rows, (row) => String(Reflect.get(row, 'reason')));
}

function reasonWithCode({ code, reason }: EntryShape): string {
  return [...(code === undefined ? [] : [`(${code})`]), reason ?? ''].join(' ').trim();
}

/** The name of whoever acted, as it was then; not yet escaped. */
function whoOf({ actor }: EntryShape): string {
  if (actor.kind === 'none') return '(nobody)';
  return actor.name ?? actor.id ?? actor.kind;
}

/** `Production/DB password`; not yet escaped. Null where the entry is about no vault. */
function whereOf({ vault, item }: EntryShape): string | null {
  const place = vault === undefined ? undefined : (vault.name ?? vault.id);
  const thing = item === undefined ? undefined : (item.title ?? item.id);
  if (place === undefined) return thing ?? null;
  return thing === undefined ? place : `${place}/${thing}`;
}

/** `granted`, or in capitals `REFUSED` with its code in small letters. */
function outcomeOf(entry: EntryShape): string {
  return [outcomeWord(entry), ...(entry.code === undefined ? [] : [entry.code])].join(' ');
}

function outcomeWord({ outcome }: EntryShape): string {
  return outcome === 'granted' ? outcome : outcome.toUpperCase();
}

/** One entry with all that is known of it, its proof, and the entries around it. */
export function detailText(detail: EntryDetail, out: EntryPage): string {
  const { entry, proof, neighbours } = detail;
  const facts = [...entryFacts(detail), ...proofFacts(detail)].filter(([, value]) => value !== '' && value !== null);
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  const room = out.isTerminal ? Math.max(LEAST_ROOM, out.width - width) : Infinity;
  const lines = facts.flatMap(([label, value]) =>
    wrap(escapeText(String(value)), room).map((line, i) => (i === 0 ? label : '').padEnd(width) + line),
  );
  const around = neighbours.length === 0 ? [] : ['', 'Around it:', entryTable(neighbours, out)];
  const head = `Entry ${String(entry.seq)}, ${proof.verified ? 'verified' : 'NOT VERIFIED'}`;
  return [head, '', ...lines, ...changeLines(detail), ...around].join('\n');
}

/** The fewest columns in which a fact is wrapped. */
const LEAST_ROOM = 40;

type Fact = readonly [label: string, value: string | number | null];

function entryFacts({ entry, tool, requestId, detail, suppressed }: EntryDetail): readonly Fact[] {
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
    ['Request', requestId],
    ['Grant', entry.grant_id ?? null],
    ['Unrecorded', suppressed === 0 ? null : `${String(suppressed)} refusals before this one were only counted`],
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
export function detailShape(found: EntryDetail): object {
  const { entry, tool, requestId, detail, suppressed, stateVersion, changes, proof, neighbours } = found;
  return {
    entry,
    tool,
    request_id: requestId,
    detail,
    suppressed,
    state_version: stateVersion,
    changes,
    proof,
    neighbours,
  };
}

/** What was verified, and what was found. */
export function verificationText(found: Verification, isFull: boolean): string {
  const { entries, from, to, signatures, items, head, checkpoint, ok } = found;
  const range = entries === 0 ? 'no entries' : `entries ${String(from)} to ${String(to)} (${String(entries)})`;
  return [
    ok ? 'The log is whole.' : 'The log is NOT whole.',
    `Covered: ${range}, ${String(signatures)} signatures, ${String(items)} items.`,
    ...(checkpoint === null ? [] : [`Last checkpoint: entry ${String(checkpoint)}.`]),
    ...(head === null ? [] : [`Newest entry: ${String(head.seq)}:${head.hash}`]),
    ...(isFull || !ok ? [] : ['Signatures before the last checkpoint were not checked again; --full does.']),
  ].join('\n');
}
