/** docs/claude-code.md, command by command, up to an agent that works. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from './pages.js';
import { Machine, TIME_MS } from './page-session.js';

const SECRET = 'canary-of-the-database';
const KEY = 'canary-of-the-key';

/** In place of Claude Code: a client that starts what `.mcp.json` says, and makes the calls that it would make. */
const CLIENT = `
import { readFileSync } from 'node:fs';
import { Client } from '${join(root, 'node_modules/@modelcontextprotocol/client/dist/index.mjs')}';
import { StdioClientTransport } from '${join(root, 'node_modules/@modelcontextprotocol/client/dist/stdio.mjs')}';
const { command, args } = JSON.parse(readFileSync('.mcp.json', 'utf8')).mcpServers.vouchsafe;
const env = { ...process.env, CLAUDECODE: '1' };
const client = new Client({ name: 'claude-code', version: '2' }, { versionNegotiation: { mode: 'auto' } });
await client.connect(new StdioClientTransport({ command, args, env, stderr: 'ignore' }));
const call = async (name, more) => {
  const { structuredContent } = await client.callTool({ name, arguments: { vault: 'Shop', ...more } });
  console.log(JSON.stringify(structuredContent));
};
await call('get_item', { item: 'Orders database', fields: ['password'], reason: 'Check that the deploy user can still log in' });
await call('get_item', { item: 'GitHub key', fields: ['key'], reason: 'Count the open issues of example/orders' });
await client.close();
`;

let machine: Machine;
beforeAll(() => {
  machine = new Machine();
  machine.file('bin/claude.mjs', CLIENT);
  machine.program('claude', 'exec node "$(dirname "$0")/claude.mjs"');
});
afterAll(() => machine.end());

test('two credentials for Claude Code, as the page has it', { timeout: TIME_MS }, async () => {
  const played = await machine.play('docs/claude-code.md', {
    typed: { 'item create database': `${SECRET}\n`, 'item create api-key': `${KEY}\n` },
    after: { 'vouchsafe lock\n': 'unset VOUCHSAFE_SESSION; cp CLAUDE.md .mcp.json ~' },
  });
  expect(played.counts.run).toBe(played.counts.all);
  expect(machine.text('CLAUDE.md')).toContain('item `GitHub key` in vault `Shop`: viewer');
  expect(machine.text('CLAUDE.md') + machine.text('.mcp.json')).not.toContain('vsp_');
  const [taken, refused] = played.of('claude "How').split('\n');
  expect(taken).toContain(SECRET);
  expect(refused).toContain('"forbidden"');
  expect(refused).not.toContain(KEY);
  const log = played.of("audit list 'agent:claude'");
  expect(log).toContain('The log is whole.');
  expect(log.replace(/\s+/g, ' ')).toContain('Check that the deploy');
  expect(log).toMatch(/REFUSED/);
  expect(log).not.toContain(SECRET);
});
