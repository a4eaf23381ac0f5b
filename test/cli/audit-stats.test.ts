import { describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/audit.js';
import { displayWidth } from '../../src/cli/width.js';
import { QueryError } from '../../src/core/query.js';
import { Refusal } from '../../src/core/refusal.js';
import { STATS_KEYS, type LogStats } from '../../src/gate/log-door.js';
import { runCommand, type Ran } from './harness.js';
import { counts, EMPTY_STATS, group, HOSTILE_STATS, STATS } from './log-samples.js';

interface How {
  readonly stats?: LogStats;
  readonly columns?: number;
  readonly env?: NodeJS.ProcessEnv;
}

async function stats(words: readonly string[] = [], { stats: given = STATS, columns, env }: How = {}): Promise<Ran> {
  return runCommand(['audit', 'stats', ...words], {
    register,
    door: { stats: () => Promise.resolve(given) },
    ...(columns === undefined ? {} : { columns }),
    ...(env === undefined ? {} : { env }),
  });
}

async function drawn(how: How): Promise<string[]> {
  const { stdout, error } = await stats([], how);
  expect(error).toBeUndefined();
  return stdout.replace(/\n$/, '').split('\n');
}

describe('the charts', () => {
  it('at 80 columns', async () => {
    expect(await drawn({ columns: 80 })).toEqual([
      '31 entries: 26 granted, 5 refused',
      '2026-11-02 09:12 to 2026-11-08 18:40 (UTC)',
      '',
      '▃▁▅▂█▂▁',
      'per day, at most 16 on 2026-11-06',
      '',
      'AGENT       ENTRIES  REFUSED                                             PER DAY',
      'deploy-bot       20        4  █████████████████████████████████░░░░░░░░  ▄▁█▃█▁▁',
      'ci helper        11        1  █████████████████████░░                    ▂▁▂▁█▂▁',
      '█ granted  ░ refused',
      '',
      'ENTRIES BY HOUR AND DAY OF THE WEEK (UTC)',
      '     00    03    06    09    12    15    18    21',
      'Mon                    ░░░░░░░░░░░░░░░░',
      'Tue                    ░░░░░░░░░░▒▒▒▒▒▒',
      'Wed                    ░░░░░░▒▒▒▒▒▒▓▓▓▓',
      'Thu                    ░░░░▒▒▒▒▒▒▓▓▓▓██',
      'Fri                    ░░░░▒▒▒▒▓▓▓▓████',
      'Sat',
      'Sun',
      '░ 1-10   ▒ 11-20   ▓ 21-30   █ 31-40',
      '',
      'WHO USED WHAT',
      '            DB password  Signing key',
      'deploy-bot         1.2k            -',
      'ci helper             7           12',
    ]);
  });

  it('at 40 columns', async () => {
    expect(await drawn({ columns: 40 })).toEqual([
      '31 entries: 26 granted, 5 refused',
      '2026-11-02 09:12 to 2026-11-08 18:40',
      '(UTC)',
      '',
      '▃▁▅▂█▂▁',
      'per day, at most 16 on 2026-11-06',
      '',
      'AGENT       ENTRIES  REFUSED',
      'deploy-bot       20        4  ████████░░',
      'ci helper        11        1  █████░',
      '█ granted  ░ refused',
      '',
      'ENTRIES BY HOUR AND DAY OF THE WEEK',
      '(UTC)',
      '     00    06    12    18',
      'Mon           ░░░░░░░░',
      'Tue           ░░░░░▒▒▒',
      'Wed           ░░░▒▒▒▓▓',
      'Thu           ░░▒▒▒▓▓█',
      'Fri           ░░▒▒▓▓██',
      'Sat',
      'Sun',
      '░ 1-10   ▒ 11-20   ▓ 21-30   █ 31-40',
      '',
      'WHO USED WHAT',
      '            DB password  Signing key',
      'deploy-bot         1.2k            -',
      'ci helper             7           12',
    ]);
  });

  it('at 120 columns, in ASCII', async () => {
    const bars = (await drawn({ columns: 120, env: { LANG: 'C' } })).slice(6, 10);
    expect(bars).toEqual([
      'AGENT       ENTRIES  REFUSED                                                      PER DAY',
      'deploy-bot       20        4  ########################################..........  -_#:#__',
      'ci helper        11        1  #########################...                        ._._#._',
      '# granted  . refused',
    ]);
  });

  it('of nothing', async () => {
    expect(await drawn({ stats: EMPTY_STATS, columns: 80 })).toEqual(['No entries.']);
  });

  it('of one entry', async () => {
    const [hour] = STATS.heatmap;
    const one: LogStats = {
      ...EMPTY_STATS,
      ...counts(0, 0, 1),
      first_at: STATS.first_at,
      last_at: STATS.first_at,
      groups: [{ ...group('bot', [1]), ...counts(0, 0, 1) }],
      days: [{ day: '2026-11-02', ...counts(0, 0, 1) }],
      heatmap: [hour!.map((_, i) => (i === 9 ? 1 : 0)), ...EMPTY_STATS.heatmap.slice(1)],
    };
    expect((await drawn({ stats: one, columns: 60 })).slice(0, 10)).toEqual([
      '1 entry: 0 granted, 0 refused, 1 error',
      '2026-11-02 09:12 to 2026-11-02 09:12 (UTC)',
      '',
      'AGENT  ENTRIES  REFUSED  ERRORS',
      `bot          1        0       1  ${'░'.repeat(27)}`,
      '█ granted  ░ refused or error',
      '',
      'ENTRIES BY HOUR AND DAY OF THE WEEK (UTC)',
      '     00    03    06    09    12    15    18    21',
      'Mon                    ██',
    ]);
  });

  it('fit every terminal of 40 columns and more, whatever the names are, and nothing in them reaches it', async () => {
    const most = { ...HOSTILE_STATS, days: Array.from({ length: 366 }, (_, i) => ({ day: String(i), ...counts(i) })) };
    for (let columns = 40; columns <= 200; columns += 1) {
      const lines = await drawn({ stats: most, columns });
      for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
      expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
    }
  });

  it('fit as well where ten agents used ten items', async () => {
    const ten = Array.from({ length: 10 }, (_, i) => `${'x'.repeat(30)}${String(i)}`);
    const matrix: LogStats['matrix'] = {
      agents: ten.map((name, i) => ({ id: String(i), name })),
      items: ten.map((title, i) => ({ id: String(i), title })),
      counts: ten.map((_, i) => ten.map((__, j) => 250 * i * j)),
    };
    for (let columns = 40; columns <= 90; columns += 1) {
      const lines = await drawn({ stats: { ...STATS, matrix }, columns });
      for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
    }
  });

  it('are not narrower than 40 columns', async () => {
    expect(await drawn({ columns: 20 })).toEqual(await drawn({ columns: 40 }));
  });

  it('name two tokens of one name apart', async () => {
    const twice = [group('bot', [2, 1]), { ...group('bot', [1, 0]), key: 'law-hotel-shape-community' }];
    const text = (await drawn({ stats: { ...STATS, groups: twice }, columns: 120 })).join('\n');
    expect(text).toContain('bot (law-hotel-shape-community) ');
  });

  it('show so many groups as can be read, and say that there are more', async () => {
    const many = Array.from({ length: 40 }, (_, i) => group(`agent ${String(i)}`, [40 - i]));
    const largest = await drawn({ stats: { ...STATS, groups: many }, columns: 80 });
    expect(largest.filter((line) => /^agent \d/.test(line))).toHaveLength(25);
    expect(largest).toContain('and 15 more; --json has all of them');
    const days = Array.from({ length: 100 }, (_, i) => group(`day ${String(i)}`, [i]));
    const newest = await drawn({ stats: { ...STATS, by: 'day', groups: days }, columns: 80 });
    expect(newest.filter((line) => /^day \d/.test(line))).toHaveLength(62);
    expect(newest.find((line) => /^day \d/.test(line))).toMatch(/^day 38 /);
    expect(newest).toContain('and 38 earlier; --json has all of them');
  });
});

describe('audit stats', () => {
  it('asks for agents unless told otherwise, and passes the rest on', async () => {
    expect((await stats()).calls).toEqual([['stats', { query: '' }, 'agent']]);
    const words = ['--by', 'Hour', 'agent:deploy-bot', '-outcome:granted', '--since', '7d', '--until', 'today'];
    const asked = { query: 'agent:deploy-bot -outcome:granted', since: '7d', until: 'today' };
    expect((await stats(words)).calls).toEqual([['stats', asked, 'hour']]);
  });

  it('counts days in the local zone with --local', async () => {
    const { calls } = await stats(['--local']);
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    expect(calls).toEqual([['stats', { query: '', timeZone }, 'agent']]);
  });

  it('prints JSON as it is, its groups a line each, and its groups as rows', async () => {
    expect(JSON.parse((await stats(['--json'])).stdout)).toEqual(STATS);
    const lines = (await stats(['--output', 'ndjson'])).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(STATS.groups);
    expect((await stats(['--output', 'csv'])).stdout.split('\r\n')).toEqual([
      'key,name,total,granted,refused,error,series',
      'deploy-bot,deploy-bot,20,16,4,0,3; 0; 7; 2; 8; 0; 0',
      'ci helper,ci helper,11,10,1,0,1; 0; 1; 0; 8; 1; 0',
      '',
    ]);
  });

  it('asks for nothing if it was asked wrongly', async () => {
    const by = await stats(['--by', 'agents']);
    expect(by.error).toBeInstanceOf(Refusal);
    expect((by.error as Refusal).facts.next).toBe(`Did you mean agent? Use --by with one of ${STATS_KEYS.join(', ')}.`);
    const query = await stats(['wrong:x']);
    expect(query.error).toBeInstanceOf(QueryError);
    expect((await stats(['--since', 'soon'])).error).toBeInstanceOf(Refusal);
    expect([...by.calls, ...query.calls]).toEqual([]);
  });
});
