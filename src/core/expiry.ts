/** Durations, expiries and moments, as they are typed and as they are printed. All in UTC; nothing here has a clock. */
import { Refusal } from './refusal.js';

/** Units of a duration. `m` is a calendar month, never minutes. */
export const DURATION_UNITS = ['min', 'h', 'd', 'w', 'm', 'y'] as const;
export type DurationUnit = (typeof DURATION_UNITS)[number];

/** A length of time as typed; `amount` is a whole number above 0. */
export interface Duration {
  readonly amount: number;
  readonly unit: DurationUnit;
}

/** What an expiry is judged by. */
export interface ExpiryRules {
  /** Unix ms. */
  readonly now: number;
  /** The longest that is allowed from `now`; null or absent: no such limit. */
  readonly maximum?: Duration | null | undefined;
  readonly allowNever: boolean;
  /** The least time from `now` in ms; one hour if absent. */
  readonly minimumMs?: number | undefined;
}

/** A minute in ms. */
export const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A day of 24 hours in ms. */
export const DAY_MS = 24 * HOUR_MS;
const UNIT_MS = { min: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS } as const;

/** The last moment that is printed with four digits of year: 9999-12-31T23:59:59.999Z. */
const LAST_MOMENT = 253_402_300_799_999;

const NEXT_DURATION = 'Write a whole number and a unit: 15min, 1h, 7d, 2w, 3m (calendar months) or 1y.';
const NEXT_EXPIRY =
  'Write a duration such as 1d, 1w, 3m or 1y, a number of days such as 30, or a date such as 2030-06-01.';
const NEXT_MOMENT = 'Write a duration back from now such as 24h or 7d, a date such as 2030-06-01, today or yesterday.';

const NEXT_AT = 'Write a date such as 2030-06-01, a moment such as 2030-06-01T09:30Z, or +2h.';

/** The duration that a text such as `15min` means. Throws `invalid_request` about `label`, also for an amount of 0. */
export function parseDuration(text: string, label = 'duration'): Duration {
  const duration = readDuration(text);
  if (duration === undefined) refuse(`The ${label} is not a duration`, NEXT_DURATION);
  if (duration.amount === 0) refuse(`The ${label} is zero`, NEXT_DURATION);
  return duration;
}

/** The duration as it is typed, `3m`. */
export function printDuration({ amount, unit }: Duration): string {
  return `${String(amount)}${unit}`;
}

/** The duration that a text such as `15min` means, 0 too; undefined if it is none. */
export function readDuration(text: string): Duration | undefined {
  const match = /^([0-9]{1,9})(min|[hdwmy])$/.exec(text.trim());
  const unit = DURATION_UNITS.find((known) => known === match?.[2]);
  return unit === undefined ? undefined : { amount: Number(match?.[1]), unit };
}

/**
 * The moment that is the duration after `at` (before it, if the amount is negative), in unix ms. Months and years are
 * counted in the UTC calendar and end on the last day of a shorter month: 31 January + 1m = 28 or 29 February. Throws
 * `invalid_request` for a moment outside of the years 1970 to 9999.
 */
export function addDuration(at: number, { amount, unit }: Duration): number {
  const moment =
    unit === 'm' || unit === 'y' ? addMonths(at, unit === 'y' ? 12 * amount : amount) : at + amount * UNIT_MS[unit];
  if (!(moment >= 0 && moment <= LAST_MOMENT)) refuse('The duration is too long', NEXT_DURATION);
  return moment;
}

function addMonths(at: number, months: number): number {
  const date = new Date(at);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  date.setUTCDate(Math.min(day, daysOfMonth(date)));
  return date.getTime();
}

function daysOfMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/**
 * The moment in unix ms that an `--expiration` means, or null for `never`. Taken are a duration, a bare number of days,
 * a date (its last millisecond in UTC, so that the day is still covered), and a moment `2030-06-01T12:00:00Z`. Throws
 * `invalid_request` for anything else, for the past, for less than `minimumMs` and for more than `maximum` from `now`.
 */
export function parseExpiry(text: string, rules: ExpiryRules): number | null {
  const word = text.trim();
  if (word.toLowerCase() === 'never') return checkNever(rules);
  const at = readExpiry(word, rules.now);
  if (at === undefined) refuse('The expiration is not a duration, a number of days or a date', NEXT_EXPIRY);
  checkExpiry(at, rules);
  return at;
}

function checkNever(rules: ExpiryRules): null {
  if (!rules.allowNever) refuse('The expiration may not be never', NEXT_EXPIRY);
  return null;
}

function readExpiry(text: string, now: number): number | undefined {
  const duration = readDuration(/^[0-9]+$/.test(text) ? `${text}d` : text);
  if (duration === undefined) return readDay(text)?.last ?? readMoment(text);
  if (duration.amount === 0) refuse('The expiration is zero', NEXT_EXPIRY);
  return addDuration(now, duration);
}

/**
 * Refuses an expiry in unix ms that is in the past, too near or too far, as {@link parseExpiry} does. Null (never) is
 * checked against `allowNever`.
 */
export function checkExpiry(at: number | null, rules: ExpiryRules): void {
  if (at === null) {
    checkNever(rules);
    return;
  }
  const { now, maximum, minimumMs = HOUR_MS } = rules;
  if (at <= now) refuse('The expiration is in the past', NEXT_EXPIRY);
  if (at - now < minimumMs) refuse(`The expiration is less than ${spell(minimumMs)} away`, NEXT_EXPIRY);
  if (maximum === undefined || maximum === null) return;
  const latest = addDuration(now, maximum);
  if (at > latest) {
    refuse(
      `The expiration is further away than ${printDuration(maximum)}`,
      `The latest that is allowed is ${formatExpiry(latest)}.`,
    );
  }
}

