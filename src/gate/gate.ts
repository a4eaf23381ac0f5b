/**
 * The gate: the one function through which every agent's call goes, over every transport and from the command line.
 * One call, one entry; the entry is on disk before the answer leaves; anything unexpected refuses.
 */
import type { Transport } from '../core/model.js';
import { checkReason, refuseHollow } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { Receipt } from '../core/shapes.js';
import { sameBytes } from '../crypto/bytes.js';
import type { TokenParts } from '../crypto/token-string.js';
import { hasChangeAfter } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { type CatalogueEntry, findTool } from '../tools/catalogue.js';
import { requestChange } from './access-request.js';
import { AnchorWatch } from './anchor-watch.js';
import { Authenticator, disownEnded, readCredential, refuseUnusable } from './authenticate.js';
import type { AgentDoor, Answer, Call, Credential, TokenIdentity, ToolListing } from './call.js';
import { decide } from './decide.js';
import { describe, isPlainObject, resetDraft, withoutClientExtras } from './draft.js';
import { FloodGuard } from './flood.js';
import type { FreezeGround } from './freeze.js';
import { listedTools } from './listing.js';
import { type OpenedToken, tokenRing } from './opened-token.js';
import { Recorder, type Recorded } from './recorder.js';
import { type Draft, newDraft } from './entry-draft.js';
import { agentErrorOf, withRetry } from './refusals.js';
import { newReference, reportFault } from './fault.js';
import { applyPlan, Moved } from './revisions.js';
import type { Safe } from './safe.js';
import { Shelf } from './shelf.js';
import { readVerifiedState, settingOf, type VerifiedState } from './verified-state.js';
import type { CallGround } from './call-ground.js';
import { UsageWatch } from './usage.js';
import { LentView } from './view.js';

const STARTS_AT_MOST = 50;
const KEEP_REVISIONS = 50;

/** What the snapshot gave: the result, and everything that must still hold under the lock. */
interface Prepared {
  readonly result: Readonly<Record<string, unknown>>;
  readonly token: OpenedToken;
  readonly state: VerifiedState;
  readonly view: LentView;
}

export interface GateOptions {
  readonly credential: Credential;
  readonly transport: Transport;
  /** Whether a token without the agent flag must give a reason too: over MCP yes, on the command line no. */
  readonly plainNeedsReason: boolean;
  /** Refuses everything once background verification has failed. */
  readonly health: { fault: string | null };
}

export class Gate implements AgentDoor {
  readonly #safe: Safe;
  readonly #options: GateOptions;
  readonly #recorder: Recorder;
  readonly #authenticator: Authenticator;
  readonly #shelf: Shelf;
  readonly #flood = new FloodGuard();
  readonly #freezes: FreezeGround;
  readonly #anchors = new AnchorWatch();
  readonly #usage = new UsageWatch();

  constructor(safe: Safe, options: GateOptions) {
    this.#safe = safe;
    this.#options = options;
    this.#recorder = new Recorder(safe);
    this.#authenticator = new Authenticator(safe);
    this.#shelf = new Shelf(safe);
    this.#freezes = { safeId: safe.id, checked: new Map() };
  }

