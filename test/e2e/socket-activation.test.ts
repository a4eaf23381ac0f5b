/** Sockets that are handed over, as systemd does it (sd_listen_fds(3)): no systemd is needed for that. */
import { spawn } from 'node:child_process';
import { existsSync, linkSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { loopbackIdentity } from '../support/certificate.js';
import { callTool, read } from './agent-request.js';
import { ServerProcess } from './server-process.js';
import { PROGRAM, Station } from './station.js';

const SECRET = 'canary-of-the-socket';

let station: Station;
let token: string;
const started = new Set<ServerProcess>();

beforeAll(async () => {
  station = await new Station('activation').open();
  await station.ok(['item', 'create', 'login', '--title', 'Grafana', '--secret', 'password'], { input: SECRET });
  token = await station.token('bot', '--agent', '--vault', 'Personal');
});

afterEach(() => {
  for (const server of started) server.kill();
  started.clear();
});

afterAll(() => station.end());

/** A socket that listens, and that this process accepts nothing from once its number was handed on. */
async function listening(where: string | { host: string; port: number }): Promise<{ server: Server; fd: number }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(where, resolve));
  return { server, fd: (server as unknown as { _handle: { fd: number } })._handle.fd };
}

/** Starts the server with that descriptor as its number 3. */
function activate(fd: number, args: readonly string[] = [], pid = '$$'): ServerProcess {
  const env = { ...station.environment({ VOUCHSAFE_SESSION: undefined }), LISTEN_FDS: '1' };
  const command = [process.execPath, '--', PROGRAM, 'serve', ...args];
  const child = spawn('sh', ['-c', `LISTEN_PID=${pid} exec "$@"`, 'sh', ...command], {
    env: env,
    stdio: ['ignore', 'ignore', 'pipe', fd],
  });
  const server = new ServerProcess(child);
  started.add(server);
  return server;
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

const INPUT = { vault: 'Personal', item: 'Grafana', fields: ['password'] };

test('a Unix socket: what came before the server waits, and the socket outlives it', async () => {
  const path = join(station.folder, 'mcp.sock');
  const { server, fd } = await listening(path);
  // closing takes the first name away; the socket keeps the second one
  const kept = join(station.folder, 'kept.sock');
  linkSync(path, kept);
  const first = activate(fd);
  const second = activate(fd);
  await closed(server);
  const early = await callTool({ socketPath: kept }, { token, name: 'get_item', input: INPUT });
  expect(early.status).toBe(200);
  expect(JSON.stringify(early.body)).toContain(SECRET);
  expect(await first.says(/Listening at (.*)/)).toBe('file descriptor 3');
  await second.says(/Listening at/);

  expect(await first.end()).toEqual({ code: 0, signal: null });
  expect(existsSync(kept)).toBe(true);
  expect((await read({ socketPath: kept }, '/readyz')).status).toBe(200);
  const [entry] = await station.json(['audit', 'list', 'agent:bot', '--limit', '1']).then(({ data }) => data);
  expect(entry).toMatchObject({ outcome: 'granted', seq: early.body.result.structuredContent.receipt.seq });
});

test.runIf(existsSync('/proc/self/fdinfo'))('no process that the server starts gets the socket', async () => {
  const { server, fd } = await listening({ host: '127.0.0.1', port: 0 });
  const activated = activate(fd);
  await activated.says(/Listening at/);
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/${String(activated.pid)}/fdinfo/3`, 'utf8'))?.[1];
  expect(Number.parseInt(flags ?? '0', 8) & 0o2000000).not.toBe(0);
  await closed(server);
});

test('an address, with TLS where there is a certificate', async () => {
  const identity = loopbackIdentity();
  const files = ['--tls-cert', station.file('cert.pem', identity.cert), '--tls-key', station.file('key', identity.key)];
  const { server, fd } = await listening({ host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  const activated = activate(fd, files);
  await closed(server);
  expect(await activated.says(/Listening at (.*)/)).toBe(`https://127.0.0.1:${String(port)}/mcp`);
  const where = { host: '127.0.0.1', port, ca: identity.cert };
  expect(JSON.stringify(await callTool(where, { token, name: 'get_item', input: INPUT }))).toContain(SECRET);
});

test('an address that others reach is refused without a certificate', async () => {
  const { server, fd } = await listening({ host: '0.0.0.0', port: 0 });
  const activated = activate(fd);
  await closed(server);
  expect(await activated.ended).toEqual({ code: 2, signal: null });
  expect(activated.stderr).toContain('--tls-cert');
});

test('what is meant for another process is left alone, and so is what was not asked for', async () => {
  const { server, fd } = await listening({ host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  const other = activate(fd, [], '1');
  expect(await other.says(/127\.0\.0\.1:(\d+)/)).toBe('7777');
  const told = activate(fd, ['--listen', '127.0.0.1:0']);
  expect(await told.says(/Listening at http:\/\/127\.0\.0\.1:(\d+)/)).not.toBe(String(port));
  await closed(server);
});

test('a descriptor that is no socket is refused in one sentence', async () => {
  const { server, fd } = await listening({ host: '127.0.0.1', port: 0 });
  const child = spawn(
    'sh',
    ['-c', 'LISTEN_PID=$$ exec "$@" 3< /dev/null', 'sh', process.execPath, '--', PROGRAM, 'serve'],
    {
      env: { ...station.environment({ VOUCHSAFE_SESSION: undefined }), LISTEN_FDS: '1' },
      stdio: ['ignore', 'ignore', 'pipe', fd],
    },
  );
  await closed(server);
  const activated = new ServerProcess(child);
  started.add(activated);
  expect((await activated.ended).code).toBe(1);
  expect(activated.stderr).toMatch(/^The server cannot listen at file descriptor 3\.\n.*\n$/);
});
