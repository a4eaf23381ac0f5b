/** Believable statistics and reports of the log. */
import type { LogReport, LogStats, OutcomeCounts, StatsGroup } from '../../src/gate/log-door.js';
import { AGENT, ENTRY, ITEM_GRANT, REFUSED, TOKEN, VAULT_GRANT } from './fixtures.js';

export function counts(granted: number, refused = 0, error = 0): OutcomeCounts {
  return { total: granted + refused + error, granted, refused, error };
}

export function group(name: string, series: readonly number[], refused = 0): StatsGroup {
  const total = series.reduce((sum, one) => sum + one, 0);
  return { key: name, name, ...counts(total - refused, refused), series };
}

const DAYS = [4, 0, 8, 2, 16, 1, 0];

function office(day: number, hour: number): number {
  return day < 5 && hour >= 9 && hour < 17 ? (day + 1) * (hour - 8) : 0;
}

export const STATS: LogStats = {
  ...counts(26, 5),
  first_at: '2026-11-02T09:12:00.000Z',
  last_at: '2026-11-08T18:40:00.000Z',
  by: 'agent',
  groups: [group('deploy-bot', [3, 0, 7, 2, 8, 0, 0], 4), group('ci helper', [1, 0, 1, 0, 8, 1, 0], 1)],
  days: DAYS.map((granted, i) => ({ day: `2026-11-0${String(i + 2)}`, ...counts(granted) })),
  heatmap: Array.from({ length: 7 }, (_, day) => Array.from({ length: 24 }, (__, hour) => office(day, hour))),
  matrix: {
    agents: [
      { id: TOKEN.id, name: 'deploy-bot' },
      { id: AGENT.id, name: 'ci helper' },
    ],
    items: [
      { id: 'item1', title: 'DB password' },
      { id: 'item2', title: 'Signing key' },
    ],
    counts: [
      [1234, 0],
      [7, 12],
    ],
  },
};

/** A log without any entry. */
export const EMPTY_STATS: LogStats = {
  ...counts(0),
  first_at: null,
  last_at: null,
  by: 'agent',
  groups: [],
  days: [],
  heatmap: Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0)),
  matrix: { agents: [], items: [], counts: [] },
};

/** Names that try to be more than names: escape codes, changes of direction, wide characters, newlines, length. */
export const HOSTILE_NAMES = [
  'red \u001b[31mred\u001b[0m \u202etxt.exe',
  '日本語のエージェントの長い名前です',
  '👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦',
  'two\nlines\r\tand a tab',
  'x'.repeat(300),
  '',
  'e\u0301'.repeat(40),
];

/** Everything in it is hostile, and one number is very large. */
export const HOSTILE_STATS: LogStats = {
  ...STATS,
  ...counts(1_234_567_890, 17, 3),
  groups: HOSTILE_NAMES.map((name, i) => ({
    ...group(name, [i, 0, 1, 0, 8, 1, 0], i),
    ...counts(i === 0 ? 1_234_567_890 : i, i, i % 3),
  })),
  matrix: {
    agents: HOSTILE_NAMES.map((name, i) => ({ id: String(i), name })),
    items: HOSTILE_NAMES.map((title, i) => ({ id: String(i), title })),
    counts: HOSTILE_NAMES.map((_, i) => HOSTILE_NAMES.map((__, j) => (i === 0 && j === 0 ? 1_234_567_890 : i * j))),
  },
};

export const REPORT: LogReport = {
  ...counts(26, 5),
  since: '2026-10-09T00:00:00.000Z',
  until: '2026-11-08T00:00:00.000Z',
  signals: [
    { signal: 'boilerplate', count: 12 },
    { signal: 'first-use', count: 3 },
  ],
  unusual: { count: 2, newest: [REFUSED, { ...ENTRY, signals: ['first-use', 'burst'] }] },
  hollow: [{ token: { id: AGENT.id, name: 'ci helper' }, reason: 'for the \u001b[31mtask', count: 12, last_seq: 40 }],
  unused_tokens: [TOKEN],
  unused_grants: [
    {
      ...ITEM_GRANT,
      token: { id: TOKEN.id, name: 'deploy-bot' },
      command: `vouchsafe revoke ${TOKEN.id} --grant-id g2`,
    },
  ],
  wide_roles: [
    {
      ...VAULT_GRANT,
      role: 'editor',
      token: { id: AGENT.id, name: 'ci helper' },
      used_role: 'viewer',
      command: `vouchsafe grant ${AGENT.id} Production --role viewer`,
    },
  ],
  read_by_ended: [
    {
      token: { id: 'gone', name: 'old-bot' },
      items: [{ id: 'item1', title: 'DB password', last_at: '2026-10-20T08:30:00.000Z' }],
    },
  ],
};

export const QUIET_REPORT: LogReport = {
  ...REPORT,
  ...counts(26),
  signals: [],
  unusual: { count: 0, newest: [] },
  hollow: [],
  unused_tokens: [],
  unused_grants: [],
  wide_roles: [],
  read_by_ended: [],
};
