/** Clients that are slow to say what they want, or to take it, that say nothing, or that go away. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgentDoor } from '../../src/gate/call.js';
import { PATIENCE } from '../../src/serve/patience.js';
import { entriesAfter, expectVerified, lastSeq } from '../support/gate-rig.js';
import { callTool, listening, printed, send, stateless, toolCall, Wire } from '../support/http-requests.js';
import { type Rig, serveSafe } from '../support/http-rig.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-patience-8080';
const HASTE = { ...PATIENCE, headersMs: 300, requestMs: 600, idleMs: 500, takeMs: 300, checkEveryMs: 50 };
let safe: TestSafe;
/** One that soon loses patience, and one as it is shipped. */
let hasty: Rig;
let rig: Rig;
let token: string;

beforeAll(async () => {
  safe = await makeSafe();
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
  const text = [{ name: 'text', value: 'x'.repeat(30_000) }];
  await safe.owner.createItem(byName('Personal'), { type: 'note', title: 'Long', fields: text });
  ({ token } = await safe.token('bot', ['Personal']));
  hasty = await serveSafe(safe, { patience: HASTE });
  rig = await serveSafe(safe);
});

afterAll(async () => {
  await hasty.close();
  await rig.close();
  await expectVerified(safe);
  await safe.end();
});

const isServed = async (of: Rig): Promise<void> => {
  expect((await callTool(of.port, token, 'get_item', { item: 'Orders' })).item.title).toBe('Orders');
};

/** Writes a byte now and then, until the other end closes. */
function drip(wire: Wire, byte: string): Promise<string> {
  const dripping = setInterval(() => wire.write(byte), 20);
  return wire.ended.finally(() => clearInterval(dripping));
}

test.concurrent('headers that are never finished are not waited for, however they come', async () => {
  const silent = new Wire(hasty.port);
  const stuck = new Wire(hasty.port).write('POST /mcp HTTP/1.1\r\nHost: local');
  const dripped = drip(new Wire(hasty.port).write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: '), 'a');
  const second = new Wire(hasty.port).write(`${printed({ path: '/healthz' })}POST /mcp HTTP/1.1\r\n`);
  await isServed(hasty);
  for (const got of await Promise.all([silent.ended, stuck.ended, dripped]))
    expect(got).toMatch(/^(HTTP\/1\.1 408 |$)/);
  expect(await second.ended).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*HTTP\/1\.1 408 /);
});

test.concurrent('a body that is dripped is not waited for, and leaves no entry', async () => {
  const { body, ...head } = toolCall(token, 'get_item', { item: 'Orders' });
  const text = printed(head).replace('\r\n\r\n', `\r\ncontent-length: ${String(body.length)}\r\n\r\n`);
  const got = await drip(new Wire(hasty.port).write(text), ' ');
  expect(got).toMatch(/^HTTP\/1\.1 408 /);
  expect(got).not.toContain('canary');
});

test.concurrent('a connection that is kept and not used is closed', async () => {
  const wire = new Wire(hasty.port).write(printed({ path: '/healthz' }));
  expect(await wire.ended).toMatch(/^HTTP\/1\.1 200 OK/);
});

test.concurrent('a call that takes longer than a client may take to read is waited for', async () => {
  // an open stream that nothing is told on is silent for as long
  const stream = await listening(hasty.port, token);
  await new Promise((resolve) => setTimeout(resolve, 3 * HASTE.takeMs));
  const again = await Promise.race([stream.ended, Promise.resolve('open')]);
  expect(again).toBe('open');
  stream.end();
});

/** More than what a connection holds on its way. */
const ASKED = 2_000;

test('a client that asks for much and never reads is cut off, and what it was given is in the log', async () => {
  // in nothing else is it in haste
  const taking = await serveSafe(safe, {
    patience: { ...PATIENCE, headersMs: 600_000, requestMs: 600_000, takeMs: 300 },
  });
  const before = lastSeq(safe.file);
  const long = printed(toolCall(token, 'get_item', { item: 'Long', fields: ['text'] }));
  const wire = new Wire(taking.port);
  wire.socket.pause();
  wire.write(long.repeat(ASKED));
  const isCut = async (): Promise<boolean> => {
    const { text } = await send(taking.port, { path: '/metrics' });
    return /^vouchsafe_connections 1$/m.test(text);
  };
  await expect.poll(isCut, { interval: 100 }).toBe(true);
  const given = entriesAfter(safe.file, before).length;
  const called = taking.logs.filter(({ message, entry }) => message === 'called' && entry > before).length;
  expect(given).toBe(called);
  // it was not served to the end: what nobody takes is not made
  expect(given).toBeLessThan(ASKED);
  wire.socket.destroy();
  await isServed(taking);
  await taking.close();
});

