/** Where clients keep which servers they start. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A file in which a client may name this server. */
export interface ClientFile {
  readonly client: string;
  readonly path: string;
  readonly form: 'json' | 'toml';
  /** The name of the object in it that has the servers by their names. */
  readonly key: string;
}

/** The files of the known clients, of the user and of the project in a folder, each once. None of them need exist. */
export function clientFiles(env: NodeJS.ProcessEnv, project: string): readonly ClientFile[] {
  return [...new Map(knownFiles(env, project).map((file) => [file.path, file])).values()];
}

function knownFiles(env: NodeJS.ProcessEnv, project: string): readonly ClientFile[] {
  const home = homedir();
  const apps = process.platform === 'darwin' ? join(home, 'Library', 'Application Support') : join(home, '.config');
  const named = (name: string, otherwise: string): string => (env[name] ?? '') || otherwise;
  const json = (client: string, key: string, paths: readonly string[]): readonly ClientFile[] =>
    paths.map((path) => ({ client, path, form: 'json', key }));
  return [
    ...json('claude-code', 'mcpServers', [
      join(named('CLAUDE_CONFIG_DIR', home), '.claude.json'),
      join(project, '.mcp.json'),
    ]),
    ...json('claude-desktop', 'mcpServers', [join(apps, 'Claude', 'claude_desktop_config.json')]),
    ...json('cursor', 'mcpServers', [join(home, '.cursor', 'mcp.json'), join(project, '.cursor', 'mcp.json')]),
    ...json('vscode', 'servers', [join(apps, 'Code', 'User', 'mcp.json'), join(project, '.vscode', 'mcp.json')]),
    ...[named('CODEX_HOME', join(home, '.codex')), join(project, '.codex')].map((folder): ClientFile => ({
      client: 'codex',
      path: join(folder, 'config.toml'),
      form: 'toml',
      key: 'mcp_servers',
    })),
    ...json('gemini', 'mcpServers', [
      join(home, '.gemini', 'settings.json'),
      join(project, '.gemini', 'settings.json'),
    ]),
    ...json('windsurf', 'mcpServers', [join(home, '.codeium', 'windsurf', 'mcp_config.json')]),
    ...json('zed', 'context_servers', [
      join(home, '.config', 'zed', 'settings.json'),
      join(project, '.zed', 'settings.json'),
    ]),
  ];
}
