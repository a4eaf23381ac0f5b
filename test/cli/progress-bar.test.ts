import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isUtf8Locale } from '../../src/cli/locale.js';
import { createOutput } from '../../src/cli/output.js';
import { progressText, withProgress } from '../../src/cli/progress-bar.js';
import { displayWidth } from '../../src/cli/width.js';

const HALF = { label: 'Verifying', done: 500_000, total: 1_000_000 };

describe('the line', () => {
  it.each([
    [79, 'Verifying  ███████████████                  50 %  500,000 of 1,000,000'],
    [60, 'Verifying  ██████████             50 %  500,000 of 1,000,000'],
    [39, 'Verifying  50 %  500,000 of 1,000,000'],
    [20, 'Verifying  50 %  50…'],
  ])('in %d columns', (width, text) => {
    expect(progressText(HALF, width, true)).toBe(text);
    expect(displayWidth(text)).toBeLessThanOrEqual(width);
  });

  it('is of ASCII where it has to be', () => {
    const text = 'Verifying  ###############                  50 %  500,000 of 1,000,000';
    expect(progressText(HALF, 79, false)).toBe(text);
  });

  it.each([
    [0, 0, '  0 %  0 of 0'],
    [0, 10, '  0 %  0 of 10'],
    [10, 10, '100 %  10 of 10'],
    [11, 10, '100 %  11 of 10'],
    [999, 1000, ' 99 %  999 of 1,000'],
  ])('says %d of %d', (done, total, facts) => {
    expect(progressText({ label: 'Counting', done, total }, 80, true)).toContain(facts);
  });
});

function terminal(env: NodeJS.ProcessEnv = {}, isTTY = true) {
  const chunks: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 60 });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
  const stderr = stream as unknown as NodeJS.WriteStream;
  return { out: createOutput({ env, stderr, stdout: stderr }), text: () => chunks.join('') };
}

describe('long work', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  const work =
    (steps: number, ms: number) =>
    (progress: (done: number, total: number) => void): Promise<string> => {
      for (let done = 0; done < steps; done += 1) {
        vi.advanceTimersByTime(ms);
        progress(done, steps);
      }
      return Promise.resolve('done');
    };

  it('shows how far it is, not too often, and erases it', async () => {
    const { out, text } = terminal();
    expect(await withProgress(out, 'Counting', work(100, 10))).toBe('done');
    const shown = text().split('\r\u001b[2K');
    expect(shown[0]).toBe('');
    expect(shown.at(-1)).toBe('');
    expect(shown.slice(1, -1)).toHaveLength(7);
    expect(shown[1]).toMatch(/^Counting {2}█+\S? +39 % {2}39 of 100$/);
  });

  it('shows nothing if it is not long', async () => {
    const { out, text } = terminal();
    await withProgress(out, 'Counting', work(10, 10));
    expect(text()).toBe('');
  });

  it.each([
    ['no terminal', terminal({}, false)],
    ['a terminal that cannot erase', terminal({ TERM: 'dumb' })],
  ])('shows nothing on %s', async (_, { out, text }) => {
    expect(await withProgress(out, 'Counting', work(100, 100))).toBe('done');
    expect(text()).toBe('');
  });

  it('is erased when the work fails, and before anything else is said', async () => {
    const { out, text } = terminal();
    const failing = withProgress(out, 'Counting', async (progress) => {
      await work(10, 100)(progress);
      out.note('a word');
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    expect(text()).toMatch(/of 10\r\u001b\[2Ka word\n$/);
  });
});

it.each([
  [{}, true],
  [{ LANG: 'en_US.UTF-8' }, true],
  [{ LANG: 'C.utf8' }, true],
  [{ LANG: 'C' }, false],
  [{ LANG: 'en_US.ISO-8859-1' }, false],
  [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, false],
  [{ LC_ALL: '', LC_CTYPE: 'POSIX', LANG: 'en_US.UTF-8' }, false],
  [{ LC_CTYPE: 'UTF-8', LANG: 'C' }, true],
])('the locale %j has UTF-8: %s', (env, isUtf8) => {
  expect(isUtf8Locale(env)).toBe(isUtf8);
});
