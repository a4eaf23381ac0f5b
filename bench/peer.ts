/** A server process, and the least client that can speak with it: one line out, one line back. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flagsOf } from './child.ts';
import { root, type BenchSafe } from './program.ts';

export interface Peer {
  /** Milliseconds since the process was spawned. */
  age(): number;
  request(method: string, params: object): Promise<Record<string, unknown>>;
  /** A call of a tool; throws if it was refused. */
  call(tool: string, args: object): Promise<Record<string, unknown>>;
  /** Resident memory in MiB (Linux). */
  memory(): number;
  close(): Promise<void>;
}

export function startServer(safe: BenchSafe): Promise<Peer> {
  const program = join(root, 'bin', 'vouchsafe.js');
  return start([...flagsOf(program), program, 'mcp', '--token-file', safe.tokenFile], safe.env);
}

export function startSmallest(): Promise<Peer> {
  return start([join(root, 'bench', 'smallest-server.mjs')], {});
}

async function start(args: readonly string[], env: Record<string, string>): Promise<Peer> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const peer = connect(child, startedAt);
  const clientInfo = { name: 'bench', version: '0' };
  await peer.request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
  return peer;
}

function connect(child: ChildProcess, startedAt: number): Peer {
  const waiting = new Map<number, (message: Record<string, unknown>) => void>();
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let rest = '';
  let lastId = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line);
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    }
  });
  const request = (method: string, params: object): Promise<Record<string, unknown>> => {
    const id = (lastId += 1);
    child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    age: () => performance.now() - startedAt,
    request,
    call: async (name, args) => granted(await request('tools/call', { name, arguments: args })),
    memory: () => residentMib(child.pid ?? 0),
    close: () => {
      child.stdin?.end();
      return ended;
    },
  };
}

function granted(message: {
  result?: { isError?: boolean; structuredContent: Record<string, unknown> };
}): Record<string, unknown> {
  if (message.result === undefined || message.result.isError === true)
    throw new Error(`refused: ${JSON.stringify(message)}`);
  return message.result.structuredContent;
}

/** Resident memory of a process in MiB (Linux). */
export function residentMib(pid: number): number {
  const line = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}
