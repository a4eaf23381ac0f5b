import { Refusal } from '../core/refusal.js';
import { scrub } from '../core/text.js';
import { randomId } from '../crypto/bytes.js';

/** A short reference under which an owner finds a fault on stderr. */
export function newReference(): string {
  return randomId().slice(0, 8);
}

/** A fault that no caller may see, on stderr, without any token. */
export function reportFault(ref: string, error: unknown): void {
  const text = describe(error);
  process.stderr.write(`${scrub(`vouchsafe: fault ${ref}: ${text}`)}\n`);
}

/** A refusal is no bug: its words say all. */
function describe(error: unknown): string {
  if (error instanceof Refusal)
    return [error.message, error.facts.detail].filter((part) => part !== undefined).join(' ');
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
