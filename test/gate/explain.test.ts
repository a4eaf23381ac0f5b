/** What `explain` says at a moment is what the call then gets: over grants, limits, calls and moments of any kind. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LimitText } from '../../src/core/limits.js';
import type { ExplainedShape } from '../../src/core/shapes.js';
import type { AgentDoor } from '../../src/gate/call.js';
import { captureStderr, dump, expectVerified } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const MINUTE = 60_000;
let safe: TestSafe;

beforeAll(async () => {
  safe = await makeSafe();
  safe.clock.now = Date.parse('2027-02-01T06:00:00Z');
  await safe.owner.createVault({ name: 'Work' });
  for (const title of ['A', 'B'])
    await safe.owner.createItem(byName('Work'), {
      ...{ type: 'login', title },
      fields: [
        { name: 'username', value: 'u' },
        { name: 'password', value: `canary-${title}` },
        { name: 'pin', section: 'db', kind: 'secret', value: '1' },
        { name: 'remark', kind: 'note', value: 'n' },
        { name: 'code', kind: 'totp', value: 'JBSWY3DPEHPK3PXP' },
      ],
    });
});

afterAll(async () => {
  await expectVerified(safe);
  await safe.end();
});

/** The call that a line of an explanation is about. */
function callOf({ tool, field }: ExplainedShape, item: string): Readonly<Record<string, unknown>> | null {
  if (tool === 'get_item') return { item, vault: 'Work', ...(field === undefined ? {} : { fields: [field] }) };
  if (tool === 'get_totp') return { item, vault: 'Work' };
  if (tool === 'update_item') return { item, vault: 'Work', set: { username: 'u2' } };
  return tool === 'list_vault' ? { vault: 'Work' } : null;
}

const seldom = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined, freq: 2 });
const limits: fc.Arbitrary<LimitText> = fc.record({
  maxUses: seldom(fc.constantFrom('1', '2')),
  rate: seldom(fc.constantFrom('1/1h', '3/1h')),
  distinctItems: seldom(fc.constantFrom('1/1h')),
  hours: seldom(fc.constantFrom('08:00-18:00', '22:00-07:00')),
  fields: seldom(fc.subarray(['password', 'DB/pin', 'code'], { minLength: 1 })),
  reveal: fc.constantFrom('allow', 'allow', 'never'),
});
const grant = fc.record({
  item: fc.constantFrom(undefined, 'A', 'B'),
  role: fc.constantFrom('viewer', 'editor'),
  expiration: seldom(fc.constantFrom('2h', '1d')),
  limits,
});
const step = fc.record({
  wait: fc.constantFrom(0, 1, 30, 61, 600),
  item: fc.constantFrom('A', 'B'),
  pick: fc.nat({ max: 30 }),
});
const world = fc.record({
  scopes: seldom(fc.subarray(['read', 'reveal', 'totp', 'write'], { minLength: 1 })),
  grants: fc.array(grant, { minLength: 1, maxLength: 3 }),
  steps: fc.array(step, { minLength: 3, maxLength: 7 }),
});
let made = 0;
const seen = new Map<string, number>();

interface Compared {
  readonly code: string | undefined;
  readonly retry_at: string | undefined;
}

/** What one call is said to get, and gets. */
async function compare(
  door: AgentDoor,
  name: string,
  of: { item: string; pick: number },
): Promise<{ said: Compared; got: Compared }> {
  const before = dump(safe.file);
  const { results } = await safe.owner.explain({ token: byName(name), item: { item: byName(of.item) } });
  expect(dump(safe.file)).toBe(before);
  const calls = results.flatMap((said) => {
    const input = callOf(said, of.item);
    return input === null ? [] : [{ said, input }];
  });
  const chosen = calls[of.pick % calls.length];
  if (chosen === undefined) throw new Error('nothing is explained');
  const { said, input } = chosen;
  const answer = await ask(door, said.tool, input);
  const { code = 'granted', retry_at } = answer.ok ? {} : answer.error;
  seen.set(code, (seen.get(code) ?? 0) + 1);
  return { said: { code: said.code ?? 'granted', retry_at: said.retry_at }, got: { code, retry_at } };
}

async function holds(check: (one: Awaited<ReturnType<typeof compare>>) => void): Promise<void> {
  await fc.assert(
    fc.asyncProperty(world, async ({ scopes, grants, steps }) => {
      const name = `bot ${String((made += 1))}`;
      const token = { name, isAgent: true, expiration: '30d', ...(scopes === undefined ? {} : { scopes }) };
      const door = await safe.agent((await safe.owner.createToken(token)).token);
      for (const { item, expiration, ...more } of grants)
        await safe.owner.grant({
          ...{ token: byName(name), vault: byName('Work'), ...more },
          ...(item === undefined ? {} : { item: byName(item) }),
          ...(expiration === undefined ? {} : { expiration }),
        });
      for (const { wait, ...of } of steps) {
        safe.clock.now += wait * MINUTE;
        check(await compare(door, name, of));
      }
      await door.close();
    }),
    { numRuns: 20, endOnFailure: true },
  );
}

test('it is granted where it is said to be, whatever is granted, limited and used, and however late it is', async () => {
  await holds(({ said, got }) => {
    expect(got.code === 'granted').toBe(said.code === 'granted');
  });
  for (const code of ['granted', 'forbidden', 'limit_reached']) expect(seen.get(code) ?? 0).toBeGreaterThan(3);
});

test('it is refused with the code and the time that are said', async () => {
  await holds(({ said, got }) => {
    expect(got).toEqual(said);
  });
});

test('of a token that has expired or is frozen it says that it can make no call', async () => {
  const door = await safe.agent((await safe.token('brief', ['Work'])).token);
  await safe.owner.freezeToken(byName('brief'));
  const frozen = await compare(door, 'brief', { item: 'A', pick: 0 });
  expect(frozen.got).toEqual(frozen.said);
  await safe.owner.unfreezeToken(byName('brief'));
  safe.clock.now += 400 * 24 * 60 * MINUTE;
  const ended = await compare(door, 'brief', { item: 'A', pick: 1 });
  expect(ended).toEqual({ said: { code: 'unauthenticated' }, got: { code: 'unauthenticated' } });
});

test('of a moment to come it says what will be granted then', async () => {
  const door = await safe.agent((await safe.token('later')).token);
  await safe.owner.grant({ token: byName('later'), vault: byName('Work'), limits: { rate: '1/1h' } });
  expect(codeOf(await ask(door, 'get_item', { item: 'A' }))).toBe('granted');
  const about = { token: byName('later'), item: { item: byName('A') }, tool: 'list_vault' };
  const at = (ms: number): string => new Date(safe.clock.now + ms).toISOString();
  const look = async (ms: number): Promise<string | undefined> =>
    (await safe.owner.explain({ ...about, at: at(ms) })).results[0]?.outcome;
  expect([await look(59 * MINUTE), await look(60 * MINUTE)]).toEqual(['refused', 'granted']);
});
