/**
 * The configurations of the clients, read by the rules of each as its documentation has them, and by no code of ours:
 * where the file is, in which dialect, under which name, and what an entry must have to be started.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Json } from './station.js';

/** A server as the client would start it. */
export interface Started {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

export interface Reader {
  readonly client: string;
  /** Paths from the folder of the project, and from the home folder. */
  readonly project: string | null;
  readonly user: string;
  /** Where it looks for instructions in a project. */
  readonly instructions: string | null;
  /** Whether it is started from a shell, with its PATH. */
  readonly isFromShell: boolean;
  readonly servers: (text: string) => Record<string, Json>;
  /** What else the entry must have. */
  readonly accepts: (entry: Json) => boolean;
}

const onMac = process.platform === 'darwin';
const support = onMac ? join('Library', 'Application Support') : '.config';

function withComments(text: string): Json {
  const { config, error } = ts.parseConfigFileTextToJson('settings.json', text);
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, ' '));
  return config;
}

/** As much of TOML 1.0 as a configuration of servers needs: tables, and strings and lists on one line. */
function tables(text: string): Record<string, Json> {
  const root: Record<string, Json> = {};
  let table = root;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[([\w.-]+)\]\s*(?:#.*)?$/.exec(line)?.[1];
    const [, key, value] = /^([\w-]+)\s*=\s*(".*"|\[.*\])\s*(?:#.*)?$/.exec(line) ?? [];
    if (header !== undefined) {
      table = header.split('.').reduce((outer, name) => (outer[name] ??= {}), root);
    } else if (key !== undefined) {
      // A basic string and a list of them are written as in JSON.
      table[key] = JSON.parse(value!);
    } else if (!/^\s*(?:#.*)?$/.test(line)) throw new Error(`not understood: ${line}`);
  }
  return root;
}

const strict = (name: string) => (text: string) => JSON.parse(text)[name];
const lenient = (name: string) => (text: string) => withComments(text)[name];
const anything = () => true;

export const READERS: readonly Reader[] = [
  {
    client: 'claude-code',
    project: '.mcp.json',
    user: '.claude.json',
    instructions: 'CLAUDE.md',
    isFromShell: true,
    servers: strict('mcpServers'),
    accepts: ({ type }) => type === undefined || type === 'stdio',
  },
  {
    client: 'claude-desktop',
    project: null,
    user: join(support, 'Claude', 'claude_desktop_config.json'),
    instructions: null,
    isFromShell: false,
    servers: strict('mcpServers'),
    accepts: anything,
  },
  {
    client: 'cursor',
    project: join('.cursor', 'mcp.json'),
    user: join('.cursor', 'mcp.json'),
    instructions: 'AGENTS.md',
    isFromShell: false,
    servers: strict('mcpServers'),
    accepts: ({ type }) => type === 'stdio',
  },
  {
    client: 'vscode',
    project: join('.vscode', 'mcp.json'),
    user: join(support, 'Code', 'User', 'mcp.json'),
    instructions: 'AGENTS.md',
    isFromShell: false,
    servers: lenient('servers'),
    accepts: ({ type }) => type === 'stdio',
  },
  {
    client: 'codex',
    project: join('.codex', 'config.toml'),
    user: join('.codex', 'config.toml'),
    instructions: 'AGENTS.md',
    isFromShell: true,
    servers: (text) => tables(text)['mcp_servers'],
    accepts: (entry) => Object.keys(entry).every((key) => ['command', 'args', 'env'].includes(key)),
  },
  {
    client: 'gemini',
    project: join('.gemini', 'settings.json'),
    user: join('.gemini', 'settings.json'),
    instructions: 'GEMINI.md',
    isFromShell: true,
    servers: lenient('mcpServers'),
    accepts: anything,
  },
  {
    client: 'windsurf',
    project: null,
    user: join('.codeium', 'windsurf', 'mcp_config.json'),
    instructions: null,
    isFromShell: false,
    servers: strict('mcpServers'),
    accepts: anything,
  },
  {
    client: 'zed',
    project: join('.zed', 'settings.json'),
    user: join('.config', 'zed', 'settings.json'),
    instructions: 'AGENTS.md',
    isFromShell: false,
    servers: lenient('context_servers'),
    accepts: ({ source }) => source === 'custom',
  },
];

/** The one server that is there. Throws where the client would not take the file or the entry. */
export function readServer({ servers, accepts }: Reader, file: string): Started {
  const { vouchsafe, ...others } = servers(readFileSync(file, 'utf8'));
  if (Object.keys(others).length > 0 || vouchsafe === undefined) throw new Error('not one server');
  const { command, args, env = {} } = vouchsafe;
  const texts = [command, ...args, ...Object.values(env)];
  // Every one of them takes `$` for the beginning of a variable somewhere.
  if (!accepts(vouchsafe) || !texts.every((text) => typeof text === 'string' && !text.includes('$'))) {
    throw new Error('an entry that it does not take');
  }
  return { command, args, env };
}
