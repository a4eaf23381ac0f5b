import { afterEach, describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/audit.js';
import { register as registerPat } from '../../src/cli/commands/pat.js';
import { csv } from '../../src/cli/export/csv.js';
import { displayWidth } from '../../src/cli/width.js';
import { QueryError } from '../../src/core/query.js';
import { Refusal } from '../../src/core/refusal.js';
import type { EntryShape } from '../../src/core/shapes.js';
import type { LogDoor } from '../../src/gate/log-door.js';
import { ENTRY, REFUSED } from './fixtures.js';
import { runCommand, type Ran } from './harness.js';
import { HOSTILE_NAMES } from './log-samples.js';

const LONG: EntryShape = {
  ...ENTRY,
  seq: 43,
  signals: ['first-use', 'burst'],
  reason: 'Run the migration of OPS-42 on the staging database, step 3 of 4, since the nightly job failed',
};

/** What the door was asked, and what it was told. */
interface Seen {
  last?: number;
  isFollowed?: boolean;
  isAborted?: boolean;
}

/** Gives each batch, then, where it is followed, what `meanwhile` says, and ends when it is aborted. */
function tailing(
  batches: readonly (readonly EntryShape[])[],
  seen: Seen = {},
  meanwhile?: () => void,
): Partial<LogDoor> {
  return {
    followEntries: async (_, { last, signal }, each) => {
      [seen.last, seen.isFollowed] = [last, !signal.aborted];
      for (const batch of batches) each(batch);
      if (signal.aborted) return;
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      meanwhile?.();
      await aborted;
      seen.isAborted = true;
    },
  };
}

const BATCHES = [[ENTRY, REFUSED], [], [LONG]];

async function tail(words: readonly string[], how: { door?: Partial<LogDoor>; columns?: number } = {}): Promise<Ran> {
  const { door = tailing(BATCHES), columns } = how;
  const size = columns === undefined ? {} : { columns };
  return runCommand(['audit', 'tail', ...words], { register, door, ...size });
}

const interrupt = (): void => void process.emit('SIGINT', 'SIGINT');

afterEach(() => (process.exitCode = undefined));

describe('audit tail', () => {
  it('prints entries below each other in columns that keep their widths', async () => {
    expect((await tail([], { columns: 80 })).stdout.split('\n')).toEqual([
      '    #  TIME              WHO                           WHAT              OUTCOME',
      '   41  2026-03-02 10:15  deploy-bot                    item.read         granted',
      '    Production/DB password  Run the migration of OPS-42',
      '   42  2026-03-02 10:15  deploy-bot                    item.read         REFUSED',
      '    Production/item2  (forbidden) sneaky \\u{202e}\\u{1b}[31m reason  [repeat]',
      '   43  2026-03-02 10:15  deploy-bot                    item.read         granted',
      '    Production/DB password  Run the migration of OPS-42 on the staging database,',
      '    step 3 of 4, since the nightly job failed  [first-use, burst]',
      '',
    ]);
  });

  it('has a column for everything on a wide terminal', async () => {
    expect((await tail([], { columns: 160 })).stdout.split('\n')).toEqual([
      '    #  TIME              WHO             WHAT              WHERE                     OUTCOME                    REASON',
      '   41  2026-03-02 10:15  deploy-bot      item.read         Production/DB password    granted                    Run the migration of OPS-42',
      '   42  2026-03-02 10:15  deploy-bot      item.read         Production/item2          REFUSED forbidden          sneaky \\u{202e}\\u{1b}[31m reason  [repeat]',
      '   43  2026-03-02 10:15  deploy-bot      item.read         Production/DB password    granted                    Run the migration of OPS-42 on the staging',
      '                                                                                                                database, step 3 of 4, since the nightly job',
      '                                                                                                                failed  [first-use, burst]',
      '',
    ]);
  });

  it('wraps an entry as one line on a very narrow terminal', async () => {
    expect((await tail([], { columns: 40 })).stdout.split('\n').slice(3)).toEqual([
      '42 2026-03-02 10:15 deploy-bot',
      '    item.read Production/item2 REFUSED',
      '    forbidden: sneaky \\u{202e}\\u{1b}[31m',
      '    reason  [repeat]',
      '43 2026-03-02 10:15 deploy-bot',
      '    item.read Production/DB password',
      '    granted: Run the migration of OPS-42',
      '    on the staging database, step 3 of',
      '    4, since the nightly job failed',
      '    [first-use, burst]',
      '',
    ]);
  });

  it('fits every terminal, whatever agents wrote, and nothing of it reaches the terminal', async () => {
    const entries = HOSTILE_NAMES.map((name, i) => ({
      ...REFUSED,
      seq: 10 ** i,
      actor: { ...ENTRY.actor, name },
      vault: { id: 'v', name },
      item: { id: 'i', title: name },
      reason: name,
    }));
    for (let columns = 40; columns <= 180; columns += 7) {
      const { stdout } = await tail([], { columns, door: tailing([entries, entries]) });
      for (const line of stdout.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });

  it('cuts nothing where there is no terminal', async () => {
    const { stdout } = await tail([], {
      door: tailing([[{ ...LONG, actor: { ...ENTRY.actor, name: 'x'.repeat(90) } }]]),
    });
    expect(stdout).toContain('x'.repeat(90));
    expect(stdout).toContain(`${LONG.reason ?? ''}  [first-use, burst]\n`);
  });

  it.each(['json', 'ndjson'])('prints one JSON object a line with --output %s', async (format) => {
    const { stdout } = await tail(['--output', format]);
    expect(stdout.endsWith('\n')).toBe(true);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([ENTRY, REFUSED, LONG]);
  });

  it('prints the titles of CSV once', async () => {
    const lines = (await tail(['--output', 'csv'])).stdout.split('\r\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^seq,at,actor\.kind,/);
    expect(lines.slice(1).map((line) => line.split(',', 1)[0])).toEqual(['41', '42', '43', '']);
  });

  it('writes CSV as an export is written: nothing that agents wrote is hidden or a formula', async () => {
    const odd = { ...ENTRY, reason: '\uff1d1+1', client: { name: 'ev\u001b[31mil\u202e', version: '=2' } };
    const { stdout } = await tail(['--output', 'csv'], { door: tailing([[odd]]) });
    expect(stdout).toBe(csv.head + csv.line(odd));
    expect(stdout).toContain(String.raw`ev\u{1b}[31mil\u{202e},'=2,`);
    expect(stdout).toContain(",'\uff1d1+1,");
  });

  it('says that there is nothing', async () => {
    expect(await tail([], { door: tailing([[]]) })).toMatchObject({ stdout: '', stderr: 'No entries.\n' });
    expect(await tail(['--json'], { door: tailing([]) })).toMatchObject({ stdout: '', stderr: '' });
  });

  it.each([
    [[], 10, ''],
    [['-n', '3'], 3, ''],
    [['-n3'], 3, ''],
    [['--lines=0'], 0, ''],
    [['-n', '3', '-agent:x', 'outcome:granted'], 3, '-agent:x outcome:granted'],
    [['-agent:x', '-n', '10000'], 10_000, '-agent:x'],
  ])('%j asks for the newest %d', async (words, last, query) => {
    const seen: Seen = {};
    const { calls, error } = await tail(words, { door: tailing([], seen) });
    expect(error).toBeUndefined();
    expect(calls[0]?.slice(0, 2)).toEqual(['followEntries', { query }]);
    expect(seen).toEqual({ last, isFollowed: false });
  });

  it.each([
    ['-n', '10001'],
    ['-n', '-1'],
    ['-n', 'x'],
    ['-n', ''],
  ])('refuses %s %s', async (...words) => {
    const { error, calls } = await tail(words);
    expect(error).toBeInstanceOf(Refusal);
    expect(calls).toEqual([]);
  });

  it('refuses a bad query before anything is asked', async () => {
    const { error, calls } = await tail(['-f', 'nothing:x']);
    expect(error).toBeInstanceOf(QueryError);
    expect(calls).toEqual([]);
  });

  it('counts the days of the query in the local zone with --local', async () => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    expect((await tail(['created:today', '--local'])).calls[0]?.[1]).toEqual({ query: 'created:today', timeZone });
  });
});

describe('audit tail --follow', () => {
  it.each([
    [['-f', '-agent:x'], 10],
    [['-agent:x', '--follow'], 10],
    [['-fn5', '-agent:x'], 5],
    [['-fn', '5', '-agent:x'], 5],
  ])('%j goes on until Ctrl-C', async (words, last) => {
    const seen: Seen = {};
    const { calls, error, stdout, stderr } = await tail(words, { door: tailing(BATCHES, seen, interrupt) });
    expect(error).toBeUndefined();
    expect(calls[0]?.[1]).toEqual({ query: '-agent:x' });
    expect(seen).toEqual({ last, isFollowed: true, isAborted: true });
    expect(stdout).toContain('[first-use, burst]\n');
    expect(stderr).toBe('');
    expect(process.exitCode).toBe(130);
  });

  it('ends with the status of SIGTERM, and hears no signal any more', async () => {
    const before = process.listenerCount('SIGTERM');
    await tail(['-f'], { door: tailing([], {}, () => void process.emit('SIGTERM', 'SIGTERM')) });
    expect(process.exitCode).toBe(143);
    expect(process.listenerCount('SIGTERM')).toBe(before);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it('leaves the line of ^C to itself', async () => {
    expect((await tail(['-f'], { columns: 80, door: tailing([], {}, interrupt) })).stderr).toBe('\n');
  });

  it('prints lines of JSON with --json too', async () => {
    const { stdout } = await tail(['-f', '--json'], { door: tailing(BATCHES, {}, interrupt) });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([ENTRY, REFUSED, LONG]);
  });

  it('ends quietly when the reader has gone', async () => {
    const seen: Seen = {};
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const { error, stderr } = await runCommand(['audit', 'tail', '-f'], {
      register,
      door: tailing(BATCHES, seen),
      onOutput: (stdout) => void setImmediate(() => stdout.destroy(gone)),
    });
    expect(error).toBeUndefined();
    expect(seen.isAborted).toBe(true);
    expect(stderr).toBe('');
    expect(process.exitCode).toBeUndefined();
  });

  it('fails as the door does', async () => {
    const lost = new Refusal('unavailable', { message: 'The safe is gone.' });
    expect((await tail(['-f'], { door: { followEntries: () => Promise.reject(lost) } })).error).toBe(lost);
  });
});

describe('agent monitor --follow', () => {
  const monitor = (words: readonly string[], seen: Seen = {}): Promise<Ran> =>
    runCommand(['agent', 'monitor', ...words], { register: registerPat, door: tailing([], seen, interrupt) });

  it('is the tail of one agent', async () => {
    const seen: Seen = {};
    const { calls } = await monitor(['ci helper', '-f', '--since', '24h'], seen);
    expect(calls[0]?.slice(0, 2)).toEqual(['followEntries', { query: 'agent:"ci helper"', since: '24h' }]);
    expect(seen).toEqual({ last: 10, isFollowed: true, isAborted: true });
  });

  it('begins with so many as --limit says', async () => {
    const seen: Seen = {};
    await monitor(['ci', '-f', '--limit', '3'], seen);
    expect(seen.last).toBe(3);
  });

  it.each([
    ['--until', 'today'],
    ['--cursor', 'next'],
  ])('does not go with %s', async (...words) => {
    const { error, calls } = await monitor(['ci', '-f', ...words]);
    expect((error as Refusal).code).toBe('invalid_request');
    expect(calls).toEqual([]);
  });
});
