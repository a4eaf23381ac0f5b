/** The log as the owner reads it: payloads opened through the session keys that were sealed to the owner. */
import { isoTime } from '../core/expiry.js';
import { type Action, ACTIONS, type Outcome, type Transport } from '../core/model.js';
import { EXIT_STATUS, Refusal, type RefusalCode } from '../core/refusal.js';
import type { EntryShape } from '../core/shapes.js';
import { fromUtf8, integrityFailure, sameBytes, sha256, toHex } from '../crypto/bytes.js';
import { logSession } from '../crypto/chain.js';
import { decrypt, unpad } from '../crypto/envelope.js';
import { contexts } from '../crypto/keys.js';
import { openSealed } from '../crypto/sealed-box.js';
import { type EntryRow } from '../store/audit.js';
import { readSession } from '../store/log.js';
import type { Client } from './door.js';
import { allVaults } from './naming.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import type { Payload } from './recorder.js';
import { tokenNames } from './token-reader.js';

/** The last moment that a date can name. */
const LAST_MOMENT = Date.UTC(9999, 11, 31);

interface OpenedSession {
  readonly key: Uint8Array;
  readonly client: Client;
  readonly transport: Transport;
}

/** An entry with what stands sealed in it. */
export interface OpenedEntry {
  readonly row: EntryRow;
  readonly payload: Payload;
  readonly session: OpenedSession;
}

function openUnder(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Readonly<Record<string, unknown>> {
  if (sealed.length < 12) throw integrityFailure('a sealed part of the log is cut');
  const opened = decrypt({ key, nonce: sealed.subarray(0, 12), aad }, sealed.subarray(12));
  const parsed: unknown = JSON.parse(fromUtf8(unpad(opened)));
  if (typeof parsed !== 'object' || parsed === null)
    throw integrityFailure('a sealed part of the log has another form');
  return parsed as Record<string, unknown>;
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** Opens entries for the owner; sessions are opened once. */
export class EntryReader {
  readonly #core: OwnerCore;
  readonly #sessions = new Map<string, OpenedSession>();

  constructor(core: OwnerCore) {
    this.#core = core;
  }

  async open(ground: OwnerGround, row: EntryRow): Promise<OpenedEntry> {
    const session = await this.#session(ground, row.session);
    const aad = contexts.payload(this.#core.safe.id, row.session, row.seq);
    const said = openUnder(session.key, aad, row.payload);
    const payload: Payload = {
      v: 1,
      reason: textOrNull(said['reason']),
      signals: texts(said['signals']),
      tool: textOrNull(said['tool']),
      fields: texts(said['fields']),
      vault: textOrNull(said['vault']),
      title: textOrNull(said['title']),
      request: textOrNull(said['request']),
      detail: textOrNull(said['detail']),
    };
    return { row, payload, session };
  }

  async #session(ground: OwnerGround, hash: Uint8Array): Promise<OpenedSession> {
    const known = this.#sessions.get(toHex(hash));
    if (known !== undefined) return known;
    const row = await readSession(ground.handle, hash);
    if (row === null || !sameBytes(sha256(row.signed), hash))
      throw integrityFailure('a session of the log is missing or was changed');
    const safeId = this.#core.safe.id;
    const session = logSession.decode(safeId, row.signed);
    const key = openSealed(this.#core.keys.agreement, contexts.sessionKey(safeId, session.id), session.key);
    const facts = openUnder(key, contexts.sessionFacts(safeId, session.id), session.facts);
    const opened = { key, client: clientOf(facts['client']), transport: transportOf(facts['transport']) };
    this.#sessions.set(toHex(hash), opened);
    return opened;
  }

  /** A row that its token sealed so that nobody can read it is shown as such, and marked `unreadable`. */
  async openOrUnreadable(ground: OwnerGround, row: EntryRow): Promise<OpenedEntry> {
    try {
      return await this.open(ground, row);
    } catch (error) {
      if (error instanceof Refusal && error.code !== 'integrity') throw error;
      const nothing = { reason: null, tool: null, fields: [], vault: null, title: null, request: null, detail: null };
      const session = { key: new Uint8Array(0), client: { name: '', version: '' }, transport: 'cli' as const };
      return { row, payload: { v: 1, signals: ['unreadable'], ...nothing }, session };
    }
  }

  /** Entries as they are printed; names of tokens are those of their newest certificates. */
  async shapes(ground: OwnerGround, rows: readonly EntryRow[]): Promise<readonly EntryShape[]> {
    const names = await tokenNames(this.#core, ground);
    const vaults = new Map<string, string | null>();
    const shapes: EntryShape[] = [];
    for (const row of rows) {
      if (row.vault !== null && !vaults.has(row.vault)) vaults.set(row.vault, await this.#vaultName(ground, row.vault));
      const opened = await this.openOrUnreadable(ground, row);
      shapes.push(
        shapeOf(opened, { actor: names.get(row.actor ?? '') ?? null, vault: vaults.get(row.vault ?? '') ?? null }),
      );
    }
    return shapes;
  }

  async #vaultName(ground: OwnerGround, vault: string): Promise<string | null> {
    const named = (await allVaults(this.#core, ground)).find(({ id }) => id === vault);
    return named?.name ?? null;
  }
}

function clientOf(value: unknown): Client {
  const isClient = typeof value === 'object' && value !== null && 'name' in value && 'version' in value;
  return isClient ? { name: String(value.name), version: String(value.version) } : { name: '', version: '' };
}

function transportOf(value: unknown): Transport {
  return value === 'stdio' || value === 'http' || value === 'console' ? value : 'cli';
}

function shapeOf(
  { row, payload, session }: OpenedEntry,
  names: { actor: string | null; vault: string | null },
): EntryShape {
  return {
    seq: row.seq,
    at: isoTime(Math.min(row.at, LAST_MOMENT)),
    actor: { kind: actorKindOf(row.actorKind), id: row.actor, name: names.actor },
    action: actionOf(row.action),
    outcome: outcomeOf(row.outcome),
    ...(row.code === null ? {} : { code: codeOf(row.code) }),
    ...(row.vault === null ? {} : { vault: { id: row.vault, name: payload.vault ?? names.vault } }),
    ...(row.item === null ? {} : { item: { id: row.item, title: payload.title } }),
    fields: payload.fields,
    reason: payload.reason,
    signals: payload.signals,
    client: session.client,
    transport: session.transport,
    ...(row.grant === null ? {} : { grant_id: row.grant }),
    hash: toHex(row.hash),
  };
}

function actorKindOf(text: string): 'token' | 'owner' | 'none' {
  return text === 'token' || text === 'owner' ? text : 'none';
}

function actionOf(text: string): Action {
  const action = ACTIONS.find((candidate) => candidate === text);
  return action ?? 'call.unknown';
}

function outcomeOf(text: string): Outcome {
  if (text === 'granted' || text === 'refused' || text === 'error') return text;
  return 'error';
}

function codeOf(text: string): RefusalCode {
  const known = Object.keys(EXIT_STATUS).find((code): code is RefusalCode => code === text);
  return known ?? 'unavailable';
}
