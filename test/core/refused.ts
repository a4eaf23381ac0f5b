import { expect } from 'vitest';
import { Refusal, type RefusalCode } from '../../src/core/refusal.js';

/** The refusal that `run` throws; fails if it throws none, or another code. */
export function refused(code: RefusalCode, run: () => unknown): Refusal {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  return asRefusal(code, thrown);
}

/** As {@link refused}, for what is asynchronous. */
export async function refusedLater(code: RefusalCode, promise: Promise<unknown>): Promise<Refusal> {
  return asRefusal(
    code,
    await promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

function asRefusal(code: RefusalCode, thrown: unknown): Refusal {
  expect(thrown).toBeInstanceOf(Refusal);
  if (!(thrown instanceof Refusal)) throw new Error('no refusal');
  expect(thrown.code).toBe(code);
  expect(thrown.facts.message).toMatch(/^(?:[A-Z]|--[a-z]).*\.$/);
  expect(thrown.facts.next).toMatch(/\S/);
  return thrown;
}

/** All that a refusal says to whoever asked. */
export function told({ facts }: Refusal): string {
  return JSON.stringify([facts.message, facts.next, facts.candidates]);
}
