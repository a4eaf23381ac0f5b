/**
 * security.md, section 6, number 10: whoever cannot write may hold the file, any old copy of it, a key that could write
 * once, and (through an accomplice) the keys that read today. No reader takes what they make; verification names it; the
 * owner can put the item right.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ItemContent } from '../../src/core/model.js';
import { sha256 } from '../../src/crypto/bytes.js';
import {
  appendEntry,
  forgeName,
  forgeRevision,
  gainedKeys,
  type Holder,
  itemKeyFrom,
  mustHold,
  plant,
  type Signer,
  signerOf,
  standing,
  vaultKeysFrom,
} from '../support/attacker.js';
import { blob, integer, oneOf, rowsOf, type Rows, withRaw } from '../support/raw.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

const TRUE = 'true-value-of-A';
const FORGED = 'forged-value-of-A';
const DAY_MS = 86_400_000;

interface World {
  readonly safe: TestSafe;
  readonly item: string;
  readonly vault: string;
  /** A viewer whose keys of today the forger may use. */
  readonly accomplice: string;
  readonly reader: string;
}

let world: World;
beforeEach(async () => {
  const safe = await makeSafe();
  const vault = await safe.owner.createVault({ name: 'Work' });
  const made = await safe.owner.createItem(byName('Work'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: TRUE }],
  });
  await safe.owner.createItem(byName('Work'), {
    type: 'login',
    title: 'B',
    fields: [{ name: 'password', value: 'true-value-of-B' }],
  });
  const accomplice = (await safe.token('accomplice', ['Work'])).token;
  const reader = (await safe.token('reader', ['Work'])).token;
  world = { safe, item: made.id, vault: vault.id, accomplice, reader };
});
afterEach(async () => {
  await world.safe.end();
});

const rows = (): Rows => rowsOf(world.safe.file);
const hold = (token: string, then: Rows = rows()): Holder => mustHold(world.safe.places, then, token);

function forgedContent(): ItemContent {
  return { type: 'login', title: 'A', tags: [], fields: [{ name: 'password', kind: 'secret', value: FORGED }] };
}

interface Forgery {
  readonly holder: Holder;
  readonly signer?: Signer;
  /** What happens between the forgery and the reading of it. */
  readonly after?: () => Promise<unknown>;
  readonly stateVersion?: number;
}

/** Seals under today's keys of the accomplice, signs with what the forger has. */
function plantItem({ holder, signer, stateVersion }: Forgery): void {
  const now = rows();
  const keys = gainedKeys(hold(world.accomplice, now), now);
  const key = itemKeyFrom(holder.safeId, keys, { rows: now, item: world.item });
  if (key === null) throw new Error('the accomplice has no key');
  withRaw(world.safe.file, (db) => {
    const plan = forgeRevision(db, holder, {
      item: world.item,
      key,
      content: forgedContent(),
      titleKeys: vaultKeysFrom(keys, world.vault),
    });
    plant(db, plan, {
      holder,
      signer: signer ?? signerOf(holder),
      ...(stateVersion === undefined ? {} : { facts: { stateVersion } }),
    });
  });
}

async function editorOf(name: string): Promise<string> {
  const { token } = await world.safe.token(name, ['Work'], 'editor');
  const agent = await world.safe.agent(token);
  expect(codeOf(await ask(agent, 'update_item', { item: 'A', urls: ['https://a.example'] }))).toBe('granted');
  return token;
}

