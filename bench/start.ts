/**
 * `npm run bench:start`: how long what a shell waits for takes, and how long commands do, against Node that does nothing, in
 * turns in one run. `--quick` takes few rounds, to see that it works.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, median, noted, printFigures, show, type Figure } from './figures.ts';
import { makeSafe, PASSWORD, root } from './program.ts';

const ROUNDS = process.argv.includes('--quick') ? 3 : 20;
const PROGRAM = join(root, 'bin', 'vouchsafe.js');

interface Kind {
  readonly name: string;
  readonly args: readonly string[];
  /** How many times as long as Node it may take; undefined where nothing was promised. */
  readonly limit?: number;
  readonly env?: Record<string, string>;
}

function run({ args, env = {} }: Kind, input = ''): string {
  const found = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    input,
    env: { PATH: process.env['PATH'], ...env },
  });
  if (found.status !== 0) throw new Error(`${args.join(' ')}: ${found.stderr}`);
  return found.stdout;
}

const safe = await makeSafe(20);
const unlock = { name: 'unlock', args: ['--', PROGRAM, 'unlock', '--json', '--password-stdin'], env: safe.env };
const { session } = JSON.parse(run(unlock, `${PASSWORD}\n`)) as { session: string };

// The flags are those of the program's first line.
const [, flags = ''] = /^#!.*node (.*)--\n/.exec(readFileSync(PROGRAM, 'utf8')) ?? [];
const start = (...words: string[]): string[] => [...flags.trim().split(' '), '--', PROGRAM, ...words];
const unlocked = { ...safe.env, VOUCHSAFE_SESSION: session };
const kinds: readonly Kind[] = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'vouchsafe --help', args: start('--help'), limit: 2 },
  { name: 'vouchsafe pat create --help', args: start('pat', 'create', '--help'), limit: 2 },
  { name: 'vouchsafe completion bash', args: start('completion', 'bash'), limit: 3 },
  { name: 'completion of a command', args: start('complete', 'zsh', '--', 'item', 'cr'), limit: 3 },
  { name: 'completion of an item, locked', args: start('complete', 'zsh', '--', 'item', 'view', ''), limit: 3 },
  {
    name: 'completion of an item, with a session',
    args: start('complete', 'bash', '--', 'vouchsafe item view S'),
    env: unlocked,
  },
  { name: 'vouchsafe item list', args: start('item', 'list'), env: unlocked },
  { name: 'vouchsafe pat list', args: start('pat', 'list'), env: unlocked },
  { name: 'vouchsafe audit list', args: start('audit', 'list'), env: unlocked },
];

const times = kinds.map((): number[] => []);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [i, kind] of kinds.entries()) {
    const startedAt = performance.now();
    run(kind);
    times[i]?.push(performance.now() - startedAt);
  }
}
await safe.close();

const [least = Number.NaN, ...medians] = times.map(median);
process.stderr.write(`bench: node -e 0 takes ${show(least)} ms\n`);
const figures = kinds.slice(1).map(({ name, limit }, i): Figure => {
  const ratio = (medians[i] ?? Number.NaN) / least;
  return limit === undefined ? noted(name, ratio, '×') : atMost(name, ratio, [limit, '×']);
});
printFigures(figures);
