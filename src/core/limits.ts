/**
 * The limits that a grant can carry: as the owner types them, as they are sealed in the grant, as they are printed. What
 * this version does not know reads as null, and a grant with it grants nothing.
 */
import { printDuration, readDuration } from './expiry.js';
import { type OpeningHours, parseOpeningHours, printOpeningHours } from './opening-hours.js';
import { type Network, printNetwork, readNetwork } from './network.js';
import { checkName } from './reason.js';
import { Refusal } from './refusal.js';
import { foldName } from './text.js';

/** So many within a time that slides: `10/1h`. */
export interface Quota {
  readonly count: number;
  readonly windowMs: number;
  /** The time as it was typed, `1h`. */
  readonly window: string;
}

/** Null where there is no such limit. */
export interface Limits {
  /** How often a secret or a code may be given or used in all. */
  readonly maxUses: number | null;
  /** Granted calls of any kind. */
  readonly rate: Quota | null;
  /** Different items that are named. */
  readonly distinctItems: Quota | null;
  readonly hours: OpeningHours | null;
  /** The only secret fields that are given, as NAME or SECTION/NAME. */
  readonly fields: readonly string[] | null;
  /** Whether secrets are shown: freely, where the owner approves it, or never. */
  readonly reveal: 'allow' | 'approve' | 'never';
  /** The only networks from which calls may come over HTTP; without an address, none comes from there. */
  readonly cidr: readonly Network[] | null;
  /** The only clients that may call, by the name that each gives itself. */
  readonly clients: readonly string[] | null;
}

/** No limit at all. */
export const NO_LIMITS: Limits = {
  maxUses: null,
  rate: null,
  distinctItems: null,
  hours: null,
  fields: null,
  reveal: 'allow',
  cidr: null,
  clients: null,
};

/** Limits as typed: of options, of a setting, of a sealed grant. */
export interface LimitText {
  readonly maxUses?: string | undefined;
  readonly rate?: string | undefined;
  readonly distinctItems?: string | undefined;
  readonly hours?: string | undefined;
  readonly days?: string | undefined;
  readonly tz?: string | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly reveal?: string | undefined;
  readonly cidr?: readonly string[] | undefined;
  readonly clients?: readonly string[] | undefined;
}

/** Limits as the JSON of the command line and of `whoami` show them; what is not limited is left out. */
export interface LimitsShape {
  readonly max_uses?: number;
  readonly rate?: string;
  readonly distinct_items?: string;
  readonly hours?: string;
  readonly days?: string;
  readonly tz?: string;
  readonly fields?: readonly string[];
  readonly reveal?: 'approve' | 'never';
  readonly cidr?: readonly string[];
  readonly client?: readonly string[];
  /** Whether there are limits that this version does not know, so that the grant gives nothing. */
  readonly unknown?: true;
}

const LONGEST_WINDOW_MS = 31 * 24 * 3_600_000;
const MOST = 1_000_000;

/** What the texts say. Throws `invalid_request` that names the option and the next step, and not what was given. */
export function parseLimits(text: LimitText): Limits {
  const { maxUses, rate, distinctItems, fields, reveal, cidr, clients } = text;
  return {
    maxUses: maxUses === undefined ? null : parseCount('--max-uses', maxUses),
    rate: rate === undefined ? null : readQuota('--rate', rate),
    distinctItems: distinctItems === undefined ? null : readQuota('--distinct-items', distinctItems),
    hours: parseOpeningHours(text),
    fields: fields === undefined || fields.length === 0 ? null : parseNames('name of a field', fields),
    reveal: reveal === undefined ? 'allow' : parseReveal(reveal),
    cidr: cidr === undefined || cidr.length === 0 ? null : parseNetworks(cidr),
    clients: clients === undefined || clients.length === 0 ? null : parseNames('name of a client', clients),
  };
}

function parseCount(option: string, text: string, example = '5'): number {
  const count = /^[1-9][0-9]{0,6}$/.test(text.trim()) ? Number(text) : Infinity;
  if (count > MOST)
    refuse(`${option} takes a whole number from 1 to ${String(MOST)}`, `For example ${option} ${example}.`);
  return count;
}

