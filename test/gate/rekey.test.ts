/** Every key changes, and everything else stays: what is kept, who may do what, what the log says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ItemContent } from '../../src/core/model.js';
import { open } from '../../src/crypto/envelope.js';
import { signer } from '../../src/crypto/key-pair.js';
import { contexts } from '../../src/crypto/keys.js';
import { openSealedByAny } from '../../src/crypto/sealed-box.js';
import type { Answer, LocalDoor } from '../../src/gate/call.js';
import type { OwnerDoor, Rekeyed } from '../../src/gate/door.js';
import { agreementsOf, type OwnerKeys } from '../../src/gate/owner-keys.js';
import { restoreSafe } from '../../src/gate/restore.js';
import { openOwner } from '../../src/gate/open.js';
import { judge } from '../support/damage.js';
import { faultyOwnerOf, ownerCoreOf } from '../support/faulty-owner.js';
import { captureStderr, dump, lastSeq, refusedWith } from '../support/gate-rig.js';
import { allOf, type Cells, readRaw, rowsOf, withRaw } from '../support/raw.js';
import { forgeRevision, gainedKeys, itemKeyFrom, mustHold, plant } from '../support/attacker.js';
import { ask, byName, codeOf, makeSafe, ORIGIN, type TestSafe } from '../support/safe.js';

captureStderr();
const NEXT = 'another quiet lantern 9 harbour';
const FORGED: ItemContent = { type: 'login', title: 'B', fields: [], tags: [] };
const THIRD = 'yet another lantern 5 in the harbour';
let safe: TestSafe & { recoveryCode: string | null };
let folder: string;
let tokens: Readonly<Record<'reader' | 'writer' | 'narrow' | 'frozen', string>>;

beforeEach(async () => {
  safe = await makeSafe({ recovery: true });
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-rekey-'));
  const { owner } = safe;
  await owner.createVault({ name: 'V' });
  for (const title of ['A', 'B', 'C', 'D'])
    await owner.createItem(byName('V'), { type: 'login', title, fields: [{ name: 'password', value: `of-${title}` }] });
  const made = async (name: string, vaults: readonly string[], role = 'viewer'): Promise<string> =>
    (await safe.token(name, vaults, role)).token;
  tokens = {
    reader: await made('reader', ['V']),
    writer: await made('writer', ['V', 'Personal'], 'editor'),
    narrow: await made('narrow', []),
    frozen: await made('frozen', ['V']),
  };
  await owner.grant({ token: byName('narrow'), vault: byName('V'), item: byName('B'), limits: { maxUses: '3' } });
  await owner.changeItemRules({ item: byName('C') }, { approve: true });
  await read(await safe.agent(tokens.narrow), 'B');
  await ask(await safe.agent(tokens.writer), 'update_item', { item: 'A', tags: ['by the writer'] });
  await owner.trashItem({ item: byName('D') });
  await owner.freezeToken(byName('frozen'));
  await owner.checkpoint();
});
afterEach(async () => {
  await safe.end();
  rmSync(folder, { recursive: true, force: true });
});

const read = async (door: LocalDoor, item: string): Promise<Answer> =>
  ask(door, 'get_item', { item, fields: ['password'] });
const rekey = async (owner: OwnerDoor, password = NEXT): Promise<Rekeyed> =>
  owner.rekey({ password, withRecovery: false });
/** The owner's door after the keys were changed. */
async function rekeyed(): Promise<OwnerDoor> {
  await rekey(safe.owner);
  return safe.reopen({ password: NEXT });
}
const verify = async (owner: OwnerDoor): Promise<unknown> => (await owner.verify({ full: true })).fault;
const renewed = async (owner: OwnerDoor, name: string): Promise<LocalDoor> =>
  safe.agent((await owner.renewToken(byName(name), { rotate: false })).token);

/** All that an owner sees besides the log. */
async function seen(owner: OwnerDoor): Promise<unknown> {
  const items = await owner.listItems({});
  const trashed = await owner.listItems({ trashed: true });
  const { data } = await owner.listTokens({ all: true, agentsOnly: false, limit: 50 });
  return {
    vaults: (await owner.listVaults()).map(({ id, name }) => ({ id, name })),
    items: items.map(({ id, title, tags }) => ({ id, title, tags })),
    trashed: trashed.map(({ id, title }) => ({ id, title })),
    tokens: data.map(({ id, name, status, expires_at }) => ({ id, name, status, expires_at })),
    access: await Promise.all(data.map(async ({ id }) => owner.listAccess({ by: 'id', text: id }))),
    rules: await owner.itemRules({ item: byName('C') }),
  };
}

