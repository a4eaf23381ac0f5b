import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { clientFiles } from '../../src/cli/doctor/client-files.js';
import { ownServers } from '../../src/cli/doctor/client-servers.js';
import { checkClock, checkVerified } from '../../src/cli/doctor/safe.js';

const server = { command: 'vouchsafe', args: ['mcp', '--token-file', '/a/token'] };
const found = { name: 'vouchsafe', ...server, env: {} };
const json = { form: 'json', key: 'mcpServers' } as const;
const toml = { form: 'toml', key: 'mcp_servers' } as const;

describe('the servers of a client that are this program', () => {
  it('are found by their name or their command, among others', () => {
    const other = { command: 'npx', args: ['something'] };
    const remote = { url: 'https://example.com/mcp' };
    const whole = { command: '/usr/bin/node', args: ['/opt/vouchsafe/bin/vouchsafe.js', 'mcp'] };
    const servers = { other, remote, vouchsafe: server, mine: whole };
    expect(ownServers(JSON.stringify({ mcpServers: servers }), json)).toEqual([
      found,
      { name: 'mine', ...whole, env: {} },
    ]);
  });

  it('are found in JSON with comments and trailing commas', () => {
    const text = `// mine\n{ /* these */ "mcpServers": { "vouchsafe": ${JSON.stringify(server)}, }, }`;
    expect(ownServers(text, json)).toEqual([found]);
  });

  it('are found where they are kept for a project', () => {
    const text = JSON.stringify({ projects: { '/home/me/project': { mcpServers: { vouchsafe: server } } } });
    expect(ownServers(text, json)).toEqual([found]);
  });

  it('are found in TOML, with their variables', () => {
    const text = `model = "x"\n[mcp_servers.vouchsafe]\ncommand = "vouchsafe"\nargs = ["mcp", "--token-file", "/a/token"]\n[mcp_servers.vouchsafe.env]\nVOUCHSAFE_HOME = "/b"\nN = 1\n`;
    expect(ownServers(text, toml)).toEqual([{ ...found, env: { VOUCHSAFE_HOME: '/b' } }]);
  });

  it.each(['', '{}', '[]', '{"mcpServers": []}', '{"mcpServers": {"vouchsafe": null}}', '{"mcpServers": 1}'])(
    'are none in %j',
    (text) => expect(ownServers(text, json) ?? []).toEqual([]),
  );

  it.each(['{"mcpServers": {', '{"a" 1}', 'no'])('are unknown where %j is no JSON', (text) =>
    expect(ownServers(text, json)).toBeNull(),
  );

  it('are unknown where the text is no TOML', () => expect(ownServers('[mcp_servers.vouchsafe\n', toml)).toBeNull());
});

it('each client has its files, in the folders that its variables name', () => {
  const files = clientFiles({ CODEX_HOME: '/x/codex', CLAUDE_CONFIG_DIR: '/x/claude' }, '/p');
  const names = ['claude-code', 'claude-desktop', 'cursor', 'vscode', 'codex', 'gemini', 'windsurf', 'zed'];
  expect([...new Set(files.map(({ client }) => client))]).toEqual(names);
  const paths = files.map(({ path }) => path);
  for (const path of ['/x/claude/.claude.json', '/p/.mcp.json', '/x/codex/config.toml', '/p/.vscode/mcp.json']) {
    expect(paths).toContain(path);
  }
  const atHome = clientFiles({}, homedir()).map(({ path }) => path);
  expect(new Set(atHome).size).toBe(atHome.length);
});

const now = Date.parse('2026-11-25T12:00:00Z');
const daysAgo = (days: number): number => now - days * 86_400_000;

it.each([
  [now + 60_000, 'ok'],
  [now + 180_000, 'warning'],
  [daysAgo(1), 'ok'],
])('something written at %d makes the clock %s', (writtenAt, status) => {
  expect(checkClock(writtenAt, now).status).toBe(status);
});

it.each([
  [null, 1, 'ok'],
  [null, 31, 'warning'],
  [29, 100, 'ok'],
  [31, 100, 'warning'],
])('a checkpoint %j days ago in a safe of %d days is %s', (checkpoint, age, status) => {
  const at = checkpoint === null ? null : daysAgo(checkpoint);
  expect(checkVerified(at, { createdAt: daysAgo(age), now }).status).toBe(status);
});
