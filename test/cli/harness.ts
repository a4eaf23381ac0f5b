/** Runs one command line against a fake owner's door, with the real options and the real output. */
import { Command } from 'commander';
import { PassThrough } from 'node:stream';
import type { Context, Runner } from '../../src/cli/context.js';
import { addGlobalOptions, outputFlags } from '../../src/cli/global-options.js';
import { createOutput } from '../../src/cli/output.js';
import { optionWords, unmarked } from '../../src/cli/option-words.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { fakeOwner } from '../support/fake-owner.js';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** What the command threw. */
  readonly error: unknown;
  /** What was asked of the door: the method, then its arguments. */
  readonly calls: readonly (readonly unknown[])[];
}

interface Given {
  readonly register: (program: Command, run: Runner) => void;
  readonly door: Partial<OwnerDoor>;
  /** The answer to a question; without it there is no terminal. */
  readonly answer?: boolean;
  /** What else is typed or piped, by the method that asks for it. */
  readonly input?: Partial<Context['input']>;
  /** The width of a terminal that stdout and stderr go to; without it they go to none. */
  readonly columns?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Called when something is written to stdout. */
  readonly onOutput?: (stdout: PassThrough) => void;
}

export async function runCommand(argv: readonly string[], given: Given): Promise<Ran> {
  const { register, door, columns, env = {}, onOutput } = given;
  const streams = { stdout: collector(columns, onOutput), stderr: collector(columns) };
  const calls: unknown[][] = [];
  let error: unknown;
  const run: Runner =
    (work) =>
    (...args) =>
      work(contextOf(args.at(-1) as Command), ...unmarked(args));
  const contextOf = (command: Command): Context => {
    const out = createOutput({
      ...outputFlags(command),
      env: { NO_COLOR: '1', ...env },
      ...streams.stdout.as('stdout'),
      ...streams.stderr.as('stderr'),
    });
    return fakeContext(out, fakeOwner(door, calls), given);
  };
  const program = new Command('vouchsafe').enablePositionalOptions();
  program.configureOutput({ writeOut: streams.stdout.add, writeErr: streams.stderr.add, outputError: () => undefined });
  register(program, run);
  addGlobalOptions(program);
  quiet(program);
  await program.parseAsync(optionWords(argv), { from: 'user' }).catch((thrown: unknown) => (error = thrown));
  return { stdout: streams.stdout.text(), stderr: streams.stderr.text(), error, calls };
}

function quiet(command: Command): void {
  command.exitOverride();
  command.commands.forEach(quiet);
}

function collector(columns: number | undefined, onText?: (stream: PassThrough) => void) {
  const stream = Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns });
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk.toString('utf8'));
    onText?.(stream);
  });
  return {
    as: (name: 'stdout' | 'stderr') => ({ [name]: stream as unknown as NodeJS.WriteStream }),
    add: (text: string) => void chunks.push(text),
    text: () => chunks.join(''),
  };
}

function fakeContext(
  out: Context['out'],
  door: OwnerDoor,
  { answer, input }: Pick<Given, 'answer' | 'input'>,
): Context {
  const nobody = () => Promise.reject(new Error('nobody to ask'));
  return {
    places: { home: '/nowhere', state: '/nowhere', runtime: '/nowhere' },
    env: {},
    out,
    flags: { tokenFile: undefined, reason: undefined, passwordStdin: false, noInput: answer === undefined },
    input: {
      isInteractive: answer !== undefined,
      isPiped: answer === undefined,
      secret: nobody,
      line: nobody,
      stdinLine: nobody,
      stdin: nobody,
      confirm: () => (answer === undefined ? nobody() : Promise.resolve(answer)),
      ...input,
    },
    owner: () => Promise.resolve(door),
    acting: () => Promise.resolve({ kind: 'owner', door, source: 'a test' }),
    asked: () => {
      throw new Error('not faked');
    },
    onEnd: () => undefined,
  };
}
