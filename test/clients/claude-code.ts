import { join } from 'node:path';
import { anthropic } from './anthropic.ts';
import { PROMPT, type Client, type ServerEntry } from './client.ts';

function entryOf({ remote, ...server }: ServerEntry): object {
  if (remote === undefined) return { type: 'stdio', ...server };
  return { type: 'http', url: remote.url, headers: { Authorization: `Bearer ${remote.token}` } };
}

const rename = (tool: string): string => `mcp__vouchsafe__${tool}`;

export const claudeCode: Client = {
  name: 'claude-code',
  package: '@anthropic-ai/claude-code',
  version: '2.1.332',
  script: 'cli-wrapper.cjs',
  wire: anthropic,
  rename,
  // It tells its model the names alone; a tool is loaded before it is called.
  first: [{ tool: 'ToolSearch', input: { query: `select:${rename('get_item')}`, max_results: 5 } }],
  instructions: ['CLAUDE.md', '.claude/skills/vouchsafe/SKILL.md'],
  way: 'stdio',
  logName: 'claude-code',
  start: ({ home, url, key, server }) => {
    const configuration = join(home, 'mcp.json');
    return {
      files: { [configuration]: JSON.stringify({ mcpServers: { vouchsafe: entryOf(server) } }) },
      args: [
        ...['-p', PROMPT, '--output-format', 'json'],
        ...['--mcp-config', configuration, '--strict-mcp-config', '--allowedTools', 'mcp__vouchsafe'],
      ],
      env: {
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: key,
        CLAUDE_CONFIG_DIR: join(home, 'claude'),
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_TELEMETRY: '1',
        DISABLE_ERROR_REPORTING: '1',
        DISABLE_AUTOUPDATER: '1',
      },
    };
  },
};