function spell(ms: number): string {
  if (ms === HOUR_MS) return 'one hour';
  return ms % HOUR_MS === 0 ? `${String(ms / HOUR_MS)} hours` : `${String(Math.ceil(ms / MINUTE_MS))} minutes`;
}

/** First and last millisecond of a day `YYYY-MM-DD` in UTC; undefined if there is no such day from 1970 on. */
export function readDay(text: string): { readonly first: number; readonly last: number } | undefined {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return undefined;
  const first = Date.parse(`${text}T00:00:00.000Z`);
  if (!(first >= 0) || isoTime(first).slice(0, 10) !== text) return undefined;
  return { first, last: first + DAY_MS - 1 };
}

/** Unix ms of `YYYY-MM-DDTHH:MM[:SS[.mmm]]Z`; undefined if there is no such moment from 1970 on. */
export function readMoment(text: string): number | undefined {
  const match = /^([0-9-]{10})T([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,3}))?)?Z$/.exec(text);
  const [, day = '', time = '', seconds = '00', fraction = ''] = match ?? [];
  if (readDay(day) === undefined) return undefined;
  const whole = `${day}T${time}:${seconds}.${fraction.padEnd(3, '0')}Z`;
  const at = Date.parse(whole);
  return Number.isFinite(at) && isoTime(at) === whole ? at : undefined;
}

/** The furthest time from 1970 that a date can hold, in ms (ECMAScript, "Time Values"). */
const FURTHEST_TIME = 8.64e15;

/** ISO 8601 in UTC with milliseconds and `Z`: how times stand in JSON. Never throws: a time beyond all dates is cut. */
export function isoTime(at: number): string {
  return new Date(Math.max(-FURTHEST_TIME, Math.min(at, FURTHEST_TIME))).toISOString();
}

/**
 * How a time is shown to people: `2026-06-01 00:00 (UTC)`, or in the time zone given, `2026-06-01 02:00 (Europe/Zurich)`.
 * `at` is unix ms and is cut to the minute; `zone` is an IANA name that the caller took from the system for `--local`.
 */
export function formatTime(at: number, zone = 'UTC'): string {
  const text = zone === 'UTC' ? isoTime(at).slice(0, 16).replace('T', ' ') : localTime(at, zone);
  return `${text} (${zone})`;
}

function localTime(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return format.format(at);
}

/** {@link formatTime} of an expiry, or `never` for null. */
export function formatExpiry(at: number | null, zone = 'UTC'): string {
  return at === null ? 'never' : formatTime(at, zone);
}

/**
 * The moment in unix ms that `--since` means: a duration back from `now`, a date or `today` or `yesterday` (its first
 * millisecond in UTC), or a moment `2030-06-01T12:00:00Z`. Throws `invalid_request`.
 */
export function parseSince(text: string, now: number): number {
  return parseMoment({ text, now, label: 'since', edge: 'first' });
}

/** As {@link parseSince}, for `--until`: a day means its last millisecond, so that the day is covered. */
export function parseUntil(text: string, now: number): number {
  return parseMoment({ text, now, label: 'until', edge: 'last' });
}

/**
 * The moment in unix ms that `--at` means, past or to come: a date (its first millisecond in UTC), `today`, a moment
 * `2030-06-01T12:00:00Z`, or `+` and a duration from now. Throws `invalid_request`.
 */
export function parseAt(text: string, now: number): number {
  const word = text.trim();
  const duration = word.startsWith('+') ? readDuration(word.slice(1)) : undefined;
  if (duration !== undefined) return addDuration(now, duration);
  const at = readDay(dayWord(word.toLowerCase(), now))?.first ?? readMoment(word.toUpperCase());
  return at ?? refuse('The time is not a date, a moment or a duration from now', NEXT_AT);
}

interface MomentRequest {
  readonly text: string;
  readonly now: number;
  readonly label: string;
  readonly edge: 'first' | 'last';
}

function parseMoment({ text, now, label, edge }: MomentRequest): number {
  const word = text.trim().toLowerCase();
  const duration = readDuration(word);
  if (duration !== undefined) return subtractDuration(now, duration);
  const day = readDay(dayWord(word, now));
  const at = day?.[edge] ?? readMoment(word.toUpperCase());
  if (at === undefined) refuse(`The time given as ${label} is not a duration, a date or a time`, NEXT_MOMENT);
  return at;
}

/**
 * The moment that is the duration before `at`, in unix ms; months and years as in {@link addDuration}. One that reaches
 * beyond 1970 means: from the beginning, 0.
 */
export function subtractDuration(at: number, { amount, unit }: Duration): number {
  const months = unit === 'y' ? 12 * amount : amount;
  if (unit !== 'm' && unit !== 'y') return Math.max(0, at - amount * UNIT_MS[unit]);
  return months > 12 * 10_000 ? 0 : Math.max(0, addMonths(at, -months));
}

function dayWord(word: string, now: number): string {
  if (word === 'today') return isoTime(now).slice(0, 10);
  return word === 'yesterday' ? isoTime(now - DAY_MS).slice(0, 10) : word;
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}
