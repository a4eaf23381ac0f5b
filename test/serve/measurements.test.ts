import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const BENCH = join(import.meta.dirname, '..', '..', 'bench');
const TIMEOUT_MS = 300_000;

/** What a measurement printed, by the names of its figures. How quick it was is not asked here. */
function measure(script: string, args: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [join(BENCH, script), ...args], (error, stdout, stderr) => {
      const lines = stdout.split('\n').map((line) => /^(ok|MISSED|noted) +(.+?) {2,}(.+) \(.*\)$/.exec(line));
      const figures = new Map(lines.flatMap((line) => (line === null ? [] : [[line[2]!, `${line[1]!} ${line[3]!}`]])));
      if (figures.size === 0) reject(new Error(stderr, { cause: error }));
      else resolve(figures);
    });
  });
}

test(
  'the benchmark measures against the smallest server, and against a safe with few tokens',
  async () => {
    const figures = await measure('http.ts', ['--quick', '--tokens', '4']);
    for (const [name, figure] of figures) expect(figure, name).toMatch(/[0-9]/);
    expect([...figures.keys()]).toEqual(
      expect.arrayContaining([
        'one access at the median, against the smallest server',
        '64 callers: throughput, against it',
        '64 callers: p99, against it',
        'one access in a session of the 2025 protocol',
        '4 tokens, 12 grants: one access, against the small safe',
      ]),
    );
  },
  TIMEOUT_MS,
);

test(
  'the soak finds each call in the log and nothing else there',
  async () => {
    const figures = await measure('soak.ts', ['--calls', '400']);
    for (const name of [
      'answers that were not as they should be',
      'answers that name no entry',
      'answers that name the entry of another',
      'entries against calls and what the owner did',
      'entries that are neither a call’s nor the owner’s',
      'open sessions',
      'open sockets more than before',
      'exit status after SIGTERM',
      'faults of the log',
    ])
      expect(figures.get(name), name).toMatch(/^ok /);
    expect(Number(figures.get('calls, each with its entry')?.split(' ')[1])).toBeGreaterThanOrEqual(400);
    expect(figures.get('sessions of the 2025 protocol')).not.toBe('noted 0.00');
  },
  TIMEOUT_MS,
);

test(
  'the backup of a safe that is written to is measured against a plain copy, and holds all of it',
  async () => {
    const figures = await measure('backup.ts', ['--quick']);
    for (const name of ['items in the backup', 'entries in it, with those made meanwhile', 'faults of its log'])
      expect(figures.get(name), name).toMatch(/^ok /);
    expect(figures.get('backup against the plain copy')).toMatch(/[1-9]/);
    expect(figures.get('calls of the agent during the backup')).toMatch(/[1-9]/);
    expect(figures.get('longest pause of the agent during the backup')).toMatch(/[1-9]/);
  },
  TIMEOUT_MS,
);

test(
  'imports are measured, and take in every item',
  async () => {
    const figures = await measure('import.ts', ['--quick']);
    for (const format of ['CSV of Chrome', 'Bitwarden JSON']) {
      expect(figures.get(`${format}: items taken in`)).toMatch(/^ok 200 items/);
      expect(figures.get(`${format}: the whole command`)).toMatch(/[1-9]/);
      expect(figures.get(`${format}: peak of its resident memory`)).toMatch(/[1-9]/);
    }
  },
  TIMEOUT_MS,
);
