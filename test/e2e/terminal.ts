/** A terminal for the program, from `script` of util-linux: what a person at a prompt would see and type. */
import { spawn, spawnSync } from 'node:child_process';
import { PROGRAM, type Ran, type Station } from './station.js';

/** Why there is no terminal here; undefined where there is one. */
export const NO_TERMINAL = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout)
  ? undefined
  : 'needs `script` of util-linux';

/** What is waited for, and what is then typed: `\u0003` is Ctrl-C, `\u0004` Ctrl-D. */
export type Step = readonly [seen: string, typed: string];

export interface Session {
  readonly args: readonly string[];
  readonly steps: readonly Step[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Plays the steps at a terminal of 80 columns; stdout and stderr are both in `stdout`, as a person sees them. */
export function atTerminal(station: Station, { args, steps, env }: Session): Promise<Ran> {
  const words = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`);
  const child = spawn('script', ['-qefc', `stty cols 80; exec ${words.join(' ')}`, '/dev/null'], {
    env: station.environment({ TERM: 'xterm', ...env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const left = [...steps];
  let [shown, stderr, from] = ['', '', 0];
  const go = (): void => {
    const [step] = left;
    const at = step === undefined ? -1 : shown.indexOf(step[0], from);
    if (step === undefined || at < 0) return;
    left.shift();
    from = at + step[0].length;
    // A prompt is shown a moment before it listens.
    setTimeout(() => child.stdin.write(step[1]), 100);
  };
  child.stdout.on('data', (chunk: Buffer) => {
    shown += plain(chunk.toString('utf8'));
    go();
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  child.stdin.on('error', () => undefined);
  return new Promise((resolve) => {
    const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ status: code ?? -1, stdout: shown, stderr });
    });
  });
}

/** Without what moves the cursor and colours. */
function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r/g, '');
}
