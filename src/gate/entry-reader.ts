/** The log as the owner reads it: entries as they are printed. */
import { isoTime } from '../core/expiry.js';
import { type Action, ACTIONS, type Outcome } from '../core/model.js';
import { EXIT_STATUS, type RefusalCode } from '../core/refusal.js';
import type { EntryShape } from '../core/shapes.js';
import { toHex } from '../crypto/bytes.js';
import { type EntryRow } from '../store/audit.js';
import { allVaults } from './naming.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { agreementsOf } from './owner-keys.js';
import { type OpenedPayload, PayloadReader } from './payload-reader.js';
import { tokenNames } from './token-reader.js';

/** The last moment of a year of four digits. */
const LAST_MOMENT = Date.UTC(9999, 11, 31);

/** An entry with what stands sealed in it. */
export interface OpenedEntry extends OpenedPayload {
  readonly row: EntryRow;
}

/** Opens entries for the owner. */
export class EntryReader {
  readonly #core: OwnerCore;
  readonly #payloads: PayloadReader;
  #names: Promise<ReadonlyMap<string, string>> | null = null;
  #vaults: Promise<ReadonlyMap<string, string>> | null = null;

  constructor(core: OwnerCore) {
    this.#core = core;
    this.#payloads = new PayloadReader(core.safe.id, agreementsOf(core.keys));
  }

  async open({ handle }: OwnerGround, row: EntryRow): Promise<OpenedEntry> {
    const [opened] = await this.#payloads.openAll(handle, [row]);
    if (opened === undefined) throw new Error('an entry was not opened');
    return { row, ...opened };
  }

  /** Entries as they are printed; names of tokens and vaults are those of now. */
  async shapes(ground: OwnerGround, rows: readonly EntryRow[]): Promise<readonly EntryShape[]> {
    const opened = await this.#payloads.openAll(ground.handle, rows);
    const shapes: EntryShape[] = [];
    for (const [i, row] of rows.entries()) {
      const one = opened[i];
      if (one !== undefined) shapes.push(shapeOf({ row, ...one }, await this.#namesOf(ground, row)));
    }
    return shapes;
  }

  async #namesOf(ground: OwnerGround, row: EntryRow): Promise<{ actor: string | null; vault: string | null }> {
    const names = row.actor === null ? null : await (this.#names ??= tokenNames(this.#core, ground));
    const vaults = row.vault === null ? null : await (this.#vaults ??= vaultNames(this.#core, ground));
    return { actor: names?.get(row.actor ?? '') ?? null, vault: vaults?.get(row.vault ?? '') ?? null };
  }
}

async function vaultNames(core: OwnerCore, ground: OwnerGround): Promise<ReadonlyMap<string, string>> {
  return new Map((await allVaults(core, ground)).map(({ id, name }) => [id, name]));
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
