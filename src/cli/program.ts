/** The command line: which file a command is in, and how one command runs. Only the files it needs are loaded. */
import { Command, type CommanderError } from 'commander';
import { Refusal } from '../core/refusal.js';
import { createContext } from './command-context.js';
import type { Runner } from './context.js';
import { exitOf, isHelp, usageRefusal } from './failure.js';
import { addGlobalOptions, firstOperand, formatIn, globalFlags, outputFlags } from './global-options.js';
import type { CommandGrammar } from './grammar.js';
import { HELP_FORM, pointToVerbs, wholeGrammar } from './help.js';
import { createOutput, type Output } from './output.js';
import { takeEnvironment } from './places.js';
import { optionWords, unmarked } from './option-words.js';

interface Module {
  /** The commands that it registers at the top level. */
  readonly names: readonly string[];
  readonly group: string;
  readonly load: () => Promise<{ readonly register: (program: Command, run: Runner) => void }>;
}

const SAFE = 'The safe:';
const ITEMS = 'Vaults and items:';
const TOKENS = 'Tokens:';
const USES = 'Using secrets without showing them:';
const REST = 'The log, settings and servers:';

const MODULES: readonly Module[] = [
  { names: ['init', 'unlock', 'lock', 'passwd'], group: SAFE, load: () => import('./commands/safe.js') },
  { names: ['welcome', 'info', 'login', 'logout'], group: SAFE, load: () => import('./commands/session.js') },
  { names: ['backup', 'restore'], group: SAFE, load: () => import('./commands/safe-file.js') },
  { names: ['vault'], group: ITEMS, load: () => import('./commands/vault.js') },
  { names: ['item'], group: ITEMS, load: () => import('./commands/item.js') },
  { names: ['export'], group: ITEMS, load: () => import('./commands/export.js') },
  { names: ['recipe'], group: ITEMS, load: () => import('./commands/recipe.js') },
  { names: ['password'], group: ITEMS, load: () => import('./commands/password.js') },
  { names: ['import'], group: ITEMS, load: () => import('./commands/import.js') },
  { names: ['pat', 'personal-access-token', 'agent'], group: TOKENS, load: () => import('./commands/pat.js') },
  { names: ['grant', 'revoke'], group: TOKENS, load: () => import('./commands/grant.js') },
  { names: ['lockdown'], group: TOKENS, load: () => import('./commands/lockdown.js') },
  { names: ['inbox'], group: TOKENS, load: () => import('./commands/inbox.js') },
  { names: ['watch'], group: TOKENS, load: () => import('./commands/watch.js') },
  { names: ['read'], group: USES, load: () => import('./commands/read.js') },
  { names: ['run'], group: USES, load: () => import('./commands/run.js') },
  { names: ['inject'], group: USES, load: () => import('./commands/inject.js') },
  { names: ['fetch'], group: USES, load: () => import('./commands/fetch.js') },
  { names: ['helper'], group: USES, load: () => import('./commands/helper.js') },
  { names: ['audit', 'log'], group: REST, load: () => import('./commands/audit.js') },
  { names: ['settings'], group: REST, load: () => import('./commands/settings.js') },
  { names: ['console'], group: REST, load: () => import('./commands/console.js') },
  { names: ['serve'], group: REST, load: () => import('./commands/serve.js') },
  { names: ['mcp'], group: REST, load: () => import('./commands/mcp.js') },
  { names: ['doctor'], group: REST, load: () => import('./commands/doctor.js') },
  { names: ['completion'], group: REST, load: () => import('./commands/completion.js') },
  { names: ['demo'], group: REST, load: () => import('./commands/demo.js') },
];

