/** The console, as the command line sees it: it may start one, but not name it. The wiring provides it. */
import type { Places } from '../gate/door.js';

/** An address of this machine, and a port; 0 is any that is free. */
export interface ConsolePlace {
  readonly host: string;
  readonly port: number;
}

export interface RunningConsole {
  /** A link that ties one browser to the console; an earlier one, and the browser that used it, end. */
  newLink(): string;
  /** Locks it, and ends it. */
  close(): Promise<void>;
}

export interface ConsoleStart {
  readonly places: Places;
  readonly env: NodeJS.ProcessEnv;
  readonly at: ConsolePlace;
}

/** Starts the console. Throws a `Refusal` where it cannot listen there. */
export type StartConsole = (start: ConsoleStart) => Promise<RunningConsole>;

let load: (() => Promise<StartConsole>) | undefined;

/** Says how to load the console; nothing is loaded before it is asked for. */
export function provideConsole(loader: () => Promise<StartConsole>): void {
  load = loader;
}

/** The console that was provided. */
export function loadConsole(): Promise<StartConsole> {
  if (load === undefined) throw new Error('no console was provided');
  return load();
}
