/**
 * The owner's rules about items and recipes under the hands of whoever writes the file: an item never gets free of what
 * the owner demands, and no recipe runs but as the owner made it last.
 */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/bytes.js';
import { seal } from '../../src/crypto/envelope.js';
import { contexts } from '../../src/crypto/keys.js';
import { rule, rulePrivate } from '../../src/crypto/rule.js';
import { sealTo } from '../../src/crypto/sealed-box.js';
import { decodeState, encodeState, type State } from '../../src/crypto/state.js';
import type { Answer, LocalDoor } from '../../src/gate/call.js';
import type { ItemRulesChange } from '../../src/gate/use-door.js';
import { gainedKeys, type Holder, mustHold, vaultKeysFrom } from '../support/attacker.js';
import { type LoopbackServer, loopbackServer, scriptRecipe } from '../support/call-uses.js';
import { captureStderr, entriesAfter, lastSeq } from '../support/gate-rig.js';
import { blob, type Cells, insertRow, oneOf, type Raw, rowsOf, withRaw } from '../support/raw.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
let safe: TestSafe;
let bot: string;
/** A door that has made no call yet, and one that has met the rules. */
let fresh: LocalDoor;
let warm: LocalDoor;
let holder: Holder;
/** Where requests with the items' credentials may go. */
let servers: Readonly<Record<'db' | 'mail', LoopbackServer>>;
const ids = { db: '', mail: '' };

beforeEach(async () => {
  safe = await makeSafe();
  servers = { db: await loopbackServer(), mail: await loopbackServer() };
  for (const name of ['db', 'mail'] as const) {
    const fields = [{ name: 'password', value: `pw-of-${name}` }];
    ids[name] = (await safe.owner.createItem(byName('Personal'), { type: 'login', title: name, fields })).id;
  }
  bot = (await safe.token('bot', ['Personal'])).token;
  holder = mustHold(safe.places, rowsOf(safe.file), bot);
  warm = await safe.agent(bot);
  fresh = await safe.agent(bot);
});
afterEach(async () => {
  await servers.db.close();
  await servers.mail.close();
  await safe.end();
});

const requestsTo = (server: LoopbackServer): NonNullable<ItemRulesChange['http']> => ({
  ...{ hosts: [server.host], auth: 'bearer:password', allowLoopback: true },
});
const setRules = async (item: 'db' | 'mail', change: ItemRulesChange): Promise<unknown> =>
  safe.owner.changeItemRules({ item: byName(item) }, change);
const read = async (door: LocalDoor, item = 'db'): Promise<Answer> =>
  ask(door, 'get_item', { item, fields: ['password'] });
const fault = async (): Promise<string> => (await safe.owner.verify({ full: true })).fault?.message ?? 'none';
const hashOf = (item: 'db' | 'mail', db: Raw): Uint8Array => hashIn(stateOf(db).policies, ids[item]);

function stateOf(db: Raw): State {
  return decodeState(holder.safeId, blob(oneOf(db, 'SELECT * FROM state'), 'signed'));
}

function hashIn(policies: State['policies'], item: string): Uint8Array {
  return Buffer.from(policies.find((policy) => policy.item === item)?.value ?? '', 'hex');
}

const ruleOf = (db: Raw, item: 'db' | 'mail'): Cells =>
  oneOf(db, 'SELECT * FROM document WHERE hash = ?', hashOf(item, db));

const PARTS = ['signed', 'token_private', 'owner_private'] as const;

/** Puts the parts of one document into the row of another. */
function put(db: Raw, into: Cells, from: Cells, parts: readonly string[] = PARTS): void {
  for (const part of parts)
    db.prepare(`UPDATE document SET "${part}" = ? WHERE hash = ?`).run(from[part], into['hash'] ?? null);
}

function flipped(row: Cells, name: string): Uint8Array {
  const value = Buffer.from(blob(row, name));
  value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
  return value;
}