  async call(call: Call): Promise<Answer> {
    const origin = { client: call.client, transport: this.#options.transport };
    const draft = newDraft({ kind: 'none' }, origin, 'call.unknown');
    try {
      return await this.#attempt(call, draft);
    } catch (error) {
      const answer = await this.#refuse(draft, error);
      return error instanceof Refusal && error.facts.retryable === true ? withRetry(answer, call) : answer;
    }
  }

  /** Steps 2 to 8 of a call that may be granted; starts over if what it read has changed meanwhile. */
  async #attempt(call: Call, draft: Draft): Promise<Answer> {
    describe(call, draft);
    if (this.#options.health.fault !== null) throw new Refusal('integrity', { detail: this.#options.health.fault });
    const parts = readCredential(this.#options.credential);
    for (let start = 1; start <= STARTS_AT_MOST; start += 1) {
      try {
        const prepared = await this.#safe.database.read(async (handle) =>
          this.#prepare(handle, { call, draft, parts }),
        );
        return await this.#grant(prepared, draft);
      } catch (error) {
        if (!(error instanceof Moved)) throw error;
        resetDraft(draft);
      }
    }
    throw new Refusal('unavailable', { detail: 'changed meanwhile, again and again', retryable: true });
  }

  /** On a snapshot, without the lock: authenticate, check reason and arguments, and run the tool in memory. */
  async #prepare(handle: Handle, on: { call: Call; draft: Draft; parts: TokenParts }): Promise<Prepared> {
    const { call, draft, parts } = on;
    const opened = await this.#authenticator.open(handle, parts, (actor) => (draft.actor = actor));
    const { token, state } = opened;
    await this.#anchors.check(handle, this.#safe, state);
    const now = this.#now(state);
    await refuseUnusable(handle, token, { ...this.#freezes, now });
    const tool = findTool(call.tool);
    const input = this.#takeReason(call, tool, { token, draft, state });
    if (tool === undefined)
      throw new Refusal('invalid_request', {
        message: 'There is no such tool.',
        next: 'Call one that tools/list names.',
      });
    const run = tool.prepare(input);
    const ring = tokenRing(token, now);
    const usage = await this.#usage.read(handle, token, { now, last: state.last.seq });
    const at = { handle, state, ring };
    const ground: CallGround = { safeId: this.#safe.id, shelf: this.#shelf, at, token, now, draft, usage };
    const view = new LentView(ground);
    try {
      const result = await run(view);
      await this.#recorder.prepare(handle, draft, now);
      return { result, token, state, view };
    } finally {
      view.end();
    }
  }

  /** Takes `reason` out of the arguments, before any other fault of theirs is told. */
  #takeReason(
    call: Call,
    tool: CatalogueEntry | undefined,
    of: { token: OpenedToken; draft: Draft; state: VerifiedState },
  ): Readonly<Record<string, unknown>> {
    const given = call.arguments ?? {};
    const { reason, ...rest } = isPlainObject(given) ? given : {};
    const isNeeded = (tool?.needsReason ?? true) && (of.token.certificate.isAgent || this.#options.plainNeedsReason);
    if (isNeeded || reason !== undefined) of.draft.reason = checkReason(reason);
    if (settingOf(of.state.value, 'reason.policy') === 'strict') refuseHollow(of.draft.reason, call.tool);
    if (!isPlainObject(given)) throw new Refusal('invalid_request', { message: 'The arguments must be an object.' });
    return withoutClientExtras(rest);
  }

  /** Under the lock: everything that was used is read and decided again, then changed, recorded and made durable. */
  async #grant(prepared: Prepared, draft: Draft): Promise<Answer> {
    const recorded = await this.#safe.database.transaction(async (handle) => {
      const { token, state, view } = prepared;
      const { footprint } = view;
      const again = await readVerifiedState(handle, this.#safe, state.value.signingKey);
      if (!sameBytes(again.hash, state.hash)) throw new Moved();
      for (const range of footprint.touched) if (await hasChangeAfter(handle, state.last.seq, range)) throw new Moved();
      const now = this.#now(again);
      await refuseUnusable(handle, token, { ...this.#freezes, now });
      const usage = await this.#usage.read(handle, token, { now, last: again.last.seq });
      await decide(handle, { token, footprint, draft, usage, now });
      const keep = Number(settingOf(again.value, 'item.keep_revisions') ?? KEEP_REVISIONS);
      for (const plan of footprint.plans) draft.changes.push(...(await applyPlan(handle, plan, keep)));
      if (footprint.request !== undefined)
        draft.changes.push(await requestChange(handle, footprint.request, { token: token.id, now }));
      draft.outcome = 'granted';
      // what it asked for by name stands in the entry as what it got
      draft.detail = null;
      return this.#append(handle, draft, { state: again, now });
    });
    this.#confirm(recorded, draft);
    return { ok: true, result: prepared.result, receipt: recorded.receipt };
  }

  #now(state: VerifiedState): number {
    return Math.max(this.#safe.clock(), state.value.at);
  }

  /** The entry's time is the one that was decided by. */
  async #append(handle: Handle, draft: Draft, on: { state: VerifiedState; now: number }): Promise<Recorded> {
    draft.suppressed = this.#flood.suppressed;
    const { state, now } = on;
    return this.#recorder.append(handle, draft, {
      at: now,
      ownerAgreementKey: state.value.agreementKey,
      stateVersion: state.value.version,
      stateHash: null,
      last: state.last,
    });
  }

