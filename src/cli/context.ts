/** What a command is given: places, output, input, and the door of whoever acts. */
import type { LocalDoor } from '../gate/call.js';
import type { OwnerDoor, Places } from '../gate/door.js';
import type { BodySink } from '../use/http-answer.js';
import type { Output } from './output.js';
import type { Input } from './prompt.js';

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
      readonly door: LocalDoor;
      /** Where the body of a request’s answer goes in place of the answer. */
      readonly requests: { to?: BodySink };
      readonly source: string;
      /** Null where the token is not usable; calls then refuse. */
      readonly name: string | null;
      readonly isAgent: boolean;
      /** What is wrong with how the token was given, if anything: `VOUCHSAFE_… is set, but empty.` */
      readonly problem: string | null;
    }
  | { readonly kind: 'owner'; readonly door: OwnerDoor; readonly source: string };

/** What deciding who acts needs of a {@link Context}. */
export interface Asked {
  readonly places: Places;
  readonly env: NodeJS.ProcessEnv;
  readonly flags: GlobalFlags;
  readonly input: Input;
  /** Told that a password was wrong and is asked for again. */
  readonly note: (text: string) => void;
  /** The owner says that an older log than the anchor knows is meant; recorded. */
  readonly acceptRollback?: boolean;
}

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
  /** What deciding who acts needs, for commands that decide by themselves. */
  asked(): Asked;
  /** Something to close when the command has ended, last one first. */
  onEnd(close: () => Promise<void>): void;
}

/**
 * Makes a commander action of a command's work: `command.action(run(async (context, name: string, options: Options) => …))`.
 * It gives the context first, then commander's own arguments; closes what was opened; and prints what was thrown.
 */
export type Runner = <A extends unknown[]>(
  work: (context: Context, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>;
