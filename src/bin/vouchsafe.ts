/** Wiring: the program, its exit status, and what must hold before anything else runs. */
import { helpAsked, helpWidth } from '../cli/help-page.js';

// Otherwise this signal opens an inspector, through which anyone of this user reads memory.
process.on('SIGUSR1', () => undefined);
process.umask(0o077);
// Small buffers are cut from slabs, each of which lives as long as the last key or hash that lies in it. Node's are of
// 64 KiB: a server that keeps thousands of keys would keep thousands of those.
Buffer.poolSize = 4_096;

void start(process.argv.slice(2)).then((status) => {
  // Output that could not be written has set it already.
  if (status !== 0 || process.exitCode === undefined) process.exitCode = status;
});

/** Help and completion come from what the build wrote down: the commands themselves take ten times as long to load. */
async function start(argv: readonly string[]): Promise<number> {
  const text = helpAsked(argv, helpWidth(process.env, process.stdout)) ?? (await completed(argv));
  if (text === undefined) return (await import('./command.js')).runCommand(argv);
  process.stdout.on('error', () => undefined).write(text); // whoever read it may have gone: `| head`
  return 0;
}

async function completed(argv: readonly string[]): Promise<string | undefined> {
  if (argv[0] !== 'completion' && argv[0] !== 'complete') return undefined;
  const { completionAsked } = await import('../cli/completion/completion.js');
  return completionAsked(argv, process.env);
}
