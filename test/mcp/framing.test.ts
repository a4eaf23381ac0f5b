import { expect, test } from 'vitest';
import { MAX_LINE_BYTES } from '../../src/mcp/message.js';
import { fakeDoor } from '../support/fake-door.js';
import { call, INITIALIZE, inProcess, modern, request } from '../support/line-client.js';

const faults: [name: string, line: string | Buffer, code: number, id: unknown][] = [
  ['broken JSON', '{"jsonrpc":"2.0","id":1,"method"\n', -32700, null],
  ['no JSON at all', 'GET / HTTP/1.1\r\n', -32700, null],
  [
    'invalid UTF-8',
    Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n')]),
    -32700,
    null,
  ],
  ['NUL bytes', '\0\0\0\n', -32700, null],
  ['a NUL inside a message', '{"jsonrpc":"2.0","id":1,"method":"pi\0ng"}\n', -32700, null],
  ['a byte order mark', '\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}\n', -32700, null],
  ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]\n', -32600, null],
  ['an empty batch', '[]\n', -32600, null],
  ['a number', '7\n', -32600, null],
  ['null', 'null\n', -32600, null],
  ['no version', '{"id":7,"method":"ping"}\n', -32600, 7],
  ['another version', '{"jsonrpc":"1.0","id":"x","method":"ping"}\n', -32600, 'x'],
  ['no method', '{"jsonrpc":"2.0","id":7}\n', -32600, 7],
  ['a method that is no text', '{"jsonrpc":"2.0","id":7,"method":{}}\n', -32600, 7],
  ['parameters that are no object', '{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}\n', -32600, 7],
  ['an id of null', '{"jsonrpc":"2.0","id":null,"method":"ping"}\n', -32600, null],
  ['a broken id', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}\n', -32600, null],
  ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"ping"}\n', -32600, null],
  ['10 MiB in one line', `{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(10 * 1024 * 1024)}"}\n`, -32600, null],
  ['one byte more than allowed', `"${'x'.repeat(MAX_LINE_BYTES - 1)}"\n`, -32600, null],
  ['deep nesting', `${'['.repeat(400_000)}\n`, -32700, null],
];

test.each(faults)('%s is answered with one error, and the server lives on', async (_name, line, code, id) => {
  const door = fakeDoor();
  const client = inProcess(door);
  client.send(line);
  client.send(request('initialize', INITIALIZE, 'after'));
  const [fault, answer] = await client.lines(2);
  expect(fault).toMatchObject({ jsonrpc: '2.0', id, error: { code } });
  expect(fault.error.message).not.toContain('xx');
  expect(answer).toMatchObject({ id: 'after', result: { serverInfo: { name: 'vouchsafe' } } });
  client.end();
  await client.done;
  expect(client.all).toHaveLength(2);
});

test('blank lines and line ends of other systems are no fault', async () => {
  const client = inProcess(fakeDoor());
  client.send('\n\r\n  \n');
  client.send(`${JSON.stringify(request('ping', {}, 1))}\r\n`);
  client.end();
  await client.done;
  expect(client.all).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
});

test('a last line without its newline counts', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  client.send(JSON.stringify(call('whoami', {}, 1)));
  client.end();
  await client.done;
  expect(client.all).toMatchObject([{ id: 1, result: { structuredContent: { tool: 'whoami' } } }]);
  expect(door.calls).toHaveLength(1);
});

test('a flood of faults is answered, but reported only so often', async () => {
  const client = inProcess(fakeDoor());
  client.send('x\n'.repeat(5000));
  client.end();
  await client.done;
  expect(client.all).toHaveLength(5000);
  expect(client.reports.length).toBeLessThan(50);
});

test('messages cut anywhere arrive whole', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  const bytes = Buffer.from(`${JSON.stringify(call('whoami', { reason: 'Größe 🙂' }, 1))}\n`);
  for (const byte of bytes) client.send(Buffer.from([byte]));
  await client.lines(1);
  expect(door.calls[0]?.arguments).toEqual({ reason: 'Größe 🙂' });
  client.end();
  await client.done;
});

test('what is no well-formed call is the protocol’s error and no call', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  client.send(request('tools/call', {}, 1));
  client.send(request('tools/call', { name: 7 }, 2));
  client.send(request('tools/call', { name: 'whoami', arguments: 'text' }, 3));
  client.send(request('no/such/method', {}, 4));
  await client.lines(4);
  const codes = new Map(client.all.map(({ id, error }) => [id, error.code]));
  expect(Object.fromEntries(codes)).toEqual({ 1: -32602, 2: -32602, 3: -32602, 4: -32601 });
  expect(door.calls).toHaveLength(0);
  client.end();
  await client.done;
});

test('a modern request without its envelope, or for another revision, is refused by the protocol', async () => {
  const door = fakeDoor();
  const client = inProcess(door);
  client.send(modern('tools/call', { name: 'whoami', arguments: {} }, 1));
  await client.lines(1);
  client.send(call('whoami', {}, 2));
  await client.lines(2);
  expect(client.all[1]).toMatchObject({ id: 2, error: { code: -32602 } });
  expect(door.calls).toHaveLength(1);
  client.end();
  await client.done;
});
