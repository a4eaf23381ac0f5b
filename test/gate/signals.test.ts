/**
 * Signals against a naive recomputation: random histories of a token's calls by two processes with a clock that is
 * turned, with archives in between, of which one may come back. What each entry says of itself must be what the rules of
 * docs/log.md say of the whole list of entries; they are written here a second time, as plainly as can be.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOLLOW_WORDS } from '../../src/core/hollow.js';
import { Refusal } from '../../src/core/refusal.js';
import type { EntryShape } from '../../src/core/shapes.js';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import { captureStderr, expectVerified } from '../support/gate-rig.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const RUNS = Number(process.env['MODEL_RUNS'] ?? 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// ---- the rules, once more ----

/** An entry as the log shows it, with what its caller knows besides. */
interface Told {
  readonly seq: number;
  readonly at: number;
  readonly token: string | null;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly item: string | null;
  readonly reason: string | null;
  readonly client: string;
  readonly tool: string | null;
  /** Where the clock stood when it was made. */
  readonly clock: number;
}

const hourOf = (at: number): number => Math.floor(at / HOUR);
const template = (reason: string): string => reason.toLowerCase().replace(/\b[0-9a-f]{6,}\b|\d+/g, '#');
const HARMLESS = ['invalid_request', 'not_found', 'ambiguous', 'conflict'];

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

function saysNothing(reason: string, tool: string | null): boolean {
  const empty = new Set([...HOLLOW_WORDS, ...(tool ?? '').split('_')]);
  const words = reason
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return words.every((word) => empty.has(word) || /^[a-z]$/.test(word));
}

/** The entries of a token before one in the clock hours of the seven days before its own, by hour. */
function hoursBefore(own: readonly Told[], entry: Told): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { at } of own) {
    const ago = hourOf(entry.at) - hourOf(at);
    if (ago > 0 && ago <= 7 * 24) counts.set(hourOf(at), (counts.get(hourOf(at)) ?? 0) + 1);
  }
  return counts;
}

function isNear(hour: number, other: number): boolean {
  const apart = Math.abs((hour % 24) - (other % 24));
  return Math.min(apart, 24 - apart) <= 1;
}

/** What the rules say of the entry after `earlier`. */
function signalsBy(earlier: readonly Told[], entry: Told): readonly string[] {
  const clock = entry.clock < (earlier.at(-1)?.at ?? 0) - 1000 ? ['clock'] : [];
  if (entry.token === null) return clock;
  const own = earlier.filter(({ token }) => token === entry.token);
  const last = own.slice(-200);
  const hours = hoursBefore(own, entry);
  const inThisHour = own.filter(({ at }) => hourOf(at) === hourOf(entry.at)).length + 1;
  const asked = last.findLast(
    ({ action, item, at, code }) =>
      action === entry.action &&
      (item === null || item === entry.item) &&
      at >= entry.at - HOUR &&
      !HARMLESS.includes(code ?? ''),
  );
  const begun = own[0];
  const { reason } = entry;
  const rules: Readonly<Record<string, boolean>> = {
    'first-use': entry.item !== null && entry.action !== 'item.create' && own.every(({ item }) => item !== entry.item),
    repeat: reason !== null && last.some((one) => one.reason === reason),
    template:
      reason !== null &&
      last.some((one) => one.reason !== null && one.reason !== reason && template(one.reason) === template(reason)),
    boilerplate: reason !== null && saysNothing(reason, entry.tool),
    burst: hours.size > 0 && inThisHour > 3 * median([...hours.values()]),
    'off-hours':
      begun !== undefined &&
      entry.at - begun.at >= 7 * DAY &&
      [...hours.keys()].every((hour) => !isNear(hour, hourOf(entry.at))),
    'denied-then-granted': entry.outcome === 'granted' && asked?.outcome === 'refused',
    'new-client': last.length > 0 && last.every(({ client }) => client !== entry.client),
  };
  return [...Object.keys(rules).filter((name) => rules[name]), ...clock];
}

// ---- a world of two processes and an owner ----

interface Call {
  readonly tool: string;
  readonly reason?: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly client: string;
}

class World {
  readonly safe: TestSafe;
  readonly #doors: AgentDoor[] = [];
  /** What the callers know, by the numbers of their entries. */
  readonly #called = new Map<number, { call: Call; clock: number }>();
  /** Every entry there ever was, read before an archive took it. */
  readonly #entries = new Map<number, EntryShape>();
  readonly #clocks = new Map<number, number>();
  #files = 0;

  constructor(safe: TestSafe) {
    this.safe = safe;
  }

