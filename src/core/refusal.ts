/**
 * Every way in which Vouchsafe says no, as a closed union. The same codes are used over MCP, on the command line and
 * in the log; the exit status of each stands beside it.
 */
export const EXIT_STATUS = {
  unauthenticated: 4,
  locked: 4,
  reason_required: 5,
  invalid_request: 2,
  forbidden: 5,
  not_found: 3,
  ambiguous: 3,
  conflict: 6,
  limit_reached: 5,
  approval_required: 7,
  unavailable: 1,
  integrity: 8,
} as const;

/** A code of {@link EXIT_STATUS}. `locked` and `integrity` are told to the owner alone. */
export type RefusalCode = keyof typeof EXIT_STATUS;

/** What an error may carry besides its code. All of it is shown to whoever asked, except `detail`. */
export interface RefusalFacts {
  /** What happened, in one sentence, without any value the caller sent. */
  message?: string;
  /** What to do now: one sentence or one command. */
  next?: string;
  /** For the log and the owner alone; never sent to an agent. */
  detail?: string;
  /** What an ambiguous or unknown name could have meant, among what the caller may see. */
  candidates?: readonly string[];
  /** Under which the owner finds what went wrong (`unavailable` only). */
  ref?: string;
  /** When what is closed opens again, in unix ms. */
  retryAt?: number;
  /** True where the same call may succeed when sent again unchanged. */
  retryable?: boolean;
  /** The request that the owner has to decide, or has decided. */
  request?: {
    readonly id: string;
    readonly state: 'pending' | 'denied';
    readonly expires_at?: string;
    /** Where the owner can decide it, if there is a console. */
    readonly url?: string;
  };
  cause?: unknown;
}

/**
 * The one error of this program: an access or a command that is not given. Anything else that is thrown is a bug and
 * is answered as `unavailable`.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly facts: RefusalFacts;

  constructor(code: RefusalCode, facts: RefusalFacts = {}) {
    super(facts.message ?? code, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'Refusal';
    this.code = code;
    this.facts = facts;
  }
}
