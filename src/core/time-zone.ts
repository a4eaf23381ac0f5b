/**
 * What clocks show in a time zone. A reading of such a clock is a number: the unix ms at which a clock in UTC would show
 * the same.
 */

/** A time zone to be asked many times. */
export interface TimeZone {
  /** What its clock shows at a moment in unix ms. */
  readonly clockAt: (at: number) => number;
  /**
   * The first moment in unix ms at which its clock shows this or more. Where the clock is put forward over the reading,
   * that is when it is put forward; where it is put back, the first of the two times. Never falls as the reading rises.
   */
  readonly momentOf: (clock: number) => number;
}

const UTC: TimeZone = { clockAt: (at) => at, momentOf: (clock) => clock };

/** The zone with an IANA name such as `Europe/Zurich`. Throws `RangeError` for a name that is none. */
export function timeZoneOf(name: string): TimeZone {
  if (name === 'UTC') return UTC;
  const format = formatOf(name);
  const clockAt = (at: number): number => readClock(format, at);
  return { clockAt, momentOf: (clock) => momentOf(clockAt, clock) };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** The Swedish form is `2026-11-01 10:00:00`, of which the numbers are taken; no zone differs by parts of a second. */
function readClock(format: Intl.DateTimeFormat, at: number): number {
  const second = Math.floor(at / 1000) * 1000;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, rest = 0] = format.format(second).split(/\D/).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, rest) + at - second;
}

/** No zone is further from UTC than this, and none puts its clock twice within twice this. */
const FURTHEST_MS = 16 * 3_600_000;

function momentOf(clockAt: TimeZone['clockAt'], clock: number): number {
  const [earlier, later] = [clock - FURTHEST_MS, clock + FURTHEST_MS]
    .map((at) => clock - (clockAt(at) - at))
    .sort((a, b) => a - b) as [number, number];
  const exact = [earlier, later].find((at) => clockAt(at) === clock);
  return exact ?? firstMoment((at) => clockAt(at) >= clock, { after: earlier, upTo: later });
}

/** The first moment at which `isReached` holds, which it does at `upTo` and does not at `after`. */
function firstMoment(isReached: (at: number) => boolean, { after, upTo }: { after: number; upTo: number }): number {
  if (upTo - after <= 1) return upTo;
  const middle = Math.floor((after + upTo) / 2);
  return firstMoment(isReached, isReached(middle) ? { after, upTo: middle } : { after: middle, upTo });
}
