/** The server as a process: how it starts, how it ends, and what it never loses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loopbackIdentity, type LoopbackIdentity } from '../support/certificate.js';
import { entriesAfter, expectVerified, lastSeq } from '../support/gate-rig.js';
import { callTool, send, Session, toolCall, Wire, printed } from '../support/http-requests.js';
import type { Json } from '../support/line-client.js';
import { pause } from '../support/processes.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';
import { endServing, startServing } from '../support/serving.js';

const SECRET = 'canary-process-1200';
const ANYWHERE = ['--listen', '127.0.0.1:0'];
let safe: TestSafe;
let folder: string;

beforeEach(async () => {
  safe = await makeSafe();
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-serving-'));
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
});

afterEach(async () => {
  endServing();
  await safe.end();
  rmSync(folder, { recursive: true, force: true });
});

const read = { item: 'Orders', fields: ['password'] };
type Receipt = { readonly seq: number; readonly hash: string };

/** Asks again and again on one connection's worth of time, until the server is gone; the receipts that came. */
async function hammer(port: number, token: string, args: object = read): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for (;;) {
    const answer: Json = await send(port, toolCall(token, 'get_item', { ...args })).catch(() => null);
    if (answer?.message?.result === undefined) return receipts;
    receipts.push(answer.message.result.structuredContent.receipt);
  }
}

function expectAllThere(receipts: readonly Receipt[]): void {
  const hashes = new Map(entriesAfter(safe.file).map(({ seq, hash }) => [seq, hash]));
  for (const { seq, hash } of receipts) expect([seq, hashes.get(seq)]).toEqual([seq, hash]);
  expect(new Set(receipts.map(({ seq }) => seq)).size).toBe(receipts.length);
}

async function tokensOf(count: number): Promise<readonly string[]> {
  const tokens: string[] = [];
  for (let n = 0; n < count; n += 1) tokens.push((await safe.token(`bot-${String(n)}`, ['Personal'])).token);
  return tokens;
}

test('SIGTERM while calls run: each is answered, each answer is in the log, and the exit is 0', async () => {
  const tokens = await tokensOf(4);
  const { port, process: child, ended, stderr } = await startServing(safe.places, ANYWHERE);
  const before = lastSeq(safe.file);
  const idle = new Wire(port).write(printed({ path: '/healthz' }));
  await idle.until(/"ok"/);
  const session = await Session.begin(port, tokens[0] ?? '');
  const stream = await session.stream();
  const calls = Array.from({ length: 40 }, async (_, n) => send(port, toolCall(tokens[n % 4] ?? '', 'get_item', read)));
  await expect.poll(() => entriesAfter(safe.file, before).length).toBeGreaterThan(0);
  child.kill('SIGTERM');
  const settled = await Promise.allSettled(calls);
  const receipts: Receipt[] = [];
  for (const one of settled) {
    // a connection that was not taken before the end is refused, never answered by half
    if (one.status === 'rejected') expect(one.reason.code).toMatch(/ECONNREFUSED|ECONNRESET/);
    else if (one.value.status === 503) expect(one.value.text).toContain('The server is ending.');
    else receipts.push(one.value.message.result.structuredContent.receipt);
  }
  expect(receipts.length).toBeGreaterThan(0);
  await stream.ended;
  await idle.ended;
  expect(await ended).toEqual({ code: 0, signal: null });
  expectAllThere(receipts);
  expect(entriesAfter(safe.file, before).length).toBe(receipts.length);
  await expect(send(port, { path: '/healthz' })).rejects.toThrow(/ECONNREFUSED/);
  expect(stderr()).not.toMatch(/canary|vsp_/);
  await expectVerified(safe);
});

test('killed under the load of 50 callers: no access that was acknowledged is lost, and the log verifies', async () => {
  const tokens = await tokensOf(5);
  const receipts: Receipt[] = [];
  for (let round = 0; round < 2; round += 1) {
    const { port, process: child, ended } = await startServing(safe.places, ANYWHERE);
    const before = lastSeq(safe.file);
    const callers = Array.from({ length: 50 }, async (_, n) => hammer(port, tokens[n % 5] ?? ''));
    await expect.poll(() => entriesAfter(safe.file, before).length).toBeGreaterThan(60 + 50 * round);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const heard = (await Promise.all(callers)).flat();
    expect(heard.length).toBeGreaterThan(0);
    receipts.push(...heard);
    expectAllThere(receipts);
  }
  await expectVerified(safe);
  const { port } = await startServing(safe.places, ANYWHERE);
  expect((await callTool(port, tokens[0] ?? '', 'get_item', read)).item.title).toBe('Orders');
});

