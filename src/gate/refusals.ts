/** The fixed words of refusals: what the agent is told, whatever the reason behind it. */
import { isoTime } from '../core/expiry.js';
import type { Stopped } from '../core/limit-check.js';
import { type Limits, printQuota } from '../core/limits.js';
import { printOpeningHours } from '../core/opening-hours.js';
import type { Refused } from '../core/policy.js';
import { Refusal, type RefusalCode } from '../core/refusal.js';
import { cleanText } from '../core/text.js';
import type { AgentError, Answer, Call } from './call.js';

/** Role, scope, grant, or it does not exist: the same words, so that nothing can be probed. */
export function forbidden(detail: string): Refusal {
  return new Refusal('forbidden', {
    message: 'Your token may not do this here, or it does not exist.',
    next: 'Call whoami to see what you may do. If the task needs more, ask the owner: call request_access with the vault or item and the role.',
    detail,
  });
}

/** What the policy refused, as it is told. */
export function refusalOf(decision: Refused): Refusal {
  if (!('stopped' in decision)) return forbidden(`refused by ${decision.because}`);
  const { grant, stopped } = decision;
  const { code, message, next } = LIMIT_WORDS[stopped.by](grant.limits);
  const detail = `refused by ${stopped.by} of grant ${grant.id}`;
  return new Refusal(code, {
    message,
    next,
    detail,
    ...(stopped.opensAt === null ? {} : { retryAt: stopped.opensAt }),
  });
}

const ASK = 'If the task needs more, ask the owner: call request_access.';
const WAIT = `Wait until retry_at, then send the same call again. ${ASK}`;

interface LimitWords {
  readonly code: 'forbidden' | 'limit_reached' | 'approval_required';
  readonly message: string;
  readonly next: string;
}

/** What each limit says: its holder may know it, since whoami tells it. */
const LIMIT_WORDS: Readonly<Record<Stopped['by'], (limits: Limits) => LimitWords>> = {
  reveal: () => ({
    code: 'forbidden',
    message: 'Your access here lets no secret be shown.',
    next: 'Use it without seeing it: call http_request, or run_recipe with a recipe of the owner’s; get_item without fields shows the rest. If that cannot do the task, tell the user.',
  }),
  approval: () => ({
    code: 'approval_required',
    message: 'The owner has to approve this first.',
    next: 'Make the call: it puts a request into the owner’s inbox.',
  }),
  field: ({ fields }) => ({
    code: 'forbidden',
    message: 'Your access here lets other secret fields be shown, and not this one.',
    next: `You may name: ${(fields ?? []).join(', ')}. ${ASK}`,
  }),
  cidr: () => ({
    code: 'forbidden',
    message: 'Your access here is for calls from other addresses.',
    next: 'Call from where the owner meant it, through the server; whoami says from where.',
  }),
  client: ({ clients }) => ({
    code: 'forbidden',
    message: 'Your access here is for another client.',
    next: `It is for: ${(clients ?? []).join(', ')}. If the task needs this one, ask the owner.`,
  }),
  uses: ({ maxUses }) => ({
    code: 'limit_reached',
    message: `Your access here is good for ${String(maxUses)} uses, and all of them are spent.`,
    next: `Do not try again. ${ASK}`,
  }),
  rate: ({ rate }) => ({
    code: 'limit_reached',
    message: `Your access here allows ${rate === null ? '' : printQuota(rate)} calls.`,
    next: WAIT,
  }),
  items: ({ distinctItems }) => ({
    code: 'limit_reached',
    message: `Your access here allows ${distinctItems === null ? '' : printQuota(distinctItems)} different items.`,
    next: WAIT,
  }),
  hours: ({ hours }) => ({
    code: 'limit_reached',
    message: `Your access here is open ${hours === null ? '' : Object.values(printOpeningHours(hours)).join(' ')}.`,
    next: WAIT,
  }),
};

const WORDS: Record<RefusalCode, { message: string; next: string }> = {
  unauthenticated: { message: 'There is no usable token.', next: 'Ask the owner of the safe for a token.' },
  locked: { message: 'The safe is locked.', next: 'vouchsafe unlock' },
  reason_required: {
    message: 'A reason is required.',
    next: 'Send the same call with reason: one line that says what you need this access for.',
  },
  invalid_request: { message: 'The call is not valid.', next: 'See tools/list for the tools and their arguments.' },
  forbidden: {
    message: 'Your token may not do this here, or it does not exist.',
    next: 'Call whoami to see what you may do.',
  },
  not_found: { message: 'There is no such item here.', next: 'Look it up with search_items.' },
  ambiguous: { message: 'That name fits several items.', next: 'Send the id of the one you mean.' },
  conflict: {
    message: 'Someone else changed it first.',
    next: 'Get the item again, then send your change with its revision.',
  },
  limit_reached: { message: 'A limit of your grant is reached.', next: 'Call whoami to see what is left.' },
  approval_required: { message: 'The owner has to approve this first.', next: 'Wait for the owner, then ask again.' },
  unavailable: { message: 'This could not be done now.', next: 'Try once more; if it stays so, tell the user.' },
  integrity: {
    message: 'This could not be done now.',
    next: 'Tell the user that the safe needs its owner: vouchsafe audit verify',
  },
};

/** What the agent is told. What only the owner may know stays behind: an integrity failure is `unavailable`. */
export function agentErrorOf(refusal: Refusal, ref: string | null): AgentError {
  const { code, facts } = refusal;
  const words = WORDS[code];
  const isOwners = code === 'integrity' || code === 'locked';
  return {
    code: isOwners ? 'unavailable' : code,
    message: isOwners ? words.message : (facts.message ?? words.message),
    next: isOwners ? words.next : (facts.next ?? words.next),
    ...(ref === null ? {} : { ref }),
    ...(facts.candidates === undefined ? {} : { candidates: facts.candidates.map(cleanText) }),
    ...(facts.retryAt === undefined ? {} : { retry_at: isoTime(facts.retryAt) }),
    ...(facts.request === undefined ? {} : { request: facts.request }),
  };
}

/** Tells what may be sent again word for word. */
export function withRetry(answer: Answer, { tool, arguments: given }: Call): Answer {
  if (answer.ok || typeof given !== 'object' || given === null) return answer;
  return { ...answer, error: { ...answer.error, retry: { tool, arguments: { ...given } } } };
}
