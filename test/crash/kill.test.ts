/**
 * security.md section 6 no. 6: servers and the owner's commands that are killed with SIGKILL while they write lose no
 * entry that was acknowledged, and the chain verifies after every round.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { call, INITIALIZE, request, type RunningServer, startServer } from '../support/line-client.js';
import { entriesAfter, expectVerified, withConnection } from '../support/gate-rig.js';
import { endChildren, environmentOf, type Json, pause, PROGRAM, startChild } from '../support/processes.js';
import { ask, byName, codeOf, makeSafe, PASSWORD, REASON, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-kill-77';
let safe: TestSafe;

beforeEach(async () => {
  safe = await makeSafe();
  for (const title of ['A', 'Shared'])
    await safe.owner.createItem(byName('Personal'), {
      type: 'login',
      title,
      fields: [{ name: 'password', value: SECRET }],
    });
});
afterEach(async () => {
  endChildren();
  for (const server of servers.splice(0)) server.process.kill('SIGKILL');
  await safe.end();
});

const servers: RunningServer[] = [];

/** A real server that is asked for something as fast as it answers; what it acknowledged is kept. */
class Hammer {
  readonly server: RunningServer;
  readonly #name: string;
  #sent = 0;

  constructor(name: string, token: string) {
    this.#name = name;
    this.server = startServer([PROGRAM, 'mcp'], environmentOf(safe.places, token));
    servers.push(this.server);
    this.server.send(request('initialize', INITIALIZE, 'hello'));
    for (let i = 0; i < 8; i += 1) this.#next();
    this.server.process.stdout?.on('data', () => {
      while (this.#sent < this.server.all.length + 8) this.#next();
    });
  }

  #next(): void {
    this.#sent += 1;
    const n = this.#sent;
    const kinds: readonly (() => object)[] = [
      () => call('get_item', { item: 'A', fields: ['password'], reason: REASON }, n),
      () =>
        call(
          'create_item',
          { vault: 'Personal', type: 'login', title: `${this.#name} ${String(n)}`, reason: REASON },
          n,
        ),
      () => call('update_item', { item: 'Shared', set: { username: `${this.#name} ${String(n)}` }, reason: REASON }, n),
      () => call('get_item', { item: 'A' }, n),
    ];
    const make = kinds[n % kinds.length];
    if (make !== undefined) this.server.send(make());
  }

  /** The answers that had a receipt. */
  get acknowledged(): Json[] {
    return this.server.all.flatMap(({ result }) =>
      result?.structuredContent?.receipt === undefined ? [] : [result.structuredContent],
    );
  }

  async started(): Promise<void> {
    while (this.acknowledged.length === 0) {
      if (this.server.process.exitCode !== null) throw new Error(`the server ended: ${this.server.stderr()}`);
      await pause(5);
    }
  }

  async killed(): Promise<void> {
    this.server.process.kill('SIGKILL');
    expect((await this.server.ended).signal).toBe('SIGKILL');
  }
}

function expectAllThere(acknowledged: readonly Json[]): void {
  const hashes = new Map(entriesAfter(safe.file).map((row) => [row.seq, row.hash]));
  for (const { receipt } of acknowledged) expect(hashes.get(receipt.seq)).toBe(receipt.hash);
  const seqs = acknowledged.map(({ receipt }) => receipt.seq);
  expect(new Set(seqs).size).toBe(seqs.length);
}

test('four servers killed with SIGKILL in a loop lose no acknowledged access and never break the chain', async () => {
  const tokens = await Promise.all(
    [1, 2, 3, 4].map(async (n) => safe.token(`agent-${String(n)}`, ['Personal'], 'editor')),
  );
  const acknowledged: Json[] = [];
  for (let round = 1; round <= 4; round += 1) {
    const hammers = tokens.map(({ token }, n) => new Hammer(`r${String(round)}a${String(n)}`, token));
    for (const hammer of hammers) await hammer.started();
    await pause(40 * round);
    for (const hammer of hammers) {
      await hammer.killed();
      await pause(10 * round);
    }
    const heard = hammers.flatMap((hammer) => hammer.acknowledged);
    for (const hammer of hammers) expect(hammer.acknowledged.length).toBeGreaterThan(0);
    acknowledged.push(...heard);
    expectAllThere(acknowledged);
    await expectVerified(safe);
  }
  const { data } = await safe.owner.listEntries({ query: 'outcome:granted action:item.create', limit: 1_000 });
  const titles = new Set((await safe.owner.listItems({ vault: byName('Personal') })).map(({ title }) => title));
  for (const { item, actor } of data) if (actor.kind === 'token') expect(titles).toContain(item?.title);
  expect(acknowledged.filter((answer) => answer.error === undefined).length).toBeGreaterThan(12);
});

