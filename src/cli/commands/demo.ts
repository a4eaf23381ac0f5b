/** `vouchsafe demo`: the main job from end to end, on a safe of its own. */
import type { Command } from 'commander';
import type { Context, Runner } from '../context.js';
import { openWorkshop } from '../demo/workshop.js';
import type { Told } from '../demo/story.js';

/** Adds `demo` to the program. */
export function register(program: Command, run: Runner): void {
  program
    .command('demo')
    .description('see it at work: an agent, a server and a log, on a throw-away safe')
    .action(run(show));
}

const INTRODUCTION = `Vouchsafe lends credentials to AI agents, one stated reason at a time.
This runs on a safe of its own in a temporary folder, and leaves nothing behind. Nothing of yours is touched.
`;

async function show({ out, onEnd }: Context): Promise<void> {
  const { play } = await import('../demo/story.js');
  const interruption = catchInterrupts();
  const workshop = openWorkshop();
  const closers: (() => Promise<void>)[] = [];
  try {
    if (out.format === 'human') out.data(INTRODUCTION);
    const stage = { workshop, out, signal: interruption.signal, onEnd: (close: () => Promise<void>) => closers.push(close) };
    const told = await Promise.race([play(stage), interruption.happened]);
    finish(told, out);
  } finally {
    for (const close of closers.reverse()) await close().catch(() => undefined);
    workshop.remove();
    interruption.release();
  }
}
