import { join } from 'node:path';
import { PROMPT, type Client, type Place } from './client.ts';
import { openai } from './openai.ts';

export const codex: Client = {
  name: 'codex',
  package: '@openai/codex',
  version: '0.169.0',
  script: 'bin/codex.js',
  wire: openai,
  rename: (tool) => `mcp__vouchsafe/${tool}`,
  first: [],
  instructions: ['AGENTS.md', '.agents/skills/vouchsafe/SKILL.md'],
  way: 'stdio',
  logName: 'codex-mcp-client',
  start: (place) => {
    const folder = join(place.home, 'codex');
    return {
      files: { [join(folder, 'config.toml')]: configuration(place) },
      args: ['exec', '--json', '--skip-git-repo-check', PROMPT],
      env: { CODEX_HOME: folder, STANDIN_KEY: place.key },
    };
  },
};

/** A string, a list of strings and a table of them look in TOML as they do in JSON, but for the signs between. */
function configuration({ url, server }: Place): string {
  const env = Object.entries(server.env).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return `model = "gpt-5"
model_provider = "standin"
check_for_update_on_startup = false

[analytics]
enabled = false

[features]
apps = false
plugins = false
remote_plugin = false
daemon_auto_start = false

[model_providers.standin]
name = "Stand-in"
base_url = ${JSON.stringify(`${url}/v1`)}
env_key = "STANDIN_KEY"
wire_api = "responses"

[mcp_servers.vouchsafe]
command = ${JSON.stringify(server.command)}
args = ${JSON.stringify(server.args)}

[mcp_servers.vouchsafe.env]
${env.join('\n')}
`;
}