/** The private part of a rule that demands nothing, sealed as only someone can who holds the vault's keys. */
function emptied(row: Cells): { tokenPrivate: Uint8Array; ownerPrivate: Uint8Array; privateHash: Uint8Array } {
  const { safeId, bundle } = holder;
  const { subject, vault } = rule.decode(safeId, blob(row, 'signed'));
  const keys = vaultKeysFrom(gainedKeys(holder, rowsOf(safe.file)), vault);
  if (keys === null) throw new Error('no keys');
  const secret = rulePrivate.encode(safeId, { random: Buffer.alloc(32), parts: [] });
  return {
    tokenPrivate: seal(keys.nameKey, contexts.rule({ safeId, vault, epoch: 1 }, subject), secret),
    ownerPrivate: sealTo(bundle.ownerAgreementKey, contexts.rulePrivate(safeId, subject), secret),
    privateHash: sha256(secret),
  };
}

/** What the owner demands by now, and how an item shows that it got free of it. */
interface Demand {
  readonly change: () => ItemRulesChange;
  readonly isFree: (door: LocalDoor) => Promise<boolean>;
}

const request = async (door: LocalDoor, item: 'db' | 'mail', to: 'db' | 'mail'): Promise<Answer> =>
  ask(door, 'http_request', { item, url: `http://${servers[to].host}/` });

const DEMANDS: Readonly<Record<'approve' | 'decoy' | 'http', Demand>> = {
  approve: {
    change: () => ({ approve: true }),
    isFree: async (door) => codeOf(await read(door)) === 'granted',
  },
  decoy: {
    change: () => ({ decoy: true }),
    isFree: async (door) => {
      if (codeOf(await read(door)) !== 'granted') return false;
      const { entry } = await safe.owner.showEntry(lastSeq(safe.file));
      return !entry.signals.includes('decoy');
    },
  },
  http: {
    change: () => ({ http: requestsTo(servers.db) }),
    isFree: async (door) => {
      for (const [item, to] of [
        ['db', 'mail'],
        ['mail', 'db'],
      ] as const)
        await request(door, item, to);
      return (
        servers.mail.seen.some((sent) => sent?.includes('pw-of-db') === true) ||
        servers.db.seen.some((sent) => sent?.includes('pw-of-mail') === true)
      );
    },
  },
};

/** What is done to the rule about `db`; `before` is its row from before the owner changed it. */
const ATTACKS: Readonly<Record<string, (db: Raw, before: Cells) => void>> = {
  'is deleted': (db) => db.prepare('DELETE FROM document WHERE hash = ?').run(hashOf('db', db)),
  'is deleted with all others': (db) => db.exec('DELETE FROM document'),
  'is of another kind': (db) => db.exec("UPDATE document SET kind = 'decision'"),
  'is of another vault': (db) => db.exec("UPDATE document SET holder = 'somewhereelse000'"),
  'has another name': (db) =>
    db.prepare('UPDATE document SET hash = ? WHERE hash = ?').run(flipped(ruleOf(db, 'db'), 'hash'), hashOf('db', db)),
  'changes places with that of another item': (db) => {
    const [one, other] = [ruleOf(db, 'db'), ruleOf(db, 'mail')];
    put(db, one, other);
    put(db, other, one);
  },
  'is sealed as that of another item': (db) => put(db, ruleOf(db, 'db'), ruleOf(db, 'mail'), PARTS.slice(1)),
  'is as before the owner changed it': (db, before) => put(db, ruleOf(db, 'db'), before),
  'is sealed as before the owner changed it': (db, before) => put(db, ruleOf(db, 'db'), before, PARTS.slice(1)),
  'is gone, and that from before stands there': (db, before) => {
    db.prepare('DELETE FROM document WHERE hash = ?').run(hashOf('db', db));
    insertRow(db, 'document', before);
  },
  'has the one from before beside it': (db, before) => insertRow(db, 'document', before),
  'is sealed anew by a token’s holder, and demands nothing': (db) => {
    const row = ruleOf(db, 'db');
    const { tokenPrivate, ownerPrivate } = emptied(row);
    put(db, row, { token_private: tokenPrivate, owner_private: ownerPrivate }, PARTS.slice(1));
  },
  'is made anew by a token’s holder, and demands nothing': (db) => {
    const row = ruleOf(db, 'db');
    const { tokenPrivate, ownerPrivate, privateHash } = emptied(row);
    const signed = rule.encode(holder.safeId, { ...rule.decode(holder.safeId, blob(row, 'signed')), privateHash });
    put(db, row, { signed, token_private: tokenPrivate, owner_private: ownerPrivate });
    insertRow(db, 'document', {
      ...{ ...row, hash: sha256(signed), signed },
      ...{ token_private: tokenPrivate, owner_private: ownerPrivate },
    });
  },
  ...Object.fromEntries(
    PARTS.map((part) => [
      `has another ${part}`,
      (db: Raw) => {
        const row = ruleOf(db, 'db');
        put(db, row, { ...row, [part]: flipped(row, part) }, [part]);
      },
    ]),
  ),
  ...Object.fromEntries(
    PARTS.map((part) => [
      `has no ${part}`,
      (db: Raw) => put(db, ruleOf(db, 'db'), { [part]: Buffer.alloc(0) }, [part]),
    ]),
  ),
};

