/** What `doctor` finds. */
import { Refusal } from '../../core/refusal.js';

/** `error` stops the product; a `warning` stops a part of it, or will. */
export type Status = 'ok' | 'warning' | 'error';

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, one of a few words: `node`, `safe`, `modes`, `host-share`, `clock`, `log`, `tokens`, `client`. */
  readonly check: string;
  readonly status: Status;
  readonly message: string;
  /** How to mend it: one sentence or one command; null where nothing is to be done. */
  readonly next: string | null;
}

export function ok(check: string, message: string): Finding {
  return { check, status: 'ok', message, next: null };
}

export function warning(check: string, message: string, next: string): Finding {
  return { check, status: 'warning', message, next };
}

export function failure(check: string, message: string, next: string): Finding {
  return { check, status: 'error', message, next };
}

/** What is found where something was refused; anything else that was thrown is a bug, and is thrown on. */
export function ofRefusal(check: string, status: Exclude<Status, 'ok'>, error: unknown): Finding {
  if (!(error instanceof Refusal)) throw error;
  const { message = 'It did not work.', next = 'Try again.' } = error.facts;
  return { check, status, message, next };
}
