/** The fixed words of refusals: what the agent is told, whatever the reason behind it. */
import { Refusal, type RefusalCode } from '../core/refusal.js';
import type { AgentError, Answer, Call } from './call.js';

/** Role, scope, grant, or it does not exist: the same words, so that nothing can be probed. */
export function forbidden(detail: string): Refusal {
  return new Refusal('forbidden', {
    message: 'Your token may not do this here, or it does not exist.',
    next: 'Call whoami to see what you may do. If the task needs more, tell the user which access is missing.',
    detail,
  });
}

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
    ...(facts.candidates === undefined ? {} : { candidates: facts.candidates }),
  };
}

/** Tells what may be sent again word for word. */
export function withRetry(answer: Answer, { tool, arguments: given }: Call): Answer {
  if (answer.ok || typeof given !== 'object' || given === null) return answer;
  return { ...answer, error: { ...answer.error, retry: { tool, arguments: { ...given } } } };
}
