/**
 * The gate: the one function through which every agent's call goes, over every transport and from the command line.
 * One call, one entry; the entry is on disk before the answer leaves; anything unexpected refuses.
 */
import type { Action, Transport } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import type { TokenParts } from '../crypto/token-string.js';
import type { Handle } from '../store/database.js';
import { useAnswerOf } from '../tools/answer.js';
import { type CatalogueEntry, findTool, LENDING } from '../tools/catalogue.js';
import { requestChange } from './access-request.js';
import type {
  Answer,
  Call,
  Credential,
  Granted,
  LentAnswer,
  LocalDoor,
  Refused,
  TokenIdentity,
  ToolListing,
} from './call.js';
import type { CallGround, Effect, RequestSide } from './call-ground.js';
import { CallLog, type SharedLog } from './call-log.js';
import { decide } from './decide.js';
import { describe, resetDraft } from './draft.js';
import { type Entered, Entrance, lookAgain } from './entrance.js';
import { type Draft, newDraft } from './entry-draft.js';
import { endExchange, type ExchangeAsked, type ExchangeGround, exchangeToken } from './exchange.js';
import { newReference, reportFault } from './fault.js';
import { listedTools } from './listing.js';
import { type OpenedToken, tokenRing } from './opened-token.js';
import { agentErrorOf, withRetry } from './refusals.js';
import { applyPlan, Moved } from './revisions.js';
import type { Recorded } from './recorder.js';
import { RuleBook } from './rules.js';
import type { Safe } from './safe.js';
import { Shelf } from './shelf.js';
import { takeReason } from './stated-reason.js';
import { readUnmoved } from './unmoved.js';
import { UsageWatch } from './usage.js';
import { settingOf, type VerifiedState } from './verified-state.js';
import { LentView } from './view.js';

const STARTS_AT_MOST = 50;
const KEEP_REVISIONS = 50;

/** What the snapshot gave: the result, and everything that must still hold under the lock. */
interface Prepared {
  readonly result: Readonly<Record<string, unknown>>;
  readonly token: OpenedToken;
  readonly state: VerifiedState;
  readonly view: LentView;
  /** Under which it was read. */
  readonly stamp: string | null;
}

/** A call of a tool, on its way. */
interface Attempt {
  readonly call: Call;
  readonly draft: Draft;
  readonly tool: CatalogueEntry | undefined;
}

/** A granted call, and what is to be done now that its entry is on disk. */
interface Attempted {
  readonly answer: Granted;
  readonly lent?: ReadonlyMap<string, string>;
  readonly effect?: Effect;
}

const NOTHING_LENT: ReadonlyMap<string, string> = new Map();

export interface GateOptions {
  readonly credential: Credential;
  readonly transport: Transport;
  /** Whether a token without the agent flag must give a reason too: over MCP yes, on the command line no. */
  readonly plainNeedsReason: boolean;
  /** How requests with a credential are made, where not as usual. */
  readonly requests?: RequestSide;
  /** Refuses everything once background verification has failed. */
  readonly health: { fault: string | null };
  /** What the doors of one process share, where it has several. */
  readonly log?: SharedLog;
}

export class Gate implements LocalDoor {
  readonly #safe: Safe;
  readonly #options: GateOptions;
  readonly #log: CallLog;
  readonly #entrance: Entrance;
  readonly #shelf: Shelf;
  readonly #usage = new UsageWatch();
  readonly #rules: RuleBook;

  constructor(safe: Safe, options: GateOptions) {
    this.#safe = safe;
    this.#options = options;
    this.#log = new CallLog(safe, options.transport, options.log);
    this.#entrance = new Entrance(safe, { ...options, log: this.#log });
    this.#shelf = new Shelf(safe.id);
    this.#rules = new RuleBook(safe.id);
  }

  async call(call: Call): Promise<Answer> {
    const draft = this.#draft(call, 'call.unknown');
    const tool = findTool(call.tool);
    try {
      const { answer, effect } = await this.#attempt(call, { draft, tool });
      return effect === undefined ? answer : await this.#carryOut(effect, answer, draft);
    } catch (error) {
      const answer = await this.#log.refuse(draft, error);
      return error instanceof Refusal && error.facts.retryable === true ? withRetry(answer, call) : answer;
    }
  }

