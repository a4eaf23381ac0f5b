import { expect, test } from 'vitest';
import { fakeDoor } from '../support/fake-door.js';
import { call, INITIALIZE, inProcess, modern, request } from '../support/line-client.js';

test('an answer stands in structured content and as text, with its receipt', async () => {
  const client = inProcess(fakeDoor());
  client.send(call('get_item', { item: 'x' }, 1));
  const [{ result }] = await client.lines(1);
  expect(result.structuredContent).toMatchObject({
    tool: 'get_item',
    receipt: { seq: 1, hash: '1'.padStart(64, '0') },
  });
  expect(JSON.parse(result.content[0].text)).toEqual(result.structuredContent);
  expect(result.isError).toBeUndefined();
  client.end();
  await client.done;
});

test('a refusal is a result with isError; without a receipt where there is no entry', async () => {
  const client = inProcess(fakeDoor());
  client.send(call('delete_everything', {}, 1));
  client.send(call('unrecorded', {}, 2));
  const [refused, unrecorded] = await client.lines(2);
  expect(refused.result).toMatchObject({
    isError: true,
    structuredContent: { error: { code: 'invalid_request' }, receipt: { seq: 1 } },
  });
  expect(unrecorded.result.structuredContent).not.toHaveProperty('receipt');
  expect(JSON.parse(unrecorded.result.content[0].text)).toEqual(unrecorded.result.structuredContent);
  client.end();
  await client.done;
});

test('an unknown tool, and names and arguments like __proto__, reach the door as they were sent', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  client.send(
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"__proto__","arguments":{"__proto__":{"a":1},"constructor":2}}}\n',
  );
  await client.lines(1);
  expect(door.calls[0]?.tool).toBe('__proto__');
  expect(Object.keys(door.calls[0]?.arguments as object)).toEqual(['__proto__', 'constructor']);
  client.end();
  await client.done;
});

test('a call without arguments has none, rather than undefined ones', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  client.send(request('tools/call', { name: 'whoami' }, 1));
  await client.lines(1);
  expect(door.calls[0]?.arguments).toEqual({});
  client.end();
  await client.done;
});

test('the door learns who calls: from initialize in 2025, from each request since 2026-07-28', async () => {
  const door = fakeDoor();
  const old = inProcess(door);
  old.send(call('whoami', {}, 1));
  await old.lines(1);
  old.send(request('initialize', INITIALIZE, 2));
  old.send(call('whoami', {}, 3));
  await old.lines(3);
  const recent = inProcess(door);
  recent.send(modern('tools/call', { name: 'whoami', arguments: {} }, 'four'));
  await recent.lines(1);
  expect(door.calls.map(({ client, requestId }) => [client.name, client.version, requestId])).toEqual([
    ['unknown', '', '1'],
    ['line-client', '1', '3'],
    ['modern-client', '9', 'four'],
  ]);
  old.end();
  recent.end();
  await Promise.all([old.done, recent.done]);
});

test('what a client says of itself is cut, and no token is in it', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  const token = `vsp_${'a'.repeat(64)}::${'b'.repeat(43)}`;
  client.send(request('initialize', { ...INITIALIZE, clientInfo: { name: token, version: 'v'.repeat(5000) } }, 1));
  client.send(call('whoami', {}, token));
  await client.lines(2);
  expect(door.calls[0]).toMatchObject({ client: { name: 'vsp_…', version: 'v'.repeat(120) }, requestId: 'vsp_…' });
  client.end();
  await client.done;
});

test('a door that throws, though it promises not to, tells the client nothing', async () => {
  const client = inProcess(fakeDoor());
  client.send(call('throw', {}, 1));
  const [answer] = await client.lines(1);
  expect(answer.result).toMatchObject({ isError: true, structuredContent: { error: { code: 'unavailable' } } });
  expect(JSON.stringify(answer)).not.toContain('secret detail');
  expect(client.reports.join()).toContain('secret detail');
  client.end();
  await client.done;
});

test('a change of the tools is told after the call that finds it, once, and only to who had a list', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  client.send(request('initialize', INITIALIZE, 1));
  client.send(call('whoami', {}, 2));
  await client.lines(2);
  door.list(['whoami']);
  client.send(request('tools/list', {}, 3));
  await client.lines(3);
  door.list(['whoami', 'create_item']);
  client.send(call('whoami', {}, 4));
  await client.lines(5);
  client.send(call('whoami', {}, 5));
  await client.lines(6);
  client.end();
  await client.done;
  expect(client.all.map(({ id, method }) => id ?? method)).toEqual([1, 2, 3, 4, 'notifications/tools/list_changed', 5]);
});

test('by the modern protocol the change goes to who listens, whose wait ends with the connection', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  client.send(modern('tools/list', {}, 1));
  await client.lines(1);
  client.send(modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, 'ear'));
  await client.lines(2);
  door.list([]);
  client.send(modern('tools/call', { name: 'whoami', arguments: {} }, 2));
  await client.lines(4);
  client.end();
  await client.done;
  expect(client.all.map(({ id, method }) => id ?? method)).toEqual([
    1,
    'notifications/subscriptions/acknowledged',
    2,
    'notifications/tools/list_changed',
    'ear',
  ]);
});

test('the instructions are static and short enough for every client', async () => {
  const client = inProcess(fakeDoor());
  client.send(request('initialize', INITIALIZE, 1));
  const [{ result }] = await client.lines(1);
  expect(Buffer.byteLength(result.instructions)).toBeLessThanOrEqual(2048);
  expect(result.instructions).toMatch(/whoami/);
  expect(result.instructions).toMatch(/reason/);
  expect(result.capabilities).toEqual({ tools: { listChanged: true }, resources: {}, prompts: {}, completions: {} });
  client.end();
  await client.done;
});
