/**
 * ArcSight's Common Event Format, CEF:0, by "Implementing ArcSight Common Event Format (CEF)", version 25: seven fields
 * of a header with `|` between them, then `key=value` with a space between them. The keys are those of its dictionary.
 */
import type { EntryShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import { VERSION } from '../../gate/version.js';
import type { Formatter } from './formatter.js';
import { severityOf, type Severity } from './severity.js';

/** Entries as CEF without a syslog header: which one it needs, whoever sends it on knows. */
export const cef: Formatter = {
  head: '',
  line: (entry) => `CEF:${['0', ...headerOf(entry)].map(escapeHeader).join('|')}|${extensionOf(entry)}\n`,
};

/** CEF counts 0–3 as low, 4–6 as medium, 7–8 as high, 9–10 as very high. */
const SEVERITY: Readonly<Record<Severity, number>> = { 1: 1, 2: 3, 3: 5, 4: 8 };

function headerOf(entry: EntryShape): readonly string[] {
  const { action, outcome } = entry;
  return ['Vouchsafe', 'Vouchsafe', VERSION, action, `${action} ${outcome}`, String(SEVERITY[severityOf(entry)])];
}

type Pair = readonly [key: string, value: string | null | undefined];

function extensionOf(entry: EntryShape): string {
  const pairs = [...standardPairs(entry), ...customPairs(entry)];
  return pairs.flatMap(([key, value]) => (isSaid(value) ? [`${key}=${escapeValue(value)}`] : [])).join(' ');
}

function isSaid(value: Pair[1]): value is string {
  return value !== undefined && value !== null && value !== '';
}

const PRIVILEGES = { owner: 'Administrator', token: 'User', none: null } as const;

/** `reason` is, by the dictionary, an error or its code; what was stated as a reason is the message. */
function standardPairs({ at, seq, actor, action, outcome, code, reason, client, transport }: EntryShape): Pair[] {
  return [
    ['rt', String(Date.parse(at))],
    ['externalId', String(seq)],
    ['suser', actor.kind === 'owner' ? 'owner' : actor.name],
    ['suid', actor.id],
    ['spriv', PRIVILEGES[actor.kind]],
    ['act', action],
    ['outcome', outcome === 'granted' ? 'success' : 'failure'],
    ['reason', code],
    ['msg', reason],
    ['app', transport],
    ['requestClientApplication', `${client.name} ${client.version}`.trim()],
  ];
}

/** What the dictionary has no key for, in its custom fields, each with its label. */
function customPairs({ vault, item, fields, signals, grant_id, hash }: EntryShape): Pair[] {
  return [
    ...labelled('cs1', 'vault', vault?.name),
    ...labelled('cs2', 'item', item?.title),
    ...labelled('cs3', 'fields', fields.join('; ')),
    ...labelled('cs4', 'signals', signals.join('; ')),
    ...labelled('cs5', 'grant', grant_id),
    ...labelled('cs6', 'hash', hash),
    ...labelled('flexString1', 'vault id', vault?.id),
    ...labelled('flexString2', 'item id', item?.id),
  ];
}

function labelled(key: string, label: string, value: Pair[1]): Pair[] {
  return isSaid(value)
    ? [
        [`${key}Label`, label],
        [key, value],
      ]
    : [];
}

function escapeHeader(text: string): string {
  return PLAIN.test(text) ? text : escapeText(text).replace(/[\\|]/g, '\\$&');
}

/** An end of line is `\n` or `\r`, which the format has for values alone; other hidden characters are made visible. */
function escapeValue(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .split(/([\n\r])/)
    .map((part) => ENDS[part] ?? escapeText(part).replace(/[\\=]/g, '\\$&'))
    .join('');
}

/** What most values are, and need not be looked at any closer. */
const PLAIN = /^[\w .,:;-]*$/;

const ENDS: Readonly<Partial<Record<string, string>>> = { '\n': '\\n', '\r': '\\r' };
