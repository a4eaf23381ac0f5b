/** SIGHUP: a certificate that was renewed is taken by a server that runs. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { loopbackIdentity } from '../support/certificate.js';
import { read } from './agent-request.js';
import { ServerProcess } from './server-process.js';
import { PROGRAM, Station } from './station.js';

let station: Station;
let server: ServerProcess | undefined;

beforeAll(async () => (station = await new Station('renewal').open()));
afterEach(() => server?.kill());
afterAll(() => station.end());

function serve(...args: readonly string[]): ServerProcess {
  const child = spawn(process.execPath, ['--', PROGRAM, 'serve', ...args], {
    env: station.environment({ VOUCHSAFE_SESSION: undefined }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  server = new ServerProcess(child);
  return server;
}

test('new connections get the new certificate; one that cannot be read changes nothing', async () => {
  const [old, renewed] = [loopbackIdentity(), loopbackIdentity()];
  const [cert, key] = [station.file('cert.pem', old.cert), station.file('key.pem', old.key)];
  const started = serve('--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', key);
  const port = Number(await started.says(/Listening at https:\/\/127\.0\.0\.1:(\d+)/));
  const asked = (ca: string) => read({ host: '127.0.0.1', port, ca }, '/healthz');
  expect((await asked(old.cert)).status).toBe(200);

  station.file('cert.pem', renewed.cert);
  station.file('key.pem', renewed.key);
  process.kill(started.pid, 'SIGHUP');
  await started.says(/the certificate was read again/);
  expect((await asked(renewed.cert)).status).toBe(200);
  await expect(asked(old.cert)).rejects.toThrow(/certificate/);

  station.file('cert.pem', 'half a file');
  process.kill(started.pid, 'SIGHUP');
  await started.says(/the old one stays/);
  expect((await asked(renewed.cert)).status).toBe(200);
});

test('without a certificate it goes on, and says that there is none', async () => {
  const socketPath = join(station.folder, 'mcp.sock');
  const started = serve('--socket', socketPath);
  await started.says(/Listening at/);
  process.kill(started.pid, 'SIGHUP');
  await started.says(/there is no certificate to read again/);
  expect((await read({ socketPath }, '/healthz')).status).toBe(200);
});
