import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/pat.js';
import { Refusal } from '../../src/core/refusal.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { AGENT, ENDED, ITEM_GRANT, newToken, SECRET, TOKEN, VAULT_GRANT } from './fixtures.js';
import { runCommand, type Ran } from './harness.js';

const door: Partial<OwnerDoor> = {
  createToken: (asked) => Promise.resolve(newToken({ ...TOKEN, name: asked.name, agent: asked.isAgent })),
  listTokens: () => Promise.resolve({ data: [TOKEN, AGENT], nextCursor: 'next1' }),
  findToken: ({ text }) => Promise.resolve([AGENT.id, AGENT.name].includes(text) ? AGENT : TOKEN),
  renewToken: () => Promise.resolve(newToken(TOKEN, [VAULT_GRANT])),
  deleteToken: () => Promise.resolve(ENDED),
  renameToken: (_, name) => Promise.resolve({ ...TOKEN, name }),
  freezeToken: () => Promise.resolve({ ...TOKEN, status: 'frozen' }),
  unfreezeToken: () => Promise.resolve(TOKEN),
  grant: () => Promise.resolve(VAULT_GRANT),
  revoke: () => Promise.resolve(ENDED),
  listAccess: () => Promise.resolve([VAULT_GRANT, ITEM_GRANT]),
};

async function pat(words: readonly string[], answer?: boolean): Promise<Ran> {
  return runCommand(words, { register, door, ...(answer === undefined ? {} : { answer }) });
}

function lastCall({ calls, error }: Ran): readonly unknown[] {
  expect(error).toBeUndefined();
  return calls.at(-1) ?? [];
}

const BY_ID = { by: 'id', text: TOKEN.id };

