/** The MCP server on a process's standard input and output. */
import type { Readable, Writable } from 'node:stream';
import { type JSONRPCMessage, parseJSONRPCMessage } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { AgentDoor } from '../gate/call.js';
import { CountedDoor } from './counted-door.js';
import { claimOutput } from './output-port.js';
import { limitedReport } from './fault-report.js';
import { createMcpServer } from './server.js';
import { catchSignals } from './stop-signals.js';
import { Wire } from './wire.js';

/** How long answers may take after the input has ended; the gate gives up on a busy database before. */
const DRAIN_MS = 20_000;

/** How long a client may take to read the last answers. */
const FLUSH_MS = 5_000;

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
  const wire = new Wire(options.input, output, isMessage);
  const report = limitedReport(options.report);
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

/** The SDK's own rule, since it drops what it does not know without a word. Its copy of the value is not used. */
function isMessage(value: unknown): value is JSONRPCMessage {
  try {
    parseJSONRPCMessage(value);
    return true;
  } catch {
    return false;
  }
}
