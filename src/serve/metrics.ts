/** Figures of the server for Prometheus. No label is a secret, a title, or the name of a token. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Answer } from '../gate/call.js';

/** What is read when the figures are asked for. */
export interface Readings {
  readonly connections: () => Promise<number>;
  readonly guests: () => number;
  readonly sessions: () => number;
  /** 1 as long as nothing is wrong with the safe. */
  readonly isWhole: () => boolean;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'endpoint' | 'status'>;
  readonly #calls: Counter<'tool' | 'outcome'>;
  readonly #seconds: Histogram;
  readonly #turnedAway: Counter<'by'>;

  constructor(readings: Readings) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: 'vouchsafe_http_requests_total',
      help: 'Requests that were answered, by endpoint and status',
      labelNames: ['endpoint', 'status'],
      registers,
    });
    this.#calls = new Counter({
      name: 'vouchsafe_calls_total',
      help: 'Calls of tools, by tool and by outcome: granted, or the code of the refusal',
      labelNames: ['tool', 'outcome'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'vouchsafe_call_seconds',
      help: 'From a call of a tool to its durable entry',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    });
    this.#turnedAway = new Counter({
      name: 'vouchsafe_turned_away_total',
      help: 'Requests over a rate, by what is limited: token or address',
      labelNames: ['by'],
      registers,
    });
    this.#gauge('vouchsafe_connections', 'Open connections', readings.connections);
    this.#gauge('vouchsafe_tokens_open', 'Tokens whose keys are open', readings.guests);
    this.#gauge('vouchsafe_sessions', 'Open sessions of the 2025 protocols', readings.sessions);
    this.#gauge('vouchsafe_safe_whole', '1 as long as the safe verifies', () => (readings.isWhole() ? 1 : 0));
  }

  #gauge(name: string, help: string, read: () => number | Promise<number>): void {
    const registers = [this.#registry];
    const collect = async (): Promise<void> => gauge.set(await read());
    const gauge: Gauge = new Gauge({ name, help, registers, collect });
  }

  /** A request that was answered. */
  answered(endpoint: string, status: number): void {
    this.#requests.inc({ endpoint, status: String(status) });
  }

  /** A call that came to its end. `tool` is the name of one that there is. */
  called(tool: string, answer: Answer, seconds: number): void {
    this.#calls.inc({ tool, outcome: answer.ok ? 'granted' : answer.error.code });
    this.#seconds.observe(seconds);
  }

  /** A request that came too soon. */
  turnedAway(by: 'token' | 'address'): void {
    this.#turnedAway.inc({ by });
  }

  /** All figures, and the type of their text. */
  async print(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
