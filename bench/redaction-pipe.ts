/** One pipe: a program that prints, `runChild` with a mask or without, and a reader at its end. */
import type * as Children from '../src/use/child.js';
import type * as Masks from '../src/use/mask.js';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compiled } from './program.ts';

const LINE = '2026-01-02T03:04:05Z INFO request served GET /api/items in 12 ms by worker 7 with status 200';

/** A program with its arguments that prints so many bytes. */
type Program = (bytes: number) => readonly string[];

/** `head` prints what `yes` makes, as fast as a program can; `awk` and node make each line, as programs do. */
export const PIPES: Record<string, Program> = {
  'lines made by awk': (bytes) => [
    'awk',
    `BEGIN { for (i = 0; i < ${String(Math.floor(bytes / (LINE.length + 9)))}; i++) printf "%s %07d\\n", "${LINE}", i }`,
  ],
  'lines made by node': (bytes) => [process.execPath, '-e', LINES_OF_NODE, String(bytes), LINE],
  'bytes that are there already': (bytes) => ['sh', '-c', `yes "${LINE}" | head -c ${String(bytes)}`],
};

const LINES_OF_NODE = `
const [bytes, line] = [Number(process.argv[1]), process.argv[2]];
let [made, buffer] = [0, ''];
while (made < bytes) {
  const next = line + ' ' + made + '\\n';
  made += next.length;
  buffer += next;
  if (buffer.length > 65536) { require('fs').writeSync(1, buffer); buffer = ''; }
}
require('fs').writeSync(1, buffer);
`;

interface Pipe {
  readonly program: Program;
  readonly bytes: number;
  /** Null for a mask of nothing, which passes everything on as it is. */
  readonly secret: string | null;
}

/** How long that takes, in milliseconds, from the start of the program; the process around it is not counted. */
export async function pipeThrough({ program, bytes, secret }: Pipe): Promise<number> {
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [file, secret ?? '', ...program(bytes)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const reader = spawn('cat', [], { stdio: [child.stdout, 'ignore', 'inherit'] });
  child.stdout?.destroy();
  const ms = new Promise<number>((resolve) => child.once('message', (message) => resolve(Number(message))));
  await Promise.all([child, reader].map((each) => new Promise((resolve) => each.once('exit', resolve))));
  return ms;
}

async function main([secret = '', ...argv]: string[]): Promise<void> {
  const { runChild } = (await import(compiled('use/child.js'))) as typeof Children;
  const { Mask } = (await import(compiled('use/mask.js'))) as typeof Masks;
  const startedAt = performance.now();
  const mask = new Mask(secret === '' ? [] : [secret]);
  const env = { PATH: process.env['PATH'] ?? '' };
  process.exitCode = await runChild({ argv, env, mask }, process);
  process.send?.(performance.now() - startedAt);
  process.disconnect();
}

if (import.meta.main) await main(process.argv.slice(2));
