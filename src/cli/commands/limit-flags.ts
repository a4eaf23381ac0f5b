/** The options that limit a grant, for the commands that make one. */
import type { Command } from 'commander';
import type { LimitsShape, LimitText } from '../../core/limits.js';
import type { LeftShape } from '../../core/limit-check.js';
import { escapeText } from '../../core/text.js';

/** What {@link addLimits} reads. */
export interface LimitFlags {
  readonly maxUses?: string;
  readonly rate?: string;
  readonly distinctItems?: string;
  readonly hours?: string;
  readonly days?: string;
  readonly tz?: string;
  readonly field?: readonly string[];
  readonly reveal?: string;
  readonly purpose?: string;
  readonly cidr?: readonly string[];
  readonly client?: readonly string[];
}

/** Adds the limits and `--purpose`. */
export function addLimits(command: Command): Command {
  return command
    .option('--max-uses <n>', 'how often a secret or a code may be given in all')
    .option('--rate <n/time>', 'how many calls within a time: 10/1h')
    .option('--distinct-items <n/time>', 'how many different items within a time: 3/1d')
    .option('--hours <from-to>', 'only at these hours: 08:00-18:00')
    .option('--days <days>', 'only on these days: mon-fri, or mon,wed')
    .option('--tz <zone>', 'the time zone of hours and days (UTC): Europe/Zurich')
    .option('--field <name...>', 'only these secret fields; repeatable')
    .option('--reveal <when>', 'whether secrets are shown: allow, approve (you are asked) or never (allow)')
    .option('--cidr <range...>', 'only from these addresses, over HTTP: 10.0.0.0/8; repeatable')
    .option('--client <name...>', 'only for clients that call themselves so; repeatable')
    .option('--purpose <text>', 'what it is for; the agent is shown it');
}

/** The limits and the purpose that the flags say, as far as they say any. */
export function limitFlagsOf(flags: LimitFlags): { readonly limits?: LimitText; readonly purpose?: string } {
  const {
    maxUses,
    rate,
    distinctItems,
    hours,
    days,
    tz,
    field: fields,
    reveal,
    purpose,
    cidr,
    client: clients,
  } = flags;
  const limits: LimitText = { maxUses, rate, distinctItems, hours, days, tz, fields, reveal, cidr, clients };
  const isLimited = Object.values(limits).some((value) => value !== undefined);
  return { ...(isLimited ? { limits } : {}), ...(purpose === undefined ? {} : { purpose }) };
}

/** `max-uses 5 (3 left), rate 10/1h (10 left), hours 08:00-18:00 mon-fri`; empty where nothing is limited. */
export function limitsText(limits: LimitsShape, left: LeftShape): string {
  const rest = (number: number | undefined): string => (number === undefined ? '' : ` (${String(number)} left)`);
  const {
    max_uses: maxUses,
    rate,
    distinct_items: items,
    hours,
    days,
    tz,
    fields,
    reveal,
    cidr,
    client,
    unknown,
  } = limits;
  const open = [hours, days, tz].filter((part) => part !== undefined).join(' ');
  return [
    ...(maxUses === undefined ? [] : [`max-uses ${String(maxUses)}${rest(left.uses)}`]),
    ...(rate === undefined ? [] : [`rate ${rate}${rest(left.calls)}`]),
    ...(items === undefined ? [] : [`distinct-items ${items}${rest(left.items)}`]),
    ...(open === '' ? [] : [`hours ${open}`]),
    ...(fields === undefined ? [] : [`fields ${fields.map(escapeText).join(', ')}`]),
    ...(reveal === undefined ? [] : [`reveal ${reveal}`]),
    ...(cidr === undefined ? [] : [`from ${cidr.join(', ')}`]),
    ...(client === undefined ? [] : [`client ${client.map(escapeText).join(', ')}`]),
    ...(unknown === undefined ? [] : ['some that this version does not know, so it gives nothing']),
  ].join(', ');
}
