/** The hours of the week in which a grant is open: `08:00-18:00`, `mon-fri`, in a time zone. */
import { DAY_MS, MINUTE_MS } from './expiry.js';
import { Refusal } from './refusal.js';
import { type TimeZone, timeZoneOf } from './time-zone.js';

/** Days of the week, as they are typed. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * Minutes of the day from `from` up to, but not including, `to`, on those days. Where `to` is not after `from` they run
 * over midnight, and the day is the one on which they begin. `zone` is an IANA name.
 */
export interface OpeningHours {
  readonly from: number;
  readonly to: number;
  readonly days: readonly Weekday[];
  readonly zone: string;
}

const DAY_MINUTES = 24 * 60;

/** What `--hours`, `--days` and `--tz` say together; null where they are always open. Throws `invalid_request`. */
export function parseOpeningHours(given: {
  readonly hours?: string | undefined;
  readonly days?: string | undefined;
  readonly tz?: string | undefined;
}): OpeningHours | null {
  const { hours, days, tz } = given;
  if (hours === undefined && days === undefined) {
    if (tz !== undefined) refuse('A time zone without hours or days says nothing', 'Add --hours 08:00-18:00.');
    return null;
  }
  const open = { ...parseHours(hours), days: parseDays(days), zone: parseZone(tz ?? 'UTC') };
  const isAlways = open.days.length === WEEKDAYS.length && open.from === 0 && open.to === DAY_MINUTES;
  return isAlways ? null : open;
}

function parseHours(text: string | undefined): Pick<OpeningHours, 'from' | 'to'> {
  if (text === undefined) return { from: 0, to: DAY_MINUTES };
  const match = /^([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})$/.exec(text.replace(/\s/g, ''));
  const [fromHour = NaN, fromMinute = NaN, toHour = NaN, toMinute = NaN] = (match ?? []).slice(1).map(Number);
  const [from, to] = [minuteOf(fromHour, fromMinute), minuteOf(toHour, toMinute)];
  if (from === undefined || to === undefined || from === DAY_MINUTES || from === to || to === 0)
    refuse('The hours are no part of a day', 'Write them as 08:00-18:00, or over midnight as 22:00-06:00.');
  return { from, to };
}

function minuteOf(hour: number, minute: number): number | undefined {
  const minutes = hour * 60 + minute;
  return minute < 60 && minutes <= DAY_MINUTES ? minutes : undefined;
}

function parseDays(text: string | undefined): readonly Weekday[] {
  if (text === undefined) return WEEKDAYS;
  const named = new Set(text.split(',').flatMap(parseDayRange));
  return WEEKDAYS.filter((day) => named.has(day));
}

function parseDayRange(text: string): readonly Weekday[] {
  const [first, last, ...more] = text.trim().split('-').map(indexOfDay);
  if (first === undefined || more.length > 0 || first < 0 || (last !== undefined && last < 0))
    refuse('The days are no days of the week', 'Write them as mon-fri, or as mon,wed,fri.');
  const count = ((last ?? first) - first + 7) % 7;
  return Array.from({ length: count + 1 }, (_, i) => dayAt(first + i));
}

function indexOfDay(text: string): number {
  return WEEKDAYS.findIndex((day) => day === text.trim().toLowerCase());
}

function dayAt(index: number): Weekday {
  return WEEKDAYS[((index % 7) + 7) % 7] ?? 'mon';
}

function parseZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    refuse('The time zone is none that is known', 'Write an IANA name such as Europe/Zurich.');
  }
}

/** The parts as they are typed. What is the whole of its kind is left out. */
export function printOpeningHours({ from, to, days, zone }: OpeningHours): {
  readonly hours?: string;
  readonly days?: string;
  readonly tz?: string;
} {
  const isWholeDay = from === 0 && to === DAY_MINUTES;
  return {
    ...(isWholeDay ? {} : { hours: `${printMinute(from)}-${printMinute(to)}` }),
    ...(days.length === 7 && !isWholeDay ? {} : { days: printDays(days) }),
    ...(zone === 'UTC' ? {} : { tz: zone }),
  };
}

