import type { NotifyReport } from '../../src/gate/door.js';
import { afterEach, describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/watch.js';
import type { InboxRequestShape } from '../../src/core/inbox-shapes.js';
import { ENTRY } from './fixtures.js';
import { runCommand } from './harness.js';
import { HOSTILE_NAMES } from './log-samples.js';

const REQUEST: InboxRequestShape = {
  ...{ id: 'law-hotel', kind: 'access', state: 'pending', seq: 42 },
  at: '2026-03-02T10:15:00.000Z',
  expires_at: '2026-03-09T10:15:00.000Z',
  token: { id: 'disk-stained', name: 'deploy-bot' },
  reason: 'Run the migration',
  asked: { vault: 'Ledger', role: 'viewer' },
  client: { name: 'client', version: '1' },
  transport: 'stdio',
};

/** Looks once at these requests, since Ctrl-C comes with what it hears. */
async function watch(requests: readonly InboxRequestShape[], failures: readonly string[] = [], words: string[] = []) {
  const notify = (): Promise<NotifyReport> => {
    process.emit('SIGINT', 'SIGINT');
    return Promise.resolve({ requests, decoys: [], failures });
  };
  return runCommand(['watch', ...words], { register, door: { notify } });
}

afterEach(() => (process.exitCode = undefined));

describe('watch', () => {
  it.each(HOSTILE_NAMES)(
    'lets nothing that an agent wrote reach the terminal as it is, nor what failed: %j',
    async (name) => {
      const hostile = {
        ...REQUEST,
        token: { id: 't', name },
        reason: name,
        asked: { vault: name, item: name, role: 'viewer' as const },
      };
      const { stdout, stderr, error } = await watch([hostile], [name]);
      expect(error).toBeUndefined();
      expect(process.exitCode).toBe(130);
      expect(stdout.split('\n')).toHaveLength(3);
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(stdout).toContain('vouchsafe inbox show law-hotel\n');
    },
  );

  it('prints a request as one line of JSON with --output ndjson, whatever is in it', async () => {
    const hostile = { ...REQUEST, reason: 'two\nlines \u001b[31m \u202e' };
    const { stdout } = await watch([hostile], [], ['--output', 'ndjson']);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stdout).not.toMatch(/\u001b/);
    expect(JSON.parse(stdout)).toEqual(hostile);
  });

  it('says of a use what is to be used, and for what', async () => {
    const use = { tool: 'run_recipe', vault: null, item: { id: 'i', title: 'GitHub' }, fields: ['key'] };
    const request = { ...REQUEST, kind: 'use' as const, use: { ...use, purpose: 'recipe deploy env=staging' } };
    const seen = { ...request, id: 'stern-owl', use: { ...use, tool: 'get_item', purpose: '' } };
    const { stdout } = await watch([request, seen]);
    expect(stdout).toContain('deploy-bot asks to see key of GitHub: Run the migration\n');
    expect(stdout).toContain('deploy-bot asks to use key of GitHub for recipe deploy env=staging: Run the migration\n');
  });

  it('shows a decoy that is touched meanwhile, and of those before only that there are some', async () => {
    const touched = { ...ENTRY, item: { id: 'i', title: 'AWS root' }, reason: 'Look for a key' };
    const looks = [
      [{ ...touched, seq: 7 }],
      [
        { ...touched, seq: 9 },
        { ...touched, seq: 8 },
        { ...touched, seq: 7 },
      ],
    ];
    let look = 0;
    const notify = (): Promise<NotifyReport> => {
      if (look === 1) process.emit('SIGINT', 'SIGINT');
      look += 1;
      return Promise.resolve({ requests: [], decoys: looks[look - 1] ?? [], failures: [] });
    };
    const { stdout, stderr } = await runCommand(['watch'], { register, door: { notify } });
    expect(stderr).toContain('Decoys were touched before');
    expect(stdout.match(/touched the decoy AWS root: Look for a key/g)).toHaveLength(2);
    expect(stdout.match(/audit show \d+/g)).toEqual(['audit show 8', 'audit show 9']);
  });

  it('shows the oldest first, of a list that is newest first', async () => {
    const { stdout } = await watch([
      { ...REQUEST, id: 'second' },
      { ...REQUEST, id: 'first' },
    ]);
    expect(stdout.match(/show \w+/g)).toEqual(['show first', 'show second']);
  });
});
