import { Refusal } from '../../core/refusal.js';

/** Fails the demo with `unavailable` if what it is about to say does not hold. */
export function claim(holds: boolean, what: string): void {
  if (holds) return;
  throw new Refusal('unavailable', {
    message: `The demo did not go as it should. This should hold: ${what}.`,
    next: 'It is a fault of Vouchsafe. Please report it, with what is printed above.',
  });
}