  #confirm(recorded: Recorded, draft: Draft): void {
    recorded.confirm();
    this.#flood.stated(draft.suppressed);
  }

  /** Anything that was thrown becomes one refusal entry; if that fails too, the answer is `unavailable`. */
  async #refuse(draft: Draft, error: unknown): Promise<Answer> {
    const isRefusal = error instanceof Refusal;
    const ref = isRefusal && error.code !== 'unavailable' && error.code !== 'integrity' ? null : newReference();
    const refusal = isRefusal ? error : new Refusal('unavailable', { detail: `fault ${ref ?? ''}` });
    if (ref !== null && !(isRefusal && this.#options.transport === 'cli')) reportFault(ref, error);
    const isAdmitted = this.#flood.admits(performance.now(), draft.actor.kind === 'none' ? 'none' : 'token');
    const receipt = isAdmitted ? await this.#writeRefusal(draft, refusal) : null;
    if (receipt !== 'failed') return { ok: false, error: agentErrorOf(refusal, ref), receipt };
    const unavailable = new Refusal('unavailable', { detail: 'no entry could be written' });
    return { ok: false, error: agentErrorOf(unavailable, ref ?? newReference()), receipt: null };
  }

  async #writeRefusal(draft: Draft, refusal: Refusal): Promise<Receipt | 'failed'> {
    resetDraft(draft);
    draft.code = refusal.code;
    draft.outcome = refusal.code === 'unavailable' || refusal.code === 'integrity' ? 'error' : 'refused';
    draft.detail = [draft.detail, refusal.facts.detail].filter((text) => text != null).join('; ') || null;
    try {
      const recorded = await this.#safe.database.transaction(async (handle) => {
        const ownerKey = draft.actor.kind === 'token' ? draft.actor.ownerKey : null;
        const state = await readVerifiedState(handle, this.#safe, ownerKey);
        await disownEnded(handle, state, draft);
        return this.#append(handle, draft, { state, now: this.#now(state) });
      });
      this.#confirm(recorded, draft);
      return recorded.receipt;
    } catch (fault) {
      reportFault(newReference(), fault);
      return 'failed';
    }
  }

  async tools(): Promise<readonly ToolListing[]> {
    const token = await this.#currentToken();
    return listedTools(token, this.#safe.clock());
  }

  async identity(): Promise<TokenIdentity | null> {
    const token = await this.#currentToken();
    if (token === null) return null;
    const { isAgent, notAfter } = token.certificate;
    return { name: token.name, isAgent, expiresAt: notAfter };
  }

  /** The owner's key that this process trusts: the one in the token's bundle. Null without a usable token. */
  async ownerKey(): Promise<Uint8Array | null> {
    const token = await this.#currentToken();
    return token?.actor.kind === 'token' ? token.actor.ownerKey : null;
  }

  /** The token as it stands, or null where it is not usable. Courtesy only: nothing is decided by it. */
  async #currentToken(): Promise<OpenedToken | null> {
    try {
      const parts = readCredential(this.#options.credential);
      return await this.#safe.database.read(async (handle) => {
        const { token, state } = await this.#authenticator.open(handle, parts, () => undefined);
        await refuseUnusable(handle, token, { ...this.#freezes, now: this.#now(state) });
        return token;
      });
    } catch (error) {
      if (!(error instanceof Refusal)) reportFault(newReference(), error);
      return null;
    }
  }

  async close(): Promise<void> {
    const { suppressed } = this.#flood;
    if (suppressed > 0) {
      const origin = { client: { name: '', version: '' }, transport: this.#options.transport };
      const counted = new Refusal('limit_reached', { detail: `${String(suppressed)} refusals were only counted` });
      await this.#writeRefusal(newDraft({ kind: 'none' }, origin, 'call.unknown'), counted);
    }
    this.#authenticator.forget();
    this.#shelf.clear();
    this.#safe.close();
  }
}
