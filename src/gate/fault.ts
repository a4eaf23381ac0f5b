import { Refusal } from '../core/refusal.js';
import { scrub } from '../core/text.js';
import { randomId } from '../crypto/bytes.js';

/** A short reference under which an owner finds a fault on stderr. */
export function newReference(): string {
  return randomId().slice(0, 8);
}

let write = (text: string): void => void process.stderr.write(`vouchsafe: ${text}\n`);

/** Where faults are told from now on; on stderr, a line each, until it is called. */
export function setFaultReporter(report: (text: string) => void): void {
  write = report;
}

/** A fault that no caller may see, for the owner, without any token. */
export function reportFault(ref: string, error: unknown): void {
  write(scrub(`fault ${ref}: ${describe(error)}`));
}

/** A refusal is no bug: its words say all. */
function describe(error: unknown): string {
  if (error instanceof Refusal)
    return [error.message, error.facts.detail].filter((part) => part !== undefined).join(' ');
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
