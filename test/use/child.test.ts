import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { Refusal } from '../../src/core/refusal.js';
import { captureChild, type CapturePlan } from '../../src/use/capture.js';
import { childEnvironment, runChild } from '../../src/use/child.js';
import { CONCEALED, Mask } from '../../src/use/mask.js';

const SECRET = 'hunter2hunter2';
const mask = new Mask([SECRET]);
const env = childEnvironment(process.env, {});
const sh = (script: string): readonly string[] => ['sh', '-c', script];
const node = (script: string): readonly string[] => [process.execPath, '-e', script];

const folders: string[] = [];
const started: number[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-child-'));
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  for (const pid of started.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(20);
}

/** Takes one piece at a time, slowly; knows the most that waited for it. */
class Slow extends Writable {
  text = '';
  mostWaiting = 0;
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.mostWaiting = Math.max(this.mostWaiting, this.writableLength);
    setImmediate(done);
  }
}

const outputs = () => ({ stdout: new Slow(), stderr: new Slow() });

describe('the environment of a child', () => {
  test('has nothing that begins with VOUCHSAFE_, and what is added', () => {
    const from = { PATH: '/bin', VOUCHSAFE_TOKEN: 'x', VOUCHSAFE_: 'y', NOT_VOUCHSAFE_TOKEN: 'z', GONE: undefined };
    expect(childEnvironment(from, { PATH: '/usr/bin', KEY: 'k' })).toEqual({
      PATH: '/usr/bin',
      NOT_VOUCHSAFE_TOKEN: 'z',
      KEY: 'k',
    });
  });

  test('is all that a program gets', async () => {
    const plan = {
      ...capture,
      argv: ['/usr/bin/env'],
      env: childEnvironment({ A: '1', VOUCHSAFE_TOKEN: 't' }, { B: '2' }),
    };
    expect((await captureChild(plan)).stdout).toBe('A=1\nB=2\n');
  });
});

describe('a program with its output masked', () => {
  test.each([
    ['its status', sh('exit 7'), 7],
    ['128 and the number of the signal that ended it', sh('kill -TERM $$'), 143],
    ['the same of SIGKILL', sh('kill -KILL $$'), 137],
  ])('ends with %s', async (_, argv, status) => {
    expect(await runChild({ argv, env, mask }, outputs())).toBe(status);
  });

  test('has each output masked, whatever the pieces, and keeps them apart', async () => {
    const io = outputs();
    await runChild({ argv: sh(`printf hunter2; sleep 0.1; echo hunter2; echo err-${SECRET} >&2`), env, mask }, io);
    expect([io.stdout.text, io.stderr.text]).toEqual([`${CONCEALED}\n`, `err-${CONCEALED}\n`]);
  });

  test('waits for a reader that is slower than it', async () => {
    const io = outputs();
    const line = `${'x'.repeat(99)}\n`;
    await runChild({ argv: node(`process.stdout.write(${JSON.stringify(line)}.repeat(100_000))`), env, mask }, io);
    expect(io.stdout.text.length).toBe(10_000_000);
    expect(io.stdout.text === line.repeat(100_000)).toBe(true);
    expect(io.stdout.mostWaiting).toBeLessThan(1_000_000);
  });

  test('is told when nobody reads any more, as in a pipe of the shell', async () => {
    const io = outputs();
    const gone = new Writable({ write: (_, __, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })) });
    expect(await runChild({ argv: sh('exec yes'), env, mask }, { ...io, stdout: gone })).not.toBe(0);
  });

  test('runs in the folder that is asked for', async () => {
    const io = outputs();
    await runChild({ argv: sh('pwd -P'), cwd: '/', env, mask }, io);
    expect(io.stdout.text).toBe('/\n');
  });

  test.each([
    ['that is not there', ['no-such-program-of-ours', SECRET], {}],
    ['that may not be run', ['/dev/null', SECRET], {}],
    ['in a folder that is not there', ['sh', SECRET], { cwd: '/no-such-folder' }],
    ['without a name', [], {}],
    ['with a NUL in an argument', ['sh', `${SECRET}\0`], {}],
  ])('is refused %s, without a word of it', async (_, argv, more) => {
    const refusal = await runChild({ argv, env, mask, ...more }, outputs()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    const { code, facts } = refusal as Refusal;
    expect(code).toBe(/name|NUL/.test(_) ? 'invalid_request' : 'not_found');
    expect(facts.next).toBeTruthy();
    expect(JSON.stringify({ ...facts, cause: undefined })).not.toMatch(/hunter2|no-such/);
  });
});