describe('the commands of the reference, under our name', () => {
  it('creates a token', async () => {
    const ran = await pat(['pat', 'create', '--name', 'deploy-bot', '--expiration', '3m']);
    expect(lastCall(ran)).toEqual(['createToken', { name: 'deploy-bot', isAgent: false, expiration: '3m' }]);
    expect(ran.stdout).toBe(`VOUCHSAFE_PERSONAL_ACCESS_TOKEN=${SECRET}\n`);
  });

  it('lists tokens', async () => {
    const ran = await pat(['pat', 'list', '--brief']);
    expect(lastCall(ran)).toEqual(['listTokens', { all: false, agentsOnly: false, limit: 50 }]);
    expect(ran.stdout).toBe(
      '- [law-hotel-shape-community]: deploy-bot (expires: 2026-06-01)\n' +
        '- [mild-river-stone-cabin]: ci helper (expires: 2026-06-01)\n',
    );
    expect(ran.stderr).toContain('--cursor next1');
  });

  it.each([
    ['pat', 'delete', '--personal-access-token-id', 'abc123'],
    ['personal-access-token', 'delete', '--pat-id', 'abc123'],
    ['pat', 'revoke', 'law-hotel-shape-community'],
  ])('%s %s %s', async (...words) => {
    const ran = await pat(words, true);
    expect(lastCall(ran)).toEqual(['deleteToken', BY_ID, { rotate: true }]);
    expect(ran.stdout).toContain('DB password');
  });

  it('renews a token', async () => {
    const ran = await pat(['pat', 'renew', '--personal-access-token-name', 'deploy-bot', '--expiration', '3m']);
    expect(ran.calls[0]).toEqual(['findToken', { by: 'name', text: 'deploy-bot' }]);
    expect(lastCall(ran)).toEqual(['renewToken', BY_ID, { rotate: false, expiration: '3m' }]);
    expect(ran.stdout).toBe(`VOUCHSAFE_PERSONAL_ACCESS_TOKEN=${SECRET}\n`);
    expect(ran.stderr).toContain('--rotate');
  });

  it.each([
    ['frozen', 'frozen'],
    ['expired', 'frozen'],
  ] as const)('says of a token that was %s that it is still frozen', async (...statuses) => {
    const left = [...statuses];
    const findToken = () => Promise.resolve({ ...TOKEN, status: left.shift() ?? 'frozen' });
    const ran = await runCommand(['pat', 'renew', 'deploy-bot'], { register, door: { ...door, findToken } });
    expect(ran.stdout).toBe(`VOUCHSAFE_PERSONAL_ACCESS_TOKEN=${SECRET}\n`);
    expect(ran.stderr).toContain(`vouchsafe pat unfreeze ${TOKEN.id}`);
    expect((await pat(['pat', 'renew', 'deploy-bot'])).stderr).not.toContain('frozen');
  });

  const GRANT = ['pat', 'access', 'grant', '--pat-name', 'deploy-bot', '--vault-name', 'Production'];
  const vault = { by: 'name', text: 'Production' };

  it('grants a vault', async () => {
    const ran = await pat([...GRANT, '--role', 'viewer']);
    expect(lastCall(ran)).toEqual(['grant', { token: BY_ID, vault, role: 'viewer' }]);
  });

  it('grants an item', async () => {
    const ran = await pat([...GRANT, '--item-title', 'DB password']);
    const item = { by: 'name', text: 'DB password' };
    expect(lastCall(ran)).toEqual(['grant', { token: BY_ID, vault, item }]);
  });

  it('revokes a vault', async () => {
    const ran = await pat(['pat', 'access', 'revoke', '--pat-name', 'deploy-bot', '--share-id', 'share_abc']);
    const selection = { token: BY_ID, vault: { by: 'id', text: 'share_abc' }, rotate: true };
    expect(lastCall(ran)).toEqual(['revoke', selection]);
  });

  it('lists what a token reaches', async () => {
    const ran = await pat(['pat', 'access', 'list-access', '--pat-name', 'deploy-bot']);
    expect(lastCall(ran)).toEqual(['listAccess', BY_ID]);
    expect(ran.stdout).toBe(
      [
        'Personal access token access grants:',
        '',
        '- [vault1production] Production | Type=Vault | Role=Viewer | Expires: 2026-06-01 00:00 (UTC)',
        '- [vault1production] DB password | Type=Item | Role=Viewer | Expires: 2026-06-01 00:00 (UTC)',
        '',
      ].join('\n'),
    );
  });

  it('takes --output json for each of them', async () => {
    const created = await pat(['pat', 'create', '--name', 'x', '--expiration', '1d', '--output', 'json']);
    expect(JSON.parse(created.stdout)).toMatchObject({ name: 'x', token: SECRET, grants: [] });
    expect(created.stderr).toBe('');
    const listed = JSON.parse((await pat(['pat', 'list', '--output', 'json'])).stdout);
    expect(listed).toEqual({ schema_version: 1, data: [TOKEN, AGENT], next_cursor: 'next1' });
    const access = JSON.parse((await pat(['pat', 'access', 'list-access', 'deploy-bot', '--json'])).stdout);
    expect(access.data).toEqual([VAULT_GRANT, ITEM_GRANT]);
  });
});

