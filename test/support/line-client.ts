/** A client that speaks in raw lines, for what no proper client would send. */
import { spawn, type ChildProcess } from 'node:child_process';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { serveAgentStdio } from '../../src/mcp/stdio.js';
import type { AgentDoor } from '../../src/gate/call.js';

/** What JSON holds; a test goes on to assert its shape. */
export type Json = ReturnType<typeof JSON.parse>;

export interface LineClient {
  send(message: object | string | Buffer): void;
  /** Ends the server's input. */
  end(): void;
  /** Waits for so many lines in all and returns them, parsed: what is not JSON fails. */
  lines(count: number): Promise<Json[]>;
  /** All lines, once the output has ended. */
  readonly all: Json[];
  readonly input: Writable;
}

export function lineClient(input: Writable, output: Readable): LineClient {
  const all: Json[] = [];
  const waiters = new Set<() => void>();
  let rest = '';
  output.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) all.push(JSON.parse(part));
    for (const wake of waiters) wake();
  });
  return {
    all,
    input,
    send: (message) =>
      void input.write(
        typeof message === 'string' || Buffer.isBuffer(message) ? message : `${JSON.stringify(message)}\n`,
      ),
    end: () => void input.end(),
    lines: async (count) => {
      while (all.length < count) await new Promise<void>((resolve) => waiters.add(resolve));
      return all;
    },
  };
}

/** A server in this process; `done` settles when it has ended. */
export function inProcess(
  door: AgentDoor,
): LineClient & { done: Promise<void>; output: PassThrough; reports: string[] } {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  errors.resume();
  const reports: string[] = [];
  const report = (message: string): void => void reports.push(message);
  const done = serveAgentStdio(Promise.resolve(door), { input, output, errors, version: '0.0.0', report });
  return { ...lineClient(input, output), done, output, reports };
}

export interface RunningServer extends LineClient {
  readonly process: ChildProcess;
  readonly stderr: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** The arguments that start `fake-server.mjs` under this Node. */
export function fakeServerArguments(delayMs = 0): string[] {
  const file = new URL('fake-server.mjs', import.meta.url).pathname;
  return ['--experimental-strip-types', '--no-warnings', file, String(delayMs)];
}

/** A server process of its own. */
export function startServer(args: readonly string[], env: NodeJS.ProcessEnv = process.env): RunningServer {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  return { ...lineClient(child.stdin, child.stdout), process: child, stderr: () => stderr, ended };
}

let lastId = 0;

/** A request of the 2025 protocol. */
export function request(method: string, params: object = {}, id: number | string = (lastId += 1)): object {
  return { jsonrpc: '2.0', id, method, params };
}

/** A call of a tool, by the 2025 protocol. */
export function call(name: string, args: object = {}, id?: number | string): object {
  return request('tools/call', { name, arguments: args }, id);
}

/** A request of the 2026-07-28 protocol, with its envelope. */
export function modern(method: string, params: object = {}, id: number | string = (lastId += 1)): object {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'modern-client', version: '9' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return { jsonrpc: '2.0', id, method, params: { ...params, _meta } };
}

export const INITIALIZE = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'line-client', version: '1' },
} as const;