test('50 tokens at once, each with its own vault: each sees its own alone, and each call is one entry by its token', async () => {
  const agents: { name: string; token: string; secret: string; id: string }[] = [];
  for (let n = 0; n < 50; n += 1) {
    const [name, secret] = [`agent-${String(n)}`, `canary-own-${String(n)}-`];
    await safe.owner.createVault({ name: `Vault ${String(n)}` });
    await safe.owner.createItem(byName(`Vault ${String(n)}`), {
      ...{ type: 'login', title: 'Orders' },
      fields: [{ name: 'password', value: secret }],
    });
    const { token, id } = await safe.token(name, [`Vault ${String(n)}`]);
    agents.push({ name, token, secret, id });
  }
  const { port } = await startServing(safe.places, [...ANYWHERE, '--log-level', 'error']);
  const before = lastSeq(safe.file);
  const answers = await Promise.all(
    agents.map(async ({ token }, n) => {
      const other = `Vault ${String((n + 1) % 50)}`;
      const session = await Session.begin(port, token);
      return [
        await callTool(port, token, 'get_item', read),
        await callTool(port, token, 'search_items', {}),
        await callTool(port, token, 'get_item', { ...read, vault: other }),
        (await session.call('get_item', read)).message.result.structuredContent,
      ];
    }),
  );
  const entries = entriesAfter(safe.file, before);
  expect(entries).toHaveLength(200);
  for (const [n, { id, secret }] of agents.entries()) {
    const [own, found, foreign, again] = answers[n] ?? [];
    for (const { item } of [own, again]) expect(item.fields[0].value).toBe(secret);
    expect(found.items.map(({ vault }: Json) => vault)).toEqual([`Vault ${String(n)}`]);
    expect(foreign.error.code).toBe('forbidden');
    const theirs = JSON.stringify(answers[n]).match(/canary-own-[0-9]+-/g) ?? [];
    expect(new Set(theirs)).toEqual(new Set([secret]));
    const receipts = [own, found, foreign, again].map(({ receipt }: Json) => receipt.seq);
    expect(entries.filter(({ actor }) => actor === id).map(({ seq }) => seq)).toEqual(receipts.sort((a, b) => a - b));
  }
  await expectVerified(safe);
});

test('what keeps it from starting is said, with what to do', async () => {
  const { port } = await startServing(safe.places, ANYWHERE);
  const path = join(folder, 'mcp.sock');
  await startServing(safe.places, ['--socket', path]);
  const file = join(folder, 'precious');
  writeFileSync(file, 'precious');
  const faults: readonly (readonly [args: string[], code: number, says: RegExp])[] = [
    [['--listen', `127.0.0.1:${String(port)}`], 1, /Another program listens there/],
    [['--socket', path], 1, /Another program listens there/],
    [['--socket', file], 1, /Another program listens there|another place/],
    [['--listen', '0.0.0.0:0'], 2, /--tls-cert/],
    [['--listen', '[::]:0'], 2, /--tls-cert/],
    [['--listen', 'localhost'], 2, /--listen/],
    [[...ANYWHERE, '--tls-cert', file], 2, /--tls-key/],
  ];
  await Promise.all(
    faults.map(async ([args, code, says]) => {
      const failed = await startServing(safe.places, args);
      expect([args, await failed.ended]).toEqual([args, { code, signal: null }]);
      expect(failed.stderr()).toMatch(says);
      expect(failed.stderr()).not.toMatch(/at .*\.[jt]s:|Listening/);
    }),
  );
});

test('SIGHUP takes a renewed certificate, and keeps the old one where the new one is none', async () => {
  const files = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
  const [cert = '', key = ''] = files;
  const put = (identity: LoopbackIdentity): void => {
    writeFileSync(cert, identity.cert);
    writeFileSync(key, identity.key, { mode: 0o600 });
  };
  const first = loopbackIdentity();
  put(first);
  const serving = await startServing(safe.places, [...ANYWHERE, '--tls-cert', cert, '--tls-key', key]);
  expect(serving.places[0]).toMatch(/^https:/);
  const isTrusted = async ({ cert: ca }: LoopbackIdentity): Promise<boolean> =>
    new Promise((resolve) => {
      const sent = secureRequest({ host: '127.0.0.1', port: serving.port, path: '/healthz', ca, agent: false });
      sent
        .once('error', () => resolve(false))
        .once('response', (answer) => void text(answer).then(() => resolve(true)));
      sent.end();
    });
  expect(await isTrusted(first)).toBe(true);
  const second = loopbackIdentity();
  put(second);
  serving.process.kill('SIGHUP');
  await expect.poll(async () => isTrusted(second)).toBe(true);
  expect(await isTrusted(first)).toBe(false);
  writeFileSync(cert, 'nothing');
  serving.process.kill('SIGHUP');
  await expect.poll(() => serving.logs().filter(({ level }) => level === 50).length).toBe(1);
  expect(await isTrusted(second)).toBe(true);
  serving.process.kill('SIGTERM');
  expect((await serving.ended).code).toBe(0);
});

test('a socket that is handed over as systemd does it is listened at, of another address with TLS alone', async () => {
  const { token } = await safe.token('bot', ['Personal']);
  for (const [host, code] of [
    ['127.0.0.1', 0],
    ['0.0.0.0', 2],
  ] as const) {
    const held = createServer().listen(0, host);
    await new Promise((resolve) => held.once('listening', resolve));
    const address = held.address();
    const through = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh'];
    const { _handle: handle } = held as unknown as { _handle: { fd: number } };
    const serving = await startServing(safe.places, [], { through, stdio: ['ignore', 'pipe', 'pipe', handle.fd] });
    if (code === 0) {
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      held.close();
      expect((await callTool(port, token, 'whoami')).token.name).toBe('bot');
      serving.process.kill('SIGTERM');
    } else held.close();
    expect([host, await serving.ended]).toEqual([host, { code, signal: null }]);
  }
});

test.runIf(process.platform === 'linux')('more connections than the process may have files: it stays up', async () => {
  const { token } = await safe.token('bot', ['Personal']);
  const through = ['sh', '-c', 'ulimit -n 80; exec "$@"', 'sh'];
  const { port, process: child, ended } = await startServing(safe.places, ANYWHERE, { through });
  expect((await callTool(port, token, 'whoami')).token.name).toBe('bot');
  for (let round = 0; round < 2; round += 1) {
    const wires = Array.from({ length: 200 }, () => new Wire(port));
    await pause(200);
    for (const wire of wires) wire.socket.destroy();
    await expect
      .poll(async () =>
        callTool(port, token, 'whoami').then(
          (answer) => answer.token?.name,
          () => 'refused',
        ),
      )
      .toBe('bot');
  }
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});
