/** What stands sealed in the log, opened with the owner's key; sessions are opened once. */
import { ROLES, type Transport } from '../core/model.js';
import type { AccessRequest } from '../core/request.js';
import { Refusal } from '../core/refusal.js';
import { fromUtf8, integrityFailure, sameBytes, sha256, toHex } from '../crypto/bytes.js';
import { logSession } from '../crypto/chain.js';
import { decrypt, unpad } from '../crypto/envelope.js';
import type { KeyPair } from '../crypto/key-pair.js';
import { contexts } from '../crypto/keys.js';
import { type PayloadOpener, payloadOpener } from '../crypto/payload.js';
import { openSealedByAny } from '../crypto/sealed-box.js';
import type { Handle } from '../store/database.js';
import { readSession } from '../store/log.js';
import type { Client } from './door.js';
import type { UseAsked } from './recorder.js';

/** What stands sealed in an entry, as it was read: whoever holds a token can seal anything there. */
export interface ReadPayload {
  readonly reason: string | null;
  readonly signals: readonly string[];
  readonly tool: string | null;
  readonly fields: readonly string[];
  readonly vault: string | null;
  readonly title: string | null;
  readonly request: string | null;
  readonly detail: string | null;
  readonly asked: AccessRequest | null;
  readonly use: UseAsked | null;
  /** The short-lived token that it was done with. */
  readonly exchange: string | null;
}

export interface OpenedSession {
  /** The key that its entries are sealed under; a proof hands it over. */
  readonly key: Uint8Array;
  readonly client: Client;
  readonly transport: Transport;
  /** From where, as the server saw it; null where there was no address. */
  readonly address: string | null;
  readonly open: PayloadOpener;
}

/** An entry's sealed part and where it was sealed. */
export interface Sealed {
  readonly seq: number;
  readonly session: Uint8Array;
  readonly payload: Uint8Array;
}

export interface OpenedPayload {
  readonly payload: ReadPayload;
  readonly session: Pick<OpenedSession, 'client' | 'transport' | 'address'>;
}

const NONCE = 12;

const UNREADABLE: OpenedPayload = {
  payload: {
    ...{ reason: null, signals: ['unreadable'], tool: null, fields: [] },
    ...{ vault: null, title: null, request: null, detail: null, asked: null, use: null, exchange: null },
  },
  session: { client: { name: '', version: '' }, transport: 'cli', address: null },
};

export class PayloadReader {
  readonly #safeId: string;
  readonly #owner: readonly KeyPair[];
  readonly #sessions = new Map<string, OpenedSession>();

  /** `owner`: the pairs that sessions were sealed to, the likeliest first. */
  constructor(safeId: string, owner: readonly KeyPair[]) {
    this.#safeId = safeId;
    this.#owner = owner;
  }

