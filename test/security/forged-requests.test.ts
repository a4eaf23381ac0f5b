/**
 * Requests and decisions under the hands of whoever writes the file: the owner is shown no request that its token did
 * not sign, and nobody is told a decision that the owner did not make.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/bytes.js';
import { decision, decisionPrivate } from '../../src/crypto/decision.js';
import { contexts } from '../../src/crypto/keys.js';
import { sealTo } from '../../src/crypto/sealed-box.js';
import { appendEntry, type Holder, insertChangeRow, mustHold, signerOf } from '../support/attacker.js';
import { captureStderr } from '../support/gate-rig.js';
import { type Cells, insertRow, oneOf, type Raw, rowsOf, withRaw } from '../support/raw.js';
import { ask, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const FORGED = 'words that the owner never wrote';
let safe: TestSafe;
let bot: string;
let evil: Holder;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createVault({ name: 'Work' });
  bot = (await safe.token('bot')).token;
  const { token } = await safe.token('evil');
  evil = mustHold(safe.places, rowsOf(safe.file), token);
});
afterEach(async () => {
  await safe.end();
});

async function request(vault = 'Work', token = bot): Promise<string> {
  const answer = await ask(await safe.agent(token), 'request_access', { vault });
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return (answer.result['request'] as { id: string }).id;
}

/** What the owner sees of all requests; an integrity failure shows nothing. */
async function inbox(all = true): Promise<readonly { id: string; state: string; because?: string; asked?: object }[]> {
  try {
    return await (await safe.reopen()).listRequests({ all });
  } catch (error) {
    expect(error).toMatchObject({ code: 'integrity' });
    return [];
  }
}
/** What the token is told of a request: its state and the owner's words, or the refusal's code. */
async function told(id: string): Promise<{ state: string; because?: string }> {
  const answer = await ask(await safe.agent(bot), 'request_access', { request: id });
  return answer.ok ? (answer.result['request'] as { state: string }) : { state: answer.error.code };
}
const fault = async (): Promise<string> => (await safe.owner.verify({ full: true })).fault?.message ?? 'none';

function newestEntry(db: Raw, action: string): Cells {
  return oneOf(db, 'SELECT * FROM entry WHERE action = ? ORDER BY seq DESC LIMIT 1', action);
}
const appendAs = (db: Raw, holder: Holder, facts: Parameters<typeof appendEntry>[2]): number =>
  appendEntry(
    db,
    { safeId: holder.safeId, ownerKey: holder.bundle.ownerAgreementKey, signer: signerOf(holder) },
    { action: 'access.request', ...facts },
  );

describe('the owner is shown no request', () => {
  test('that stands beside an entry which does not name it', async () => {
    await request();
    withRaw(safe.file, (db) => {
      for (const action of ['access.request', 'token.create', 'safe.init']) {
        const seq = Number(newestEntry(db, action)['seq']);
        const change = { kind: 'request', id: `forged-${action}`, revision: 1, hash: Buffer.alloc(8), before: null };
        insertChangeRow(db, { seq, n: 50, change });
      }
    });
    expect(JSON.stringify(await inbox())).not.toContain('forged-');
    expect(await fault()).not.toBe('none');
  });

  test('in the name of a token that did not sign it', async () => {
    await request();
    const victim = mustHold(safe.places, rowsOf(safe.file), bot);
    const change = { kind: 'request', id: 'forged', revision: 1, hash: Buffer.alloc(8), before: null };
    const said = { ...SAID, asked: { vault: 'Work', role: 'manager' } };
    withRaw(safe.file, (db) => appendAs(db, { ...victim, sign: evil.sign }, { said, changes: [change] }));
    expect((await inbox()).map(({ id }) => id)).not.toContain('forged');
    expect(await fault()).not.toBe('none');
  });

  const cells: Readonly<Record<string, (value: unknown) => Cells[string]>> = {
    at: (value) => Number(value) + 1,
    actor: () => evil.id,
    actor_epoch: (value) => Number(value) + 1,
    action: () => 'session.whoami',
    outcome: () => 'refused',
    payload: (value) => Buffer.from(value as Buffer).reverse(),
    hash: (value) => Buffer.from(value as Buffer).reverse(),
    signature: (value) => Buffer.from(value as Buffer).reverse(),
    state_version: (value) => Number(value) + 1,
    reason_tag: () => null,
  };
  test.each(Object.keys(cells))('whose entry was changed: %s', async (name) => {
    const id = await request();
    withRaw(safe.file, (db) => {
      const entry = newestEntry(db, 'access.request');
      const value = cells[name]?.(entry[name]) ?? null;
      db.prepare(`UPDATE entry SET "${name}" = ? WHERE seq = ?`).run(value, entry['seq']);
    });
    expect((await inbox()).map((seen) => seen.id)).not.toContain(id);
  });

  test.each(['subject', 'hash', 'revision'])('whose change was changed: %s', async (name) => {
    const id = await request();
    const value = { subject: 'forged', hash: Buffer.alloc(8), revision: 2 }[name] ?? null;
    withRaw(safe.file, (db) => db.prepare(`UPDATE change SET "${name}" = ? WHERE subject = ?`).run(value, id));
    expect(await inbox()).toEqual([]);
    expect(await fault()).not.toBe('none');
  });
});

const SAID = {
  ...{ v: 1, reason: 'a forged reason', signals: [], tool: 'request_access', fields: [], vault: null },
  ...{ title: null, request: null, detail: null },
};

