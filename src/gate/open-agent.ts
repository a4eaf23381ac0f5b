/** Opening the agent's door. It opens without a usable token, and without a safe: then every call is refused. */
import type { Transport } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import { CATALOGUE } from '../tools/catalogue.js';
import { readCredential } from './authenticate.js';
import type { Answer, Call, Credential, LentAnswer, LocalDoor, Refused, TokenIdentity, ToolListing } from './call.js';
import type { Places } from './door.js';
import { newReference, reportFault } from './fault.js';
import type { RequestSide } from './call-ground.js';
import { Gate } from './gate.js';
import { checkHealth, type HealthCheck, newHealth } from './health.js';
import { listingOf } from './listing.js';
import { agentErrorOf } from './refusals.js';
import { type Clock, openSafe, type Safe } from './safe.js';

/** Where the agent is; the clock and the delay of background verification are for tests to turn. */
export interface AgentSide {
  readonly transport: Transport;
  readonly clock?: Clock;
  readonly verifyAfterMs?: number;
  readonly requests?: RequestSide;
}

/** The agent's door of a safe, for one credential on one transport. */
export async function openAgent(places: Places, credential: Credential, side: AgentSide): Promise<LocalDoor> {
  return Promise.resolve(new LateGate(places, credential, side));
}

/** Opens the safe at the first call, and at each call again while that fails: it may be made or mended meanwhile. */
class LateGate implements LocalDoor {
  readonly #places: Places;
  readonly #credential: Credential;
  readonly #side: AgentSide;
  readonly #ending = new AbortController();
  #gate: Promise<Gate> | null = null;
  #safe: Safe | null = null;

  constructor(places: Places, credential: Credential, side: AgentSide) {
    this.#places = places;
    this.#credential = credential;
    this.#side = side;
  }

  async #open(): Promise<Gate> {
    this.#gate ??= this.#begin();
    try {
      return await this.#gate;
    } catch (error) {
      this.#gate = null;
      throw error;
    }
  }

  async #begin(): Promise<Gate> {
    const { transport, clock } = this.#side;
    const safe = await openSafe(this.#places, clock);
    const health = newHealth();
    const isServer = transport === 'stdio' || transport === 'http';
    const { requests = {} } = this.#side;
    const options = { credential: this.#credential, transport, plainNeedsReason: isServer, health, requests };
    const gate = new Gate(safe, options);
    this.#safe = safe;
    if (isServer) void this.#watch({ safe, health, ownerKey: async () => (await gate.ownerKey()) ?? undefined });
    return gate;
  }

  async #watch(of: Pick<HealthCheck, 'safe' | 'health' | 'ownerKey'>): Promise<void> {
    await checkHealth({ ...of, signal: this.#ending.signal, afterMs: this.#side.verifyAfterMs });
  }

  async call(call: Call): Promise<Answer> {
    const gate = await this.#openOrRefuse();
    return gate instanceof Gate ? gate.call(call) : gate;
  }

  async lend(call: Omit<Call, 'tool'>): Promise<LentAnswer> {
    const gate = await this.#openOrRefuse();
    return gate instanceof Gate ? gate.lend(call) : gate;
  }

  async #openOrRefuse(): Promise<Gate | Refused> {
    try {
      return await this.#open();
    } catch (error) {
      return closed(this.#credential, error);
    }
  }

  async tools(): Promise<readonly ToolListing[]> {
    const gate = await this.#openOrNull();
    return gate === null ? CATALOGUE.map(listingOf) : gate.tools();
  }

  async identity(): Promise<TokenIdentity | null> {
    return (await this.#openOrNull())?.identity() ?? null;
  }

  async #openOrNull(): Promise<Gate | null> {
    try {
      return await this.#open();
    } catch (error) {
      if (!(error instanceof Refusal)) reportFault(newReference(), error);
      return null;
    }
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await (await this.#gate?.catch(() => null))?.close();
    this.#safe?.close();
  }
}

/** Without a safe there is no log to write to, so nothing is given and there is no receipt. */
function closed(credential: Credential, error: unknown): Refused {
  const ref = newReference();
  reportFault(ref, error instanceof Refusal ? `the safe cannot be opened: ${error.message}` : error);
  try {
    readCredential(credential);
  } catch (fault) {
    if (fault instanceof Refusal) return { ok: false, error: agentErrorOf(fault, null), receipt: null };
  }
  const message = 'The safe cannot be opened.';
  const refusal = new Refusal('unavailable', { message, next: 'Tell the user to run: vouchsafe info' });
  return { ok: false, error: agentErrorOf(refusal, ref), receipt: null };
}