  /**
   * Lets whoever holds the credential in: null. Where the token is not usable, it refuses with one entry, which tells what
   * was asked for.
   */
  async admit(call: Call): Promise<Refused | null> {
    const draft = this.#draft(call, 'call.unknown');
    try {
      describe(call, { draft, tool: findTool(call.tool) });
      const parts = this.#entrance.parts();
      const read = async (): Promise<Entered> =>
        this.#safe.database.glance(async (handle) => this.#entrance.enter(handle, parts, draft));
      await lookAgain(read);
      return null;
    } catch (error) {
      return this.#log.refuse(draft, error);
    }
  }

  /** As {@link exchangeToken}. */
  async exchange(asked: ExchangeAsked): ReturnType<typeof exchangeToken> {
    return exchangeToken(this.#exchangeGround, this.#draft(asked, 'token.exchange'), asked);
  }

  /** As {@link endExchange}. */
  async endExchange(asked: Pick<Call, 'client' | 'requestId' | 'address'>): ReturnType<typeof endExchange> {
    return endExchange(this.#exchangeGround, this.#draft(asked, 'token.exchange.end'));
  }

  get #exchangeGround(): ExchangeGround {
    return { safe: this.#safe, log: this.#log, entrance: this.#entrance, shelf: this.#shelf };
  }

  async lend(asked: Omit<Call, 'tool'>): Promise<LentAnswer> {
    const call = { ...asked, tool: LENDING.name };
    const draft = this.#draft(call, 'item.use');
    try {
      const { answer, lent = NOTHING_LENT } = await this.#attempt(call, { draft, tool: LENDING });
      return { ...answer, lent, end: async (detail) => this.#log.end(draft, { detail, isFault: false }) };
    } catch (error) {
      return this.#log.refuse(draft, error);
    }
  }

  #draft({ client, address, requestId }: Pick<Call, 'client' | 'requestId' | 'address'>, action: Action): Draft {
    const origin = { client, transport: this.#options.transport, ...(address === undefined ? {} : { address }) };
    return { ...newDraft({ kind: 'none' }, origin, action), requestId: requestId ?? null };
  }

  /** What follows the entry of a use, and the entry of its end. */
  async #carryOut(effect: Effect, answer: Granted, use: Draft): Promise<Answer> {
    let done: Answer;
    let detail: string;
    try {
      const { result, detail: said } = await effect();
      const isWhole = this.#options.transport === 'cli';
      done = { ok: true, result: useAnswerOf(result, isWhole), receipt: answer.receipt };
      detail = said;
    } catch (error) {
      const { refusal, ref } = this.#log.refusalFor(error);
      done = { ok: false, error: agentErrorOf(refusal, ref), receipt: answer.receipt };
      detail = [refusal.code, refusal.facts.detail].filter((text) => text !== undefined).join(': ');
    }
    try {
      await this.#log.end(use, { detail, isFault: !done.ok });
      return done;
    } catch (fault) {
      const ref = newReference();
      reportFault(ref, fault);
      const unrecorded = new Refusal('unavailable', { message: 'It was done, but its end could not be recorded.' });
      return { ok: false, error: agentErrorOf(unrecorded, ref), receipt: answer.receipt };
    }
  }

  /** Steps 2 to 8 of a call that may be granted; starts over if what it read has changed meanwhile. */
  async #attempt(call: Call, on: { draft: Draft; tool: CatalogueEntry | undefined }): Promise<Attempted> {
    const { draft, tool } = on;
    describe(call, { draft, tool });
    const parts = this.#entrance.parts();
    for (let start = 1; start <= STARTS_AT_MOST; start += 1) {
      try {
        const prepared = await this.#safe.database.glance(async (handle) =>
          this.#prepare(handle, { call, draft, parts, tool }),
        );
        const { lent, effect } = prepared.view.footprint;
        const answer = await this.#grant(prepared, draft);
        return { answer, ...(lent === undefined ? {} : { lent }), ...(effect === undefined ? {} : { effect }) };
      } catch (error) {
        if (!(error instanceof Moved)) throw error;
        resetDraft(draft);
        // the name may mean another item by now
        draft.isDecoy = false;
      }
    }
    throw new Refusal('unavailable', { detail: 'changed meanwhile, again and again', retryable: true });
  }

