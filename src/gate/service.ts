/**
 * The agents' doors of one safe, for a server: one for each token, over the same file. A token is let in at every
 * request; what it opened before is kept while it is in use, and only for who presents the very same text.
 */
import type { Receipt } from '../core/shapes.js';
import { sha256, toHex, toUtf8 } from '../crypto/bytes.js';
import type { AgentDoor, Call, Credential, Refused } from './call.js';
import type { SharedLog } from './call-log.js';
import type { Places } from './door.js';
import { FLOOD, FloodGuard } from './flood.js';
import type { ExchangeAsked, Exchanged, ExchangePart } from './exchange.js';
import { Gate } from './gate.js';
import { checkHealth, type Health, newHealth } from './health.js';
import { newReference, reportFault } from './fault.js';
import { Recorder } from './recorder.js';
import { type Clock, openSafe, type Safe } from './safe.js';
import { readVerifiedState } from './verified-state.js';

/** A token that was let in. `key` is the same for the same text of a token, and tells nothing of it. */
export interface Admitted {
  readonly ok: true;
  readonly key: string;
  readonly door: AgentDoor;
}

export interface AgentService {
  /**
   * Lets whoever presents a credential in, or refuses with one entry. `call` is what they are about to ask, for that
   * entry alone. Never throws.
   */
  admit(credential: Credential, call: Call): Promise<Admitted | Refused>;
  /** A short-lived token of the one that is presented (RFC 8693); one entry. Never throws. */
  exchange(
    credential: Credential,
    asked: ExchangeAsked,
  ): Promise<Exchanged | (Refused & { readonly about: ExchangePart })>;
  /** Ends the short-lived token that is presented (RFC 7009); one entry. Never throws. */
  endExchange(
    credential: Credential,
    asked: Omit<Call, 'tool' | 'arguments'>,
  ): Promise<{ readonly ok: true; readonly receipt: Receipt } | Refused>;
  /** Someone was turned away before it was known who: the next entry states how many. */
  turnedAway(): void;
  /** Whether the safe can be read now. Never throws. */
  isReady(): Promise<boolean>;
  /** What is wrong with the safe, and whether all of it was looked at. */
  readonly health: Readonly<Health>;
  /** Told of the key of a token that is not let in any more, or that was not used for long. */
  onLeft: (key: string) => void;
  /** Records what is still to be recorded, and closes the safe. */
  close(): Promise<void>;
}

export interface ServiceOptions {
  readonly clock?: Clock;
  readonly verifyAfterMs?: number;
  /** Tokens whose keys are kept open at most. */
  readonly keptAtMost?: number;
}

const KEPT_AT_MOST = 4_096;
const REFUSED_KEPT_AT_MOST = 256;

/** Opens the safe for a server. Throws a `Refusal` where there is none or it cannot be opened. */
export async function openService(places: Places, options: ServiceOptions = {}): Promise<AgentService> {
  return new Service(await openSafe(places, options.clock), options);
}

class Service implements AgentService {
  readonly health = newHealth();
  onLeft: (key: string) => void = () => undefined;
  readonly #safe: Safe;
  readonly #log: SharedLog;
  /** The least recently used first. */
  readonly #gates = new Map<string, Gate>();
  readonly #keptAtMost: number;
  /** Those that were not let in last: they know how often that was recorded. */
  readonly #refused = new Map<string, Gate>();
  readonly #ending = new AbortController();
  /** Who presents no token that can be read. */
  readonly #nobody: Gate;

  constructor(safe: Safe, { verifyAfterMs, keptAtMost = KEPT_AT_MOST }: ServiceOptions) {
    this.#safe = safe;
    this.#keptAtMost = keptAtMost;
    this.#log = { recorder: new Recorder(safe), flood: new FloodGuard(FLOOD.none) };
    this.#nobody = this.#gateFor({ kind: 'absent', problem: 'no token was presented' });
    const { signal } = this.#ending;
    void checkHealth({
      safe,
      health: this.health,
      ownerKey: () => Promise.resolve(null),
      signal,
      afterMs: verifyAfterMs,
    });
  }

  #gateFor(credential: Credential): Gate {
    const { health } = this;
    return new Gate(this.#safe, { credential, transport: 'http', plainNeedsReason: true, health, log: this.#log });
  }

  async admit(credential: Credential, call: Call): Promise<Admitted | Refused> {
    const [key, gate] = this.#find(credential);
    const refused = await gate.admit(call);
    await this.#put(key, gate, { isIn: refused === null });
    return refused ?? { ok: true, key, door: gate };
  }

  /** What was opened for this very text, or is to be. */
  #find(credential: Credential): readonly [key: string, Gate] {
    if (credential.kind === 'absent') return ['', this.#nobody];
    const key = toHex(sha256(toUtf8(credential.text)));
    return [key, this.#gates.get(key) ?? this.#refused.get(key) ?? this.#gateFor(credential)];
  }

  /** Keeps what was opened, apart from what was not let in. */
  async #put(key: string, gate: Gate, { isIn }: { isIn: boolean }): Promise<void> {
    if (gate === this.#nobody) return;
    if (isIn) {
      this.#refused.delete(key);
      return this.#keep(key, gate);
    }
    if (this.#gates.delete(key)) {
      gate.forget();
      this.onLeft(key);
    }
    const dropped = putNewest(this.#refused, [key, gate], REFUSED_KEPT_AT_MOST);
    await dropped?.[1].close();
  }

  async exchange(credential: Credential, asked: ExchangeAsked): ReturnType<AgentService['exchange']> {
    const [key, gate] = this.#find(credential);
    const answer = await gate.exchange(asked);
    await this.#put(key, gate, { isIn: answer.ok || answer.about !== 'token' });
    return answer;
  }

  async endExchange(
    credential: Credential,
    asked: Omit<Call, 'tool' | 'arguments'>,
  ): ReturnType<AgentService['endExchange']> {
    const [key, gate] = this.#find(credential);
    const answer = await gate.endExchange(asked);
    await this.#put(key, gate, { isIn: false });
    return answer;
  }

  async #keep(key: string, gate: Gate): Promise<void> {
    const dropped = putNewest(this.#gates, [key, gate], this.#keptAtMost);
    if (dropped === undefined) return;
    this.onLeft(dropped[0]);
    await dropped[1].close();
  }

  async isReady(): Promise<boolean> {
    try {
      await this.#safe.database.read(async (handle) => readVerifiedState(handle, this.#safe, null));
      return true;
    } catch (error) {
      reportFault(newReference(), error);
      return false;
    }
  }

  turnedAway(): void {
    this.#log.flood.count();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    for (const gate of [...this.#gates.values(), ...this.#refused.values(), this.#nobody]) await gate.close();
    this.#safe.close();
  }
}

/** Puts an entry last, where the newest are; gives the oldest if there are more than `most` now. */
function putNewest<T>(map: Map<string, T>, [key, value]: readonly [string, T], most: number): [string, T] | undefined {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map;
  if (map.size <= most || oldest === undefined) return undefined;
  map.delete(oldest[0]);
  return oldest;
}