/** A decision as anyone can make it: it is not signed, and what is sealed to the owner anyone can seal. */
function forgeDecision(db: Raw, id: string): Uint8Array {
  const { safeId, bundle } = evil;
  const secret = decisionPrivate.encode(safeId, { random: Buffer.alloc(32), because: FORGED, grant: null });
  const signed = decision.encode(safeId, {
    ...{ request: id, token: mustHold(safe.places, rowsOf(safe.file), bot).id, verdict: 'denied' },
    ...{ at: safe.clock.now, privateHash: sha256(secret), extensions: [] },
  });
  const context = contexts.decisionPrivate(safeId, id);
  const victim = mustHold(safe.places, rowsOf(safe.file), bot);
  insertRow(db, 'document', {
    ...{ hash: sha256(signed), kind: 'decision', holder: victim.id, signed },
    token_private: sealTo(victim.bundle.agreementPublic, context, secret),
    owner_private: sealTo(bundle.ownerAgreementKey, context, secret),
  });
  return sha256(signed);
}

describe('a decision that the owner did not make', () => {
  test('beside an entry of the owner is told to nobody', async () => {
    const id = await request();
    withRaw(safe.file, (db) => {
      const hash = forgeDecision(db, id);
      const change = { kind: 'request', id, revision: 2, hash, before: null };
      insertChangeRow(db, { seq: Number(newestEntry(db, 'token.create')['seq']), n: 50, change });
    });
    expect((await told(id)).state).toBe('pending');
    expect(await fault()).not.toBe('none');
    expect(JSON.stringify(await inbox())).not.toContain(FORGED);
    expect((await inbox()).map(({ state }) => state)).not.toContain('denied');
  });

  test('in a true entry of another token is told to nobody, and verification names that entry', async () => {
    const id = await request();
    let seq = 0;
    withRaw(safe.file, (db) => {
      const change = { kind: 'request', id, revision: 2, hash: forgeDecision(db, id), before: null };
      seq = appendAs(db, evil, { said: SAID, changes: [change] });
    });
    const { fault: found } = await safe.owner.verify({ full: true });
    expect(found).toMatchObject({ seq, message: expect.stringContaining('a token made a decision of the owner') });
    expect((await told(id)).state).toBe('pending');
    expect(JSON.stringify(await inbox())).not.toContain(FORGED);
    expect((await inbox()).map(({ state }) => state)).not.toContain('denied');
  });

  test('hides no request from the owner', async () => {
    const id = await request();
    const change = { kind: 'request', id, revision: 2, hash: Buffer.alloc(32), before: null };
    withRaw(safe.file, (db) => appendAs(db, evil, { said: SAID, changes: [change] }));
    expect((await inbox(false)).map((seen) => [seen.id, seen.state])).toEqual([[id, 'pending']]);
    expect(await safe.owner.approveRequest(id, {})).toMatchObject({ request: { state: 'approved' } });
  });
});

describe('a decision that the owner made', () => {
  test.each(['signed', 'token_private', 'owner_private', 'hash'])(
    'and whose %s was changed tells nothing else, to whomever',
    async (name) => {
      const id = await request();
      await safe.owner.denyRequest(id, 'No');
      withRaw(safe.file, (db) => {
        const row = oneOf(db, 'SELECT * FROM document');
        const value = Buffer.from(row[name] as Uint8Array);
        value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
        db.prepare(`UPDATE document SET "${name}" = ?`).run(value);
      });
      expect(['pending', 'denied', 'unavailable']).toContain((await told(id)).state);
      for (const { state } of await inbox()) expect(['denied', 'expired']).toContain(state);
    },
  );

  test('and that changes places with another tells nobody the other’s', async () => {
    const [yes, no] = [await request('Work'), await request('Else')];
    await safe.owner.approveRequest(yes, { because: 'word-of-yes' });
    await safe.owner.denyRequest(no, 'word-of-no');
    withRaw(safe.file, (db) => {
      const [one, other] = db.prepare('SELECT * FROM document').all() as [Cells, Cells];
      const put = db.prepare('UPDATE document SET signed = ?, token_private = ?, owner_private = ? WHERE hash = ?');
      put.run(other['signed'], other['token_private'], other['owner_private'], one['hash']);
      put.run(one['signed'], one['token_private'], one['owner_private'], other['hash']);
    });
    for (const [id, wrong] of [
      [yes, 'denied'],
      [no, 'approved'],
    ] as const)
      for (const seen of [await told(id), ...(await inbox()).filter((one) => one.id === id)]) {
        expect(seen.state).not.toBe(wrong);
        expect(JSON.stringify(seen)).not.toContain(wrong === 'denied' ? 'word-of-no' : 'word-of-yes');
      }
  });

  test('and that was taken away with the leaf of before it is told to nobody as another', async () => {
    const id = await request();
    const before = rowsOf(safe.file);
    await safe.owner.approveRequest(id, {});
    withRaw(safe.file, (db) => {
      for (const row of before.get('token') ?? []) insertRow(db, 'token', row, 'INSERT OR REPLACE');
      db.exec('DELETE FROM document');
    });
    expect(['unavailable', 'unauthenticated']).toContain((await told(id)).state);
    for (const { state } of await inbox()) expect(state).not.toBe('denied');
    expect((await ask(await safe.agent(bot), 'list_vault', { vault: 'Work' })).ok).toBe(false);
  });
});
