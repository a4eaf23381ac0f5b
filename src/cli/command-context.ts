/** The context of one command, and its end. */
import { Refusal } from '../core/refusal.js';
import type { OwnerDoor, Places } from '../gate/door.js';
import { ownerActs, whoActs } from './access.js';
import type { Acting, Asked, Context, GlobalFlags } from './context.js';
import type { Output } from './output.js';
import { placesOf } from './places.js';
import { createInput, type Input } from './prompt.js';

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

  asked(): Asked {
    const { places, env, flags, input, out } = this;
    return { places, env, flags, input, note: (text) => out.note(text) };
  }

  async #open<T extends Acting>(open: (asked: Asked) => Promise<T>): Promise<T> {
    const acting = await open(this.asked());
    this.onEnd(() => acting.door.close());
    if (acting.kind === 'owner') this.out.prefer(await preferred(acting.door));
    return acting;
  }
}

/** The format that the owner prefers. Where the log is damaged it is not known, and must not keep it from being verified. */
async function preferred(door: OwnerDoor): Promise<string> {
  try {
    return (await door.getSetting('output.format')).value;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return 'human';
    throw error;
  }
}
