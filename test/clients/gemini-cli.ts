import { join } from 'node:path';
import { PROMPT, type Client, type Place } from './client.ts';
import { gemini } from './gemini.ts';

export const geminiCli: Client = {
  name: 'gemini-cli',
  package: '@google/gemini-cli',
  version: '0.61.0',
  script: 'bundle/gemini.js',
  wire: gemini,
  rename: (tool) => `mcp_vouchsafe_${tool}`,
  first: [],
  instructions: ['GEMINI.md', '.gemini/skills/vouchsafe/SKILL.md'],
  way: 'stdio',
  logName: 'gemini-cli-mcp-client',
  start: (place) => ({
    files: { [join(place.home, '.gemini', 'settings.json')]: JSON.stringify(settings(place)) },
    args: ['-p', PROMPT, '--yolo', '--skip-trust', '--output-format', 'json', '-m', 'gemini-2.5-flash'],
    env: { GOOGLE_GEMINI_BASE_URL: place.url, GEMINI_API_KEY: place.key },
  }),
};

function settings({ server }: Place): object {
  return {
    mcpServers: { vouchsafe: server },
    security: { auth: { selectedType: 'gemini-api-key' } },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  };
}
