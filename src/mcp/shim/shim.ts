/** A server on standard input and output that passes everything through to a `vouchsafe serve`. */
import type { Readable, Writable } from 'node:stream';
import { limitedReport } from '../fault-report.js';
import { claimOutput } from '../output-port.js';
import { catchSignals } from '../stop-signals.js';
import { Wire } from '../wire.js';
import { Connection, PATIENCE, type Patience, type Target } from './connection.js';
import { isMessage } from './message.js';
import { Relay } from './relay.js';
import { Upstream } from './upstream.js';

/** How long answers may take after the input has ended; the server gives up on a busy database before. */
const DRAIN_MS = 20_000;

/** How long a client may take to read the last answers. */
const FLUSH_MS = 5_000;

export interface ShimOptions {
  readonly target: Target;
  /** Goes into the header of each request and nowhere else; null where there is none, which the server then says. */
  readonly token: string | null;
  readonly input: Readable;
  /** Belongs to the protocol from the call on: whatever else is written to it goes to `errors`. */
  readonly output: Writable;
  readonly errors: Writable;
  /** Told, for the owner alone, what went wrong. */
  readonly report: (message: string) => void;
  readonly patience?: Patience;
}

/**
 * Serves one client until its input ends, the output breaks or a signal arrives; then waits for the answers to what had
 * been asked, ends the session and returns. Nothing that the client or the server sends ends it sooner.
 */
export async function serveShim(options: ShimOptions): Promise<void> {
  const { target, token, input, patience = PATIENCE } = options;
  const signals = catchSignals();
  const output = claimOutput(options.output, options.errors);
  const report = limitedReport(options.report);
  const connection = await Connection.to({ target, token, patience });
  const wire = new Wire(input, output, isMessage);
  const relay = new Relay({ upstream: new Upstream(connection), send: (message) => wire.send(message), report });
  wire.onerror = report;
  wire.onmessage = (message) => relay.take(message);
  try {
    await wire.start();
    await Promise.race([wire.ended, signals.caught]);
    wire.stopReading();
    await wire.drained(DRAIN_MS);
    await relay.close();
    await wire.close();
    await output.flushed(FLUSH_MS);
  } finally {
    connection.close();
    signals.release();
  }
}
