import { describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/audit.js';
import { displayWidth } from '../../src/cli/width.js';
import { Refusal } from '../../src/core/refusal.js';
import type { LogReport } from '../../src/gate/log-door.js';
import { AGENT, ENTRY } from './fixtures.js';
import { runCommand, type Ran } from './harness.js';
import { HOSTILE_NAMES, QUIET_REPORT, REPORT } from './log-samples.js';

async function report(words: readonly string[] = [], given: LogReport = REPORT, columns?: number): Promise<Ran> {
  const door = { report: () => Promise.resolve(given) };
  return runCommand(['audit', 'report', ...words], { register, door, ...(columns === undefined ? {} : { columns }) });
}

describe('audit report', () => {
  it('says what is unusual and what to do about it', async () => {
    expect((await report([], REPORT, 80)).stdout.split('\n')).toEqual([
      'The log from 2026-10-09 00:00 to 2026-11-08 00:00 (UTC)',
      '31 entries: 26 granted, 5 refused',
      '',
      'SIGNALS',
      'boilerplate  12  ██████████████████████████████',
      'first-use     3  ███████▌',
      'See what they are about:',
      '  vouchsafe audit list signal:boilerplate',
      '',
      'UNUSUAL: 2 entries',
      ' #  TIME              WHO         WHAT       WHERE                   OUTCOME',
      '42  2026-03-02 10:15  deploy-bot  item.read  Production/item2        REFUSED',
      '    (forbidden) sneaky \\u{202e}\\u{1b}[31m reason  [repeat]',
      '41  2026-03-02 10:15  deploy-bot  item.read  Production/DB password  granted',
      '    Run the migration of OPS-42  [first-use, burst]',
      'Look at one and what is around it:',
      '  vouchsafe audit show 42',
      '',
      'REASONS THAT SAY LITTLE',
      '- ci helper, 12 times: "for the \\u{1b}[31mtask", last in entry 40',
      'Tell these agents what a good reason is. Those of empty words can be refused:',
      '  vouchsafe settings set reason.policy strict',
      '',
      'SECRETS THAT ENDED TOKENS WERE GIVEN',
      '- DB password [item1], read by old-bot, last 2026-10-20 08:30 (UTC)',
      'Change these at the service, then here:',
      '  vouchsafe item update ITEM --generate',
      '',
      'TOKENS THAT ARE NOT USED',
      '- deploy-bot, never used, expires 2026-06-01 00:00 (UTC)',
      '  vouchsafe pat delete law-hotel-shape-community',
      '',
      'GRANTS THAT ARE NOT USED',
      '- deploy-bot: item DB password in vault Production (viewer)',
      '  vouchsafe revoke law-hotel-shape-community --grant-id g2',
      '',
      'ROLES WIDER THAN THEIR USE',
      '- ci helper: vault Production (editor), used as viewer',
      '  vouchsafe grant mild-river-stone-cabin Production --role viewer',
      '',
    ]);
  });

  it('says plainly that there is nothing', async () => {
    expect((await report([], QUIET_REPORT)).stdout).toBe(
      [
        'The log from 2026-10-09 00:00 to 2026-11-08 00:00 (UTC)',
        '26 entries: 26 granted, 0 refused',
        '',
        'Nothing unusual, and nothing to do.',
        'There are no signals, no unusual entries, no hollow reasons, no secrets that an ended token was given, no unused tokens, no unused grants, no roles wider than their use.',
        '',
      ].join('\n'),
    );
  });

  it('says of each thing alone that there is none', async () => {
    const { stdout } = await report([], { ...QUIET_REPORT, unused_tokens: REPORT.unused_tokens });
    expect(stdout).toContain('\n\nNothing unusual.\nThere are no signals, no unusual entries, no hollow reasons, ');
    expect(stdout).not.toContain('no unused tokens');
    const unusual = await report([], { ...QUIET_REPORT, unusual: { count: 45, newest: [ENTRY] } });
    expect(unusual.stdout).toContain('UNUSUAL: 45 entries, of which the newest 1\n');
    expect(unusual.stdout).not.toContain('Nothing unusual');
  });

  it('fits every terminal but for commands, whatever agents wrote', async () => {
    const tokens = HOSTILE_NAMES.map((name) => ({ id: AGENT.id, name }));
    const hostile: LogReport = {
      ...REPORT,
      hollow: tokens.map((token) => ({ token, reason: token.name, count: 1_234_567, last_seq: 1 })),
      unused_tokens: tokens.map((token) => ({ ...AGENT, ...token })),
      read_by_ended: tokens.map((token) => ({
        token,
        items: [
          { id: 'item1', title: token.name, last_at: REPORT.until },
          { id: 'item2', title: null, last_at: REPORT.until },
        ],
      })),
      unused_grants: REPORT.unused_grants.map((grant) => ({ ...grant, command: 'vouchsafe revoke \u001b[31m' })),
    };
    for (let columns = 60; columns <= 160; columns += 5) {
      const { stdout } = await report([], hostile, columns);
      const lines = stdout.split('\n').filter((line) => !line.startsWith('  vouchsafe '));
      for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });

  it('is the same as data', async () => {
    expect(JSON.parse((await report(['--json'])).stdout)).toEqual(REPORT);
  });

  it('is about 30 days unless told otherwise', async () => {
    expect((await report()).calls).toEqual([['report', '30d']]);
    expect((await report(['--since', '7d'])).calls).toEqual([['report', '7d']]);
    const wrong = await report(['--since', 'ever']);
    expect(wrong.error).toBeInstanceOf(Refusal);
    expect(wrong.calls).toEqual([]);
  });
});
