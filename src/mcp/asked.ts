/** What the handlers of requests are given. */
import type { Receipt } from '../core/shapes.js';
import type { Answer } from '../gate/call.js';

/** One call of a tool on behalf of a request; its entry is on disk when this settles. */
export type Ask = (tool: string, given: unknown) => Promise<Answer>;

/** A request: its parameters as they were sent, of which nothing has been checked, and the way to the gate. */
export interface Asked {
  readonly params: Readonly<Record<string, unknown>>;
  readonly ask: Ask;
  readonly recent: RecentNames;
}

/** Names that the gate gave, and whether there are no others that begin like this. */
export interface Names {
  readonly names: readonly string[];
  readonly isComplete: boolean;
  readonly receipt: Receipt | null;
}

/** A question for names that was put to the gate. */
export interface Question {
  /** What was asked for, in which vault and for which reason. */
  readonly topic: string;
  /** What all the names begin with, folded; the empty text for all there are. */
  readonly prefix: string;
  /** On the clock of `performance.now()`. */
  readonly askedAt: number;
  readonly names: Promise<Names>;
}

/**
 * What one connection has completed just now. A word that is typed is one question and one entry, not one for each key:
 * the answer to its beginning is narrowed, never widened.
 */
export interface RecentNames {
  last: Question | undefined;
}
