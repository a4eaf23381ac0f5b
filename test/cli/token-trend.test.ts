import { describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/pat.js';
import { displayWidth } from '../../src/cli/width.js';
import { Refusal } from '../../src/core/refusal.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { AGENT, TOKEN } from './fixtures.js';
import { runCommand, type Ran } from './harness.js';

const DAYS = Array.from({ length: 30 }, (_, day) => (day < 15 ? 0 : day - 14));

const door: Partial<OwnerDoor> = {
  listTokens: () => Promise.resolve({ data: [TOKEN, AGENT], nextCursor: null }),
  tokenActivity: () => Promise.resolve([{ id: AGENT.id, days: DAYS }]),
};

async function list(words: readonly string[], columns?: number, other: Partial<OwnerDoor> = {}): Promise<Ran> {
  const size = columns === undefined ? {} : { columns };
  return runCommand(['pat', 'list', ...words], { register, door: { ...door, ...other }, ...size });
}

function asked({ calls }: Ran): readonly unknown[] {
  return calls.map(([method]) => method);
}

describe('pat list on a terminal', () => {
  it('has a mark for each of 30 days where there is room', async () => {
    const ran = await list([], 160);
    expect(ran.stdout.split('\n')).toEqual([
      'ID                         NAME        STATUS  CREATED           EXPIRES           LAST USED  30 DAYS                         SCOPES',
      'law-hotel-shape-community  deploy-bot  active  2026-03-01 09:30  2026-06-01 00:00  Never      -                               (by role)',
      'mild-river-stone-cabin     ci helper   active  2026-03-01 09:30  2026-06-01 00:00  Never      ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▃▃▄▄▅▅▆▆▇▇███  read, reveal',
      '',
    ]);
    expect(asked(ran)).toEqual(['listTokens', 'tokenActivity']);
  });

  it('has a mark for two or three days where there is less', async () => {
    expect((await list([], 120)).stdout).toContain('  ▁▁▁▁▁▁▁▂▃▄▅▆▇██  ');
    expect((await list([], 80)).stdout).toContain('  ▁▁▁▁▁▂▄▅▇█  ');
  });

  it('does not count what it has no room for, and never goes over the edge for it', async () => {
    const ran = await list([], 75);
    expect(ran.stdout).not.toContain('30 DAYS');
    expect(asked(ran)).toEqual(['listTokens']);
    for (let columns = 68; columns <= 200; columns += 1) {
      for (const line of (await list([], columns)).stdout.split('\n')) {
        expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
      }
    }
  });

  it.each([
    [[], undefined],
    [['--brief'], 160],
    [['--json'], 160],
    [['--output', 'csv'], 160],
  ])('does not count for %j', async (words, columns) => {
    const ran = await list(words, columns);
    expect(asked(ran)).toEqual(['listTokens']);
    expect(ran.stdout).not.toMatch(/30 DAYS|days/);
  });

  it('lists tokens of a safe whose log was changed', async () => {
    const fails = (code: 'integrity' | 'locked') => ({ tokenActivity: () => Promise.reject(new Refusal(code)) });
    expect((await list([], 160, fails('integrity'))).stdout).toMatch(/LAST USED {2}SCOPES\n/);
    expect((await list([], 160, fails('locked'))).error).toMatchObject({ code: 'locked' });
  });
});
