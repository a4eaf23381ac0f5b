/**
 * The owner's commands under faults: a failure at any statement or at the commit leaves the safe exactly as it was; and
 * whatever the owner does in whatever order, the log verifies and the safe unlocks.
 */
import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OwnerDoor } from '../../src/gate/door.js';
import { faultyOwnerOf } from '../support/faulty-owner.js';
import { captureStderr, dump, expectVerified, type Faults } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, PASSWORD, type TestSafe } from '../support/safe.js';

captureStderr();
let safe: TestSafe;
const opened: OwnerDoor[] = [];

beforeEach(async () => {
  safe = await makeSafe();
});
afterEach(async () => {
  for (const door of opened.splice(0)) await door.close();
  await safe.end();
});

async function faultyOwner(): Promise<{ owner: OwnerDoor; faults: Faults }> {
  const made = await faultyOwnerOf(safe);
  opened.push(made.owner);
  return made;
}

async function fill(): Promise<void> {
  const { owner } = safe;
  await owner.createVault({ name: 'Work' });
  for (const title of ['A', 'B'])
    await owner.createItem(byName('Work'), { type: 'login', title, fields: [{ name: 'password', value: 'pw' }] });
  await owner.createToken({ name: 'bot', isAgent: true, vaults: [byName('Work')], role: 'editor' });
  await owner.createToken({ name: 'other', isAgent: true, vaults: [byName('Work')] });
  await owner.grant({ token: byName('other'), vault: byName('Personal') });
}

const commands: [name: string, command: (owner: OwnerDoor) => Promise<unknown>][] = [
  ['a new vault', (owner) => owner.createVault({ name: 'New' })],
  ['a new name', (owner) => owner.updateVault(byName('Work'), { name: 'Renamed' })],
  [
    'a new item',
    (owner) =>
      owner.createItem(byName('Work'), { type: 'login', title: 'C', fields: [{ name: 'password', value: 'pw' }] }),
  ],
  ['an update', (owner) => owner.updateItem({ item: byName('A') }, { set: { password: 'pw-2' } })],
  ['a move', (owner) => owner.moveItem({ item: byName('A') }, byName('Personal'))],
  ['a deletion', (owner) => owner.deleteItem({ item: byName('A') })],
  ['a secret that is shown', (owner) => owner.viewItem({ item: byName('A') }, 'all')],
  ['a new token', (owner) => owner.createToken({ name: 'next', isAgent: true, vaults: [byName('Work')] })],
  [
    'a grant',
    (owner) => owner.grant({ token: byName('bot'), vault: byName('Work'), item: byName('A'), role: 'editor' }),
  ],
  [
    'a revoked grant, with rotation',
    (owner) => owner.revoke({ token: byName('other'), vault: byName('Work'), rotate: true }),
  ],
  ['a renewed token, with rotation', (owner) => owner.renewToken(byName('bot'), { rotate: true })],
  ['a deleted token, with rotation', (owner) => owner.deleteToken(byName('bot'), { rotate: true })],
  ['a freeze', (owner) => owner.freezeToken(byName('bot'))],
  ['a setting', (owner) => owner.setSetting('item.keep_revisions', '5')],
  ['another password', (owner) => owner.changePassword('another quiet lantern 9 harbour')],
  ['a checkpoint', (owner) => owner.checkpoint()],
];

const ioError = (): Error => new SqliteFile.SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE');

describe.each(commands)('%s', (_name, command) => {
  test('that fails at any statement or at its commit changes nothing; then it works', async () => {
    await fill();
    const before = dump(safe.file);
    const { owner, faults } = await faultyOwner();
    let failed = 0;
    // every statement of the first thirty, then every fifth
    for (let n = 1; n < 2_000; n += n < 30 ? 1 : 5) {
      faults.arm(n, { after: n % 2 === 0, lasting: n % 3 === 0, error: ioError });
      const result = await command(owner).then(
        () => 'done',
        () => 'failed',
      );
      // a statement after the commit reads for what is printed: what was done is done
      const isDone = result === 'done' || faults.commits > 0;
      faults.clear();
      if (isDone) break;
      failed += 1;
      expect(dump(safe.file)).toBe(before);
    }
    expect(failed).toBeGreaterThan(5);
    expect(dump(safe.file)).not.toBe(before);
    await expectVerified(safe);
  });

  test('whose commit fails changes nothing; then it works, and the safe unlocks', async () => {
    await fill();
    const before = dump(safe.file);
    const { owner, faults } = await faultyOwner();
    faults.arm('commit', { error: ioError });
    await expect(command(owner)).rejects.toThrow();
    expect(dump(safe.file)).toBe(before);
    faults.clear();
    await command(owner);
    expect(dump(safe.file)).not.toBe(before);
    await expectVerified(safe);
    await (
      await safe.reopen({ password: _name === 'another password' ? 'another quiet lantern 9 harbour' : PASSWORD })
    ).unlock(60_000);
  });
});

