/** The log of a server for its operator: a JSON object a line, on stderr, and never a token. */
import { destination, pino } from 'pino';
import { scrub } from './core/text.js';

export const LOG_LEVELS = ['error', 'warn', 'info'] as const;

/** How much is written. */
export type LogLevel = (typeof LOG_LEVELS)[number];

type Fields = Readonly<Record<string, unknown>>;

/** Writes to stderr. */
export interface Log {
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

/** A log with entries of that level and worse. Times are ISO 8601. */
export function createLog(level: LogLevel): Log {
  const stderr = destination({ dest: 2, sync: true });
  const scrubbed = { write: (line: string) => stderr.write(scrub(line)) };
  return pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, scrubbed);
}