  /** The payloads of entries, in their order. One that its token sealed so that nobody can read it is `unreadable`. */
  async openAll(handle: Handle, rows: readonly Sealed[]): Promise<readonly OpenedPayload[]> {
    for (const row of rows) if (!this.#sessions.has(toHex(row.session))) await this.#sessionOrNull(handle, row.session);
    return rows.map((row) => this.#open(row));
  }

  /** The names of the clients of entries, by the name of their session. */
  async clients(
    handle: Handle,
    rows: readonly { readonly session: Uint8Array }[],
  ): Promise<ReadonlyMap<string, string>> {
    const clients = new Map<string, string>();
    for (const { session } of rows) {
      const name = toHex(session);
      if (!clients.has(name)) clients.set(name, (await this.#sessionOrNull(handle, session))?.client.name ?? '');
    }
    return clients;
  }

  async #sessionOrNull(handle: Handle, hash: Uint8Array): Promise<OpenedSession | null> {
    try {
      return await this.session(handle, hash);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'integrity') return null;
      throw error;
    }
  }

  #open({ seq, session: name, payload }: Sealed): OpenedPayload {
    const session = this.#sessions.get(toHex(name));
    if (session === undefined) return UNREADABLE;
    try {
      return { payload: payloadOf(jsonObject(session.open(seq, payload))), session };
    } catch (error) {
      if (error instanceof Refusal && error.code === 'integrity') return UNREADABLE;
      throw error;
    }
  }

  /** A session of the log; one that is missing or was changed is an integrity failure. */
  async session(handle: Handle, hash: Uint8Array): Promise<OpenedSession> {
    const name = toHex(hash);
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const row = await readSession(handle, hash);
    if (row === null || !sameBytes(sha256(row.signed), hash))
      throw integrityFailure('a session of the log is missing or was changed');
    const opened = this.#openSession(hash, row.signed);
    this.#sessions.set(name, opened);
    return opened;
  }

  #openSession(hash: Uint8Array, signed: Uint8Array): OpenedSession {
    const { id, key: sealedKey, facts } = logSession.decode(this.#safeId, signed);
    const key = openSealedByAny(this.#owner, contexts.sessionKey(this.#safeId, id), sealedKey);
    const aad = contexts.sessionFacts(this.#safeId, id);
    if (facts.length < NONCE) throw integrityFailure('the facts of a session are cut');
    const said = jsonObject(unpad(decrypt({ key, nonce: facts.subarray(0, NONCE), aad }, facts.subarray(NONCE))));
    const [client, transport] = [clientOf(said['client']), transportOf(said['transport'])];
    return {
      key,
      client,
      transport,
      address: textOrNull(said['address']),
      open: payloadOpener(this.#safeId, hash, key),
    };
  }
}

function jsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const parsed = parse(fromUtf8(bytes));
  if (typeof parsed !== 'object' || parsed === null)
    throw integrityFailure('a sealed part of the log has another form');
  return parsed as Record<string, unknown>;
}

/** Undefined for what is no JSON: whoever sealed it can have sealed anything. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

function payloadOf(said: Readonly<Record<string, unknown>>): ReadPayload {
  return {
    reason: textOrNull(said['reason']),
    signals: texts(said['signals']),
    tool: textOrNull(said['tool']),
    fields: texts(said['fields']),
    vault: textOrNull(said['vault']),
    title: textOrNull(said['title']),
    request: textOrNull(said['request']),
    detail: textOrNull(said['detail']),
    asked: askedOf(said['asked']),
    use: useOf(said['use']),
    exchange: textOrNull(said['exchange']),
  };
}

/** The use of an entry, as far as it has the form of one. */
function useOf(value: unknown): UseAsked | null {
  if (typeof value !== 'object' || value === null) return null;
  const said: Readonly<Record<string, unknown>> = { ...value };
  const { tool, subject, purpose } = said;
  const isUse = typeof tool === 'string' && typeof subject === 'string' && typeof purpose === 'string';
  return isUse ? { tool, subject, purpose, secrets: texts(said['secrets']) } : null;
}

/** The request of an entry, as far as it has the form of one. */
function askedOf(value: unknown): AccessRequest | null {
  if (typeof value !== 'object' || value === null) return null;
  const said: Readonly<Record<string, unknown>> = { ...value };
  const role = ROLES.find((known) => known === said['role']);
  if (role === undefined) return null;
  const text = (name: string): string | undefined => textOrNull(said[name]) ?? undefined;
  const maxUses = typeof said['maxUses'] === 'number' ? said['maxUses'] : undefined;
  return { vault: text('vault'), item: text('item'), role, expiration: text('expiration'), maxUses };
}

function clientOf(value: unknown): Client {
  const isClient = typeof value === 'object' && value !== null && 'name' in value && 'version' in value;
  return isClient
    ? { name: textOrNull(value.name) ?? '', version: textOrNull(value.version) ?? '' }
    : { name: '', version: '' };
}

function transportOf(value: unknown): Transport {
  return value === 'stdio' || value === 'http' || value === 'console' ? value : 'cli';
}