/** A small generator that gives the same numbers for the same seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const stories: (readonly string[])[] = [
  ['item', 'token', 'delete item', 'delete token'],
  ['item', 'token', 'agent creates', 'delete item', 'revoke', 'item', 'renew'],
  ['item', 'item grant', 'move', 'delete token', 'checkpoint'],
  ['token', 'agent creates', 'agent updates', 'delete item', 'delete token', 'delete vault'],
  ['item', 'item grant', 'delete item', 'delete item', 'delete token', 'delete token'],
];

/** What an owner and agents do on an ordinary day, by the words of a story; what cannot be done now is left out. */
async function act(word: string, choose: (below: number) => number): Promise<void> {
  const { owner } = safe;
  const vaults = await owner.listVaults();
  const items = await owner.listItems({});
  const tokens = (await owner.listTokens({ all: false, agentsOnly: false, limit: 100 })).data;
  const pick = <T>(list: readonly T[]): T | undefined => list[choose(Math.max(1, list.length))];
  const [vault, item, token] = [pick(vaults), pick(items), pick(tokens)];
  const id = (text: string): { by: 'id'; text: string } => ({ by: 'id', text });
  const fresh = `${word} ${String(choose(1_000_000))}`;
  const withBot = async (run: (text: string) => Promise<unknown>): Promise<void> => {
    const target = vault ?? (await owner.createVault({ name: fresh }));
    const made = await owner.createToken({ name: fresh, isAgent: true, vaults: [id(target.id)], role: 'editor' });
    await run(made.token);
  };
  const steps: Record<string, () => Promise<unknown>> = {
    vault: () => owner.createVault({ name: fresh }),
    item: async () =>
      vault &&
      owner.createItem(id(vault.id), { type: 'login', title: fresh, fields: [{ name: 'password', value: fresh }] }),
    token: async () =>
      vault && owner.createToken({ name: fresh, isAgent: true, vaults: [id(vault.id)], role: 'editor' }),
    grant: async () =>
      vault &&
      token &&
      owner.grant({
        token: id(token.id),
        vault: id(vault.id),
        role: pick(['viewer', 'editor', 'manager']) ?? 'viewer',
      }),
    'item grant': async () => {
      if (item !== undefined)
        await withBot(async () =>
          owner.grant({ token: byName(fresh), vault: id(item.vault_id), item: id(item.id), role: 'editor' }),
        );
    },
    'agent creates': async () =>
      withBot(async (text) =>
        ask(await safe.agent(text), 'create_item', {
          vault: vault?.id,
          type: 'login',
          title: fresh,
          generate: { field: 'password' },
        }),
      ),
    'agent updates': async () =>
      withBot(async (text) =>
        ask(await safe.agent(text), 'update_item', { item: item?.id ?? '', set: { username: fresh } }),
      ),
    update: async () => item && owner.updateItem({ item: id(item.id) }, { set: { password: fresh } }),
    trash: async () => item && owner.trashItem({ item: id(item.id) }),
    move: async () =>
      item && vault && item.vault_id !== vault.id && owner.moveItem({ item: id(item.id) }, id(vault.id)),
    'delete item': async () => item && owner.deleteItem({ item: id(item.id) }),
    'delete token': async () => token && owner.deleteToken(id(token.id), { rotate: choose(4) > 0 }),
    renew: async () => token && owner.renewToken(id(token.id), { rotate: choose(2) > 0 }),
    revoke: async () => token && owner.revoke({ token: id(token.id), all: true, rotate: choose(4) > 0 }),
    freeze: async () => token && owner.freezeToken(id(token.id)),
    rename: async () => token && owner.renameToken(id(token.id), fresh),
    'rename vault': async () => vault && owner.updateVault(id(vault.id), { name: fresh }),
    'delete vault': async () => vault && vaults.length > 1 && owner.deleteVault(id(vault.id), vault.name),
    checkpoint: () => owner.checkpoint(),
  };
  const step = steps[word];
  if (step === undefined) throw new Error(`no step ${word}`);
  await step();
}

const WORDS = [
  'vault',
  'item',
  'item',
  'item',
  'token',
  'grant',
  'item grant',
  'agent creates',
  'agent updates',
  'update',
  'trash',
  'move',
  'delete item',
  'delete token',
  'renew',
  'revoke',
  'freeze',
  'rename',
  'rename vault',
  'delete vault',
  'checkpoint',
];

describe('ordinary days', () => {
  test.each(stories.map((story) => [story.join(', '), story]))(
    '%s: the log verifies after each',
    async (_told, story) => {
      const choose = numbers(1);
      for (const word of story) {
        await act(word, choose);
        const { fault } = await safe.owner.verify({ full: true });
        expect([word, fault]).toEqual([word, null]);
      }
      await (await safe.reopen()).unlock(60_000);
    },
  );

  test.each([11, 12, 13, 14, 15, 16])(
    'a random day, number %i: the log verifies after each command, and the safe unlocks',
    async (seed) => {
      const choose = numbers(seed);
      const done: string[] = [];
      for (let n = 0; n < 25; n += 1) {
        const word = WORDS[choose(WORDS.length)] ?? 'item';
        await act(word, choose);
        done.push(word);
        const { fault } = await safe.owner.verify({ full: true });
        expect([done.join(', '), fault]).toEqual([done.join(', '), null]);
      }
      await (await safe.reopen()).unlock(60_000);
      const made = await safe.owner.createToken({ name: 'last', isAgent: true });
      expect(codeOf(await ask(await safe.agent(made.token), 'whoami'))).toBe('granted');
    },
  );

  test('nothing that was deleted is told as left behind by a rotation', async () => {
    await fill();
    await safe.owner.deleteItem({ item: byName('B') });
    const ended = await safe.owner.deleteToken(byName('bot'), { rotate: true });
    expect(ended.rotated).toEqual([{ vault: 'Work', items: 1 }]);
    expect(ended.skipped).toEqual([]);
    await expectVerified(safe);
  });
});