describe('pat create', () => {
  it.each(['--expiration', '--expires', '--expiry'])('takes %s', async (flag) => {
    const ran = await pat(['pat', 'create', 'x', flag, '30']);
    expect(lastCall(ran)[1]).toEqual({ name: 'x', isAgent: false, expiration: '30' });
  });

  it('takes vaults, scopes and a role', async () => {
    const words = [
      'pat',
      'create',
      'x',
      '--agent',
      '--scope',
      'read',
      '--scope',
      'TOTP,read',
      '--vault',
      'A',
      '--vault',
      'B',
    ];
    const vaults = [
      { by: 'any', text: 'A' },
      { by: 'any', text: 'B' },
    ];
    const asked = { name: 'x', isAgent: true, scopes: ['read', 'totp'], vaults, role: 'editor' };
    expect(lastCall(await pat([...words, '--role', 'editor']))[1]).toEqual(asked);
    expect(lastCall(await pat(['pat', 'create', 'x', '--scope', '*']))[1]).toMatchObject({ scopes: ['*'] });
  });

  it('takes the description for a name where there is none', async () => {
    const ran = await pat(['pat', 'create', '--description', 'nightly backup', '--expires', '30']);
    expect(lastCall(ran)[1]).toMatchObject({ name: 'nightly backup', description: 'nightly backup' });
  });

  it('says how to give it access', async () => {
    const { stderr } = await pat(['pat', 'create', "Bob's bot"]);
    expect(stderr).toContain('law-hotel-shape-community');
    expect(stderr).toContain('2026-06-01 00:00 (UTC)');
    expect(stderr).toContain('This is the only time');
    expect(stderr).toContain(String.raw`vouchsafe pat access grant --pat-name 'Bob'\''s bot' --vault-name`);
    expect(stderr).not.toContain(SECRET);
  });

  it.each([
    [['pat', 'create']],
    [['pat', 'create', 'a', '--name', 'b']],
    [['pat', 'create', 'a', '--scope', 'zpool']],
    [['pat', 'create', 'a', '--role', 'editor']],
    [['pat', 'renew']],
    [['pat', 'renew', 'a', '--pat-name', 'a']],
    [['pat', 'list', '--limit', '0']],
    [['pat', 'list', '--limit', '1001']],
    [['pat', 'rename', 'a']],
    [['pat', 'rename', 'a', 'b', 'c']],
    [['pat', 'access', 'grant', 'a']],
    [['pat', 'access', 'grant', 'a', '--vault-id', 'v', '--vault-name', 'v']],
    [['pat', 'access', 'revoke', 'a']],
    [['pat', 'access', 'revoke', 'a', '--item', 'i']],
    [['pat', 'access', 'revoke', 'a', '--all', '--vault', 'v']],
    [['agent', 'instructions', 'ci helper', '--format', 'plain', '--write', 'x.md']],
    [['agent', 'instructions', 'ci helper', '--format', 'x']],
  ])('refuses %j before the door is asked', async (words) => {
    const { error, calls, stdout } = await pat(words);
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).code).toBe('invalid_request');
    expect(calls).toEqual([]);
    expect(stdout).toBe('');
  });
});

describe('the environment', () => {
  const names = ['NAME', 'DESCRIPTION', 'EXPIRATION', 'SCOPE', 'CURSOR', 'LIMIT', 'ROLE', 'VAULT', 'FORCE'];

  afterEach(() => {
    for (const name of names) Reflect.deleteProperty(process.env, `VOUCHSAFE_${name}`);
  });

  it('fills what flags do not', async () => {
    process.env['VOUCHSAFE_NAME'] = 'from-env';
    process.env['VOUCHSAFE_DESCRIPTION'] = 'why';
    process.env['VOUCHSAFE_EXPIRATION'] = '1w';
    process.env['VOUCHSAFE_SCOPE'] = 'read,totp';
    const asked = { name: 'from-env', description: 'why', isAgent: false, expiration: '1w', scopes: ['read', 'totp'] };
    expect(lastCall(await pat(['pat', 'create']))[1]).toEqual(asked);
    expect(lastCall(await pat(['pat', 'create', 'typed', '--expires', '2']))[1]).toMatchObject({
      name: 'typed',
      expiration: '2',
    });
  });

  it('pages', async () => {
    process.env['VOUCHSAFE_CURSOR'] = 'c1';
    process.env['VOUCHSAFE_LIMIT'] = '7';
    expect(lastCall(await pat(['pat', 'list', '--all']))[1]).toEqual({
      all: true,
      agentsOnly: false,
      limit: 7,
      cursor: 'c1',
    });
  });

  it('counts as not there where it is empty', async () => {
    for (const name of names) process.env[`VOUCHSAFE_${name}`] = '';
    expect(lastCall(await pat(['pat', 'create', 'x']))[1]).toEqual({ name: 'x', isAgent: false });
    expect(lastCall(await pat(['pat', 'list']))[1]).toEqual({ all: false, agentsOnly: false, limit: 50 });
  });

  it('neither widens nor forces', async () => {
    process.env['VOUCHSAFE_ROLE'] = 'manager';
    process.env['VOUCHSAFE_VAULT'] = 'Production';
    process.env['VOUCHSAFE_FORCE'] = '1';
    expect(lastCall(await pat(['pat', 'create', 'x']))[1]).toEqual({ name: 'x', isAgent: false });
    expect((await pat(['pat', 'delete', 'x', '--json'])).error).toBeInstanceOf(Refusal);
  });
});