/** A process of ours that runs a program, with its own streams. */
function startRunner(argv: readonly string[], masks: boolean): ChildProcess {
  const file = join(newFolder(), 'runner.mjs');
  const dist = new URL('../../dist/use/', import.meta.url).href;
  writeFileSync(
    file,
    `import { runChild } from '${dist}child.js';
    import { Mask } from '${dist}mask.js';
    const mask = ${masks ? `new Mask(['${SECRET}'])` : 'null'};
    process.exitCode = await runChild({ argv: ${JSON.stringify(argv)}, env: { PATH: process.env.PATH }, mask }, process);`,
  );
  const runner = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(runner.pid ?? 0);
  return runner;
}

async function outputOf(runner: ChildProcess): Promise<{ text: string; status: unknown }> {
  let text = '';
  runner.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [status] = await once(runner, 'close');
  return { text, status };
}

describe.each([
  ['with a mask', true],
  ['without one', false],
])('a process around a program, %s', (_, masks) => {
  const shown = masks ? CONCEALED : SECRET;

  test('gives it its own standard input', async () => {
    const runner = startRunner(['cat'], masks);
    runner.stdin?.end(`in ${SECRET}\n`);
    expect(await outputOf(runner)).toEqual({ text: `in ${shown}\n`, status: 0 });
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)(
    'passes on %s',
    async (signal) => {
      const name = signal.slice(3);
      const runner = startRunner(
        sh(`trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.05; done`),
        masks,
      );
      const output = outputOf(runner);
      await once(runner.stdout!, 'data');
      runner.kill(signal);
      expect(await output).toEqual({ text: `ready\ngot ${name}\n`, status: 9 });
    },
  );
});

const capture: CapturePlan = { argv: [], env, mask, timeoutMs: 30_000, outputCap: 100_000, stdin: 'none' };

describe('a program whose output is captured', () => {
  test('gives its status and both outputs, masked', async () => {
    const argv = sh(`cat; echo ${SECRET}; echo err >&2; exit 3`);
    expect(await captureChild({ ...capture, argv, stdin: { text: 'in\n' } })).toEqual({
      status: 3,
      signal: null,
      stdout: `in\n${CONCEALED}\n`,
      stderr: 'err\n',
      truncated: false,
      timedOut: false,
    });
  });

  test('reads nothing where nothing is given', async () => {
    expect(await captureChild({ ...capture, argv: ['cat'] })).toMatchObject({ status: 0, stdout: '' });
  });

  test('may leave its input unread', async () => {
    const plan = { ...capture, argv: sh('exit 0'), stdin: { text: 'x'.repeat(5_000_000) } };
    expect(await captureChild(plan)).toMatchObject({ status: 0 });
  });

  test('gives the signal that ended it', async () => {
    expect(await captureChild({ ...capture, argv: sh('kill -KILL $$') })).toMatchObject({
      status: null,
      signal: 'SIGKILL',
    });
  });

  test('is text, whatever bytes it prints', async () => {
    const { stdout } = await captureChild({ ...capture, argv: sh(`printf 'a\\377\\303(\\342\\202'`) });
    expect(stdout).toBe('a\ufffd\ufffd(\ufffd');
  });

  test('is cut at the cap, without the half of a character or of a placeholder, and runs on', async () => {
    const folder = newFolder();
    const argv = sh(`printf 'aaé'; echo ${SECRET}; yes | head -c 1000000; echo done > ${folder}/done; exit 4`);
    const cut = async (outputCap: number) => await captureChild({ ...capture, argv, outputCap });
    expect(await cut(3)).toMatchObject({ stdout: 'aa', truncated: true, status: 4 });
    expect(await cut(10)).toMatchObject({ stdout: 'aaé', truncated: true });
    expect(await cut(4 + CONCEALED.length)).toMatchObject({ stdout: `aaé${CONCEALED}`, truncated: true });
    expect(await cut(2_000_000)).toMatchObject({ truncated: false });
  });

  test('at the time limit ends with all its children, also those that do not listen', async () => {
    const folder = newFolder();
    const script = `trap '' TERM; echo $$ > ${folder}/a; sh -c 'echo $$ > ${folder}/b; sleep 60; sleep 60' & printf hunter2; wait; sleep 60`;
    const result = await captureChild({ ...capture, argv: sh(script), timeoutMs: 700 });
    expect(result).toMatchObject({ timedOut: true, status: null, signal: 'SIGKILL', truncated: true, stdout: '' });
    const { readFileSync } = await import('node:fs');
    const pids = ['a', 'b'].map((name) => Number(readFileSync(join(folder, name), 'utf8')));
    await until(() => pids.every((pid) => !isAlive(pid)));
  });

  test('does not wait for what it leaves behind with its output open', async () => {
    const result = await captureChild({ ...capture, argv: sh('sleep 60 & echo $!'), timeoutMs: 20_000 });
    started.push(Number(result.stdout));
    expect(result).toMatchObject({ status: 0, timedOut: false, truncated: true });
    expect(isAlive(Number(result.stdout))).toBe(true);
  });

  test('is refused where it is not there', async () => {
    await expect(captureChild({ ...capture, argv: ['no-such-program-of-ours'] })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
