/** The reason of a call: who has to give one, and what is left of the arguments without it. */
import { checkReason, refuseHollow } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { CatalogueEntry } from '../tools/catalogue.js';
import type { Call } from './call.js';
import { isPlainObject, withoutClientExtras } from './draft.js';
import type { Draft } from './entry-draft.js';
import type { OpenedToken } from './opened-token.js';
import { settingOf, type VerifiedState } from './verified-state.js';

/** Whose call it is, and by which rules. */
export interface Stating {
  readonly token: OpenedToken;
  readonly draft: Draft;
  readonly state: VerifiedState;
  /** Whether a token without the agent flag must give a reason too. */
  readonly plainNeedsReason: boolean;
}

/** Takes `reason` out of the arguments, before any other fault of theirs is told. Throws `reason_required`. */
export function takeReason(
  call: Call,
  tool: CatalogueEntry | undefined,
  of: Stating,
): Readonly<Record<string, unknown>> {
  const given = call.arguments ?? {};
  const { reason, ...rest } = isPlainObject(given) ? given : {};
  const isNeeded = (tool?.needsReason ?? true) && (of.token.certificate.isAgent || of.plainNeedsReason);
  if (isNeeded || reason !== undefined) of.draft.reason = checkReason(reason);
  if (settingOf(of.state.value, 'reason.policy') === 'strict') refuseHollow(of.draft.reason, call.tool);
  if (!isPlainObject(given)) throw new Refusal('invalid_request', { message: 'The arguments must be an object.' });
  return withoutClientExtras(rest);
}
