/** A server process over HTTP, on a port of the loopback address that the system chose. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { flagsOf } from './child.ts';
import { residentMib } from './peer.ts';
import { root, type BenchSafe } from './program.ts';

export interface HttpPeer {
  /** Of its MCP endpoint. */
  readonly url: string;
  /** Resident memory in MiB (Linux). */
  memory(): number;
  /** How many sockets it has open, and how many files and whatever else there is (Linux). */
  handles(): Handles;
  /** The time of a processor that it has taken so far, in ms (Linux). */
  processorMs(): number;
  /** Ends it as an operator does; its exit status. */
  close(): Promise<number | null>;
}

export interface Handles {
  readonly sockets: number;
  readonly files: number;
}

/** As high as the options go: what is measured is not the rate limit. */
const NO_RATE = '1000000/1min';

export function startHttpServer({ env }: Pick<BenchSafe, 'env'>): Promise<HttpPeer> {
  const program = join(root, 'bin', 'vouchsafe.js');
  const rates = ['--token-rate', NO_RATE, '--address-rate', NO_RATE];
  const serve = ['serve', '--listen', '127.0.0.1:0', '--log-level', 'warn', ...rates];
  return start([...flagsOf(program), program, ...serve], env);
}

/** What the unit for systemd gives the server. */
function unitEnvironment(): Record<string, string> {
  const unit = readFileSync(join(root, 'systemd', 'vouchsafe.service'), 'utf8');
  return Object.fromEntries(
    [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

export function startSmallestHttp(): Promise<HttpPeer> {
  return start([join(root, 'bench', 'smallest-http.mjs')], {});
}

async function start(args: readonly string[], env: Record<string, string>): Promise<HttpPeer> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...unitEnvironment(), ...env },
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then(() => process.off('exit', kill));
  const url = await Promise.race([urlOf(child), ended.then(() => Promise.reject(new Error('a server did not start')))]);
  const pid = child.pid ?? 0;
  return {
    url,
    memory: () => residentMib(pid),
    handles: () => handlesOf(pid),
    processorMs: () => processorMsOf(pid),
    close: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function handlesOf(pid: number): Handles {
  const folder = `/proc/${String(pid)}/fd`;
  const targets = readdirSync(folder).map((name) => readlinkSync(join(folder, name)));
  const sockets = targets.filter((target) => target.startsWith('socket:')).length;
  return { sockets, files: targets.length - sockets };
}

/** Fields utime and stime of proc_pid_stat(5), which come in hundredths of a second. */
function processorMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Where it says that it listens. Whatever else it says is passed on: it has no reason to. */
function urlOf({ stdout, stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    for (const output of [stdout, stderr]) {
      if (output === null) continue;
      createInterface({ input: output }).on('line', (line) => {
        const [url] = /http:\/\/127\.0\.0\.1:[0-9]+\/mcp/.exec(line) ?? [];
        if (url === undefined) process.stderr.write(`${line}\n`);
        else resolve(url);
      });
    }
  });
}
