/** `vouchsafe console`: the owner's pages in a browser. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { checkNoToken, checkSafe } from '../access.js';
import { loadConsole, type RunningConsole } from '../console-server.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { untilInterrupted } from '../interrupt.js';
import { readListen } from '../listen-address.js';
import { prepareRuntime } from '../places.js';

interface Flags {
  readonly listen: string;
  readonly open: boolean;
}

/** The port that the console has where nothing else is said. */
const CONSOLE_PORT = '7778';

const HELP = `
It prints a link, which works once and ties one browser to the console; the
master password opens it there. Others who come, with the link or without, see
nothing. It locks after 15 minutes without you, and when it ends.

On a terminal, Enter prints a new link, and ends what the last one opened.
Ctrl-C and SIGTERM end the console.`;

/** Adds `console` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('console')
    .description('your pages in a browser: tokens, what they do, what they ask for')
    .option('--listen <address:port>', 'where to listen, on this machine alone', `127.0.0.1:${CONSOLE_PORT}`)
    .option('--no-open', 'only print the link')
    .addHelpText('after', HELP);
  withExamples(command, [
    'vouchsafe console',
    'vouchsafe console --no-open --listen 127.0.0.1:7780',
    'ssh -t -L 7778:127.0.0.1:7778 safe.example.com vouchsafe console --no-open',
  ]).action(run(open));
}

async function open(context: Context, { listen, open: mayOpen }: Flags): Promise<void> {
  const { out } = context;
  const console = await startConsole(context, '--listen', listen);
  const isInterrupted = await untilInterrupted(async ({ signal }) => {
    const link = console.newLink();
    out.data(`${link}\n`);
    if (mayOpen && out.isTerminal) openBrowser(link);
    if (out.isTerminal) out.note('Ctrl-C ends the console; Enter prints a new link.');
    const forget = printOnEnter(console, (text) => out.data(`${text}\n`), context.input.isInteractive);
    await aborted(signal);
    forget();
  });
  // it is ended as it is meant to be
  if (isInterrupted) process.exitCode = 0;
}

/** Starts a console at the place that an option names; it ends with the command. */
export async function startConsole(context: Context, option: string, listen: string): Promise<RunningConsole> {
  const { places, env } = context;
  const at = readListen(option, listen, CONSOLE_PORT);
  await checkNoToken(context.asked());
  await checkSafe(places);
  prepareRuntime(places);
  const start = await loadConsole();
  const console = await start({ places, env, at });
  context.onEnd(() => console.close());
  return console;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Prints a new link at each Enter on a terminal; gives what ends that. */
export function printOnEnter(console: RunningConsole, print: (link: string) => void, isTerminal: boolean): () => void {
  if (!isTerminal) return () => undefined;
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => print(console.newLink()));
  return () => {
    lines.close();
    process.stdin.unref();
  };
}

/** Where there is no browser, the link that was printed does. */
function openBrowser(link: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [link], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
