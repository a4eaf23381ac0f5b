/** Runs one command line against a fake owner's door, with the real options and the real output. */
import { Command } from 'commander';
import { PassThrough } from 'node:stream';
import type { Context, Runner } from '../../src/cli/context.js';
import { addGlobalOptions, outputFlags } from '../../src/cli/global-options.js';
import { createOutput } from '../../src/cli/output.js';
import { optionWords, unmarked } from '../../src/cli/option-words.js';
import type { OwnerDoor } from '../../src/gate/door.js';

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
}

export async function runCommand(argv: readonly string[], { register, door, answer }: Given): Promise<Ran> {
  const streams = { stdout: collector(), stderr: collector() };
  const calls: unknown[][] = [];
  let error: unknown;
  const run: Runner =
    (work) =>
    (...args) =>
      work(contextOf(args.at(-1) as Command), ...unmarked(args));
  const contextOf = (command: Command): Context => {
    const out = createOutput({
      ...outputFlags(command),
      env: {},
      ...streams.stdout.as('stdout'),
      ...streams.stderr.as('stderr'),
    });
    return fakeContext(out, recording(door, calls), answer);
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

function collector() {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
  return {
    as: (name: 'stdout' | 'stderr') => ({ [name]: stream as unknown as NodeJS.WriteStream }),
    add: (text: string) => void chunks.push(text),
    text: () => chunks.join(''),
  };
}

function recording(door: Partial<OwnerDoor>, calls: unknown[][]): OwnerDoor {
  return new Proxy(door, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (name === 'then') return undefined;
      if (typeof method !== 'function') throw new Error(`the fake door has no ${String(name)}`);
      return (...args: unknown[]): unknown => {
        const plain = args.filter((arg) => typeof arg !== 'function' && arg !== undefined);
        calls.push([String(name), ...plain]);
        return Reflect.apply(method, target, args);
      };
    },
  }) as OwnerDoor;
}

function fakeContext(out: Context['out'], door: OwnerDoor, answer: boolean | undefined): Context {
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
    },
    owner: () => Promise.resolve(door),
    acting: () => Promise.resolve({ kind: 'owner', door, source: 'a test' }),
    asked: () => {
      throw new Error('not faked');
    },
    onEnd: () => undefined,
  };
}