  /** On a snapshot, without the lock: authenticate, check reason and arguments, and run the tool in memory. */
  async #prepare(handle: Handle, on: Attempt & { parts: TokenParts }): Promise<Prepared> {
    const { call, draft, parts, tool } = on;
    const { token, state, now } = await this.#entrance.enter(handle, parts, draft);
    const { plainNeedsReason } = this.#options;
    const input = takeReason(call, tool, { token, draft, state, plainNeedsReason });
    if (tool === undefined)
      throw new Refusal('invalid_request', {
        message: 'There is no such tool.',
        next: 'Call one that tools/list names.',
      });
    const run = tool.prepare(input);
    const ring = tokenRing(token, now);
    const usage = await this.#usage.read(handle, token, { now, last: state.last.seq });
    const at = { handle, state, ring };
    const [safeId, shelf, rules] = [this.#safe.id, this.#shelf, this.#rules];
    const { requests = {} } = this.#options;
    const ground: CallGround = { safeId, shelf, rules, at, token, now, draft, usage, tool: tool.name, requests };
    const view = new LentView(ground);
    try {
      const result = await run(view);
      await this.#log.prepare(handle, draft, { state, now });
      return { result, token, state, view, stamp: handle.stamp };
    } finally {
      view.end();
    }
  }

  /** Under the lock: everything that was used is read and decided again, then changed, recorded and made durable. */
  async #grant(prepared: Prepared, draft: Draft): Promise<Granted> {
    try {
      const receipt = await this.#log.record(draft, async (handle) => this.#record(handle, prepared, draft));
      return { ok: true, result: prepared.result, receipt };
    } catch (error) {
      this.#usage.forget(prepared.token.id);
      throw error;
    }
  }

  async #record(handle: Handle, prepared: Prepared, draft: Draft): Promise<Recorded> {
    const { token, view } = prepared;
    const { footprint } = view;
    const { touched } = footprint;
    const again = await readUnmoved(handle, this.#safe, { ...prepared, touched });
    const now = this.#log.now(again);
    await this.#entrance.refuseUnusable(handle, token, now);
    const usage = await this.#usage.read(handle, token, { now, last: again.last.seq });
    await decide(handle, { token, footprint, draft, usage, uses: this.#safe.uses, now });
    const keep = Number(settingOf(again.value, 'item.keep_revisions') ?? KEEP_REVISIONS);
    for (const plan of footprint.plans) draft.changes.push(...(await applyPlan(handle, plan, keep)));
    if (footprint.request !== undefined)
      draft.changes.push(await requestChange(handle, footprint.request, { token: token.id, now }));
    draft.outcome = 'granted';
    // what it asked for by name stands in the entry as what it got
    draft.detail = footprint.purpose ?? null;
    return this.#log.grant(handle, draft, { state: again, now });
  }

  async tools(): Promise<readonly ToolListing[]> {
    const token = await this.#entrance.current();
    return listedTools(token, this.#safe.clock());
  }

  async identity(): Promise<TokenIdentity | null> {
    const token = await this.#entrance.current();
    if (token === null) return null;
    const { isAgent, notAfter } = token.certificate;
    return { name: token.name, isAgent, expiresAt: notAfter };
  }

  /** The owner's key that this process trusts: the one in the token's bundle. Null without a usable token. */
  async ownerKey(): Promise<Uint8Array | null> {
    const token = await this.#entrance.current();
    return token?.actor.kind === 'token' ? token.actor.ownerKey : null;
  }

  /** Records what is still to be recorded, and forgets what was opened. The safe stays open. */
  async close(): Promise<void> {
    await this.#log.close();
    this.forget();
  }

  /** Lets go of all that was opened; whoever comes in again opens it anew. */
  forget(): void {
    this.#entrance.forget();
    this.#shelf.clear();
    this.#rules.clear();
  }
}
