/**
 * The owner's word on single uses, under the hands of whoever writes the file: nobody gives it but the owner, and none is
 * good for anything, for anyone, more often or longer than the owner said.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/bytes.js';
import { tokenLeaf } from '../../src/crypto/certificates.js';
import { decision, usePrivate } from '../../src/crypto/decision.js';
import { contexts } from '../../src/crypto/keys.js';
import { sealTo } from '../../src/crypto/sealed-box.js';
import type { Answer, LocalDoor } from '../../src/gate/call.js';
import { useHash } from '../../src/gate/consent.js';
import { appendEntry, type Holder, insertChangeRow, mustHold, signerOf } from '../support/attacker.js';
import { captureStderr } from '../support/gate-rig.js';
import { blob, type Cells, insertRow, oneOf, type Raw, type Rows, rowsOf, withRaw } from '../support/raw.js';
import { ask, byName, codeOf, makeSafe, REASON, type TestSafe } from '../support/safe.js';

captureStderr();
let safe: TestSafe;
let bot: string;
let door: LocalDoor;
let evil: { door: LocalDoor; holder: Holder; token: string };
let item: string;

beforeEach(async () => {
  safe = await makeSafe();
  item = (
    await safe.owner.createItem(byName('Personal'), {
      ...{ type: 'login', title: 'DB' },
      fields: [
        { name: 'password', value: 'pw-of-db' },
        { name: 'pin', kind: 'secret', value: 'pin-of-db' },
      ],
    })
  ).id;
  await safe.owner.changeItemRules({ item: byName('DB') }, { approve: true });
  bot = (await safe.token('bot', ['Personal'])).token;
  door = await safe.agent(bot);
  const { token } = await safe.token('evil', ['Personal']);
  evil = { token, door: await safe.agent(token), holder: mustHold(safe.places, rowsOf(safe.file), token) };
});
afterEach(async () => safe.end());

const get = async (by: LocalDoor, fields = ['password']): Promise<Answer> =>
  ask(by, 'get_item', { item: 'DB', fields });
const fault = async (): Promise<string> => (await safe.owner.verify({ full: true })).fault?.message ?? 'none';

async function requested(by = door): Promise<string> {
  const answer = await get(by);
  expect(codeOf(answer)).toBe('approval_required');
  return answer.ok ? '' : (answer.error.request?.id ?? '');
}

/** Puts the rows of tables as they were into the place of those that are there. */
function putBack(rows: Rows, tables: readonly string[]): void {
  withRaw(safe.file, (db) => {
    for (const table of tables) {
      db.exec(`DELETE FROM "${table}"`);
      for (const row of rows.get(table) ?? []) insertRow(db, table, row);
    }
  });
}

/** Neither the door that is open nor one that is opened now is given the secret. */
async function expectNothingGiven(by: LocalDoor = door, token = bot): Promise<void> {
  for (const one of [by, await safe.agent(token)]) {
    const answer = await get(one);
    expect(codeOf(answer)).not.toBe('granted');
    expect(JSON.stringify(answer)).not.toContain('pw-of-db');
  }
}