const FORGERS: Readonly<Record<string, () => Promise<Forgery> | Forgery>> = {
  'a viewer': () => ({ holder: hold(world.accomplice) }),
  'an editor whose token was deleted': async () => {
    const holder = hold(await editorOf('gone'));
    await world.safe.owner.deleteToken(byName('gone'), { rotate: true });
    return { holder };
  },
  'an editor whose token was deleted without rotation': async () => {
    const holder = hold(await editorOf('gone'));
    await world.safe.owner.deleteToken(byName('gone'), { rotate: false });
    return { holder };
  },
  'the old key of a renewed editor': async () => {
    const holder = hold(await editorOf('renewed'));
    await world.safe.owner.renewToken(byName('renewed'), { rotate: false });
    return { holder };
  },
  'an editor that was narrowed to viewer': async () => {
    const holder = hold(await editorOf('narrowed'));
    await world.safe.owner.grant({ token: byName('narrowed'), vault: byName('Work'), role: 'viewer' });
    return { holder };
  },
  'an editor whose grant was revoked': async () => {
    const holder = hold(await editorOf('revoked'));
    await world.safe.owner.revoke({ token: byName('revoked'), all: true, rotate: true });
    return { holder };
  },
  'an editor that expired and was swept': async () => {
    const { token } = await world.safe.owner.createToken({
      ...{ name: 'brief', isAgent: true, vaults: [byName('Work')], role: 'editor', expiration: '1d' },
    });
    const holder = hold(token);
    world.safe.clock.now += 2 * DAY_MS;
    expect((await world.safe.owner.unlock(60_000)).swept).toEqual(['token brief']);
    return { holder };
  },
  'a viewer that is promoted later': () => ({
    holder: hold(world.accomplice),
    after: async () => world.safe.owner.grant({ token: byName('accomplice'), vault: byName('Work'), role: 'editor' }),
  }),
  'a revoked editor that is an editor again later': async () => {
    const holder = hold(await editorOf('back'));
    await world.safe.owner.revoke({ token: byName('back'), all: true, rotate: true });
    const again = async (): Promise<unknown> =>
      world.safe.owner.grant({ token: byName('back'), vault: byName('Work'), role: 'editor' });
    return { holder, after: again };
  },
  'an editor of another item': async () => {
    const { token } = await world.safe.token('other');
    await world.safe.owner.grant({ token: byName('other'), vault: byName('Work'), item: byName('B'), role: 'editor' });
    return { holder: hold(token) };
  },
  'an editor of another vault': async () => {
    const { token } = await world.safe.token('elsewhere', ['Personal'], 'manager');
    return { holder: hold(token) };
  },
  'an entry of nobody': () => ({
    holder: hold(world.accomplice),
    signer: { kind: 'none', id: null, epoch: null, sign: null },
  }),
  'an entry that says it is the owner’s': async () => {
    const holder = hold(await editorOf('liar'));
    await world.safe.owner.deleteToken(byName('liar'), { rotate: true });
    return { holder, signer: { kind: 'owner', id: null, epoch: null, sign: holder.sign } };
  },
  'an entry in the name of a live editor': async () => {
    const live = hold(await editorOf('live'));
    const holder = hold(world.accomplice);
    return { holder, signer: { ...signerOf(live), sign: holder.sign } };
  },
  'a viewer that signs as if at a later state': () => ({
    holder: hold(world.accomplice),
    stateVersion: 1_000,
  }),
};

async function passwordBy(token: string, agent = world.safe.agent(token)): Promise<string> {
  const answer = await ask(await agent, 'get_item', { item: world.item, fields: ['password'] });
  return JSON.stringify(answer);
}

async function ownersView(): Promise<string> {
  try {
    const owner = await world.safe.reopen();
    return JSON.stringify(await owner.viewItem({ item: byId(world.item) }, 'all'));
  } catch (error) {
    return String(error);
  }
}

describe.each(Object.entries(FORGERS))('%s', (_name, forger) => {
  test('makes no revision that a reader accepts, and verification names it', async () => {
    const forgery = await forger();
    const running = await world.safe.agent(world.reader);
    expect(await passwordBy(world.reader, Promise.resolve(running))).toContain(TRUE);
    plantItem(forgery);
    await forgery.after?.();

    for (const seen of [
      await passwordBy(world.reader, Promise.resolve(running)),
      await passwordBy(world.reader),
      JSON.stringify(await ask(running, 'list_vault', { vault: 'Work' })),
      await ownersView(),
    ])
      expect(seen).not.toContain(FORGED);
    expect((await world.safe.owner.verify({ full: true })).fault).not.toBeNull();
  });
});

describe.each(Object.entries(FORGERS).filter(([name]) => !name.includes('later state')))(
  'after %s',
  (_name, forger) => {
    test('the owner puts the item right, and what was true is read again', async () => {
      const forgery = await forger();
      const history = await world.safe.owner.history({ item: byId(world.item) });
      plantItem(forgery);
      await forgery.after?.();

      await world.safe.owner.revertItem({ item: byId(world.item) }, history[0]?.revision ?? 0);
      expect(await passwordBy(world.reader)).toContain(TRUE);
      expect(await ownersView()).toContain(TRUE);
    });
  },
);

test('a live editor alone makes a revision that is read: the forgeries above fail for their keys, not for their form', async () => {
  plantItem({ holder: hold(await editorOf('editor')) });
  expect(await passwordBy(world.reader)).toContain(FORGED);
  expect(await ownersView()).toContain(FORGED);
  expect((await world.safe.owner.verify({ full: true })).fault).toBeNull();
});