test('a thousand connections that say nothing do not keep others from being served', async () => {
  const wires = Array.from({ length: 1_000 }, () => new Wire(rig.port));
  await Promise.all(wires.map(async ({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
  const kept = wires.slice(0, 100).map(async (wire) => wire.write(printed({ path: '/healthz' })).until(/"ok"/));
  await Promise.all(kept);
  const before = lastSeq(safe.file);
  await Promise.all(Array.from({ length: 20 }, async () => isServed(rig)));
  expect(entriesAfter(safe.file, before)).toHaveLength(20);
  expect((await send(rig.port, { path: '/metrics' })).text).toMatch(/^vouchsafe_connections 100[01]$/m);
  for (const wire of wires) wire.socket.destroy();
  await expect
    .poll(async () => (await send(rig.port, { path: '/metrics' })).text)
    .toMatch(/^vouchsafe_connections [12]$/m);
});

test('requests that are sent one upon the other are answered in their order', async () => {
  const before = lastSeq(safe.file);
  const names = ['whoami', 'list_vaults', 'get_item', 'drop_table', 'whoami'];
  const calls = names.map((name) => printed(toolCall(token, name, name === 'get_item' ? { item: 'Orders' } : {})));
  const wire = new Wire(rig.port).write(
    calls.join('') + printed({ path: '/healthz', headers: { connection: 'close' } }),
  );
  const answers = (await wire.ended).split('HTTP/1.1 ').slice(1);
  expect(answers.map((answer) => answer.slice(0, 3))).toEqual(Array(6).fill('200'));
  const shows = [/"token"/, /"vaults"/, /Orders/, /invalid_request/, /"token"/, /"ok"/];
  for (const [n, answer] of answers.entries()) expect(answer).toMatch(shows[n] ?? /never/);
  expect(entriesAfter(safe.file, before)).toHaveLength(5);
});

test('clients that go away in the middle of a call: each entry stands, and nothing is left open', async () => {
  const before = lastSeq(safe.file);
  const call = printed(toolCall(token, 'get_item', { item: 'Orders', fields: ['password'] }));
  const listen = printed(stateless(token, 'subscriptions/listen', { notifications: { toolsListChanged: true } }));
  for (let n = 0; n < 20; n += 1) {
    const wire = new Wire(rig.port).write(call.repeat(2) + listen);
    await new Promise((resolve) => wire.socket.once('connect', resolve));
    await new Promise((resolve) => setTimeout(resolve, n % 5));
    wire.socket.destroy();
  }
  // 16 streams may be open: those of the clients that went away are not
  await expect.poll(async () => (await listening(rig.port, token)).status).toBe(200);
  await isServed(rig);
  const seqs = rig.logs
    .filter(({ message, entry }) => message === 'called' && entry > before)
    .map(({ entry }) => entry);
  expect(seqs.sort((a, b) => a - b)).toEqual(entriesAfter(safe.file, before).map(({ seq }) => seq));
});

test('a server that ends waits for a call whose client has gone: it is recorded', async () => {
  let begun: () => void = () => undefined;
  const isBegun = new Promise<void>((resolve) => (begun = resolve));
  const slowly = (door: AgentDoor): AgentDoor => ({
    call: async (call) => {
      begun();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return door.call(call);
    },
    tools: () => door.tools(),
    identity: () => door.identity(),
    close: () => door.close(),
  });
  const ending = await serveSafe(safe, {}, { slowly });
  const before = lastSeq(safe.file);
  const wire = new Wire(ending.port).write(printed(toolCall(token, 'get_item', { item: 'Orders' })));
  await isBegun;
  wire.socket.destroy();
  await wire.ended;
  await ending.close();
  expect(entriesAfter(safe.file, before).map(({ outcome }) => outcome)).toEqual(['granted']);
});