describe('what stays', () => {
  test('is all that the owner sees, and the log with its reasons; only the ways in and the fingerprint change', async () => {
    const before = await seen(safe.owner);
    const { fingerprint } = await safe.owner.info();
    const log = (await safe.owner.listEntries({ query: '', limit: 100 })).data;
    const done = await rekey(safe.owner);
    expect(done).toMatchObject({ skipped: [], ended: [], recoveryCode: null });
    expect(done.rotated.map(({ vault, items }) => [vault, items]).sort()).toEqual([
      ['Personal', 0],
      ['V', 4],
    ]);
    expect(done.tokens.map(({ name }) => name).sort()).toEqual(Object.keys(tokens).sort());
    await refusedWith('locked', safe.reopen());
    await refusedWith('locked', safe.reopen({ recoveryCode: safe.recoveryCode ?? '' }));
    const owner = await safe.reopen({ password: NEXT });
    expect(await seen(owner)).toEqual(before);
    const info = await owner.info();
    expect(info.fingerprint).toBe(done.fingerprint);
    expect(info.fingerprint).not.toBe(fingerprint);
    const after = (await owner.listEntries({ query: '', limit: 100 })).data;
    expect(after[0]).toMatchObject({ action: 'safe.rekey', outcome: 'granted' });
    expect(after.slice(1)).toEqual(log);
    expect((await owner.showEntry(log[0]!.seq)).proof.verified).toBe(true);
    expect(await verify(owner)).toBeNull();
    await owner.unlock(60_000);
  });

  test('is what items hold, with their history', async () => {
    const owner = await rekeyed();
    const { fields } = await owner.viewItem({ item: byName('A') }, 'all');
    expect(fields).toContainEqual(expect.objectContaining({ name: 'password', value: 'of-A' }));
    const past = await owner.history({ item: byName('A') });
    expect(past.length).toBeGreaterThanOrEqual(2);
    await owner.revertItem({ item: byName('A') }, 1);
    await owner.restoreItem({ item: byName('D') });
    expect(await verify(owner)).toBeNull();
  });

  test('is what is counted and what is frozen, once a token has a new text', async () => {
    const owner = await rekeyed();
    const narrow = await renewed(owner, 'narrow');
    const codes = [];
    for (let i = 0; i < 3; i += 1) codes.push(codeOf(await read(narrow, 'B')));
    expect(codes).toEqual(['granted', 'granted', 'limit_reached']);
    expect(codeOf(await read(narrow, 'A'))).toBe('not_found');
    const frozen = (await owner.renewToken(byName('frozen'), { rotate: false })).token;
    expect(codeOf(await read(await safe.agent(frozen), 'A'))).toBe('unauthenticated');
    const writer = await renewed(owner, 'writer');
    expect(codeOf(await ask(writer, 'update_item', { item: 'B', tags: ['again'] }))).toBe('granted');
    expect(codeOf(await read(await renewed(owner, 'reader'), 'C'))).toBe('approval_required');
    expect(await verify(owner)).toBeNull();
  });
});

describe('what ends', () => {
  test('is every token’s text, also where it runs, each attempt with its entry', async () => {
    const running = await safe.agent(tokens.reader);
    expect(codeOf(await read(running, 'A'))).toBe('granted');
    await rekey(safe.owner);
    for (const door of [running, await safe.agent(tokens.reader), await safe.agent(tokens.writer)]) {
      const seq = lastSeq(safe.file);
      expect(codeOf(await read(door, 'A'))).toBe('unauthenticated');
      expect(lastSeq(safe.file)).toBe(seq + 1);
    }
    expect(await verify(await safe.reopen({ password: NEXT }))).toBeNull();
  });

  test('is every session', async () => {
    const { session } = await safe.owner.unlock(60_000);
    await rekey(safe.owner);
    await refusedWith('locked', safe.reopen({ session: session.value }));
  });

  test('is what the old keys open: nothing that stands in the file now but what was sealed before', async () => {
    const old = await keysOf();
    const before = boxesOf();
    await rekey(safe.owner);
    const owner = await safe.reopen({ password: NEXT });
    await owner.createItem(byName('V'), { type: 'note', title: 'N', fields: [] });
    await read(await renewed(owner, 'reader'), 'B');
    const known = new Set(before.map(({ box }) => box.toString('hex')));
    const fresh = boxesOf().filter(({ box }) => !known.has(box.toString('hex')));
    expect(new Set(fresh.map(({ kind }) => kind))).toEqual(new Set(['root', 'owner']));
    for (const { kind, context, box } of fresh)
      expect(() =>
        kind === 'root' ? open(old.rootKey, context, box) : openSealedByAny(agreementsOf(old), context, box),
      ).toThrow();
    // the same loop finds what they open: everything that stood there before
    for (const { kind, context, box } of before)
      expect(
        kind === 'root' ? open(old.rootKey, context, box) : openSealedByAny(agreementsOf(old), context, box),
      ).toBeInstanceOf(Uint8Array);
    const wrapped = fresh.filter(({ kind }) => kind === 'root').length;
    expect(wrapped).toBe(before.filter(({ kind }) => kind === 'root').length + 2);
  });

  test('is what the old signing key signs: neither a state nor an entry of it counts', async () => {
    const old = await keysOf();
    const { core } = await ownerCoreOf(safe);
    const stale = readRaw(safe.file, (db) => db.prepare('SELECT * FROM state').get()) as Cells;
    const owner = await rekeyed();
    await expect(core.act('safe.unlock', async () => Promise.resolve())).rejects.toThrow(/integrity|changed/i);
    await owner.close();
    core.close();
    expect(old.signing.publicKey).toHaveLength(32);
    withRaw(safe.file, (db) =>
      db.prepare('UPDATE state SET signed = ?, signature = ?').run(stale['signed'], stale['signature']),
    );
    await refusedWith('integrity', safe.reopen({ password: NEXT }));
  });
});

