/** What a command is given: places, output, input, and the door of whoever acts. */
import type { AgentDoor } from '../gate/call.js';
import type { OwnerDoor, Places } from '../gate/door.js';
import { ownerActs, whoActs, type Asked } from './access.js';
import type { Output } from './output.js';
import { placesOf } from './places.js';
import { createInput, type Input } from './prompt.js';

/** The options that every command takes, from flags and then the environment. Output's own are in {@link Output}. */
export interface GlobalFlags {
  readonly tokenFile: string | undefined;
  /** `--reason`, else `VOUCHSAFE_AGENT_REASON`. */
  readonly reason: string | undefined;
  readonly passwordStdin: boolean;
  readonly noInput: boolean;
}

/** Who acts; `source` says by what, for people. */
export type Acting =
  | {
      readonly kind: 'token';
      readonly door: AgentDoor;
      readonly source: string;
      /** Null where the token is not usable; calls then refuse. */
      readonly name: string | null;
      readonly isAgent: boolean;
    }
  | { readonly kind: 'owner'; readonly door: OwnerDoor; readonly source: string };

export interface Context {
  readonly places: Places;
  /** The environment as it was at the start, with the secrets that `process.env` no longer has. */
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly flags: GlobalFlags;
  readonly input: Input;
  /** The owner's door; opened once. Throws where a token acts, or nobody can be asked for the password. */
  owner(): Promise<OwnerDoor>;
  /** Whoever acts, by the order of `cli.md`; opened once. */
  acting(): Promise<Acting>;
  /** Something to close when the command has ended, last one first. */
  onEnd(close: () => Promise<void>): void;
}

/**
 * Makes a commander action of a command's work: `command.action(run(async (context, name: string, options: Options) => …))`.
 * It gives the context first, then commander's own arguments; closes what was opened; and prints what was thrown.
 */
export type Runner = <A extends unknown[]>(work: (context: Context, ...args: A) => Promise<void>) => (...args: A) => Promise<void>;

/** What {@link createContext} makes, with its end. */
export interface OpenContext extends Context {
  /** Closes what was opened, last one first. What one of them throws is thrown after the others are closed. */
  end(): Promise<void>;
}

export interface ContextParts {
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly flags: GlobalFlags;
}

/** The context of one command. Nothing is opened until a command asks for it. */
export function createContext(parts: ContextParts): OpenContext {
  return new CommandContext(parts);
}

class CommandContext implements OpenContext {
  readonly places: Places;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly flags: GlobalFlags;
  readonly input: Input;
  readonly #closers: (() => Promise<void>)[] = [];
  #acting: Promise<Acting> | undefined;

  constructor({ env, out, flags }: ContextParts) {
    this.env = env;
    this.out = out;
    this.flags = flags;
    this.places = placesOf(env);
    this.input = createInput({ mayAsk: !flags.noInput });
  }

  async owner(): Promise<OwnerDoor> {
    const known = await this.#acting;
    if (known?.kind === 'owner') return known.door;
    const opened = this.#open(ownerActs);
    this.#acting = opened;
    return (await opened).door;
  }

  acting(): Promise<Acting> {
    this.#acting ??= this.#open(whoActs);
    return this.#acting;
  }

  onEnd(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  async end(): Promise<void> {
    const faults: unknown[] = [];
    for (const close of this.#closers.reverse()) await close().catch((error: unknown) => faults.push(error));
    if (faults.length > 0) throw faults[0];
  }

  async #open<T extends Acting>(open: (asked: Asked) => Promise<T>): Promise<T> {
    const { places, env, flags, input, out } = this;
    const acting = await open({ places, env, flags, input, note: (text) => out.note(text) });
    this.onEnd(() => acting.door.close());
    if (acting.kind === 'owner') out.prefer((await acting.door.getSetting('output.format')).value);
    return acting;
  }
}
