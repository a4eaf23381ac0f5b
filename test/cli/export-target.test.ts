import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DescriptorTarget } from '../../src/cli/export/target.js';
import { Refusal } from '../../src/core/refusal.js';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vouchsafe-export-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MIB = 1 << 20;

/** Takes 64 KiB at a time, each after a pause, and says at the end how many bytes there were. */
const SLOW = `
  const { openSync, readSync } = require('node:fs');
  const from = openSync(process.argv[1], 'r');
  const bytes = Buffer.alloc(65536);
  const clock = new Int32Array(new SharedArrayBuffer(4));
  let total = 0;
  for (let n; (n = readSync(from, bytes)) > 0; total += n) Atomics.wait(clock, 0, 0, 2);
  console.log(total);`;

/** A pipe as a program's stdout is: what does not fit is not waited for by the system. */
async function openPipe(script: string): Promise<{ descriptor: number; reader: ChildProcess; said: Promise<string> }> {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = new Promise<string>((resolve) => {
    let text = '';
    reader.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    reader.on('close', () => resolve(text.trim()));
  });
  return { descriptor: await openWriting(path), reader, said };
}

/** Opens as soon as there is a reader: before, the system refuses. */
async function openWriting(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that something still holds. */
function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

describe('a descriptor as a target', () => {
  it('waits for a slow reader, and keeps nothing for it', async () => {
    const { descriptor, said } = await openPipe(SLOW);
    const target = new DescriptorTarget(descriptor);
    const before = memoryInUse();
    for (let i = 0; i < 16; i += 1) target.write(String.fromCharCode(97 + i).repeat(MIB));
    expect(memoryInUse() - before).toBeLessThan(4 * MIB);
    closeSync(descriptor);
    expect(await said).toBe(String(16 * MIB));
    expect(target.isGone).toBe(false);
  });

  it('ends the work when the reader has gone, which is known by isGone', async () => {
    const { descriptor, reader, said } = await openPipe(`
      const { openSync, readSync } = require('node:fs');
      readSync(openSync(process.argv[1], 'r'), Buffer.alloc(10));`);
    const target = new DescriptorTarget(descriptor);
    expect(() => {
      for (let i = 0; i < 100; i += 1) target.write('x'.repeat(MIB));
    }).toThrow(Refusal);
    expect(target.isGone).toBe(true);
    closeSync(descriptor);
    await said;
    expect(reader.exitCode).toBe(0);
  });

  it('says what else went wrong', () => {
    const descriptor = openSync(join(folder, 'file'), 'w');
    closeSync(descriptor);
    const reading = openSync(join(folder, 'file'), 'r');
    const target = new DescriptorTarget(reading);
    expect(() => target.write('x')).toThrow('The output could not be written (EBADF).');
    expect(target.isGone).toBe(false);
    closeSync(reading);
  });

  it('writes every character, whatever the cut', async () => {
    const { descriptor, said } = await openPipe(SLOW);
    const text = 'é€😀'.repeat(200_000);
    new DescriptorTarget(descriptor).write(text);
    closeSync(descriptor);
    expect(await said).toBe(String(Buffer.byteLength(text)));
  });
});
