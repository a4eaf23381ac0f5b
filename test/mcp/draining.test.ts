import { expect, test } from 'vitest';
import { fakeDoor } from '../support/fake-door.js';
import { call, fakeServerArguments, inProcess, modern, startServer } from '../support/line-client.js';

test('what was asked before the input ended is answered, then the door closes', async () => {
  const door = fakeDoor({ delayMs: 300 });
  const client = inProcess(door);
  for (let id = 1; id <= 50; id += 1) client.send(call('whoami', {}, id));
  client.end();
  await client.done;
  expect(client.all.map(({ id }) => id).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  expect(door.seen).toEqual({ answered: 50, closed: true });
});

test('the same with the modern protocol, whose first message decides the era', async () => {
  const door = fakeDoor({ delayMs: 200 });
  const client = inProcess(door);
  client.send(modern('server/discover', {}, 1));
  client.send(modern('tools/call', { name: 'whoami', arguments: {} }, 2));
  client.end();
  await client.done;
  expect(client.all.map(({ id }) => id)).toEqual([1, 2]);
});

test('a call that was cancelled gets no answer, but the door stays open until it has come to an end', async () => {
  const door = fakeDoor({ delayMs: 400 });
  const client = inProcess(door);
  client.send(call('whoami', {}, 1));
  client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
  client.send(call('quick', {}, 2));
  client.end();
  await client.done;
  expect(client.all.map(({ id }) => id)).toEqual([2]);
  expect(door.seen).toEqual({ answered: 2, closed: true });
});

test('one id for two requests gets two answers', async () => {
  const client = inProcess(fakeDoor({ delayMs: 100 }));
  client.send(call('whoami', {}, 1));
  client.send(call('quick', {}, 1));
  client.end();
  await client.done;
  expect(client.all.map(({ id }) => id)).toEqual([1, 1]);
});

test('more requests than may wait at once are all answered', async () => {
  const client = inProcess(fakeDoor({ delayMs: 20 }));
  for (let id = 1; id <= 2000; id += 1) client.send(call('whoami', {}, id));
  client.end();
  await client.done;
  expect(new Set(client.all.map(({ id }) => id)).size).toBe(2000);
});

test('an output that breaks ends it, with the door closed', async () => {
  const door = fakeDoor({ delayMs: 200 });
  const client = inProcess(door);
  client.send(call('whoami', {}, 1));
  client.output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await client.done;
  expect(door.seen).toEqual({ answered: 1, closed: true });
});

test('a process: nothing but the protocol on stdout, exit 0 at the end of its input', async () => {
  const server = startServer(fakeServerArguments(300));
  server.send(call('noise', {}, 1));
  server.send(call('noise', {}, 2));
  server.end();
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(server.all.map(({ jsonrpc, id }) => [jsonrpc, id])).toEqual([
    ['2.0', 1],
    ['2.0', 2],
  ]);
  expect(server.stderr()).toContain('noise at start');
  expect(server.stderr()).toContain('more noise');
  expect(server.stderr()).toContain('closed=true answered=2');
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'a process: %s ends it with 0, and what it had read is answered',
  async (signal) => {
    const server = startServer(fakeServerArguments(500));
    server.send(call('quick', {}, 1));
    await server.lines(1);
    server.send(call('whoami', {}, 2));
    server.send(call('quick', {}, 3));
    await server.lines(2);
    server.process.kill(signal);
    server.process.kill(signal);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.all.map(({ id }) => id)).toEqual([1, 3, 2]);
  },
);

test('a process: a client that stops reading ends it with 0', async () => {
  const server = startServer(fakeServerArguments());
  server.send(call('quick', {}, 1));
  await server.lines(1);
  server.process.stdout?.destroy();
  server.send(call('quick', {}, 2));
  server.send(call('quick', {}, 3));
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(server.stderr()).toContain('closed=true');
});

test('a process: SIGUSR1 opens no inspector', async () => {
  const server = startServer(fakeServerArguments());
  server.send(call('quick', {}, 1));
  await server.lines(1);
  server.process.kill('SIGUSR1');
  await new Promise((resolve) => setTimeout(resolve, 300));
  server.send(call('quick', {}, 2));
  await server.lines(2);
  server.end();
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(server.stderr()).not.toMatch(/[Dd]ebugger/);
});