test('an item that nothing is demanded of is free', async () => {
  for (const { isFree } of [DEMANDS.approve, DEMANDS.decoy]) expect(await isFree(warm)).toBe(true);
  await setRules('db', { http: requestsTo(servers.mail) });
  expect(await DEMANDS.http.isFree(warm)).toBe(true);
});

describe.each(Object.entries(DEMANDS))('a rule (%s) that', (_name, { change, isFree }) => {
  test.each(Object.entries(ATTACKS))('%s: the item does not get free of it', async (_what, attack) => {
    await setRules('mail', { http: requestsTo(servers.mail) });
    await setRules('db', { http: requestsTo(servers.mail), approve: false });
    let before: Cells | undefined;
    withRaw(safe.file, (db) => (before = ruleOf(db, 'db')));
    await setRules('db', { http: null, ...change() });
    const rules = await safe.owner.itemRules({ item: byName('db') });
    expect(await isFree(warm)).toBe(false);
    withRaw(safe.file, (db) => {
      attack(db, before ?? {});
    });
    for (const door of [fresh, warm, await safe.agent(bot)]) expect(await isFree(door)).toBe(false);
    for (const owner of [safe.owner, await safe.reopen()])
      try {
        expect(await owner.itemRules({ item: byName('db') })).toEqual(rules);
      } catch (error) {
        expect(error).toMatchObject({ code: 'integrity' });
      }
  });
});

test('a rule that is gone is found by verification, and only all of it said anew mends it', async () => {
  await setRules('db', { approve: true });
  withRaw(safe.file, (db) => db.exec('DELETE FROM document'));
  expect(await fault()).toMatch(/rule of the owner is missing/);
  const owner = await safe.reopen();
  const item = { item: byId(ids.db) };
  await expect(owner.changeItemRules(item, { approve: false })).rejects.toMatchObject({ code: 'integrity' });
  await owner.changeItemRules(item, { approve: true, decoy: false, http: null });
  expect(codeOf(await read(await safe.agent(bot)))).toBe('approval_required');
  expect(await fault()).toBe('none');
});

test('a rule that is gone grants nothing, alone: other items are read as ever', async () => {
  await setRules('db', { approve: true });
  withRaw(safe.file, (db) => db.exec('DELETE FROM document'));
  expect(codeOf(await read(fresh))).toBe('unavailable');
  expect(codeOf(await read(fresh, 'mail'))).toBe('granted');
  expect(codeOf(await ask(fresh, 'list_vault', { vault: 'Personal' }))).toBe('granted');
  expect(codeOf(await ask(fresh, 'whoami'))).toBe('granted');
});