  static async begin(): Promise<World> {
    const safe = await makeSafe();
    safe.clock.now = Math.ceil(safe.clock.now / DAY) * DAY + 9 * HOUR;
    for (const title of ['Alpha', 'Beta'])
      await safe.owner.createItem(byName('Personal'), {
        ...{ type: 'login', title },
        fields: [{ name: 'password', value: 'pw' }],
      });
    const world = new World(safe);
    const { token } = await safe.token('bot', ['Personal']);
    world.#doors.push(await safe.agent(token), await safe.agent(token));
    world.#doors.push(await safe.agent((await safe.token('other', ['Personal'])).token));
    await world.read();
    return world;
  }

  async call(door: number, call: Call): Promise<Answer> {
    const { tool, reason, input, client } = call;
    const clock = this.safe.clock.now;
    const args = reason === undefined ? input : { ...input, reason };
    const answer = await this.#doors[door]?.call({ tool, arguments: args, client: { name: client, version: '1' } });
    if (answer?.receipt == null) throw new Error('a call without an entry');
    this.#called.set(answer.receipt.seq, { call, clock });
    return answer;
  }

  /** Reads what is new, so that it is known when it has been archived. */
  async read(): Promise<void> {
    const { data } = await this.safe.owner.listEntries({ query: '', limit: 1000 });
    for (const entry of data) {
      this.#entries.set(entry.seq, entry);
      if (!this.#clocks.has(entry.seq)) this.#clocks.set(entry.seq, this.safe.clock.now);
    }
  }

  async archive(): Promise<void> {
    await this.read();
    this.safe.clock.now += 1;
    const to = this.#file(this.#files + 1);
    const before = new Date(this.safe.clock.now).toISOString();
    // a clock that stands before the newest entries leaves none that is older
    const isThere = await this.safe.owner.archive({ before, to }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Refusal && error.code === 'not_found') return false;
        throw error;
      },
    );
    this.#files += isThere ? 1 : 0;
    await this.read();
  }

  /** Brings the newest archive back. */
  async bringBack(): Promise<void> {
    if (this.#files === 0) return;
    await this.safe.owner.importArchive(this.#file(this.#files));
    rmSync(this.#file(this.#files));
    this.#files -= 1;
    await this.read();
  }

  #file(n: number): string {
    return join(this.safe.places.home, `archive-${n}.proof`);
  }

  #told(): readonly Told[] {
    const entries = [...this.#entries.values()].sort((a, b) => a.seq - b.seq);
    return entries.map((entry) => {
      const called = this.#called.get(entry.seq);
      return {
        ...{ seq: entry.seq, at: Date.parse(entry.at), token: entry.actor.id, action: entry.action },
        ...{ outcome: entry.outcome, code: entry.code ?? null, item: entry.item?.id ?? null },
        ...{ reason: entry.reason, client: entry.client.name, tool: called?.call.tool ?? null },
        clock: called?.clock ?? this.#clocks.get(entry.seq) ?? 0,
      };
    });
  }

  /** Every entry carries what the rules say of it. Gives how often each signal was carried. */
  async check(): Promise<ReadonlyMap<string, number>> {
    await this.read();
    const told = this.#told();
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, n) => n + 1));
    const carried = new Map<string, number>();
    for (const [n, entry] of told.entries()) {
      const signals = this.#entries.get(entry.seq)?.signals ?? [];
      expect({ entry, signals }).toEqual({ entry, signals: signalsBy(told.slice(0, n), entry) });
      for (const signal of signals) carried.set(signal, (carried.get(signal) ?? 0) + 1);
    }
    await expectVerified(this.safe);
    return carried;
  }
}

// ---- histories ----

const REASONS = [
  'Deploy release 41 of the billing service',
  'Deploy release 42 of the billing service',
  'DEPLOY release 42 of the billing service',
  'Rollback to commit deadbeef01 after the alarm',
  'Rollback to commit 0badcafe77 after the alarm',
  'please get the item',
  'need access to list vaults',
  'Check the invoice of customer 7',
];

const called = fc.record({
  kind: fc.constant('call' as const),
  door: fc.nat({ max: 2 }),
  tool: fc.constantFrom('get_item', 'get_item', 'get_item', 'update_item', 'list_vaults', 'search_items', 'no_tool'),
  item: fc.constantFrom('Alpha', 'Alpha', 'Beta', 'Nowhere'),
  reason: fc.constantFrom(...REASONS),
  client: fc.constantFrom('claude-code', 'claude-code', 'codex'),
});
type Step =
  | { readonly kind: 'call'; door: number; tool: string; item: string; reason: string; client: string }
  | { readonly kind: 'wait'; ms: number }
  | { readonly kind: 'at once'; calls: Extract<Step, { kind: 'call' }>[] }
  | { readonly kind: 'archive' }
  | { readonly kind: 'back' };

