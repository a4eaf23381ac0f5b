/**
 * What someone who writes the database file tries, a trick at a time: rows that are put where the program believes them.
 * security.md: "columns beside them are indexes, compared and never believed", "revoke never fails on what it can't
 * accept", "a token opens only what is sealed to it".
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  appendEntry,
  decryptAll,
  forgeRevision,
  gainedKeys,
  type Holder,
  insertChangeRow,
  insertRevision,
  itemKeyFrom,
  mustHold,
  plant,
  signerOf,
  vaultKeysFrom,
} from '../support/attacker.js';
import { blob, type Cell, insertRow, integer, oneOf, type Raw, rowsOf, text, withRaw } from '../support/raw.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

let safe: TestSafe;
beforeEach(async () => {
  safe = await makeSafe();
  for (const vault of ['Work', 'Other']) await safe.owner.createVault({ name: vault });
});
afterEach(async () => {
  await safe.end();
});

const put = async (vault: string, title: string, value: string): Promise<string> =>
  (await safe.owner.createItem(byName(vault), { type: 'login', title, fields: [{ name: 'password', value }] })).id;
const hold = (token: string): Holder => mustHold(safe.places, rowsOf(safe.file), token);
const secretOf = async (token: string, item: string): Promise<string> =>
  JSON.stringify(await ask(await safe.agent(token), 'get_item', { item, fields: ['password'] }));
const raw = <T>(work: (db: Raw) => T): T => withRaw(safe.file, work);
const sql = (statement: string, ...values: readonly Cell[]): void => {
  raw((db) => {
    expect(db.prepare(statement).run(...values).changes).toBeGreaterThan(0);
  });
};

describe('a change row that is put to an entry which a running process knows', () => {
  test('does not make a viewer’s revision count there', async () => {
    const item = await put('Work', 'A', 'true-value');
    const viewer = hold((await safe.token('viewer', ['Work'])).token);
    const running = await safe.agent((await safe.token('reader', ['Work'])).token);
    const read = async (): Promise<string> =>
      JSON.stringify(await ask(running, 'get_item', { item, fields: ['password'] }));
    expect(await read()).toContain('true-value');

    const rows = rowsOf(safe.file);
    const keys = gainedKeys(viewer, rows);
    const key = itemKeyFrom(viewer.safeId, keys, { rows, item });
    if (key === null) throw new Error('a viewer has a key');
    raw((db) => {
      const plan = forgeRevision(db, viewer, {
        item,
        key,
        content: {
          type: 'login',
          title: 'A',
          tags: [],
          fields: [{ name: 'password', kind: 'secret', value: 'forged-value' }],
        },
        titleKeys: vaultKeysFrom(keys, item.slice(0, 16)),
      });
      insertRevision(db, plan);
      const seq = integer(oneOf(db, "SELECT seq FROM change WHERE kind = 'item' AND subject = ?", item), 'seq');
      insertChangeRow(db, { seq, n: 1_000, change: plan.change });
    });
    expect(await read()).not.toContain('forged-value');
    expect(JSON.stringify(await safe.owner.viewItem({ item: byId(item) }, 'all').catch(String))).not.toContain(
      'forged-value',
    );
  });
});

describe('revoking never fails on what it cannot accept:', () => {
  const flip = (bytes: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    const middle = Math.floor(copy.length / 2);
    copy[middle] = (copy[middle] ?? 0) ^ 1;
    return copy;
  };
  const flipped =
    (table: string, name: string, where: string) =>
    (db: Raw, id: string): void => {
      const row = oneOf(db, `SELECT rowid AS at, ${name} FROM ${table} WHERE ${where}`, id);
      db.prepare(`UPDATE ${table} SET ${name} = ? WHERE rowid = ?`).run(flip(blob(row, name)), row['at']);
    };
  const deleted =
    (table: string, where: string) =>
    (db: Raw, id: string): void => {
      expect(db.prepare(`DELETE FROM ${table} WHERE ${where}`).run(id).changes).toBeGreaterThan(0);
    };
  const ofToken = 'token = ?';
  const ofVault =
    "subject LIKE (SELECT substr(id, 1, 16) || '%' FROM item LIMIT 1) AND length(subject) = 32 AND ? <> ''";
  const OBSTACLES: Readonly<Record<string, (db: Raw, id: string) => void>> = {
    'its bundle was changed': flipped('token', 'bundle', 'id = ?'),
    'its leaf was changed': flipped('token', 'leaf', 'id = ?'),
    'its tag key was changed': flipped('token', 'tag_key', 'id = ?'),
    'its row is gone': deleted('token', 'id = ?'),
    'its certificate was changed': flipped('certificate', 'signed', ofToken),
    'its certificate’s signature was changed': flipped('certificate', 'signature', ofToken),
    'the owner’s part of its certificate was changed': flipped('certificate', 'owner_private', ofToken),
    'its certificate is gone': deleted('certificate', ofToken),
    'its grant was changed': flipped('grant_document', 'signed', ofToken),
    'the owner’s part of its grant was changed': flipped('grant_document', 'owner_private', ofToken),
    'its grant is gone': deleted('grant_document', ofToken),
    'the secret of an item was changed': flipped('revision', 'secret', ofVault),
    'the overview of an item was changed': flipped('revision', 'overview', ofVault),
    'a revision is gone': deleted('revision', ofVault),
    'an item key was changed': flipped('item_key', 'envelope', "? <> ''"),
    'an item key is gone': deleted('item_key', "? <> ''"),
  };

  test.each(Object.entries(OBSTACLES))('%s', async (_name, obstruct) => {
    const item = await put('Work', 'A', 'value-of-a');
    const { id, token } = await safe.token('rogue', ['Work'], 'editor');
    const other = (await safe.token('other', ['Work'])).token;
    const old = rowsOf(safe.file);
    raw((db) => {
      obstruct(db, id);
    });
    const owner = await safe.reopen();
    const { token: ended } = await owner.deleteToken(byId(id), { rotate: true });
    expect(ended.status).toBe('revoked');
    expect(codeOf(await ask(await safe.agent(token), 'list_vaults'))).toBe('unauthenticated');

    // whatever it kept of the file from before, what is written from now on is closed to it
    const late = 'written-after-the-end';
    await owner.createItem(byName('Work'), { type: 'login', title: 'C', fields: [{ name: 'password', value: late }] });
    const keys = gainedKeys(mustHold(safe.places, old, token), old);
    const gained = decryptAll(owner.safeId, keys, rowsOf(safe.file)).flatMap(({ texts }) => texts);
    expect(JSON.stringify(gained)).not.toContain(late);
    expect(await secretOf(other, 'C')).toContain(late);
    expect(item).toHaveLength(32);
  });

  test('and the certificate of one that is long gone cannot keep another from being revoked', async () => {
    const { id } = await safe.token('long-gone');
    await safe.owner.deleteToken(byId(id), { rotate: true });
    const rogue = await safe.token('rogue', ['Work']);
    raw((db) => {
      flipped('certificate', 'owner_private', ofToken)(db, id);
    });
    const owner = await safe.reopen();
    await owner.deleteToken(byId(rogue.id), { rotate: true });
    expect(codeOf(await ask(await safe.agent(rogue.token), 'list_vaults'))).toBe('unauthenticated');
    expect((await owner.listEntries({ query: '', limit: 10 })).data).not.toHaveLength(0);
  });
});

describe('a grant whose row is hidden while the owner decides, and put back afterwards', () => {
  let token: string;
  let putBack: () => void;
  beforeEach(async () => {
    await put('Work', 'A', 'value-of-a');
    ({ token } = await safe.token('rogue', ['Work'], 'editor'));
    const [row] = rowsOf(safe.file).get('grant_document') ?? [];
    if (row === undefined) throw new Error('no grant');
    sql('DELETE FROM grant_document');
    putBack = () => {
      raw((db) => {
        insertRow(db, 'grant_document', row, 'INSERT OR REPLACE');
      });
    };
  });
  const read = async (): Promise<string> => secretOf(token, 'A');

  test('is there again, if the owner decided nothing', async () => {
    putBack();
    expect(await read()).toContain('value-of-a');
  });

  test('gives nothing after all grants were revoked', async () => {
    await safe.owner.revoke({ token: byName('rogue'), all: true, rotate: false });
    putBack();
    expect(await read()).not.toContain('value-of-a');
  });

  test('gives no more than the grant that replaced it', async () => {
    await safe.owner.grant({ token: byName('rogue'), vault: byName('Work'), role: 'viewer' });
    putBack();
    const answer = await ask(await safe.agent(token), 'update_item', { item: 'A', set: { password: 'x' } });
    expect(codeOf(answer)).toBe('forbidden');
  });

  test('gives nothing after the token was renewed', async () => {
    const renewed = await safe.owner.renewToken(byName('rogue'), { rotate: true });
    putBack();
    expect(await read()).not.toContain('value-of-a');
    expect(await secretOf(renewed.token, 'A')).not.toContain('value-of-a');
  });
});

describe('a key of another vault that was changed', () => {
  const rogue = 'rogue';
  beforeEach(async () => {
    const other = await put('Other', 'B', 'value-of-b');
    await put('Work', 'A', 'value-of-a');
    await safe.token(rogue, ['Work']);
    sql('UPDATE vault_key SET envelope = zeroblob(length(envelope)) WHERE vault = ?', other.slice(0, 16));
  });

  test('keeps no token from being revoked', async () => {
    const owner = await safe.reopen();
    const { rotated } = await owner.deleteToken(byName(rogue), { rotate: true });
    expect(rotated).toEqual([{ vault: 'Work', items: 1 }]);
    await expect(owner.findToken(byName(rogue))).rejects.toThrow('no token');
  });

  test('does not close the other vaults to the owner', async () => {
    const owner = await safe.reopen();
    const shown = await owner.viewItem({ vault: byName('Work'), item: byName('A') }, 'all');
    expect(JSON.stringify(shown)).toContain('value-of-a');
    expect((await owner.listVaults().catch(() => [])).map(({ name }) => name)).toContain('Work');
  });
});

describe('what no one can open any more is named by the owner’s verification:', () => {
  const LOSSES: Readonly<Record<string, string>> = {
    'an item key that was changed': 'UPDATE item_key SET envelope = zeroblob(length(envelope))',
    'an item key that is gone': 'DELETE FROM item_key',
    'a vault key that was changed': 'UPDATE vault_key SET envelope = zeroblob(length(envelope))',
    'a vault key that is gone': 'DELETE FROM vault_key',
    'the signature of a token over its revision': 'UPDATE revision SET signature = zeroblob(64) WHERE number = 2',
  };
  test.each(Object.entries(LOSSES))('%s', async (_name, statement) => {
    const item = await put('Work', 'A', 'value-of-a');
    const { token } = await safe.token('editor', ['Work'], 'editor');
    expect(codeOf(await ask(await safe.agent(token), 'update_item', { item, set: { password: 'x' } }))).toBe('granted');
    sql(statement);
    expect((await (await safe.reopen()).verify({ full: true })).fault).not.toBeNull();
  });
});

test('a name of a vault that a setting holds is not in the clear', async () => {
  await safe.owner.createVault({ name: 'Canary vault name' });
  await safe.owner.setSetting('vault.default', 'Canary vault name');
  const file = raw((db) => JSON.stringify(db.prepare('SELECT CAST(signed AS TEXT) AS signed FROM state').all()));
  expect(file).not.toContain('Canary');
});

describe('a freeze', () => {
  const FREEZES = ['its change is gone', 'its change names another token', 'its change has an older number'] as const;
  test.each(FREEZES)('holds where %s', async (how) => {
    const { token } = await safe.token('bot', ['Work']);
    await safe.owner.freezeToken(byName('bot'));
    const running = await safe.agent(token);
    expect(codeOf(await ask(running, 'list_vaults'))).toBe('unauthenticated');
    if (how === 'its change is gone') sql("DELETE FROM change WHERE kind = 'freeze'");
    else if (how === 'its change names another token')
      sql("UPDATE change SET subject = 'law-hotel-shape-community' WHERE kind = 'freeze'");
    else sql("UPDATE change SET seq = 1, n = 99 WHERE kind = 'freeze'");
    expect(codeOf(await ask(running, 'list_vaults'))).not.toBe('granted');
    expect(codeOf(await ask(await safe.agent(token), 'list_vaults'))).not.toBe('granted');
  });
});

describe('the log, where a token that may write it signed nonsense,', () => {
  const NONSENSE: Readonly<Record<string, Parameters<typeof appendEntry>[2]>> = {
    'a payload that is no JSON': { said: '{' },
    'a payload that is null': { said: 'null' },
    'a payload that is sealed under no key': { payload: new Uint8Array(200) },
    'an action that is none': { action: 'item.explode' },
    'an outcome that is none': { outcome: 'maybe' },
    'a code that is none': { outcome: 'refused', code: 'nonsense' },
    'a time that is none': { at: Number.MAX_SAFE_INTEGER },
    'a session that is none': { session: new Uint8Array(32) },
  };
  test.each(Object.entries(NONSENSE))('is read all the same, or verification names it: %s', async (_name, facts) => {
    const holder = hold((await safe.token('rogue', ['Work'])).token);
    raw((db) =>
      appendEntry(
        db,
        { safeId: holder.safeId, ownerKey: holder.bundle.ownerAgreementKey, signer: signerOf(holder) },
        facts,
      ),
    );
    const { fault } = await safe.owner.verify({ full: true });
    const listed = await safe.owner.listEntries({ query: '', limit: 50 });
    expect(listed.data.map(({ action }) => action)).toContain('token.create');
    if (fault !== null) expect(fault.seq).not.toBeNull();
  });
});

test('`audit show` does not take a token’s entry for another’s because a column says so', async () => {
  const victim = await safe.token('victim', ['Work']);
  const rogue = await safe.token('rogue', ['Work']);
  const holder = hold(rogue.token);
  const seq = raw((db) => {
    db.prepare('UPDATE certificate SET token = ?, epoch = 1 WHERE token = ?').run('someone-else-at-all', victim.id);
    db.prepare('UPDATE certificate SET token = ?, epoch = 1 WHERE token = ?').run(victim.id, rogue.id);
    return appendEntry(
      db,
      {
        safeId: holder.safeId,
        ownerKey: holder.bundle.ownerAgreementKey,
        signer: { ...signerOf(holder), id: victim.id },
      },
      { action: 'item.read' },
    );
  });
  expect((await safe.owner.showEntry(seq)).proof.verified).toBe(false);
});

test('one blocked item does not close the others that a token holds one by one', async () => {
  const items = [await put('Work', 'A', 'value-of-a'), await put('Work', 'B', 'value-of-b')];
  const { token } = await safe.token('narrow');
  for (const title of ['A', 'B'])
    await safe.owner.grant({ token: byName('narrow'), vault: byName('Work'), item: byName(title) });
  sql('UPDATE revision SET signed = ? WHERE subject = ?', new Uint8Array(8), items[0] ?? '');
  const agent = await safe.agent(token);
  expect(codeOf(await ask(agent, 'whoami'))).toBe('granted');
  expect(JSON.stringify(await ask(agent, 'search_items', {}))).toContain('"title":"B"');
  expect(JSON.stringify(await ask(agent, 'get_item', { item: 'B', fields: ['password'] }))).toContain('value-of-b');
});

describe('a key that may not write by the gate’s rules', () => {
  async function plantBy(token: string, item: string): Promise<void> {
    const [holder, rows] = [hold(token), rowsOf(safe.file)];
    const keys = gainedKeys(holder, rows);
    const key = itemKeyFrom(holder.safeId, keys, { rows, item });
    if (key === null) throw new Error('an editor has a key');
    raw((db) => {
      const content = {
        type: 'login' as const,
        title: 'A',
        tags: [],
        fields: [{ name: 'password', kind: 'secret' as const, value: 'forged-value' }],
      };
      const titleKeys = vaultKeysFrom(keys, item.slice(0, 16));
      plant(db, forgeRevision(db, holder, { item, key, content, titleKeys }), { holder });
    });
    return Promise.resolve();
  }

  test('makes no revision that counts: an editor without the scope to write', async () => {
    const item = await put('Work', 'A', 'true-value');
    const { token } = await safe.owner.createToken({
      name: 'reads',
      isAgent: true,
      vaults: [byName('Work')],
      role: 'editor',
      scopes: ['read', 'reveal'],
    });
    expect(codeOf(await ask(await safe.agent(token), 'update_item', { item, set: { password: 'x' } }))).toBe(
      'forbidden',
    );
    await plantBy(token, item);
    expect(await secretOf((await safe.token('reader', ['Work'])).token, item)).not.toContain('forged-value');
  });

  test('makes no revision that counts: a frozen editor', async () => {
    const item = await put('Work', 'A', 'true-value');
    const { token } = await safe.token('bot', ['Work'], 'editor');
    await safe.owner.freezeToken(byName('bot'));
    await plantBy(token, item);
    expect(await secretOf((await safe.token('reader', ['Work'])).token, item)).not.toContain('forged-value');
  });

  test('makes no revision that counts: a viewer that writes ahead of its promotion, in the name of a later state', async () => {
    const item = await put('Work', 'A', 'true-value');
    const { token } = await safe.token('viewer', ['Work']);
    const reader = (await safe.token('reader', ['Work'])).token;
    const [holder, rows] = [hold(token), rowsOf(safe.file)];
    const keys = gainedKeys(holder, rows);
    const key = itemKeyFrom(holder.safeId, keys, { rows, item });
    if (key === null) throw new Error('a viewer has a key');
    raw((db) => {
      const stateVersion = integer(oneOf(db, 'SELECT max(state_version) AS version FROM entry'), 'version');
      const content = {
        type: 'login' as const,
        title: 'A',
        tags: [],
        fields: [{ name: 'password', kind: 'secret' as const, value: 'forged-value' }],
      };
      const plan = forgeRevision(db, holder, { item, key, content, titleKeys: vaultKeysFrom(keys, item.slice(0, 16)) });
      plant(db, plan, { holder, facts: { stateVersion: stateVersion + 1 } });
      const nobody = { kind: 'none' as const, id: null, epoch: null, sign: null };
      const by = { safeId: holder.safeId, ownerKey: holder.bundle.ownerAgreementKey, signer: nobody };
      appendEntry(db, by, { outcome: 'refused', code: 'forbidden', stateVersion });
    });
    await safe.owner.grant({ token: byName('viewer'), vault: byName('Work'), role: 'editor' });
    expect(await secretOf(reader, item)).not.toContain('forged-value');
  });
});

test('the file of these tests is a safe', () => {
  expect(text(rowsOf(safe.file).get('safe')?.[0] ?? {}, 'id')).toBe(safe.owner.safeId);
});