describe('an approval', () => {
  test.each(['signed', 'token_private', 'hash'])('whose %s was changed is none', async (name) => {
    await safe.owner.approveRequest(await requested(), { uses: '5' });
    withRaw(safe.file, (db) => {
      const row = oneOf(db, "SELECT * FROM document WHERE kind = 'decision'");
      const value = Buffer.from(blob(row, name));
      value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
      db.prepare(`UPDATE document SET "${name}" = ? WHERE kind = 'decision'`).run(value);
    });
    await expectNothingGiven();
  });

  test('that is gone is none, and another one with its name neither', async () => {
    await safe.owner.approveRequest(await requested(), { uses: '5' });
    let kept: Cells = {};
    withRaw(safe.file, (db) => {
      kept = oneOf(db, "SELECT * FROM document WHERE kind = 'decision'");
      db.exec("DELETE FROM document WHERE kind = 'decision'");
    });
    await expectNothingGiven();
    withRaw(safe.file, (db) => {
      const forged = forgedApproval(mustHold(safe.places, rowsOf(safe.file), bot).id, evil.holder);
      insertRow(db, 'document', { ...forged, hash: kept['hash'] ?? null });
    });
    await expectNothingGiven();
  });

  test('that was used up is none again, put back or twice there', async () => {
    const id = await requested();
    const before = rowsOf(safe.file);
    await safe.owner.approveRequest(id, {});
    const approved = rowsOf(safe.file);
    expect(codeOf(await get(door))).toBe('granted');
    putBack(approved, ['document', 'token', 'state']);
    await expectNothingGiven();
    withRaw(safe.file, (db) => {
      const row = oneOf(db, "SELECT * FROM document WHERE kind = 'decision'");
      insertRow(db, 'document', { ...row, hash: sha256(blob(row, 'hash')) });
    });
    await expectNothingGiven();
    putBack(before, ['document', 'token', 'state']);
    await expectNothingGiven();
  });

  test('is none after its end, whatever is put back', async () => {
    await safe.owner.approveRequest(await requested(), { uses: '5', for: '15min' });
    const approved = rowsOf(safe.file);
    expect(codeOf(await get(door))).toBe('granted');
    safe.clock.now += 900_001;
    await expectNothingGiven();
    putBack(approved, ['document', 'token']);
    await expectNothingGiven();
  });

  test('is none after its end for who turns the clock back, once the owner has decided something since', async () => {
    await safe.owner.approveRequest(await requested(), { uses: '5', for: '15min' });
    safe.clock.now += 900_001;
    await safe.owner.setSetting('item.keep_revisions', '40');
    safe.clock.now -= 900_001;
    await expectNothingGiven();
  });

  test('is none for another token, in whose leaf it is put', async () => {
    await safe.owner.approveRequest(await requested(), { uses: '5' });
    withRaw(safe.file, (db) => {
      const { safeId, id } = evil.holder;
      const approvals = [blob(oneOf(db, "SELECT * FROM document WHERE kind = 'decision'"), 'hash')];
      const leaf = tokenLeaf.decode(safeId, blob(oneOf(db, 'SELECT leaf FROM token WHERE id = ?', id), 'leaf'));
      const changed = tokenLeaf.encode(safeId, { ...leaf, approvals });
      db.prepare('UPDATE token SET leaf = ? WHERE id = ?').run(changed, id);
      db.prepare("UPDATE document SET holder = ? WHERE kind = 'decision'").run(id);
    });
    await expectNothingGiven(evil.door, evil.token);
    expect(codeOf(await get(door))).toBe('granted');
  });

  test('of one field, item or tool is none of another', async () => {
    await safe.owner.approveRequest(await requested(), { uses: '5' });
    expect(codeOf(await get(door, ['pin']))).toBe('approval_required');
    expect(codeOf(await get(door, ['password', 'pin']))).toBe('approval_required');
  });

  test('that a token’s holder makes and lists in its own leaf is none', async () => {
    await requested(evil.door);
    withRaw(safe.file, (db) => {
      const { safeId, id } = evil.holder;
      const forged = forgedApproval(id, evil.holder);
      insertRow(db, 'document', forged);
      const leaf = tokenLeaf.decode(safeId, blob(oneOf(db, 'SELECT leaf FROM token WHERE id = ?', id), 'leaf'));
      const changed = tokenLeaf.encode(safeId, { ...leaf, approvals: [blob(forged, 'hash')] });
      db.prepare('UPDATE token SET leaf = ? WHERE id = ?').run(changed, id);
    });
    await expectNothingGiven(evil.door, evil.token);
  });

  test('is told from a bypass that a token’s holder writes into its own leaf', async () => {
    withRaw(safe.file, (db) => {
      const { safeId, id } = evil.holder;
      const leaf = tokenLeaf.decode(safeId, blob(oneOf(db, 'SELECT leaf FROM token WHERE id = ?', id), 'leaf'));
      const extensions = [{ name: 'bypass-until', value: String(safe.clock.now + 3_600_000) }];
      db.prepare('UPDATE token SET leaf = ? WHERE id = ?').run(tokenLeaf.encode(safeId, { ...leaf, extensions }), id);
    });
    await expectNothingGiven(evil.door, evil.token);
  });
});

/** An approval of evil's call, as anyone can make it who is not the owner. */
function forgedApproval(token: string, holder: Holder): Cells {
  const { safeId, bundle, agreement } = holder;
  const use = useHash(safeId, {
    ...{ token, tool: 'get_item', subject: item, secrets: ['password'], reason: REASON, purpose: '' },
  });
  const until = safe.clock.now + 600_000;
  const secret = usePrivate.encode(safeId, { random: Buffer.alloc(32), because: '', use, uses: 9, until });
  const signed = decision.encode(safeId, {
    ...{ request: 'forged', token, verdict: 'approved', at: safe.clock.now, privateHash: sha256(secret) },
    extensions: [{ name: 'of', value: 'use' }],
  });
  const context = contexts.usePrivate(safeId, 'forged');
  return {
    ...{ hash: sha256(signed), kind: 'decision', holder: token, signed },
    token_private: sealTo(agreement.publicKey, context, secret),
    owner_private: sealTo(bundle.ownerAgreementKey, context, secret),
  };
}