function printMinute(minutes: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** A run of three days or more is written with a hyphen. */
function printDays(days: readonly Weekday[]): string {
  const indexes = days.map((day) => WEEKDAYS.indexOf(day));
  const [first = 0] = indexes;
  const isRun = days.length > 2 && indexes.every((index, i) => index === first + i);
  return isRun ? `${dayAt(first)}-${dayAt(first + days.length - 1)}` : days.join(',');
}

const zones = new Map<string, TimeZone>();

/** The zone, made once: making one is dear. */
function zoneOf(name: string): TimeZone {
  const zone = zones.get(name) ?? timeZoneOf(name);
  zones.set(name, zone);
  return zone;
}

/** Whether they are open at a moment in unix ms. */
export function isOpenAt(hours: OpeningHours, at: number): boolean {
  const { minute, day } = readingOf(zoneOf(hours.zone).clockAt(at));
  const isOn = (index: number): boolean => hours.days.includes(dayAt(index));
  if (hours.from < hours.to) return minute >= hours.from && minute < hours.to && isOn(day);
  return (minute >= hours.from && isOn(day)) || (minute < hours.to && isOn(day - 1));
}

/** Minute of the day, and the day as an index of {@link WEEKDAYS}; 1 January 1970 was a Thursday. */
function readingOf(clock: number): { minute: number; day: number } {
  const days = Math.floor(clock / DAY_MS);
  return { minute: Math.floor((clock - days * DAY_MS) / MINUTE_MS), day: (days + 3) % 7 };
}

/** In two weeks each day of the week comes twice: a zone skips the hours of at most one of the two. */
const LOOK_AHEAD_DAYS = 15;

/** The first moment in unix ms after `at` at which they are open, for hours that are closed at `at`. */
export function opensAfter(hours: OpeningHours, at: number): number {
  const zone = zoneOf(hours.zone);
  const today = Math.floor(zone.clockAt(at) / DAY_MS);
  for (let day = today - 1; day <= today + LOOK_AHEAD_DAYS; day += 1) {
    const open = openingsOn(hours, zone, day).filter((moment) => moment > at && isOpenAt(hours, moment));
    if (open.length > 0) return Math.min(...open);
  }
  return at + LOOK_AHEAD_DAYS * DAY_MS;
}

/** When its clock shows the opening, which may be twice on the day on which it is put back; and when it is changed. */
function openingsOn({ from }: OpeningHours, zone: TimeZone, day: number): readonly number[] {
  const [start, end] = [zone.momentOf(day * DAY_MS), zone.momentOf((day + 1) * DAY_MS)];
  const [before, after] = [zone.clockAt(start) - start, zone.clockAt(end) - end];
  const reading = day * DAY_MS + from * MINUTE_MS;
  if (before === after) return [reading - before];
  return [reading - before, reading - after, changeBetween(zone, { start, end, before })];
}

/** The first moment after `start`, up to `end`, at which the clock is no longer `before` ahead of UTC. */
function changeBetween(zone: TimeZone, of: { start: number; end: number; before: number }): number {
  let { start, end } = of;
  while (end - start > 1) {
    const middle = Math.floor((start + end) / 2);
    if (zone.clockAt(middle) - middle === of.before) start = middle;
    else end = middle;
  }
  return end;
}

const WEEK_MINUTES = 7 * DAY_MINUTES;

/** Whether `inner` is open only when `outer` is. Those of different zones can't be compared: then it is not. */
export function isWithin(inner: OpeningHours, outer: OpeningHours): boolean {
  if (inner.zone !== outer.zone) return false;
  const open = openMinutes(outer);
  return openMinutes(inner).every((isOpen, minute) => !isOpen || open[minute] === true);
}

function openMinutes({ from, to, days }: OpeningHours): readonly boolean[] {
  const open = Array.from({ length: WEEK_MINUTES }, () => false);
  const length = from < to ? to - from : to - from + DAY_MINUTES;
  for (const day of days)
    for (let i = 0; i < length; i += 1) open[(WEEKDAYS.indexOf(day) * DAY_MINUTES + from + i) % WEEK_MINUTES] = true;
  return open;
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}