test('a revision that the old signing key makes, with every key of today, is accepted by nobody', async () => {
  const old = await keysOf();
  const owner = await rekeyed();
  const door = await renewed(owner, 'reader');
  const { token } = await owner.renewToken(byName('narrow'), { rotate: false });
  const [{ id: item } = { id: '' }] = (await owner.listItems({})).filter(({ title }) => title === 'B');
  const sign = signer(old.signing);
  withRaw(safe.file, (db) => {
    const rows = rowsOf(safe.file);
    const holder = mustHold(safe.places, rows, token);
    const key = itemKeyFrom(holder.safeId, gainedKeys(holder, rows), { rows, item });
    if (key === null) throw new Error('the accomplice has no key');
    const forger = { safeId: holder.safeId, id: null, epoch: null, sign };
    const plan = forgeRevision(db, forger, { item, key, content: FORGED });
    plant(db, plan, { holder, signer: { kind: 'owner', id: null, epoch: null, sign } });
  });
  expect(codeOf(await read(door, 'B'))).not.toBe('granted');
  expect(await verify(owner)).toMatchObject({ seq: lastSeq(safe.file) - 1 });
});

test('a failure at any statement or at the commit changes nothing; then it works', async () => {
  const before = dump(safe.file);
  const { owner, faults } = await faultyOwnerOf(safe);
  let failed = 0;
  for (let n: number | 'commit' = 'commit'; ; n = n === 'commit' ? 1 : n + (n < 40 ? 3 : 17)) {
    faults.arm(n, { after: n !== 'commit' && n % 2 === 0, error: () => new Error('disk I/O error') });
    const result = await rekey(owner).then(
      () => 'done',
      () => 'failed',
    );
    const isDone = result === 'done' || faults.commits > 0;
    faults.clear();
    if (isDone && n !== 'commit') break;
    failed += 1;
    expect(dump(safe.file)).toBe(before);
  }
  await owner.close();
  expect(failed).toBeGreaterThan(10);
  await refusedWith('locked', safe.reopen());
  expect(await verify(await safe.reopen({ password: NEXT }))).toBeNull();
});