/** Runs one command line (without the program's own name) and says with which status to exit. Never throws. */
export async function run(argv: readonly string[]): Promise<number> {
  const env = takeEnvironment();
  const session: Session = { env, out: createOutput({ format: formatIn(argv), env }) };
  try {
    checkPlatform();
    const words = firstOperand(argv).word === undefined && !asksForHelp(argv) ? [...argv, 'welcome'] : argv;
    const program = await buildProgram(words, session);
    await program.parseAsync(optionWords(words), { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return exitOf(error, session.out);
  }
}

interface Session {
  readonly env: NodeJS.ProcessEnv;
  /** The output of the command, once it is known what it wants. */
  out: Output;
}

function checkPlatform(): void {
  if (process.platform !== 'win32') return;
  throw new Refusal('unavailable', {
    message: 'Vouchsafe runs on Linux and macOS.',
    next: 'On Windows, install and run it in WSL (https://learn.microsoft.com/windows/wsl).',
  });
}

const HELP_WORDS = ['-h', '--help', '-V', '--version'];

function asksForHelp(argv: readonly string[]): boolean {
  return firstOperand(argv).word === 'help' || argv.some((word) => HELP_WORDS.includes(word));
}

async function buildProgram(argv: readonly string[], session: Session): Promise<Command> {
  const program = await describe(argv);
  program.configureOutput({ writeErr: (text) => writeHelp(text, session), outputError: () => undefined });
  await addCommands(program, modulesFor(firstOperand(argv).word), runner(session));
  overrideExit(program, 'vouchsafe');
  return program;
}

async function addCommands(program: Command, modules: readonly Module[], run: Runner): Promise<void> {
  for (const { group, load } of modules) {
    const before = program.commands.length;
    (await load()).register(program, run);
    for (const command of program.commands.slice(before)) command.helpGroup(group);
  }
  addGlobalOptions(program);
  pointToVerbs(program);
}

/** The grammar of all commands, from the commands themselves: what the build writes down. */
export async function gatherGrammar(): Promise<CommandGrammar> {
  const program = await describe(['--help']);
  await addCommands(program, MODULES, () => () => Promise.resolve());
  return wholeGrammar(program);
}

function modulesFor(word: string | undefined): readonly Module[] {
  const found = MODULES.filter(({ names }) => names.includes(word ?? ''));
  return found.length === 0 ? MODULES : found;
}

async function describe(argv: readonly string[]): Promise<Command> {
  const program = new Command('vouchsafe')
    .description('Lends credentials to AI agents, one stated reason at a time.')
    .enablePositionalOptions()
    .configureHelp(HELP_FORM)
    .helpCommand('help [command]', 'the same as --help')
    .addHelpText('after', EXAMPLES);
  if (!asksForHelp(argv)) return program;
  const { VERSION } = await import('../gate/version.js');
  return program.version(VERSION, '-V, --version', 'print the version');
}

const EXAMPLES = `
Examples:
  vouchsafe init                                    make the safe
  eval "$(vouchsafe unlock)"                        15 minutes without password
  vouchsafe item create login --vault Personal      asks for the rest
  vouchsafe agent create deploy-bot --vault CI      a token for an AI agent
  vouchsafe audit list 'agent:deploy-bot'           what it did, and why`;

/** Help in place of a missing verb; a program is told in its own form instead, in `failure.ts`. */
function writeHelp(text: string, { out }: Session): void {
  if (out.format === 'human') process.stderr.write(text);
}

/** A usage error becomes a refusal that names the command whose help says more. */
function overrideExit(command: Command, path: string): void {
  command.exitOverride((error: CommanderError) => {
    throw isHelp(error) ? error : usageRefusal(error, path);
  });
  for (const child of command.commands) overrideExit(child, `${path} ${child.name()}`);
}

/** Commander gives an action its command as the last argument; the context is made of that command's options. */
function runner(session: Session): Runner {
  return (work) =>
    async (...args) => {
      const command = args.at(-1);
      if (!(command instanceof Command)) throw new Error('an action without its command');
      const { env } = session;
      session.out = createOutput({ ...outputFlags(command), env });
      const context = createContext({ env, out: session.out, flags: globalFlags(command, env) });
      try {
        session.out.prepare();
        await work(context, ...unmarked(args));
      } finally {
        session.out.abandon();
        await context.end();
      }
    };
}
