/** A throw-away safe, made and asked with the built program as an owner would. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from './child.ts';
import type { ServerEntry, Way } from './client.ts';
import type { Body } from './wire.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/vouchsafe.js', import.meta.url));
const PASSWORD = 'kitchen staple orbit 42 zebra';
const TIME_MS = 60_000;

export const SECRET = `canary-${String(process.pid)}-of-the-clients`;
export const GRANTED = { vault: 'Production', item: 'Orders database' };
export const WITHHELD = { vault: 'Private', item: 'Bank' };
/** An item of which each use needs the owner's word, and one that a request carries to an echo. */
export const GUARDED = { vault: 'Production', item: 'Root account' };
export const CARRIED = { vault: 'Production', item: 'Echo service' };
export const RECIPE = 'greet';

export interface ClientSafe {
  /** A folder with a program named `vouchsafe`. */
  readonly bin: string;
  /** A token for an agent of that name, in a file, and the server that uses it. */
  addAgent(name: string, way: Way): Promise<ServerEntry>;
  /** Writes the instructions for an agent into a file, in the format that its name asks for. */
  instruct(name: string, file: string): Promise<void>;
  /** The entries of an agent, newest first. */
  entriesOf(name: string): Promise<readonly Body[]>;
  /** Ends what serves it. */
  close(): Promise<void>;
}

/** `echo` is the host and port of a server that answers with the authorization it was sent. */
export async function makeSafe(folder: string, echo: string): Promise<ClientSafe> {
  const bin = join(folder, 'bin');
  for (const path of [bin, join(folder, 'run')]) mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(bin, 'vouchsafe'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  chmodSync(join(bin, 'vouchsafe'), 0o700);
  writeFileSync(join(folder, 'password'), PASSWORD, { mode: 0o600 });
  const places = {
    VOUCHSAFE_HOME: join(folder, 'home'),
    VOUCHSAFE_STATE: join(folder, 'state'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
  };
  const owner = ownerIn(folder, places);
  let server: Promise<Serving> | undefined;
  await owner(['init']);
  for (const { vault } of [GRANTED, WITHHELD]) await owner(['vault', 'create', vault]);
  for (const { vault, item } of [GRANTED, WITHHELD, GUARDED, CARRIED])
    await owner(['item', 'create', 'login', '--vault', vault, '--title', item, '--secret', 'password'], SECRET);
  await owner(['item', 'policy', GUARDED.item, '--approve']);
  const carried = ['--http-host', echo, '--http-auth', 'bearer:password', '--http-allow-loopback'];
  await owner(['item', 'policy', CARRIED.item, ...carried]);
  const env = ['--env', 'KEY=vouchsafe://Production/Orders%20database/password', '--allow', 'who=all,one'];
  await owner([
    'recipe',
    'create',
    RECIPE,
    '--vault',
    GRANTED.vault,
    ...env,
    '--',
    'sh',
    '-c',
    'echo "$1 $KEY"',
    'sh',
    '{who}',
  ]);
  return {
    bin,
    addAgent: async (name, way) => {
      const token = join(folder, `${name}.token`);
      await owner(['agent', 'create', name, '--vault', GRANTED.vault, '-o', token]);
      if (way === 'stdio') return { command: 'vouchsafe', args: ['mcp', '--token-file', token], env: places };
      const { url } = await (server ??= startServer(places));
      const shim = { command: 'vouchsafe', args: ['mcp', '--connect', url, '--token-file', token], env: {} };
      return way === 'shim' ? shim : { ...shim, remote: { url, token: tokenIn(readFileSync(token, 'utf8')) } };
    },
    instruct: async (name, file) => {
      await owner(['agent', 'instructions', name, '--write', file]);
    },
    entriesOf: async (name) => JSON.parse(await owner(['audit', 'list', `agent:${name}`, '--json'])).data,
    close: async () => (await server)?.close(),
  };
}

interface Serving {
  /** Of its MCP endpoint. */
  readonly url: string;
  close(): Promise<void>;
}

/** `vouchsafe serve` of the safe in those places. */
function startServer(places: Readonly<Record<string, string>>): Promise<Serving> {
  const env = { ...places, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  const words = [PROGRAM, 'serve', '--listen', '127.0.0.1:0', '--log-level', 'error'];
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const close = async (): Promise<void> => {
    child.kill();
    await closed;
  };
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const [, url] = /Listening at (http\S+)/.exec(said) ?? [];
      if (url !== undefined) resolve({ url, close });
    });
    void closed.then(() => reject(new Error(`the server ended: ${said}`)));
  });
}

/** The token in a token file, which may name its variable. */
function tokenIn(text: string): string {
  return text.trim().replace(/^[A-Z_]+=/, '');
}

type Owner = (words: readonly string[], input?: string) => Promise<string>;

function ownerIn(folder: string, places: Readonly<Record<string, string>>): Owner {
  const env = {
    ...places,
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    VOUCHSAFE_PASSWORD_FILE: join(folder, 'password'),
  };
  return async (words, input = '') => {
    const command = [process.execPath, PROGRAM, ...words];
    const { status, stdout, stderr } = await runChild(command, { cwd: folder, env, timeoutMs: TIME_MS, input });
    if (status !== 0)
      throw new Error(`vouchsafe ${words.slice(0, 2).join(' ')} ended with ${String(status)}: ${stderr}`);
    return stdout;
  };
}