/** So many within a time. Throws `invalid_request` that names the option. */
export function readQuota(option: string, text: string): Quota {
  const [amount = '', time = '', ...more] = text.replace(/\s/g, '').split('/');
  const duration = readDuration(/^[0-9]/.test(time) ? time : `1${time}`);
  const windowMs = duration === undefined ? 0 : duration.amount * (UNIT_MS[duration.unit] ?? 0);
  if (duration === undefined || windowMs === 0 || more.length > 0)
    refuse(
      `${option} takes a number and a time`,
      `For example ${option} 10/1h; times are in ${Object.keys(UNIT_MS).join(', ')}.`,
    );
  if (windowMs > LONGEST_WINDOW_MS) refuse(`The time of ${option} is longer than 31 days`, 'Give a shorter one.');
  return { count: parseCount(option, amount, '10/1h'), windowMs, window: printDuration(duration) };
}

/** Months and years have no fixed length. */
const UNIT_MS: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function parseNames(what: string, names: readonly string[]): readonly string[] {
  const known = new Map(names.map((name) => [foldName(name.trim()), checkName(what, name)]));
  return [...known.values()];
}

function parseNetworks(ranges: readonly string[]): readonly Network[] {
  const networks = ranges.map((range) => readNetwork('--cidr', range));
  return [...new Map(networks.map((network) => [printNetwork(network), network])).values()];
}

function parseReveal(text: string): Limits['reveal'] {
  const word = text.trim().toLowerCase();
  if (word === 'allow' || word === 'approve' || word === 'never') return word;
  refuse('--reveal takes allow, approve or never', 'With approve, you are asked each time; with never, none is shown.');
}

/** As {@link LimitsShape} in JSON. */
export function limitsShape(limits: Limits): LimitsShape {
  const { maxUses, rate, distinctItems, hours, fields, reveal, cidr, clients } = limits;
  return {
    ...(maxUses === null ? {} : { max_uses: maxUses }),
    ...(rate === null ? {} : { rate: printQuota(rate) }),
    ...(distinctItems === null ? {} : { distinct_items: printQuota(distinctItems) }),
    ...(hours === null ? {} : printOpeningHours(hours)),
    ...(fields === null ? {} : { fields }),
    ...(reveal === 'allow' ? {} : { reveal }),
    ...(cidr === null ? {} : { cidr: cidr.map(printNetwork) }),
    ...(clients === null ? {} : { client: clients }),
  };
}

/** A quota as it is typed, `10/1h`. */
export function printQuota({ count, window }: Quota): string {
  return `${String(count)}/${window}`;
}

/** One limit of a sealed grant: the option's name without hyphens in front, and its value as typed. */
export interface SealedLimit {
  readonly name: string;
  readonly value: string;
}

/** The limits as they stand sealed in a grant; `field`, `cidr` and `client` stand once for each. */
export function sealedLimits(limits: Limits): readonly SealedLimit[] {
  const { fields = [], cidr = [], client = [], ...others } = limitsShape(limits);
  const named = Object.entries(others).map(([name, value]) => ({
    name: name.replace('_', '-'),
    value: String(value),
  }));
  const several = Object.entries({ field: fields, cidr, client });
  return [...named, ...several.flatMap(([name, values]) => values.map((value) => ({ name, value })))];
}

const ONCE = new Map<string, keyof Omit<LimitText, 'fields' | 'cidr' | 'clients'>>([
  ['max-uses', 'maxUses'],
  ['rate', 'rate'],
  ['distinct-items', 'distinctItems'],
  ['hours', 'hours'],
  ['days', 'days'],
  ['tz', 'tz'],
  ['reveal', 'reveal'],
]);

const OFTEN = new Map<string, 'fields' | 'cidr' | 'clients'>([
  ['field', 'fields'],
  ['cidr', 'cidr'],
  ['client', 'clients'],
]);

/** The limits of a sealed grant; null where one is not known, stands twice or says nothing that is understood. */
export function readLimits(sealed: readonly SealedLimit[]): Limits | null {
  const text: { -readonly [K in keyof LimitText]: LimitText[K] } = {};
  for (const { name, value } of sealed) {
    const key = ONCE.get(name);
    const list = OFTEN.get(name);
    if (list !== undefined) text[list] = [...(text[list] ?? []), value];
    else if (key === undefined || text[key] !== undefined) return null;
    else text[key] = value;
  }
  try {
    return parseLimits(text);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}
