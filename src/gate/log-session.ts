import { hostname } from 'node:os';
import { randomBytes, randomId, sha256, toHex, toUtf8 } from '../crypto/bytes.js';
import { logSession } from '../crypto/chain.js';
import { encrypt, pad } from '../crypto/envelope.js';
import { contexts, newKey } from '../crypto/keys.js';
import { sealTo } from '../crypto/sealed-box.js';
import { insertSession } from '../store/log.js';
import type { Handle } from '../store/database.js';
import type { Origin } from './door.js';
import { VERSION } from './version.js';

const ENTRIES_AT_MOST = 2 ** 20;

/** Sessions that a process keeps open; one that is needed again after that begins anew. */
const KEPT_AT_MOST = 4_096;

/** A session of the log: one process, one actor, one client. Its key is sealed to the owner. */
export interface LogSession {
  readonly hash: Uint8Array;
  readonly signed: Uint8Array;
  readonly key: Uint8Array;
  entries: number;
  /** Up to where the log was archived when its row was last committed; null before that. An archive may take it away. */
  writtenAt: number | null;
}

/** Encrypts under a session's or log key with a random nonce in front. Plaintext is padded to 64. */
export function sealUnder(key: Uint8Array, aad: Uint8Array, data: Uint8Array): Uint8Array {
  const nonce = randomBytes(12);
  return Buffer.concat([nonce, encrypt({ key, nonce, aad }, pad(data))]);
}

/** The sessions that this process writes, by actor and client. */
export class LogSessions {
  readonly #safeId: string;
  readonly #open = new Map<string, LogSession>();

  constructor(safeId: string) {
    this.#safeId = safeId;
  }

  /** The session of an actor and its client; its row is inserted with the first entry that is committed. */
  async enter(
    handle: Handle,
    who: { actor: string; origin: Origin; ownerKey: Uint8Array; at: number; archived: number },
  ): Promise<LogSession> {
    const name = JSON.stringify([who.actor, who.origin, toHex(who.ownerKey)]);
    const known = this.#open.get(name);
    const session = known !== undefined && known.entries < ENTRIES_AT_MOST ? known : this.#begin(who);
    this.#open.delete(name);
    this.#open.set(name, session);
    const [oldest] = this.#open.keys();
    if (this.#open.size > KEPT_AT_MOST && oldest !== undefined) this.#open.delete(oldest);
    if (session.writtenAt !== who.archived) await insertSession(handle, session);
    return session;
  }

  #begin(who: { origin: Origin; ownerKey: Uint8Array; at: number }): LogSession {
    const id = randomId();
    const key = newKey();
    const facts = toUtf8(JSON.stringify(factsOf(who.origin)));
    const signed = logSession.encode(this.#safeId, {
      id,
      at: who.at,
      key: sealTo(who.ownerKey, contexts.sessionKey(this.#safeId, id), key),
      facts: sealUnder(key, contexts.sessionFacts(this.#safeId, id), facts),
    });
    return { hash: sha256(signed), signed, key, entries: 0, writtenAt: null };
  }
}

function factsOf({ client, transport, address }: Origin): Record<string, unknown> {
  return {
    client,
    transport,
    ...(address === undefined ? {} : { address }),
    pid: process.pid,
    uid: process.getuid?.() ?? null,
    host: hostname(),
    program: VERSION,
  };
}
