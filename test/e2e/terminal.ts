/** A terminal for the program, from `script` of util-linux: what a person at a prompt would see and type. */
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** A program that runs at a terminal. */
export interface Terminal {
  /** All that was shown, once the text has been after what was waited for before; rejects where it ends without. */
  until(text: string): Promise<string>;
  type(text: string): void;
  /** stdout and stderr are both in `stdout`, as a person sees them. */
  readonly ended: Promise<Ran>;
}

/** Runs the program at a terminal of 80 columns. */
export function openTerminal(station: Station, { args, env }: Omit<Session, 'steps'>): Terminal {
  const words = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`);
  const child = spawn('script', ['-qefc', `stty cols 80; exec ${words.join(' ')}`, '/dev/null'], {
    env: station.environment({ TERM: 'xterm', ...env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [shown, stderr, from] = ['', '', 0];
  let look = (): void => undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += plain(chunk.toString('utf8'));
    look();
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ran>((resolve) => {
    const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ status: code ?? -1, stdout: shown, stderr });
    });
  });
  const until = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      look = () => {
        const at = shown.indexOf(text, from);
        if (at < 0) return;
        from = at + text.length;
        look = () => undefined;
        resolve(shown);
      };
      look();
      void ended.then(() => reject(new Error(`ended without: ${text}\n${shown}`)));
    });
  return { until, type: (text) => void child.stdin.write(text), ended };
}

/** Plays the steps at such a terminal, to the program's end; what it ends without seeing is left out. */
export function atTerminal(station: Station, { steps, ...session }: Session): Promise<Ran> {
  const terminal = openTerminal(station, session);
  const play = async (): Promise<void> => {
    for (const [seen, typed] of steps) {
      await terminal.until(seen);
      // A prompt is shown a moment before it listens.
      await sleep(100);
      terminal.type(typed);
    }
  };
  play().catch(() => undefined);
  return terminal.ended;
}

/** Without what moves the cursor and colours. */
function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r/g, '');
}
