/** A log in which everything stands that a log can hold, and the keys of all who wrote it, for whoever damages it. */
import type { AgentDoor } from '../../src/gate/call.js';
import { appendEntry, type Holder, mustHold } from './attacker.js';
import { type Copy, copyOf } from './copies.js';
import { type Raw, readRaw, rowsOf, withRaw } from './raw.js';
import { ask, byName, makeSafe, type TestSafe } from './safe.js';

const DAY = 24 * 3_600_000;

/** Each wrote something while it could: `revoked` has ended since, `renewed` has another epoch now. */
export const HOLDERS = ['reader', 'editor', 'one', 'revoked', 'renewed', 'brief'] as const;
export type HolderName = (typeof HOLDERS)[number];

export interface FullLog {
  readonly safe: TestSafe;
  /** Of the file as it is once all doors are closed. */
  readonly copy: Copy;
  /** With the keys that each had in its first epoch. */
  readonly holders: Readonly<Record<HolderName, Holder>>;
  readonly tokens: Readonly<Record<HolderName, string>>;
  /** The first entry of which a condition in SQL holds, before any damage; `nth` is for a later one, -1 for the last. */
  seq(where: string, nth?: number): number;
  readonly last: number;
  end(): Promise<void>;
}

class Furnisher {
  readonly safe: TestSafe;
  readonly tokens: Record<string, string> = {};
  readonly holders: Record<string, Holder> = {};
  readonly #doors = new Map<string, AgentDoor>();

  constructor(safe: TestSafe) {
    this.safe = safe;
  }

  async token(name: string, vault: string | null, role = 'viewer', expiration?: string): Promise<void> {
    const { owner, places, file } = this.safe;
    const vaults = vault === null ? [] : [byName(vault)];
    const facts = { name, isAgent: true, vaults, role, ...(expiration === undefined ? {} : { expiration }) };
    const { token } = await owner.createToken(facts);
    this.tokens[name] = token;
    this.holders[name] = mustHold(places, rowsOf(file), token);
  }

  async call(name: string, tool: string, input: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const door = this.#doors.get(name) ?? (await this.safe.agent(this.tokens[name] ?? name));
    this.#doors.set(name, door);
    await ask(door, tool, input);
  }

  async reads(name: string, item: string, times = 1): Promise<void> {
    for (let n = 0; n < times; n += 1) await this.call(name, 'get_item', { item, fields: ['password'] });
  }
}

async function items({ safe: { owner } }: Furnisher): Promise<void> {
  for (const name of ['Work', 'Home']) await owner.createVault({ name });
  for (const [vault, title] of [
    ['Work', 'A'],
    ['Work', 'B'],
    ['Home', 'C'],
    ['Work', 'Moved'],
    ['Work', 'Binned'],
    ['Work', 'Gone'],
  ] as const)
    await owner.createItem(byName(vault), {
      type: 'login',
      title,
      fields: [{ name: 'password', value: `of ${title}` }],
    });
}

async function agents(log: Furnisher): Promise<void> {
  const { owner } = log.safe;
  await log.token('reader', 'Work');
  await log.token('editor', 'Work', 'editor');
  await log.token('one', null);
  await log.token('revoked', 'Home', 'editor');
  await log.token('renewed', 'Home', 'editor');
  await log.token('brief', 'Work', 'viewer', '30d');
  await owner.grant({ token: byName('one'), vault: byName('Home'), item: byName('C') });
  await owner.grant({ token: byName('one'), vault: byName('Work'), item: byName('B') });
  await owner.grant({ token: byName('reader'), vault: byName('Home'), expiration: '20d' });
  await log.reads('reader', 'A', 2);
  await log.call('reader', 'update_item', { item: 'A', set: { password: 'no' } });
  for (const value of ['second', 'third'])
    await log.call('editor', 'update_item', { item: 'A', set: { password: value } });
  await log.reads('one', 'C');
  await log.reads('brief', 'B');
  await log.call('revoked', 'update_item', { item: 'C', set: { password: 'by revoked' } });
  await log.call('renewed', 'update_item', { item: 'C', set: { password: 'by renewed' } });
  await log.call('no token at all', 'whoami');
  await log.call('reader', 'no_such_tool');
}

async function decisions(log: Furnisher): Promise<void> {
  const { owner } = log.safe;
  await owner.renameToken(byName('editor'), 'editor of old');
  await owner.renewToken(byName('renewed'), { rotate: false });
  await owner.deleteToken(byName('revoked'), { rotate: true });
  await owner.revoke({ token: byName('one'), vault: byName('Work'), item: byName('B'), rotate: true });
  await owner.setSetting('item.keep_revisions', '2');
  for (const value of ['fourth', 'fifth']) await owner.updateItem({ item: byName('A') }, { set: { password: value } });
  await owner.moveItem({ item: byName('Moved') }, byName('Home'));
  await owner.trashItem({ item: byName('Binned') });
  await owner.restoreItem({ item: byName('Binned'), trashed: true });
  await owner.trashItem({ item: byName('Binned') });
  await owner.deleteItem({ item: byName('Gone') });
  await owner.updateVault(byName('Home'), { name: 'House' });
  freezeWithoutKey(log);
  await log.reads('reader', 'A');
  await owner.unfreezeToken(byName('reader'));
}

/** A freeze that nobody signed, as `vouchsafe restore` makes one. */
function freezeWithoutKey({ safe, holders }: Furnisher): void {
  const { safeId, id, bundle } = holders['reader'] ?? noHolder();
  const nobody = { kind: 'none', id: null, epoch: null, sign: null } as const;
  const freeze = { kind: 'freeze', id, revision: 0, hash: null, before: null };
  const by = { safeId, ownerKey: bundle.ownerAgreementKey, signer: nobody };
  withRaw(safe.file, (db) => appendEntry(db, by, { action: 'token.freeze', changes: [freeze] }));
}

function noHolder(): never {
  throw new Error('no holder');
}

/** Makes such a log in a safe of its own. `late` is done with the owner's door still open, before the last entries. */
export async function fullLog(late: (safe: TestSafe) => Promise<void> = () => Promise.resolve()): Promise<FullLog> {
  const safe = await makeSafe();
  const log = new Furnisher(safe);
  await items(log);
  await agents(log);
  safe.clock.now += DAY;
  await safe.owner.checkpoint();
  await decisions(log);
  await log.call('editor', 'update_item', { item: 'B', set: { password: 'of editor' } });
  await log.reads('one', 'C');
  await safe.owner.checkpoint();
  safe.clock.now += DAY;
  await late(safe);
  await log.reads('one', 'C', 2);
  await log.call('reader', 'whoami');
  await log.call('another who has none', 'whoami');
  await log.reads('reader', 'A', 3);
  await safe.owner.close();
  const copy = copyOf(safe);
  const seq = (where: string, nth = 0): number => {
    const found = readRaw(safe.file, (db) => seqsWhere(db, where)).at(nth);
    if (found === undefined) throw new Error(`no entry: ${where}`);
    return found;
  };
  const last = seq('1', -1);
  return {
    ...{ safe, copy, seq, last },
    holders: log.holders as FullLog['holders'],
    tokens: log.tokens as FullLog['tokens'],
    async end() {
      copy.end();
      await safe.end();
    },
  };
}

function seqsWhere(db: Raw, where: string): readonly number[] {
  return db.prepare(`SELECT seq FROM entry WHERE ${where} ORDER BY seq`).pluck().all() as number[];
}
