/** Ten agents with habits of their own, the items that they use, and what they say of it. */

export const VAULTS = ['Production', 'Staging', 'Customers'] as const;
export type VaultName = (typeof VAULTS)[number];

const SYSTEMS = [
  ...['Orders', 'Billing', 'Payroll', 'Search', 'Inventory', 'Shipping', 'Ledger', 'Mail', 'Metrics', 'Warehouse'],
  ...['Checkout', 'Identity', 'Reports', 'Archive', 'Catalogue', 'Support', 'Partners', 'Gateway', 'Queue', 'Builds'],
];
const PARTS = ['database', 'replica', 'admin console', 'API', 'deploy key', 'object store', 'message bus', 'VPN'];
const PLACES = ['eu', 'us'] as const;

/** Two hundred items, spread over the vaults. */
export const ITEMS: readonly { readonly title: string; readonly vault: VaultName }[] = Array.from(
  { length: 200 },
  (_, i) => ({
    title: `${pick(SYSTEMS, i)} ${pick(PARTS, Math.floor(i / 20))}${i < 160 ? '' : ` ${pick(PLACES, i)}`}`,
    vault: pick(VAULTS, i),
  }),
);

/** What calls are for. */
export const KINDS = ['reveal', 'look', 'code', 'list', 'search', 'vaults', 'whoami'] as const;
export type Kind = (typeof KINDS)[number];

export interface Habit {
  readonly name: string;
  readonly client: string;
  /** How much of the work it does, against the others. */
  readonly share: number;
  /** The hours of the day (UTC) in which it works: from the first until before the second. */
  readonly hours: readonly [number, number];
  readonly vaults: readonly VaultName[];
  readonly role: 'viewer' | 'editor';
  /** How many calls it makes in a row, about. */
  readonly run: number;
  /** How often it does each of {@link KINDS}. */
  readonly kinds: readonly [number, number, number, number, number, number, number];
  /** Whether it says something else each time, the same but for a number, or always the same. */
  readonly says: 'own' | 'numbered' | 'same';
}

const all = [...VAULTS];

/** The first may write. */
export const HABITS: readonly Habit[] = [
  habit('rotator', 7, [5, 9], { vaults: all, role: 'editor', run: 30, kinds: [4, 2, 0, 2, 2, 0, 1], says: 'numbered' }),
  habit('deploy-bot', 20, [0, 24], { vaults: ['Production', 'Staging'], run: 6, kinds: [8, 1, 1, 0, 1, 0, 1] }),
  habit('ci-runner', 18, [0, 24], { vaults: ['Staging'], run: 12, kinds: [9, 0, 0, 1, 0, 0, 1], says: 'numbered' }),
  habit('nightly-backup', 10, [1, 4], { vaults: all, run: 40, kinds: [9, 0, 0, 1, 0, 1, 0], says: 'same' }),
  habit('support-desk', 10, [8, 18], { vaults: ['Customers'], run: 4, kinds: [4, 3, 3, 1, 4, 0, 1] }),
  habit('billing-sync', 9, [0, 24], { vaults: ['Production', 'Customers'], run: 3, kinds: [6, 1, 0, 0, 0, 0, 0] }),
  habit('research', 7, [9, 21], { vaults: ['Staging', 'Customers'], run: 8, kinds: [2, 4, 0, 3, 5, 1, 1] }),
  habit('release-manager', 6, [7, 17], { vaults: all, run: 5, kinds: [4, 2, 4, 1, 1, 0, 1] }),
  habit('incident-helper', 5, [0, 24], { vaults: ['Production'], run: 60, kinds: [5, 3, 2, 1, 3, 1, 1] }),
  habit('migration', 8, [6, 22], { vaults: ['Production', 'Staging'], run: 15, kinds: [7, 1, 0, 2, 1, 0, 0] }),
];

function habit(
  name: string,
  share: number,
  hours: Habit['hours'],
  rest: Pick<Habit, 'vaults' | 'run' | 'kinds'> & Partial<Habit>,
): Habit {
  return { name, client: `${name}-client`, share, hours, role: 'viewer', says: 'own', ...rest };
}

/** Numbers from 0 up to 1 that are the same in each run (mulberry32), so that each run measures a log of one kind. */
export type Random = () => number;

export function repeatable(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of a list that is not empty; the number goes round. */
export function pick<T>(list: readonly T[], number: number): T {
  const picked = list[Math.floor(number) % list.length];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

export function anyOf<T>(list: readonly T[], random: Random): T {
  return pick(list, random() * list.length);
}

/** One of a list, each as often as its weight says. */
export function weighted<T>(list: readonly T[], weights: readonly number[], random: Random): T {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = list.find((_, i) => (left -= weights[i] ?? 0) < 0);
  return found ?? pick(list, 0);
}

/** Who makes the next calls at a time: one of those that work in this hour. */
export function atWork(at: number, random: Random): Habit {
  const hour = new Date(at).getUTCHours();
  const awake = HABITS.filter(({ hours: [first, end] }) => hour >= first && hour < end);
  const shares = awake.map(({ share }) => share);
  return weighted(awake, shares, random);
}

const TASKS = [
  ...['Run the schema migration', 'Rotate the signing keys', 'Replay the failed messages', 'Copy last night’s backup'],
  ...['Check why invoices are late', 'Compare row counts', 'Restart the stuck consumer', 'Answer the customer'],
  ...['Deploy the release candidate', 'Measure slow statements', 'Renew the certificate', 'Reconcile the ledger'],
];
const CAUSES = [
  ...['as the on-call asked in', 'for the change window of', 'to close', 'since the alert fired in', 'as planned in'],
  ...['before the audit of', 'after the rollback in', 'to reproduce', 'for the owner of', 'as step four of'],
];
const TICKETS = ['OPS', 'PAY', 'INC', 'CHG', 'DATA'];

/** Why, in 40 to 90 characters. */
export function reasonOf({ name, says }: Habit, title: string, random: Random): string {
  if (says === 'same') return `The scheduled job of ${name} needs it, as in its runbook`;
  const number = Math.floor(random() * 100_000);
  if (says === 'numbered') return `Pipeline ${String(number)} of ${name}: connect to the system under test`;
  const ticket = `${anyOf(TICKETS, random)}-${String(number)}`;
  const text = `${anyOf(TASKS, random)} ${anyOf(CAUSES, random)} ${ticket}`;
  return text.length < 60 ? `${text} (${title})` : text;
}
