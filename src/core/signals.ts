/**
 * The signals of the log: what is unusual about an entry. They are made with the entry, from facts and tags alone: who
 * makes them cannot read earlier reasons. They mark and never block. Each rule stands in docs/log.md in the same words.
 */
import { isHollow } from './hollow.js';

/** In the order in which an entry lists them. */
export const SIGNALS = [
  'first-use',
  'repeat',
  'template',
  'boilerplate',
  'burst',
  'off-hours',
  'denied-then-granted',
  'new-client',
  'clock',
  'decoy',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** Those that follow from no history: a clock that went back, and an item that is a decoy. */
type Given = 'clock' | 'decoy';

/** Signals that are about the words of a reason; all others are about the access. */
export const REASON_SIGNALS: readonly Signal[] = ['repeat', 'template', 'boilerplate'];

export const HOUR_MS = 3_600_000;
/** How many of a token's entries are looked back at for repeats, templates, clients and refusals. */
export const RECENT_ENTRIES = 200;
/** How many days of a token's hours are looked back at for bursts and unusual hours. */
export const HISTORY_DAYS = 7;

const BURST_FACTOR = 3;
const DENIED_FOR_MS = HOUR_MS;
const CLOCK_SLACK_MS = 1_000;
const HOURS_A_DAY = 24;
/** Refusals after which a better call is what is wanted, not a sign of shopping for an answer. */
const HARMLESS_REFUSALS: readonly (string | null)[] = ['invalid_request', 'not_found', 'ambiguous', 'conflict'];

/** What an entry shows without being opened. Tags are hexadecimal. */
export interface EntryFact {
  readonly at: number;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly item: string | null;
  readonly reasonTag: string | null;
  readonly templateTag: string | null;
  readonly clientTag: string | null;
}

/** The entry that is being made, with its reason still in clear. */
export interface NewFact extends EntryFact {
  readonly reason: string | null;
  readonly tool: string | null;
}

/** What a token did before. */
export interface History {
  /** When its first entry was made; null if it has none. */
  readonly firstAt: number | null;
  /** Its newest entries, oldest first, {@link RECENT_ENTRIES} at most. */
  readonly recent: readonly EntryFact[];
  /** How many entries it made in each clock hour (`at / HOUR_MS`, whole) that has any, from seven days ago on. */
  readonly hours: ReadonlyMap<number, number>;
  /** Whether an earlier entry of it names the item. */
  readonly knowsItem: boolean;
}

/** The signals of a token's entry, in the order of {@link SIGNALS}. */
export function signalsOf(entry: NewFact, history: History): readonly Signal[] {
  const found: Readonly<Record<Exclude<Signal, Given>, boolean>> = {
    'first-use': entry.item !== null && entry.action !== 'item.create' && !history.knowsItem,
    repeat: entry.reasonTag !== null && history.recent.some(({ reasonTag }) => reasonTag === entry.reasonTag),
    template: isTemplate(entry, history),
    boilerplate: entry.reason !== null && isHollow(entry.reason, entry.tool),
    burst: isBurst(entry.at, history),
    'off-hours': isOffHours(entry.at, history),
    'denied-then-granted': wasDenied(entry, history),
    'new-client': isNewClient(entry, history),
  };
  return SIGNALS.filter((signal) => signal !== 'clock' && signal !== 'decoy' && found[signal]);
}

/** The same reason but for digits, hexadecimal and ids: another one that gives the same template. */
function isTemplate({ reasonTag, templateTag }: NewFact, { recent }: History): boolean {
  return templateTag !== null && recent.some((one) => one.templateTag === templateTag && one.reasonTag !== reasonTag);
}

/** More than three times the median of the hours before it in which the token made any entry. */
function isBurst(at: number, { hours }: History): boolean {
  const now = Math.floor(at / HOUR_MS);
  const before = [...hours].flatMap(([hour, count]) => (isWithin(hour, now) ? [count] : []));
  if (before.length === 0) return false;
  return (hours.get(now) ?? 0) + 1 > BURST_FACTOR * medianOf(before);
}

function isWithin(hour: number, now: number): boolean {
  return hour < now && hour >= now - HISTORY_DAYS * HOURS_A_DAY;
}

/** The median; of an even number of values the mean of the two in the middle. */
function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  return (lower + upper) / 2;
}

/** No entry within the last seven days in this hour of the day (UTC), the one before it or the one after it. */
function isOffHours(at: number, { firstAt, hours }: History): boolean {
  if (firstAt === null || at - firstAt < HISTORY_DAYS * HOURS_A_DAY * HOUR_MS) return false;
  const now = Math.floor(at / HOUR_MS);
  return ![...hours.keys()].some((hour) => isWithin(hour, now) && distance(hour, now) <= 1);
}

/** How far apart two hours are on the face of a clock of 24 hours. */
function distance(a: number, b: number): number {
  const apart = Math.abs(a - b) % HOURS_A_DAY;
  return Math.min(apart, HOURS_A_DAY - apart);
}

/** Of its entries of this action within the hour before, about this item or about none, the newest was refused. */
function wasDenied(entry: NewFact, { recent }: History): boolean {
  if (entry.outcome !== 'granted') return false;
  const before = recent.findLast(
    ({ action, item, at, code }) =>
      action === entry.action &&
      (item === null || item === entry.item) &&
      entry.at - at <= DENIED_FOR_MS &&
      !HARMLESS_REFUSALS.includes(code),
  );
  return before?.outcome === 'refused';
}

/** A client that none of its recent entries came from, if it has any. */
function isNewClient({ clientTag }: NewFact, { recent }: History): boolean {
  return recent.length > 0 && clientTag !== null && !recent.some((one) => one.clientTag === clientTag);
}

/** Whether the clock stands before what it stood at already, by more than a second. */
export function isClockBack(clock: number, latest: number): boolean {
  return clock < latest - CLOCK_SLACK_MS;
}