test('what a retired editor wrote while it could stays, under the owner’s name', async () => {
  await editorOf('leaver');
  await world.safe.owner.deleteToken(byName('leaver'), { rotate: false });
  expect(await passwordBy(world.reader)).toContain('https://a.example');
  expect((await world.safe.owner.verify({ full: true })).fault).toBeNull();
});

test('a name for a vault that an editor made is none', async () => {
  const holder = hold(await editorOf('editor'));
  const keys = vaultKeysFrom(gainedKeys(holder, rows()), world.vault);
  if (keys === null) throw new Error('the editor has no key');
  withRaw(world.safe.file, (db) =>
    plant(db, forgeName(db, holder, { vault: world.vault, keys, name: 'Forged' }), { holder }),
  );
  expect(JSON.stringify(await ask(await world.safe.agent(world.reader), 'list_vaults'))).not.toContain('Forged');
  expect(JSON.stringify(await (await world.safe.reopen()).listVaults())).not.toContain('Forged');
  expect((await world.safe.owner.verify({ full: true })).fault?.message).toContain('could not write');
});

test('an older revision of a live editor does not count again because someone names it in the editor’s name', async () => {
  const token = await editorOf('editor');
  const agent = await world.safe.agent(token);
  for (const password of ['older-value', 'newer-value'])
    expect(codeOf(await ask(agent, 'update_item', { item: 'A', set: { password } }))).toBe('granted');
  const [live, viewer] = [hold(token), hold(world.accomplice)];
  withRaw(world.safe.file, (db) => {
    const older = oneOf(
      db,
      'SELECT * FROM revision WHERE subject = ? ORDER BY number DESC LIMIT 1 OFFSET 1',
      world.item,
    );
    const { hash: before } = standing(db, live.safeId, { kind: 'item', id: world.item });
    const change = {
      kind: 'item',
      id: world.item,
      revision: integer(older, 'number'),
      hash: sha256(blob(older, 'signed')),
      before,
    };
    const by = {
      safeId: live.safeId,
      ownerKey: live.bundle.ownerAgreementKey,
      signer: { ...signerOf(live), sign: viewer.sign },
    };
    appendEntry(db, by, { vault: world.vault, item: world.item, changes: [change] });
  });
  expect(await passwordBy(world.reader)).not.toContain('older-value');
  expect(await ownersView()).not.toContain('older-value');
  expect((await world.safe.owner.verify({ full: true })).fault).not.toBeNull();
});

test('a live editor cannot make a revision in the name of another', async () => {
  const [framed, holder] = [hold(await editorOf('framed')), hold(await editorOf('framer'))];
  const keys = gainedKeys(holder, rows());
  const key = itemKeyFrom(holder.safeId, keys, { rows: rows(), item: world.item });
  if (key === null) throw new Error('an editor has a key');
  withRaw(world.safe.file, (db) => {
    const asFramed = { ...holder, id: framed.id };
    const plan = forgeRevision(db, asFramed, {
      item: world.item,
      key,
      content: forgedContent(),
      titleKeys: vaultKeysFrom(keys, world.vault),
    });
    plant(db, plan, { holder });
  });
  expect(await passwordBy(world.reader)).not.toContain(FORGED);
  expect(await ownersView()).not.toContain(FORGED);
  expect((await world.safe.owner.verify({ full: true })).fault).not.toBeNull();
});

describe('a key that was changed alone', () => {
  test('a revision under the old key of an item does not count, and verification names it', async () => {
    const { token } = await world.safe.token('single');
    await world.safe.owner.grant({ token: byName('single'), vault: byName('Work'), item: byName('A'), role: 'viewer' });
    const old = rows();
    const oldKey = itemKeyFrom(hold(token, old).safeId, gainedKeys(hold(token, old), old), {
      rows: old,
      item: world.item,
    });
    if (oldKey === null) throw new Error('no key');
    await world.safe.owner.revoke({ token: byName('single'), all: true, rotate: true });

    const holder = hold(await editorOf('editor'));
    withRaw(world.safe.file, (db) =>
      plant(db, forgeRevision(db, holder, { item: world.item, key: oldKey, content: forgedContent() }), { holder }),
    );
    expect(await passwordBy(world.reader)).not.toContain(FORGED);
    expect(await ownersView()).not.toContain(FORGED);
    expect((await world.safe.owner.verify({ full: true })).fault).not.toBeNull();
  });
});
