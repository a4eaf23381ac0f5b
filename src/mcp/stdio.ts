/** The MCP server on a process's standard input and output. */
import type { Readable, Writable } from 'node:stream';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { AgentDoor } from '../gate/call.js';
import { CountedDoor } from './counted-door.js';
import { claimOutput } from './output-port.js';
import { createMcpServer } from './server.js';
import { Wire } from './wire.js';

/** How long answers may take after the input has ended; the gate gives up on a busy database before. */
const DRAIN_MS = 20_000;

/** How long a client may take to read the last answers. */
const FLUSH_MS = 5_000;

/** Faults on the wire that are reported; a client that sends nothing else must not fill a disk. */
const MOST_REPORTS = 20;

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface StdioOptions {
  readonly input: Readable;
  /** Belongs to the protocol from the call on: whatever else is written to it goes to `errors`. */
  readonly output: Writable;
  readonly errors: Writable;
  /** The program's version. */
  readonly version: string;
  /** Told, for the owner alone, what went wrong. */
  readonly report: (message: string) => void;
}

/**
 * Serves one client until its input ends, the output breaks or a signal arrives; then answers what had been asked, closes
 * the door and returns. Nothing a client sends ends it sooner.
 */
export async function serveAgentStdio(opening: Promise<AgentDoor>, options: StdioOptions): Promise<void> {
  const signals = catchSignals();
  const output = claimOutput(options.output, options.errors);
  const door = new CountedDoor(await opening, DRAIN_MS);
  const wire = new Wire(options.input, output);
  const report = limited(options.report);
  const server = serveStdio(() => createMcpServer(door, { version: options.version, report }), {
    transport: wire,
    onerror: report,
  });
  try {
    await Promise.race([wire.ended, signals.caught]);
    wire.stopReading();
    await wire.drained(DRAIN_MS);
    await server.close();
    await output.flushed(FLUSH_MS);
  } finally {
    await door.close();
    signals.release();
  }
}

/** Settles `caught` with the first signal to stop; later ones change nothing, as the end is near by then. */
function catchSignals(): { readonly caught: Promise<void>; readonly release: () => void } {
  let settle: () => void = () => undefined;
  const caught = new Promise<void>((resolve) => (settle = resolve));
  for (const signal of STOP_SIGNALS) process.on(signal, settle);
  return {
    caught,
    release: () => {
      for (const signal of STOP_SIGNALS) process.off(signal, settle);
    },
  };
}

function limited(report: (message: string) => void): (error: Error) => void {
  let count = 0;
  return (error) => {
    count += 1;
    if (count <= MOST_REPORTS) report(error.message);
    if (count === MOST_REPORTS) report('More faults are not reported.');
  };
}
