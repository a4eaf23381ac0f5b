/** `vouchsafe demo`: the main job from end to end, on a safe of its own. */
import type { Command } from 'commander';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { Narrator } from '../demo/narrator.js';
import type { Told } from '../demo/story.js';
import { openWorkshop, type Workshop } from '../demo/workshop.js';

/** Adds `demo` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('demo')
    .description('see it at work: an agent, a server and a log, on a throw-away safe')
    .option('--once', 'end after the story; without a terminal it always does')
    .addHelpText('after', HELP);
  withExamples(command, [
    'vouchsafe demo',
    'vouchsafe demo --once',
    'vouchsafe demo --json   what came of each step, for a program',
  ]).action(run(show));
}

const HELP = `
On a terminal, the safe of the demo stays open afterwards, in the console and
for a client of yours, until Ctrl-C.`;

const INTRODUCTION = `Vouchsafe lends credentials to AI agents, one stated reason at a time.
This demo has a safe of its own in a temporary folder, and leaves nothing behind. Nothing of yours is touched.`;

const CONCLUSION = `All of it went as it should: what was asked for with a reason and granted, the agent got; all else it did not;
and every attempt is in the log. Three commands to try next, on a safe of your own:`;

async function show(context: Context, { once = false }: { once?: boolean }): Promise<void> {
  const { out, env } = context;
  const narrator = new Narrator(out);
  narrator.block(INTRODUCTION);
  await perform(context, narrator, async (told, workshop, signal) => {
    const next = nextCommands(env);
    narrator.block(`${out.style('bold', CONCLUSION)}\n\n${next.map((command) => `  ${command}`).join('\n')}\n`);
    const { steps } = narrator;
    const { entries: log, verification } = told;
    if (out.format !== 'human') out.one({ ok: true, steps, log, verification, next }, '');
    else if (out.isTerminal && !once) await invite(context, { told, workshop, signal });
  });
}

/** The safe stays open for a look, until a signal ends that; it is ended as it is meant to be. */
async function invite(
  { out, env }: Context,
  of: { told: Told; workshop: Workshop; signal: AbortSignal },
): Promise<void> {
  const { receive } = await import('../demo/visit.js');
  const { owner, masterPassword } = of.told.cast;
  await receive({ workshop: of.workshop, signal: of.signal, owner, masterPassword, out, env });
}

type Afterwards = (told: Told, workshop: Workshop, signal: AbortSignal) => Promise<void>;

/** The story and what comes after it. Whatever comes, the servers are ended and the folder removed. */
async function perform({ out }: Context, narrator: Narrator, afterwards: Afterwards): Promise<void> {
  const interrupts = catchInterrupts();
  const closers: (() => Promise<void>)[] = [];
  const onEnd = (close: () => Promise<void>): void => void closers.push(close);
  const workshop = openWorkshop();
  try {
    const { play } = await import('../demo/story.js');
    const played = play({ workshop, out, narrator, signal: interrupts.signal, onEnd });
    const told = await Promise.race([played, interrupts.happened]);
    await afterwards(told, workshop, interrupts.signal);
  } finally {
    for (const close of closers.reverse()) await close().catch(() => undefined);
    workshop.remove();
    interrupts.release();
  }
}

interface Interrupts {
  readonly signal: AbortSignal;
  /** Rejects when somebody interrupts; never settles else. */
  readonly happened: Promise<never>;
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** An interrupt is an error like any other here, so that everything is cleaned up; it ends with status 130. */
function catchInterrupts(): Interrupts {
  const controller = new AbortController();
  const happened = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error));
  });
  happened.catch(() => undefined);
  const interrupt = (): void => controller.abort(Object.assign(new Error('interrupted'), { name: 'ExitPromptError' }));
  for (const name of SIGNALS) process.on(name, interrupt);
  return {
    signal: controller.signal,
    happened,
    release: () => {
      for (const name of SIGNALS) process.off(name, interrupt);
    },
  };
}

/** In a checkout the program is run through npm. */
function nextCommands(env: NodeJS.ProcessEnv): readonly string[] {
  const program = env['npm_lifecycle_event'] === 'start' ? 'npm run --silent vouchsafe --' : 'vouchsafe';
  return [
    `${program} init`,
    `${program} item create login --vault Personal`,
    `${program} agent create my-agent --vault Personal`,
  ];
}
