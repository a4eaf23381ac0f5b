/** The clients that can be set up, as data: where the configuration of each is, and what an entry in it looks like. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../../core/refusal.js';
import { nearest } from '../../core/text.js';
import { configFolder } from '../places.js';

/** Whether it holds for one project, or for all that its user does. */
export type Scope = 'project' | 'user';

/** Where a client looks, for one scope. */
export interface Spot {
  /** Its configuration. */
  readonly file: string;
  /** The file that it reads instructions from by itself; null where there is none. */
  readonly instructions: string | null;
}

/** The folders of this user that clients put their configurations into. */
export interface Folders {
  readonly home: string;
  /** `XDG_CONFIG_HOME`, else `~/.config`. */
  readonly config: string;
  /** Where applications keep their data: on macOS `~/Library/Application Support`, else as `config`. */
  readonly support: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Client {
  readonly name: string;
  /** As its makers write it. */
  readonly title: string;
  readonly format: 'json' | 'toml';
  /** The member that servers stand in, by name. */
  readonly container: string;
  /** What an entry has besides the command, its arguments and its environment. */
  readonly marks: Readonly<Record<string, string>>;
  /** Whether it is started from a shell, and so finds programs as the shell does. */
  readonly isFromShell: boolean;
  /** Paths below the folder of the project; null where it has no configuration of a project. */
  readonly project: Spot | null;
  readonly user: (folders: Folders) => Spot;
  /** Where people paste instructions, if no file holds them. */
  readonly paste: string;
  /** What to do then. */
  readonly next: string;
}

export const CLIENTS: readonly Client[] = [
  {
    name: 'claude-code',
    title: 'Claude Code',
    format: 'json',
    container: 'mcpServers',
    marks: { type: 'stdio' },
    isFromShell: true,
    project: { file: '.mcp.json', instructions: 'CLAUDE.md' },
    user: ({ home, env }) => {
      const own = env['CLAUDE_CONFIG_DIR'] ?? '';
      const instructions = join(own === '' ? join(home, '.claude') : own, 'CLAUDE.md');
      return { file: join(own === '' ? home : own, '.claude.json'), instructions };
    },
    paste: 'CLAUDE.md',
    next: 'start `claude` in a terminal that is not unlocked, and allow the server when it asks',
  },
  {
    name: 'claude-desktop',
    title: 'Claude Desktop',
    format: 'json',
    container: 'mcpServers',
    marks: {},
    isFromShell: false,
    project: null,
    user: ({ support }) => ({ file: join(support, 'Claude', 'claude_desktop_config.json'), instructions: null }),
    paste: 'the instructions of a project in Claude Desktop',
    next: 'quit Claude Desktop and start it again',
  },
  {
    name: 'cursor',
    title: 'Cursor',
    format: 'json',
    container: 'mcpServers',
    marks: { type: 'stdio' },
    isFromShell: false,
    project: { file: join('.cursor', 'mcp.json'), instructions: 'AGENTS.md' },
    user: ({ home }) => ({ file: join(home, '.cursor', 'mcp.json'), instructions: null }),
    paste: 'the user rules in the settings of Cursor',
    next: 'start Cursor again, and switch the server on in its settings if it is off',
  },
  {
    name: 'vscode',
    title: 'VS Code',
    format: 'json',
    container: 'servers',
    marks: { type: 'stdio' },
    isFromShell: false,
    project: { file: join('.vscode', 'mcp.json'), instructions: 'AGENTS.md' },
    user: ({ support }) => ({ file: join(support, 'Code', 'User', 'mcp.json'), instructions: null }),
    paste: 'an instructions file of your profile in VS Code',
    next: 'run "MCP: List Servers" in VS Code, and start and trust the server',
  },
  {
    name: 'codex',
    title: 'Codex',
    format: 'toml',
    container: 'mcp_servers',
    marks: {},
    isFromShell: true,
    project: { file: join('.codex', 'config.toml'), instructions: 'AGENTS.md' },
    user: ({ home, env }) => {
      const own = env['CODEX_HOME'] ?? '';
      const folder = own === '' ? join(home, '.codex') : own;
      return { file: join(folder, 'config.toml'), instructions: join(folder, 'AGENTS.md') };
    },
    paste: 'AGENTS.md',
    next: 'start `codex`; it reads the configuration of a project only where the project is trusted',
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    format: 'json',
    container: 'mcpServers',
    marks: {},
    isFromShell: true,
    project: { file: join('.gemini', 'settings.json'), instructions: 'GEMINI.md' },
    user: ({ home, env }) => {
      const own = env['GEMINI_CLI_HOME'] ?? '';
      const folder = join(own === '' ? home : own, '.gemini');
      return { file: join(folder, 'settings.json'), instructions: join(folder, 'GEMINI.md') };
    },
    paste: 'GEMINI.md',
    next: 'start `gemini`; it starts servers only in a folder that is trusted',
  },
  {
    name: 'windsurf',
    title: 'Windsurf',
    format: 'json',
    container: 'mcpServers',
    marks: {},
    isFromShell: false,
    project: null,
    user: ({ home }) => ({ file: join(home, '.codeium', 'windsurf', 'mcp_config.json'), instructions: null }),
    paste: 'AGENTS.md of a project, or the global rules of Windsurf',
    next: 'refresh the MCP servers in Windsurf',
  },
  {
    name: 'zed',
    title: 'Zed',
    format: 'json',
    container: 'context_servers',
    marks: { source: 'custom' },
    isFromShell: false,
    project: { file: join('.zed', 'settings.json'), instructions: 'AGENTS.md' },
    user: (folders) => ({ file: join(zedFolder(folders), 'settings.json'), instructions: null }),
    paste: "the rules library of Zed's agent panel",
    next: 'open the agent panel of Zed; it reads the settings of a project only where you trust it',
  },
];

/** On macOS Zed keeps to `~/.config`, whatever the environment says. */
function zedFolder({ home, config }: Folders): string {
  return join(process.platform === 'darwin' ? join(home, '.config') : config, 'zed');
}

export const CLIENT_NAMES: readonly string[] = CLIENTS.map(({ name }) => name);

/** The client of that name. Throws `invalid_request`. */
export function clientOf(name: string): Client {
  const word = name.trim().toLowerCase();
  const found = CLIENTS.find((client) => client.name === word);
  if (found !== undefined) return found;
  const near = nearest(word, CLIENT_NAMES);
  throw new Refusal('invalid_request', {
    message: 'That client is not known.',
    next: `The clients are ${CLIENT_NAMES.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}.`,
    ...(near === undefined ? {} : { candidates: [near] }),
  });
}

/** The folders of the user who runs this. */
export function foldersOf(env: NodeJS.ProcessEnv): Folders {
  const [home, config] = [homedir(), configFolder(env)];
  const support = process.platform === 'darwin' ? join(home, 'Library', 'Application Support') : config;
  return { home, config, support, env };
}