describe('the state', () => {
  const STATES: Readonly<Record<string, (state: State) => State>> = {
    'with its policies in another order': (state) => ({ ...state, policies: [...state.policies].reverse() }),
    'without a policy': (state) => ({ ...state, policies: state.policies.slice(1) }),
    'with the policies of two items exchanged': (state) => {
      const values = state.policies.map(({ value }) => value).reverse();
      return { ...state, policies: state.policies.map((policy, n) => ({ ...policy, value: values[n] ?? '' })) };
    },
    'with a policy of another name': (state) => ({
      ...state,
      policies: state.policies.map((policy) => ({ ...policy, name: 'rule' })),
    }),
    'without recipes': (state) => ({ ...state, recipes: [] }),
  };
  test.each(Object.entries(STATES))('%s opens nothing, whoever signed it', async (_what, changed) => {
    await setRules('mail', { approve: true });
    await setRules('db', { approve: true });
    await scriptRecipe(safe, { name: 'deploy', vault: 'Personal', item: 'db' });
    for (const sign of [null, holder.sign]) {
      withRaw(safe.file, (db) => {
        const signed = encodeState(holder.safeId, changed(stateOf(db)));
        const signature = sign?.(signed) ?? oneOf(db, 'SELECT * FROM state')['signature'];
        db.prepare('UPDATE state SET signed = ?, signature = ?').run(signed, signature);
      });
      for (const door of [fresh, warm]) expect(codeOf(await read(door))).toMatch(/^(unavailable|unauthenticated)$/);
      expect(await fault()).not.toBe('none');
    }
  });

  test.each(['policy', 'recipe'])('and a log without the decision about a %s: verification tells', async (kind) => {
    await setRules('db', { approve: true });
    await scriptRecipe(safe, { name: 'deploy', vault: 'Personal', item: 'db' });
    withRaw(safe.file, (db) => db.prepare('DELETE FROM change WHERE kind = ?').run(kind));
    expect(await fault()).not.toBe('none');
    expect(codeOf(await read(fresh))).not.toBe('granted');
  });

  test.each(['subject', 'hash', 'before'])(
    'and a log that says another %s of a rule: verification tells',
    async (name) => {
      await setRules('db', { decoy: true });
      await setRules('db', { approve: true });
      const value = name === 'subject' ? ids.mail : Buffer.alloc(32);
      withRaw(safe.file, (db) => db.prepare(`UPDATE change SET "${name}" = ? WHERE kind = 'policy'`).run(value));
      expect(await fault()).not.toBe('none');
      expect(codeOf(await read(fresh))).not.toBe('granted');
    },
  );
});

