/** `vouchsafe console` and `serve --console` as processes: what they print, and how they end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentOf, PROGRAM } from '../support/processes.js';
import { makeSafe, type TestSafe } from '../support/safe.js';
import { endServing, startServing } from '../support/serving.js';
import { ask, Visitor } from './client.js';

let safe: TestSafe;
const running = new Set<ChildProcess>();

beforeEach(async () => (safe = await makeSafe()));
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  endServing();
  await safe.end();
});

interface Started {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const all = { ...environmentOf(safe.places, ''), VOUCHSAFE_PERSONAL_ACCESS_TOKEN: undefined, ...env };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: all, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

const LINK = /http:\/\/127\.0\.0\.1:\d+\/open\/[\w-]{43}/;
const CONSOLE = ['console', '--listen', '127.0.0.1:0'];

test.each(['SIGTERM', 'SIGINT'] as const)(
  'it prints one line, the link; %s locks it and ends it with 0',
  async (signal) => {
    const { child, stdout, stderr, ended } = start(CONSOLE);
    await expect.poll(stdout).toMatch(LINK);
    expect(stdout()).toMatch(new RegExp(`^${LINK.source}\n$`));
    const visitor = new Visitor(new URL(stdout()).origin);
    expect((await visitor.ask(new URL(stdout()).pathname, { method: 'POST' })).status).toBe(303);
    expect((await visitor.get('/')).headers.location).toBe('/unlock');
    child.kill(signal);
    expect([await ended, stderr()]).toEqual([0, '']);
    const sessions = join(safe.places.runtime, 'sessions');
    expect(existsSync(sessions) ? readdirSync(sessions) : []).toEqual([]);
  },
);

test('where the port is taken, it says so', async () => {
  const first = start(CONSOLE);
  await expect.poll(first.stdout).toMatch(LINK);
  const { host } = new URL(first.stdout());
  const second = start(['console', '--listen', host]);
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toBe(
    `Another program listens at ${host}, maybe another console.\nEnd that one, or give another place, for example 127.0.0.1:7779.\n`,
  );
});

test.each([
  [['--listen', '0.0.0.0:7778'], 2, 'The console listens on this machine alone.'],
  [['--listen', '7778'], 2, '--listen takes an address and a port.'],
])('%j is refused', async (args, status, words) => {
  const { ended, stderr } = start(['console', ...args]);
  expect([await ended, stderr().split('\n')[0]]).toEqual([status, words]);
});

test('where there is no safe, it says how to make one', async () => {
  const { ended, stderr } = start(CONSOLE, { VOUCHSAFE_HOME: join(safe.places.home, 'none') });
  expect(await ended).toBe(3);
  expect(stderr()).toContain('vouchsafe init');
});

test('it is the owner’s: a token that is given stands in the way', async () => {
  const { token } = await safe.token('bot');
  const { ended, stderr } = start(CONSOLE, { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token });
  expect(await ended).toBe(4);
  expect(stderr()).toContain('This is the owner');
});

test('beside a server it has a listener of its own, and neither answers for the other', async () => {
  const serving = await startServing(safe.places, ['--listen', '127.0.0.1:0', '--console', '127.0.0.1:0']);
  await expect.poll(serving.stderr).toMatch(LINK);
  const link = new URL(LINK.exec(serving.stderr())![0]);
  expect(Number(link.port)).not.toBe(serving.port);
  expect((await ask(link.origin, link.pathname)).status).toBe(200);
  expect((await ask(link.origin, '/mcp')).status).toBe(403);
  expect((await ask(`http://127.0.0.1:${String(serving.port)}`, link.pathname)).status).toBe(404);
  serving.process.kill('SIGTERM');
  expect(await serving.ended).toEqual({ code: 0, signal: null });
});
