/** The inbox as people read it, at a terminal of 80 columns too; and a time without approvals. */
import { describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/inbox.js';
import type {
  AccessRequestShape,
  InboxRequestShape,
  UseCardShape,
  UseRequestShape,
} from '../../src/core/inbox-shapes.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { ENTRY, TOKEN, VAULT } from './fixtures.js';
import { runCommand, type Ran } from './harness.js';
import { HOSTILE_NAMES } from './log-samples.js';

const WAITS: Omit<AccessRequestShape, 'id' | 'kind' | 'reason' | 'asked'> = {
  ...{ state: 'pending', seq: 42, at: '2026-03-02T10:15:00.000Z', expires_at: '2026-03-02T10:25:00.000Z' },
  ...{ token: { id: TOKEN.id, name: TOKEN.name }, client: { name: 'claude-code', version: '2.1' }, transport: 'stdio' },
};
const ACCESS: AccessRequestShape = {
  ...{ ...WAITS, id: 'esquire-phantom-excavate-broken', kind: 'access', reason: 'Run the migration of OPS-42' },
  asked: { vault: 'Ledger', role: 'viewer' },
};
const USE: UseRequestShape = {
  ...{ ...WAITS, id: 'dividing-stunning-atlantic-ferocity', kind: 'use', reason: 'Close the issue of OPS-42' },
  use: {
    ...{ tool: 'http_request', vault: VAULT, item: { id: 'item1', title: 'GitHub' }, fields: ['key'] },
    purpose: 'POST https://api.example.com/v1/12\ncontent-type: application/json\n\n{"state":"closed"}',
  },
};
const SEEN: UseRequestShape = { ...USE, use: { ...USE.use, tool: 'get_item', purpose: '' } };
const CARD: UseCardShape = { ...USE, before: { granted: 1, refused: 3, approved: 0, denied: 1 }, last_uses: [ENTRY] };

function inbox(words: readonly string[], door: Partial<OwnerDoor>, columns?: number): Promise<Ran> {
  return runCommand(['inbox', ...words], { register, door, ...(columns === undefined ? {} : { columns }) });
}

const list = (requests: readonly InboxRequestShape[], columns?: number): Promise<Ran> =>
  inbox(['list'], { listRequests: () => Promise.resolve(requests) }, columns);

describe('inbox list', () => {
  it('says of each request what kind it is and what it is about', async () => {
    const [title, access, use, seen] = (await list([ACCESS, USE, SEEN])).stdout.split('\n');
    expect(title).toMatch(/^ID +ASKED +KIND +WHO +WHAT +REASON$/);
    expect(access).toMatch(/ access +deploy-bot +viewer on vault Ledger +Run the migration/);
    expect(use).toMatch(/ use +deploy-bot +use key of GitHub for POST https:\/\/api.example.com\/v1\/12 … +Close/);
    expect(seen).toMatch(/ use +deploy-bot +see key of GitHub +Close/);
  });

  it('shows how each stands where not all of them wait', async () => {
    const { stdout } = await list([ACCESS, { ...USE, state: 'denied' }]);
    expect(stdout).toMatch(/STATE[^]* pending [^]* denied /);
  });

  it('fits 80 columns with every id, time and reason whole', async () => {
    const { stdout } = await list([ACCESS, USE], 80);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const { id, reason } of [ACCESS, USE]) expect(stdout).toMatch(new RegExp(`10:15 .*${reason!}\n +${id}: `));
  });
});

describe('inbox show', () => {
  const show = (card: UseCardShape, columns?: number): Promise<Ran> =>
    inbox(['show', card.id], { showRequest: () => Promise.resolve(card) }, columns);

  it('shows a request whole, each of its lines in the same column', async () => {
    const { stdout } = await show(CARD, 80);
    expect(stdout).toContain(
      [
        'For       POST https://api.example.com/v1/12',
        '          content-type: application/json',
        '          ',
        '          {"state":"closed"}',
        'Why       Close the issue of OPS-42',
      ].join('\n'),
    );
    expect(stdout).toContain('Before: 1 call granted, 3 refused; you approved 0 requests and denied 1.');
  });

  it('has no line that is wider than the terminal', async () => {
    const entry = { ...ENTRY, reason: 'Look at the password of the database, as the nightly job fails with 401' };
    const { stdout } = await show({ ...CARD, last_uses: [entry] }, 80);
    expect(stdout).toMatch(/\n {2}\S.*401\n/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each(HOSTILE_NAMES)('lets no line of an agent begin where its own begin: %j', async (name) => {
    const body = `${name}\nWhy       ${name}\nvouchsafe inbox approve me`;
    const card = { ...CARD, reason: name, use: { ...CARD.use, purpose: body, fields: [name] } };
    const { stdout } = await show(card, 80);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout.split('\n').filter((line) => /^(?:Why|vouchsafe inbox approve)/.test(line))).toHaveLength(2);
  });
});

describe('inbox bypass', () => {
  const bypass = (...flags: readonly string[]): Promise<Ran> =>
    inbox(['bypass', ...flags], {
      bypass: (_, time) => Promise.resolve({ token: TOKEN, until: time === null ? null : '2026-03-02T11:15:00.000Z' }),
    });
  const token = { by: 'any', text: 'deploy-bot' };

  it.each(['--agent', '--token'])('takes %s and a time', async (flag) => {
    const { calls, stdout } = await bypass(flag, 'deploy-bot', '--for', '1h');
    expect(calls).toEqual([['bypass', token, '1h']]);
    expect(stdout).toBe('deploy-bot needs no approval until 2026-03-02 11:15 (UTC).\n');
  });

  it('ends at once', async () => {
    const { calls, stdout } = await bypass('--agent', 'deploy-bot', '--end');
    expect(calls).toEqual([['bypass', token, null]]);
    expect(stdout).toBe('deploy-bot needs approvals again.\n');
  });

  it.each([['--agent', 'deploy-bot'], ['--agent', 'deploy-bot', '--for', '1h', '--end'], ['--for', '1h'], ['--end']])(
    'refuses %s %s',
    async (...flags) => {
      expect(await bypass(...flags)).toMatchObject({ error: { code: 'invalid_request' }, calls: [] });
    },
  );
});