describe('the log’s count of uses', () => {
  test('that was taken out of its entry is found', async () => {
    await safe.owner.approveRequest(await requested(), { uses: '2' });
    expect(codeOf(await get(door))).toBe('granted');
    withRaw(safe.file, (db) => db.exec("DELETE FROM change WHERE kind = 'approval'"));
    expect(await fault()).not.toBe('none');
  });

  test.each(['subject', 'revision', 'kind'])('whose %s was changed is found', async (name) => {
    await safe.owner.approveRequest(await requested(), { uses: '2' });
    expect(codeOf(await get(door))).toBe('granted');
    const value = { subject: 'other', revision: 0, kind: 'item' }[name] ?? null;
    withRaw(safe.file, (db) => db.prepare(`UPDATE change SET "${name}" = ? WHERE kind = 'approval'`).run(value));
    expect(await fault()).not.toBe('none');
  });

  test('is not lowered by what another token writes', async () => {
    const id = await requested();
    await safe.owner.approveRequest(id, { uses: '2' });
    withRaw(safe.file, (db) => {
      const change = { kind: 'approval', id, revision: 0, hash: null, before: null };
      appendAs(db, evil.holder, { outcome: 'granted', fieldsCount: 1, changes: [change] });
    });
    expect([codeOf(await get(door)), codeOf(await get(door)), codeOf(await get(door))]).toEqual([
      ...['granted', 'granted', 'approval_required'],
    ]);
  });
});

const appendAs = (db: Raw, holder: Holder, facts: Parameters<typeof appendEntry>[2]): number =>
  appendEntry(
    db,
    { safeId: holder.safeId, ownerKey: holder.bundle.ownerAgreementKey, signer: signerOf(holder) },
    { action: 'item.read', ...facts },
  );

describe('a request', () => {
  const said = (more: object = {}): object => ({
    ...{ v: 1, reason: REASON, signals: [], tool: 'get_item', fields: ['password'], vault: null },
    ...{ title: null, request: null, detail: null },
    use: { tool: 'get_item', subject: item, secrets: ['password'], purpose: '' },
    ...more,
  });
  const refusal = { outcome: 'refused', code: 'approval_required' };

  test('that another token forges in a token’s name is shown to nobody, and approves nothing', async () => {
    const victim = mustHold(safe.places, rowsOf(safe.file), bot);
    const change = { kind: 'request', id: 'forged', revision: 1, hash: Buffer.alloc(8), before: null };
    withRaw(safe.file, (db) =>
      appendAs(db, { ...victim, sign: evil.holder.sign }, { ...refusal, item, said: said(), changes: [change] }),
    );
    expect(JSON.stringify(await safe.owner.listRequests({ all: true }))).not.toContain('forged');
    await expect(safe.owner.approveRequest('forged', {})).rejects.toMatchObject({ code: 'not_found' });
    expect(await fault()).not.toBe('none');
    await expectNothingGiven();
  });

  test('of another token under the same id is not what is approved', async () => {
    const id = await requested();
    const change = { kind: 'request', id, revision: 1, hash: Buffer.alloc(8), before: null };
    withRaw(safe.file, (db) => appendAs(db, evil.holder, { ...refusal, item, said: said(), changes: [change] }));
    await safe.owner.approveRequest(id, { uses: '5' });
    await expectNothingGiven(evil.door, evil.token);
    expect(codeOf(await get(door))).toBe('granted');
  });

  test('of another token is approved for that one alone, whoever it says that it is of', async () => {
    const change = { kind: 'request', id: 'sly', revision: 1, hash: Buffer.alloc(8), before: null };
    const { id: token } = mustHold(safe.places, rowsOf(safe.file), bot);
    const sly = said({ use: { token, tool: 'get_item', subject: item, secrets: ['password'], purpose: '' } });
    withRaw(safe.file, (db) => appendAs(db, evil.holder, { ...refusal, item, said: sly, changes: [change] }));
    const seen = await safe.owner.listRequests({ all: true });
    for (const { token: asking } of seen) expect(asking.name).toBe('evil');
    if (seen.length > 0) await safe.owner.approveRequest('sly', {});
    await expectNothingGiven();
  });

  test('whose card would show another item than it is about is shown to nobody', async () => {
    const other = await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Harmless' });
    const change = { kind: 'request', id: 'sly', revision: 1, hash: Buffer.alloc(8), before: null };
    withRaw(safe.file, (db) =>
      appendAs(db, evil.holder, { ...refusal, item: other.id, said: said(), changes: [change] }),
    );
    await expect(safe.owner.approveRequest('sly', {})).rejects.toMatchObject({ code: 'not_found' });
    await expectNothingGiven(evil.door, evil.token);
  });

  test('is decided by nobody but the owner', async () => {
    const id = await requested();
    withRaw(safe.file, (db) => {
      const victim = mustHold(safe.places, rowsOf(safe.file), bot);
      const forged = forgedApproval(victim.id, victim);
      insertRow(db, 'document', forged);
      const change = { kind: 'request', id, revision: 2, hash: blob(forged, 'hash'), before: null };
      appendAs(db, evil.holder, { said: said({ use: null }), changes: [change] });
      const { seq } = oneOf(db, "SELECT seq FROM entry WHERE action = 'token.create' ORDER BY seq DESC LIMIT 1");
      insertChangeRow(db, { seq: Number(seq), n: 50, change });
    });
    await expectNothingGiven();
    expect(await fault()).not.toBe('none');
  });
});