test('a proof of two keys that was tampered with is refused', async () => {
  const owner = await rekeyed();
  const { fingerprint } = await owner.info();
  const lines: string[] = [];
  await owner.exportProof({ query: '' }, (line) => void lines.push(line));
  const [header = '', keys = '', ...rest] = lines.join('').trimEnd().split('\n');
  const tampered: Readonly<Record<string, readonly string[]>> = {
    'without the line of the keys': [header, ...rest],
    'with it twice': [header, keys, keys, ...rest],
    'with it later': [header, ...rest.slice(0, 1), keys, ...rest.slice(1)],
    'with another signature': [header, keys.replace(/"signature":"../, '"signature":"ff'), ...rest],
    'as format 1': [header.replace('"format":2', '"format":1'), keys, ...rest],
    'as format 1 without it': [header.replace('"format":2', '"format":1'), ...rest],
  };
  const path = join(folder, 'proof.jsonl');
  const judged = async (of: readonly string[]): Promise<number> => {
    writeFileSync(path, of.map((line) => `${line}\n`).join(''));
    return (await judge(path, fingerprint)).status;
  };
  expect(await judged([header, keys, ...rest])).toBe(0);
  for (const [what, of] of Object.entries(tampered)) expect(await judged(of), what).toBe(8);
});

describe('afterwards', () => {
  test('keys change once more, and the log of three keys verifies, here and by the file that stands alone', async () => {
    const first = await safe.owner.info();
    const second = await rekeyed();
    await second.createItem(byName('V'), { type: 'note', title: 'between', fields: [] });
    const middle = lastSeq(safe.file);
    await rekey(second, THIRD);
    const owner = await safe.reopen({ password: THIRD });
    expect(await verify(owner)).toBeNull();
    const { fingerprint } = await owner.info();
    for (const query of ['', `seq:${String(middle)}..9999`]) {
      const path = join(folder, `proof-${String(query.length)}.jsonl`);
      const lines: string[] = [];
      await owner.exportProof({ query }, (line) => void lines.push(line));
      writeFileSync(path, lines.join(''));
      expect(await judge(path, fingerprint)).toMatchObject({ status: 0, verified: true });
      expect(await judge(path, first.fingerprint)).toMatchObject({ status: 8 });
    }
  });

  test('what was archived before comes back, and what is archived later too', async () => {
    const path = (name: string): string => join(folder, `${name}.jsonl`);
    const later = new Date(safe.clock.now + 86_400_000).toISOString().slice(0, 10);
    const before = await safe.owner.archive({ before: later, to: path('before') });
    expect(before.fault).toBeNull();
    const owner = await rekeyed();
    expect(await verify(owner)).toBeNull();
    const reader = await renewed(owner, 'reader');
    expect(codeOf(await read(reader, 'A'))).toBe('granted');
    const after = await owner.archive({ before: later, to: path('after') });
    expect(after.fault).toBeNull();
    expect(await verify(owner)).toBeNull();
    expect(codeOf(await read(reader, 'A'))).toBe('granted');
    await owner.importArchive(path('after'));
    expect(await verify(owner)).toBeNull();
    await owner.importArchive(path('before'));
    expect(await verify(owner)).toBeNull();
    expect((await owner.listEntries({ query: 'seq:1', limit: 1 })).data).toHaveLength(1);
  });

  test('a backup of it is restored with the new password, and unlocks', async () => {
    const owner = await rekeyed();
    const path = join(folder, 'copy.db');
    await owner.backup(path);
    const home = { ...safe.places, home: join(folder, 'home'), state: join(folder, 'state') };
    await restoreSafe(home, path, ORIGIN);
    const other = await openOwner(home, { password: NEXT }, { origin: ORIGIN, options: safe.options });
    expect(await verify(other)).toBeNull();
    await other.unlock(60_000);
    await other.close();
  });

  test('a weak password or a log that does not verify changes nothing', async () => {
    const count = lastSeq(safe.file);
    await refusedWith('invalid_request', rekey(safe.owner, 'short'));
    withRaw(safe.file, (db) => db.prepare('UPDATE entry SET at = at + 1 WHERE seq = 2').run());
    await refusedWith('integrity', rekey(safe.owner));
    expect(lastSeq(safe.file)).toBe(count);
    await safe.reopen();
  });

  test('a recovery code that is asked for opens it', async () => {
    const { recoveryCode } = await safe.owner.rekey({ password: NEXT, withRecovery: true });
    const owner = await safe.reopen({ recoveryCode: recoveryCode ?? '' });
    expect((await owner.listVaults()).map(({ name }) => name).sort()).toEqual(['Personal', 'V']);
  });
});

/** The owner's keys as they are now; the core they come from is closed, so they are copied. */
async function keysOf(): Promise<OwnerKeys> {
  const { core } = await ownerCoreOf(safe);
  const keys = { ...core.keys, rootKey: Buffer.from(core.keys.rootKey) };
  core.close();
  return keys;
}

interface Box {
  readonly kind: 'root' | 'owner';
  readonly context: Uint8Array;
  readonly box: Buffer;
}

/** All that stands in the file under the root key, or sealed to the owner, of the kinds that every safe has. */
function boxesOf(): readonly Box[] {
  return readRaw(safe.file, (db) => {
    const id = String(db.prepare('SELECT id FROM safe').pluck().get());
    const cell = (row: Cells, name: string): Buffer => Buffer.from(row[name] as Uint8Array);
    const root = (context: Uint8Array, box: Buffer): Box => ({ kind: 'root', context, box });
    return [
      ...allOf(db, 'owner_keys').map((row) => root(contexts.ownerKeys(id), cell(row, 'envelope'))),
      ...allOf(db, 'vault_key').map((row) =>
        root(
          contexts.ownerVaultKey({ safeId: id, vault: String(row['vault']), epoch: Number(row['epoch']) }),
          cell(row, 'envelope'),
        ),
      ),
      ...allOf(db, 'token').map((row) => root(contexts.ownerTagKey(id, String(row['id'])), cell(row, 'tag_key'))),
      ...allOf(db, 'certificate').map((row) => ({
        kind: 'owner' as const,
        context: contexts.certificatePrivate(id, String(row['token']), Number(row['epoch'])),
        box: cell(row, 'owner_private'),
      })),
      ...allOf(db, 'grant_document').map((row) => ({
        kind: 'owner' as const,
        context: contexts.grantPrivate(id, String(row['id'])),
        box: cell(row, 'owner_private'),
      })),
    ];
  });
}