describe('a recipe', () => {
  const run = async (door: LocalDoor, recipe = 'deploy'): Promise<Answer> =>
    ask(door, 'run_recipe', { recipe, values: { env: 'staging' } });
  const print = (program: string, word: string): void => {
    writeFileSync(program, `#!/bin/sh\necho ${word}\n`);
  };
  const recipes = (db: Raw): readonly Cells[] =>
    stateOf(db).recipes.map(({ hash }) => oneOf(db, 'SELECT * FROM document WHERE hash = ?', hash));
  let program: string;
  beforeEach(async () => {
    program = await scriptRecipe(safe, { name: 'deploy', vault: 'Personal', item: 'db' });
  });

  test('that is listed runs, and one that was changed, emptied or taken away does not', async () => {
    expect(codeOf(await run(warm))).toBe('granted');
    for (const part of PARTS.slice(0, 2)) {
      let kept: Cells = {};
      withRaw(safe.file, (db) => {
        const [row = {}] = recipes(db);
        kept = row;
        put(db, row, { [part]: flipped(row, part) }, [part]);
      });
      expect(codeOf(await run(await safe.agent(bot)))).not.toBe('granted');
      withRaw(safe.file, (db) => {
        put(db, kept, kept);
      });
    }
    expect(codeOf(await run(await safe.agent(bot)))).toBe('granted');
    withRaw(safe.file, (db) => db.exec('DELETE FROM document'));
    for (const door of [warm, fresh]) expect(codeOf(await run(door))).not.toBe('granted');
    expect(entriesAfter(safe.file).filter(({ action }) => action === 'item.use.end')).toHaveLength(2);
  });

  test('from before it was renewed does not run again, nor the program of before', async () => {
    let old: Cells = {};
    print(program, 'old');
    await safe.owner.renewRecipe('deploy');
    withRaw(safe.file, (db) => (old = recipes(db)[0] ?? {}));
    expect(await run(warm)).toMatchObject({ ok: true, result: { stdout: 'old\n' } });
    print(program, 'new');
    await safe.owner.renewRecipe('deploy');
    withRaw(safe.file, (db) => {
      insertRow(db, 'document', old);
    });
    print(program, 'old');
    for (const door of [warm, fresh]) expect(codeOf(await run(door))).toBe('conflict');
    withRaw(safe.file, (db) => {
      put(db, recipes(db)[0] ?? {}, old);
    });
    for (const door of [warm, fresh, await safe.agent(bot)]) expect(codeOf(await run(door))).not.toBe('granted');
    for (const owner of [safe.owner, await safe.reopen()])
      await expect(owner.showRecipe('deploy')).rejects.toMatchObject({
        code: expect.stringMatching(/integrity|not_found/),
      });
  });

  test('that the owner deleted does not run again', async () => {
    let old: Cells = {};
    withRaw(safe.file, (db) => (old = recipes(db)[0] ?? {}));
    expect(codeOf(await run(warm))).toBe('granted');
    await safe.owner.deleteRecipe('deploy');
    withRaw(safe.file, (db) => {
      insertRow(db, 'document', old);
    });
    for (const door of [warm, fresh]) expect(codeOf(await run(door))).toBe('forbidden');
    expect(await safe.owner.listRecipes()).toEqual([]);
  });

  test('of another vault is not lent to a token by a document that says so', async () => {
    await safe.owner.createVault({ name: 'Work' });
    await safe.owner.createItem(byName('Work'), {
      ...{ type: 'login', title: 'prod', fields: [{ name: 'password', value: 'pw-of-prod' }] },
    });
    await scriptRecipe(safe, { name: 'release', vault: 'Work', item: 'prod' });
    const ofOther = async (): Promise<string> => codeOf(await run(await safe.agent(bot), 'release'));
    expect(await ofOther()).toBe('forbidden');
    withRaw(safe.file, (db) => {
      for (const row of recipes(db)) {
        const said = rule.decode(holder.safeId, blob(row, 'signed'));
        const signed = rule.encode(holder.safeId, { ...said, vault: ids.db.slice(0, 16) });
        put(db, row, { signed }, ['signed']);
      }
    });
    expect(await ofOther()).not.toBe('granted');
  });

  test('that changes places with another runs as neither', async () => {
    const other = await scriptRecipe(safe, { name: 'other', vault: 'Personal', item: 'mail', approve: true });
    print(program, 'first');
    print(other, 'second');
    await safe.owner.renewRecipe('deploy');
    await safe.owner.renewRecipe('other');
    expect(codeOf(await run(fresh, 'other'))).toBe('approval_required');
    withRaw(safe.file, (db) => {
      const [one = {}, two = {}] = recipes(db);
      put(db, one, two);
      put(db, two, one);
    });
    for (const name of ['deploy', 'other'])
      for (const door of [warm, await safe.agent(bot)]) expect(codeOf(await run(door, name))).not.toBe('granted');
  });

  test('that is gone takes no other one along, nor what whoami tells', async () => {
    await scriptRecipe(safe, { name: 'other', vault: 'Personal', item: 'mail' });
    withRaw(safe.file, (db) => {
      db.prepare('DELETE FROM document WHERE hash = ?').run(recipes(db)[0]?.['hash'] ?? null);
    });
    const whoami = await ask(fresh, 'whoami');
    expect(whoami).toMatchObject({ ok: true, result: { recipes: [{ name: expect.any(String) as string }] } });
    const codes = [codeOf(await run(fresh, 'deploy')), codeOf(await run(fresh, 'other'))];
    expect(codes.sort()).toEqual(['forbidden', 'granted']);
    expect(await fault()).toMatch(/rule of the owner is missing/);
    const lost = await lostRecipe();
    const owner = await safe.reopen();
    expect(await owner.deleteRecipe(lost)).toEqual({ id: lost, name: lost });
    expect(await owner.listRecipes()).toHaveLength(1);
    expect(await fault()).toBe('none');
  });

  async function lostRecipe(): Promise<string> {
    const { recipes: listed } = withState();
    const whole = new Set((await safe.owner.listRecipes()).map(({ id }) => id));
    return listed.map(({ id }) => id).find((id) => !whole.has(id)) ?? '';
  }

  function withState(): State {
    let state: State | undefined;
    withRaw(safe.file, (db) => (state = stateOf(db)));
    if (state === undefined) throw new Error('no state');
    return state;
  }
});
