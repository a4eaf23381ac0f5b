import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/vouchsafe.js', import.meta.url));
const run = promisify(execFile);

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'demo-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: folder, TMPDIR: folder });

test('the demo runs to its end, tells every step, and leaves nothing behind', async () => {
  const { stdout, stderr } = await run(process.execPath, [PROGRAM, 'demo'], { env: env() });
  for (const told of ['granted', 'REFUSED', 'reason_required', 'forbidden', 'The log is whole.', 'vouchsafe init']) {
    expect(stdout).toContain(told);
  }
  expect(stdout).toContain('Run the database migration for ticket OPS-42');
  expect(stdout).not.toMatch(/vsp_|\u001b/);
  expect(stderr).toBe('');
  expect(readdirSync(folder)).toEqual([]);
});

test('the same as data', async () => {
  const { stdout } = await run(process.execPath, [PROGRAM, 'demo', '--output', 'json'], { env: env() });
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ ok: true, verification: { ok: true } });
  expect(told.next).toHaveLength(3);
  const answers = told.steps.flatMap(({ answer }: { answer?: { outcome: string; error?: { code: string } } }) =>
    answer === undefined ? [] : [answer.error?.code ?? answer.outcome],
  );
  expect(answers).toEqual(['granted', 'granted', 'granted', 'reason_required', 'forbidden', 'forbidden', 'forbidden']);
  expect(told.log).toHaveLength(answers.length);
  expect(stdout).not.toContain('vsp_');
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle leaves nothing behind either', async (signal) => {
  const child = spawn(process.execPath, [PROGRAM, 'demo'], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Who am I')) resolve();
    });
  });
  child.kill(signal);
  expect(await ended).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});