const WAITS = [MINUTE, 20 * MINUTE, HOUR, 5 * HOUR, DAY, 3 * DAY, 8 * DAY, -900, -30 * MINUTE];
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: called },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(...WAITS) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('at once' as const),
      calls: fc.array(called, { minLength: 2, maxLength: 6 }),
    }),
  },
);
const stretch = fc.array(step, { minLength: 5, maxLength: 20 });
const history = fc
  .tuple(stretch, stretch, fc.constantFrom<('archive' | 'back')[]>(['archive'], ['back'], []), stretch)
  .map(([first, second, then, third]): Step[] => [
    ...[...first, { kind: 'archive' as const }, ...second],
    ...[...then.map((kind) => ({ kind })), ...third],
  ]);

function callOf({ tool, item, reason, client }: Extract<Step, { kind: 'call' }>): Call {
  const inputs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    get_item: { item, fields: ['password'] },
    update_item: { item, set: { password: 'x' } },
    search_items: { query: item },
  };
  return { tool, reason, client, input: inputs[tool] ?? {} };
}

async function play(world: World, steps: readonly Step[]): Promise<void> {
  for (const one of steps) {
    if (one.kind === 'wait') world.safe.clock.now += one.ms;
    else if (one.kind === 'archive') await world.archive();
    else if (one.kind === 'back') await world.bringBack();
    else if (one.kind === 'call') await world.call(one.door, callOf(one));
    else await Promise.all(one.calls.map(async (call) => world.call(call.door, callOf(call))));
    // what the owner does besides is told of where the clock stands now
    await world.read();
  }
}

test('each entry carries what the rules say of it, whatever came before, and whoever wrote it', async () => {
  const carried = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const world = await World.begin();
      try {
        await play(world, steps);
        for (const [signal, count] of await world.check()) carried.set(signal, (carried.get(signal) ?? 0) + count);
      } finally {
        await world.safe.end();
      }
    }),
    {
      ...{ numRuns: RUNS, interruptAfterTimeLimit: 40_000 },
      ...(process.env['MODEL_RUNS'] === undefined ? { seed: 20261124 } : { interruptAfterTimeLimit: 3_600_000 }),
    },
  );
  const kinds = ['first-use', 'repeat', 'template', 'boilerplate', 'burst', 'off-hours', 'new-client', 'clock'];
  expect([...carried.keys()].sort()).toEqual(expect.arrayContaining(kinds.sort()));
});

/** A call that reads Alpha, at no time but now. */
const read = (reason: string, client = 'claude-code'): Call => ({
  ...{ tool: 'get_item', reason, client, input: { item: 'Alpha', fields: ['password'] } },
});

test('two hundred entries are looked back at and no more, by a process that wrote none of them, over an archive', async () => {
  const world = await World.begin();
  try {
    await world.call(0, read('Rotate the certificate of host 17', 'codex'));
    for (let n = 0; n < 199; n += 1) await world.call(n % 2, { ...read(''), tool: 'list_vaults', input: {} });
    await world.archive();
    // the 200 before still hold the first
    const repeated = await world.call(1, read('Rotate the certificate of host 17', 'codex'));
    expect(repeated.ok).toBe(true);
    for (let n = 0; n < 120; n += 1) await world.call(0, read(`Look into case number ${'abcdefghij'[n % 10] ?? ''}zz`));
    await world.archive();
    for (let n = 0; n < 79; n += 1) await world.call(1, read('Restart the queue'));
    await world.call(0, read('Rotate the certificate of host 17', 'codex'));
    await world.call(0, read('Rotate the certificate of host 18', 'codex'));
    await world.check();
  } finally {
    await world.safe.end();
  }
});

test('calls at once take in what another process wrote once', async () => {
  const world = await World.begin();
  try {
    for (const door of [0, 1]) await world.call(door, read('Look into the outage'));
    world.safe.clock.now += HOUR;
    for (const door of [0, 1, 1]) await world.call(door, read('Look into the outage'));
    await Promise.all([1, 2].map(async () => world.call(0, read('Look into the outage'))));
    for (let n = 0; n < 3; n += 1) await world.call(1, read('Look into the outage'));
    await Promise.all([1, 2, 3].map(async () => world.call(0, read('Look into the outage'))));
    expect((await world.check()).get('burst')).toBeGreaterThan(0);
  } finally {
    await world.safe.end();
  }
});

test('a process that sleeps while another makes hundreds of entries has missed nothing', async () => {
  const world = await World.begin();
  try {
    await world.call(1, read('Look into the outage'));
    for (let n = 0; n < 230; n += 1) {
      if (n % 50 === 0) world.safe.clock.now += HOUR;
      await world.call(0, read(`Look into case ${n}`));
    }
    world.safe.clock.now += 20 * MINUTE;
    await world.call(1, read('Look into the outage'));
    await world.call(1, read('Look into case 12'));
    await world.check();
  } finally {
    await world.safe.end();
  }
});
