/** Where the server listens: sockets that are in the way, places that are taken, and TLS. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PATIENCE } from '../../src/serve/patience.js';
import { loopbackIdentity, type LoopbackIdentity } from '../support/certificate.js';
import { refusedWith } from '../support/gate-rig.js';
import { callTool, send, Session, toolCall, Wire } from '../support/http-requests.js';
import { type Rig, serveSafe } from '../support/http-rig.js';
import { makeSafe, type TestSafe } from '../support/safe.js';

let safe: TestSafe;
let folder: string;
let token: string;
const rigs: Rig[] = [];

beforeEach(async () => {
  safe = await makeSafe();
  ({ token } = await safe.token('bot', ['Personal']));
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-places-'));
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
  await safe.end();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(
  ...[options, service]: [Parameters<typeof serveSafe>[1]?, Parameters<typeof serveSafe>[2]?]
): Promise<Rig> {
  const rig = await serveSafe(safe, options, service);
  rigs.push(rig);
  return rig;
}

describe('Unix sockets', () => {
  const at = (path: string): Parameters<typeof serveSafe>[1] => ({ places: [{ kind: 'unix', path }] });

  test('a socket is its owner’s and its group’s, serves both eras, and is gone with the server', async () => {
    const path = join(folder, 'mcp.sock');
    const rig = await serve(at(path));
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect((await callTool(path, token, 'whoami')).token.name).toBe('bot');
    expect((await (await Session.begin(path, token)).call('whoami')).status).toBe(200);
    expect((await send(path, toolCall(null, 'whoami'))).status).toBe(401);
    expect(
      (
        await send(path, {
          ...toolCall(token, 'whoami'),
          headers: { ...toolCall(token, 'whoami').headers, origin: 'https://evil.com' },
        })
      ).status,
    ).toBe(403);
    await rig.close();
    expect(existsSync(path)).toBe(false);
  });

  /** A socket whose server was killed. */
  function leaveStale(path: string): void {
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    try {
      execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' });
    } catch {
      // it was killed
    }
    expect(lstatSync(path).isSocket()).toBe(true);
  }

  test('one that nobody answers at is replaced', async () => {
    const path = join(folder, 'mcp.sock');
    leaveStale(path);
    await serve(at(path));
    expect((await callTool(path, token, 'whoami')).token.name).toBe('bot');
  });

  test('a live one is not, nor is it harmed', async () => {
    const path = join(folder, 'mcp.sock');
    await serve(at(path));
    await refusedWith('unavailable', serve(at(path)));
    expect((await callTool(path, token, 'whoami')).token.name).toBe('bot');
  });

  test('a file, a folder or a link in its place is not touched', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'precious');
    const stale = join(folder, 'stale');
    leaveStale(stale);
    const link = join(folder, 'link');
    symlinkSync(stale, link);
    for (const path of [file, folder, link]) {
      const before = lstatSync(path);
      const refusal = await refusedWith('unavailable', serve(at(path)));
      expect(refusal.facts.next).toContain('--socket');
      expect(lstatSync(path)).toMatchObject({ ino: before.ino, mode: before.mode });
    }
  });

  test('a folder that is not there is said so', async () => {
    await refusedWith('unavailable', serve(at(join(folder, 'no', 'such', 'mcp.sock'))));
  });

  test.runIf(process.getuid?.() !== 0)('a folder that may not be written is said so', async () => {
    chmodSync(folder, 0o500);
    await refusedWith('unavailable', serve(at(join(folder, 'mcp.sock'))));
    chmodSync(folder, 0o700);
  });
});

describe('addresses', () => {
  test('a port that is taken is refused, and no other place of the server listens then', async () => {
    const { port } = await serve();
    const path = join(folder, 'mcp.sock');
    const places = [{ kind: 'unix', path } as const, { kind: 'tcp', host: '127.0.0.1', port } as const];
    const refusal = await refusedWith('unavailable', serve({ places }));
    expect(refusal.facts.next).toContain('--listen');
    expect(existsSync(path)).toBe(false);
    expect((await callTool(port, token, 'whoami')).token.name).toBe('bot');
  });

  test.each(['0.0.0.0', '::', '192.0.2.1'])('%s without TLS or proxies is refused', async (host) => {
    const refusal = await refusedWith('invalid_request', serve({ places: [{ kind: 'tcp', host, port: 0 }] }));
    expect(refusal.facts.next).toContain('--tls-cert');
  });
});

describe('TLS', () => {
  let identity: LoopbackIdentity;
  let rig: Rig;

  beforeEach(async () => {
    identity = loopbackIdentity();
    rig = await serve({ certificate: () => identity, patience: { ...PATIENCE, handshakeMs: 200 } });
  });

  async function ask(trusted: LoopbackIdentity): Promise<string> {
    const { method, headers, body } = toolCall(token, 'whoami');
    const to = { host: '127.0.0.1', port: rig.port, path: '/mcp', ca: trusted.cert, agent: false } as const;
    return new Promise((resolve, reject) => {
      const sent = secureRequest({ ...to, method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } });
      sent
        .once('error', reject)
        .once('response', (answer) => resolve(text(answer)))
        .end(body);
    });
  }

  function handshake(version: SecureVersion): Promise<string> {
    const of = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0', rejectUnauthorized: false };
    return new Promise((resolve) => {
      const socket: TLSSocket = connectTls({ ...of, host: '127.0.0.1', port: rig.port }, () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    });
  }

  test('it is TLS 1.2 or 1.3, and nothing else is answered', async () => {
    expect(await ask(identity)).toContain('bot');
    expect([await handshake('TLSv1.2'), await handshake('TLSv1.3')]).toEqual(['TLSv1.2', 'TLSv1.3']);
    for (const old of ['TLSv1', 'TLSv1.1'] as const) expect(await handshake(old)).toMatch(/^E/);
    await expect(send(rig.port, { path: '/healthz' })).rejects.toThrow();
    await expect(ask(loopbackIdentity())).rejects.toThrow();
  });

  test('a renewed certificate is taken; one that cannot be is not, and the old one stays', async () => {
    const first = identity;
    identity = loopbackIdentity();
    const second = identity;
    rig.server.renewCertificate();
    expect(await ask(second)).toContain('bot');
    await expect(ask(first)).rejects.toThrow();
    for (const bad of [
      { cert: 'none', key: 'none' },
      { cert: first.cert, key: second.key },
    ]) {
      identity = bad;
      expect(() => rig.server.renewCertificate()).toThrow();
      expect(await ask(second)).toContain('bot');
    }
    expect(await handshake('TLSv1.1')).toMatch(/^E/);
  });

  test('a handshake that is not begun is not waited for', async () => {
    const wire = new Wire(rig.port);
    expect(await wire.ended).toBe('');
    expect(await ask(identity)).toContain('bot');
  });
});