describe('pat delete', () => {
  it('deletes nothing after a no', async () => {
    const { error, calls } = await pat(['pat', 'delete', 'x'], false);
    expect((error as Error).name).toBe('ExitPromptError');
    expect(calls.map(([name]) => name)).toEqual(['findToken']);
  });

  it('needs --force where the output is for programs, even at a terminal', async () => {
    expect(((await pat(['pat', 'delete', 'x', '--json'], true)).error as Refusal).facts.next).toContain('--force');
    expect(JSON.parse((await pat(['pat', 'delete', 'x', '--json', '--force'])).stdout)).toEqual(ENDED);
  });

  it('says what was read and what was changed', async () => {
    const { stdout, stderr } = await pat(['pat', 'delete', 'x', '--force', '--no-rotate']);
    expect(stdout).toBe(
      [
        'Deleted law-hotel-shape-community (deploy-bot). It opens nothing from now on.',
        'Ended access:',
        '- [vault1production] Production | Type=Vault | Role=Viewer | Expires: 2026-06-01 00:00 (UTC)',
        'It has read these. Change them at the service:',
        '- [item1] DB password',
        'Keys changed in:',
        '- Production (items: 12)',
        'Left as they were, since they could not be verified:',
        '- item9',
        '',
      ].join('\n'),
    );
    expect(stderr).toContain('Keys were not changed');
  });
});

describe('agent', () => {
  it('makes tokens of agents, with their instructions', async () => {
    const ran = await pat(['agent', 'create', 'helper', '--json']);
    expect(lastCall(ran)[1]).toEqual({ name: 'helper', isAgent: true });
    expect(JSON.parse(ran.stdout).instructions).toContain('<!-- vouchsafe:begin -->');
  });

  it('lists agents alone', async () => {
    expect(lastCall(await pat(['agent', 'list']))[1]).toMatchObject({ agentsOnly: true });
  });

  it('takes no other token', async () => {
    const { error } = await pat(['agent', 'renew', 'deploy-bot']);
    expect((error as Refusal).code).toBe('not_found');
  });

  it('prints instructions', async () => {
    const { stdout } = await pat(['agent', 'instructions', '--pat-name', 'ci helper', '--format', 'plain']);
    expect(stdout).toContain('You are ci helper.');
    expect(stdout).toContain('item "DB password" in vault "Production": viewer, until 2026-06-01');
  });

  it('writes instructions into a file, in the format that its name asks for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-write-'));
    const file = join(folder, 'SKILL.md');
    try {
      expect((await pat(['agent', 'instructions', 'ci helper', '--write', file])).stdout).toBe(`Made ${file}.\n`);
      expect(readFileSync(file, 'utf8')).toMatch(/^---\nname: vouchsafe\n[^]*You are `ci helper`/);
      const { stdout } = await pat(['agent', 'instructions', 'ci helper', '--write', file, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ name: 'ci helper', format: 'skill', file, result: 'unchanged' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('other verbs', () => {
  it.each([
    [
      ['pat', 'rename', 'deploy-bot', 'new'],
      ['renameToken', BY_ID, 'new'],
    ],
    [
      ['pat', 'rename', '--pat-name', 'deploy-bot', 'new'],
      ['renameToken', BY_ID, 'new'],
    ],
    [
      ['pat', 'freeze', 'deploy-bot'],
      ['freezeToken', BY_ID],
    ],
    [
      ['pat', 'unfreeze', '--token', 'deploy-bot'],
      ['unfreezeToken', BY_ID],
    ],
    [
      ['pat', 'renew', 'deploy-bot', '--rotate'],
      ['renewToken', BY_ID, { rotate: true }],
    ],
    [
      ['pat', 'access', 'revoke', 'x', '--all', '--no-rotate'],
      ['revoke', { token: BY_ID, all: true, rotate: false }],
    ],
    [
      ['pat', 'access', 'revoke', 'x', '--grant-id', 'g'],
      ['revoke', { token: BY_ID, grantId: 'g', rotate: true }],
    ],
  ])('%j', async (words, call) => {
    expect(lastCall(await pat(words))).toEqual(call);
  });
});
