/**
 * The two ends of a stdio server as the SDK's transport. Unlike the SDK's own it answers what is no message, and the end
 * of its input does not close it: whoever serves waits for `drained` first, so that no answer is lost whose entry stands
 * in the log.
 */
import type { Readable } from 'node:stream';
import type { JSONRPCMessage, RequestId, Transport } from '@modelcontextprotocol/server';
import { LineCutter, type CutLine } from './line-cutter.js';
import { MAX_LINE_BYTES, readLine, type Fault, type IsMessage } from './message.js';
import type { OutputPort } from './output-port.js';
import { Pending } from './pending.js';

/** Requests that may wait for their answers before no more input is read. */
const MAX_PENDING = 256;

/** What a client holds open for as long as it likes; it is answered when the connection closes. */
export const LISTEN = 'subscriptions/listen';

export class Wire implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;

  /** Settles when no more input comes or nobody reads the output any more. */
  readonly ended: Promise<void>;

  readonly #input: Readable;
  readonly #output: OutputPort;
  readonly #isMessage: IsMessage;
  readonly #lines = new LineCutter(MAX_LINE_BYTES);
  readonly #pending = new Pending();
  #end: () => void = () => undefined;
  #isReading = false;
  #isClosed = false;
  #isBroken = false;

  constructor(input: Readable, output: OutputPort, isMessage: IsMessage) {
    this.#input = input;
    this.#output = output;
    this.#isMessage = isMessage;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    void output.broken.then(() => this.#giveUp());
  }

  start(): Promise<void> {
    this.#isReading = true;
    this.#input.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onFailure);
    if (this.#input.readableEnded || this.#input.destroyed) this.#onEnd();
    return Promise.resolve();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) throw new Error('The connection is closed.');
    const written = this.#output.write(`${JSON.stringify(message)}\n`);
    if (!('method' in message)) this.#settle(message.id);
    await written;
  }

  /** Takes no more input; what came before is still answered. */
  stopReading(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#input.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).pause();
  }

  /** Waits until every request that came has its answer, for so long at most and as long as somebody reads them. */
  drained(timeoutMs: number): Promise<void> {
    return this.#pending.drained(timeoutMs);
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.stopReading();
    this.#end();
    this.onclose?.();
    return Promise.resolve();
  }

  readonly #onData = (chunk: Buffer): void => {
    for (const line of this.#lines.push(chunk)) this.#take(line);
    if (this.#pending.size >= MAX_PENDING) this.#input.pause();
  };

  readonly #onEnd = (): void => {
    if (!this.#isReading) return;
    for (const line of this.#lines.end()) this.#take(line);
    this.stopReading();
    this.#end();
  };

  #giveUp(): void {
    this.#isBroken = true;
    this.#pending.clear();
    this.#end();
  }

  readonly #onFailure = (error: Error): void => {
    this.onerror?.(error);
    this.#onEnd();
  };

  #take(line: CutLine): void {
    const read = readLine(line, this.#isMessage);
    if (read.kind === 'fault') this.#answerFault(read.fault);
    if (read.kind === 'message') this.#deliver(read.message);
  }

  #answerFault(fault: Fault): void {
    this.onerror?.(new Error(fault.error.message));
    this.#output.write(`${JSON.stringify(fault)}\n`).catch(() => undefined);
  }

  #deliver(message: JSONRPCMessage): void {
    const isAwaited = 'method' in message && 'id' in message && message.method !== LISTEN;
    if (isAwaited && !this.#isBroken) this.#pending.add(message.id);
    this.onmessage?.(message);
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#settle(cancelled);
  }

  #settle(id: RequestId | undefined): void {
    if (id !== undefined) this.#pending.settle(id);
    if (this.#isReading && this.#pending.size < MAX_PENDING && this.#input.isPaused()) this.#input.resume();
  }
}

/** The request that a client gave up: it is not answered any more. */
export function cancelledId(message: JSONRPCMessage): RequestId | undefined {
  if (!('method' in message) || 'id' in message || message.method !== 'notifications/cancelled') return undefined;
  const id = message.params?.['requestId'];
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