test('an owner’s commands that are killed in the middle leave all of each or nothing, and what was told stays', async () => {
  const told: Json[] = [];
  const uncertain = new Set<string>();
  for (let round = 1; round <= 5; round += 1) {
    const child = startChild('owner', { places: safe.places, password: PASSWORD, tag: `r${String(round)}` });
    while (child.lines.length < round && child.isRunning()) await pause(2);
    await pause(7 * round);
    child.kill();
    expect((await child.ended).signal).toBe('SIGKILL');
    told.push(...child.lines);
    await expectVerified(safe);
    const titles = new Set((await safe.owner.listItems({})).map(({ title }) => title));
    const deleted = new Set(told.map((line) => line.deleted));
    // the kill may have come between the last command's commit and its word
    uncertain.add(child.lines.findLast((line) => line.item !== undefined)?.item);
    for (const { item } of told)
      if (item !== undefined && !uncertain.has(item)) expect(titles.has(item)).toBe(!deleted.has(item));
    for (const { revoked } of told)
      if (revoked !== undefined) expect(codeOf(await ask(await safe.agent(revoked), 'whoami'))).toBe('unauthenticated');
  }
  expect(told.length).toBeGreaterThanOrEqual(5);
  const fresh = await safe.reopen();
  await fresh.unlock(60_000);
  const door = await safe.agent((await safe.token('after', ['Personal'])).token);
  expect(codeOf(await ask(door, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
});

test('a server that is killed while it holds the lock keeps nobody else from it', async () => {
  const { token } = await safe.token('agent', ['Personal'], 'editor');
  const hammer = new Hammer('one', token);
  await hammer.started();
  const door = await safe.agent((await safe.token('other', ['Personal'])).token);
  for (let i = 0; i < 20; i += 1) expect(codeOf(await ask(door, 'get_item', { item: 'A' }))).toBe('granted');
  await hammer.killed();
  for (let i = 0; i < 5; i += 1) expect(codeOf(await ask(door, 'get_item', { item: 'A' }))).toBe('granted');
  expectAllThere(hammer.acknowledged);
  await expectVerified(safe);
  expect(withConnection(safe.file, (connection) => connection.pragma('integrity_check', { simple: true }))).toBe('ok');
});

test('an owner’s revoke among servers that read: nothing is granted after its entry, and the log verifies', async () => {
  const stays = await safe.token('stays', ['Personal']);
  const goes = await safe.token('goes', ['Personal'], 'editor');
  const hammers = [new Hammer('a', goes.token), new Hammer('b', goes.token), new Hammer('c', stays.token)];
  for (const hammer of hammers) await hammer.started();
  await pause(60);
  await safe.owner.deleteToken(byName('goes'), { rotate: true });
  const { data } = await safe.owner.listEntries({ query: 'action:token.delete', limit: 1 });
  const revokedAt = data[0]?.seq ?? 0;
  expect(revokedAt).toBeGreaterThan(0);
  for (const hammer of hammers) {
    const count = hammer.server.all.length;
    while (hammer.server.all.length < count + 10) await pause(5);
    hammer.server.end();
    expect((await hammer.server.ended).code).toBe(0);
  }
  for (const hammer of hammers.slice(0, 2)) {
    const late = hammer.acknowledged.filter(({ receipt }) => receipt.seq > revokedAt);
    expect(late.length).toBeGreaterThan(0);
    expect(late.some((answer) => answer.error?.code === 'unauthenticated')).toBe(true);
    // a refusal of the call itself may have been decided just before
    for (const answer of late) expect(['unauthenticated', 'reason_required']).toContain(answer.error?.code);
    expect(JSON.stringify(late)).not.toContain(SECRET);
  }
  const others = hammers[2]?.acknowledged.filter(({ receipt }) => receipt.seq > revokedAt) ?? [];
  expect(others.some((answer) => answer.error === undefined)).toBe(true);
  expectAllThere(hammers.flatMap((hammer) => hammer.acknowledged));
  await expectVerified(safe);
});
