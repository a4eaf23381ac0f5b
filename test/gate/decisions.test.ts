/** What the owner decides about requests: as asked, or otherwise, once. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import { captureStderr, expectVerified } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const VERIFIER = join(import.meta.dirname, '..', '..', 'bin', 'vouchsafe-verify-log.js');
let safe: TestSafe;
let bot: AgentDoor;

beforeEach(async () => {
  safe = await makeSafe();
  for (const vault of ['Work', 'Home']) {
    await safe.owner.createVault({ name: vault });
    for (const title of ['A', vault])
      await safe.owner.createItem(byName(vault), {
        ...{ type: 'login', title },
        fields: [{ name: 'password', value: `canary-${vault}` }],
      });
  }
  bot = await safe.agent((await safe.token('bot')).token);
});

afterEach(async () => {
  await expectVerified(safe);
  await safe.end();
});

async function request(input: object): Promise<string> {
  const answer = await ask(bot, 'request_access', { ...input });
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return (answer.result['request'] as { id: string }).id;
}

const told = async (id: string): Promise<Answer> => ask(bot, 'request_access', { request: id });
const read = async (item: string, vault: string): Promise<string> =>
  codeOf(await ask(bot, 'get_item', { item, vault, fields: ['password'] }));

describe('approving', () => {
  test('gives what was asked for, at once, and says so', async () => {
    const id = await request({ vault: 'work', item: 'a', expiration: '1d', max_uses: 1 });
    expect(await read('A', 'Work')).toBe('forbidden');
    const { grant } = await safe.owner.approveRequest(id, { because: 'For tonight' });
    expect(grant).toMatchObject({ type: 'item', role: 'viewer', limits: { max_uses: 1 }, left: { uses: 1 } });
    expect(grant?.expires_at).toBe(new Date(safe.clock.now + 86_400_000).toISOString());
    expect(await told(id)).toMatchObject({
      result: { request: { state: 'approved', because: 'For tonight', grant_id: grant?.grant_id } },
    });
    expect([await read('A', 'Work'), await read('A', 'Work'), await read('Work', 'Work')]).toEqual([
      ...['granted', 'limit_reached', 'forbidden'],
    ]);
  });

  test('gives what the owner says in place of what was asked for', async () => {
    const id = await request({ vault: 'Work', role: 'manager', expiration: '30d', max_uses: 9 });
    const { grant } = await safe.owner.approveRequest(id, {
      ...{ vault: byName('Home'), item: byName('A'), role: 'viewer', expiration: '1d', purpose: 'Tonight' },
      limits: { maxUses: '2', fields: ['password'] },
    });
    expect(grant).toMatchObject({
      ...{ type: 'item', vault: { name: 'Home' }, item: { title: 'A' }, role: 'viewer', purpose: 'Tonight' },
      limits: { max_uses: 2, fields: ['password'] },
    });
    expect([await read('A', 'Home'), await read('A', 'Work')]).toEqual(['granted', 'forbidden']);
  });

  test('an item that several vaults have under that name gives nothing until the owner says which', async () => {
    const id = await request({ item: 'A' });
    const card = await safe.owner.showRequest(id);
    expect(card).toMatchObject({ means: { vault: null, item: null } });
    await expect(safe.owner.approveRequest(id, {})).rejects.toMatchObject({ code: 'ambiguous' });
    expect(await told(id)).toMatchObject({ result: { request: { state: 'pending' } } });
    expect(await safe.owner.listAccess(byName('bot'))).toEqual([]);
  });

  test('a request for an item with the vault that it is in gives that item, and not the vault', async () => {
    const id = await request({ item: 'A' });
    const { grant } = await safe.owner.approveRequest(id, { vault: byName('Work') });
    expect(grant).toMatchObject({ type: 'item', vault: { name: 'Work' }, item: { title: 'A' } });
    expect(await read('Work', 'Work')).toBe('forbidden');
  });

  test('what is nowhere gives nothing', async () => {
    for (const input of [{ vault: 'None' }, { item: 'None' }, { vault: 'Work', item: 'Home' }]) {
      const id = await request(input);
      expect(await safe.owner.showRequest(id)).toMatchObject({ means: { item: null } });
      await expect(safe.owner.approveRequest(id, {})).rejects.toMatchObject({ code: 'not_found' });
      expect(await told(id)).toMatchObject({ result: { request: { state: 'pending' } } });
    }
    expect(await safe.owner.listAccess(byName('bot'))).toEqual([]);
  });

  test('what replaces a grant is shown before', async () => {
    const { grant_id } = await safe.owner.grant({ token: byName('bot'), vault: byName('Work'), role: 'editor' });
    const id = await request({ vault: 'Work' });
    expect(await safe.owner.showRequest(id)).toMatchObject({ replaces: { grant_id, role: 'editor' } });
    await safe.owner.approveRequest(id, {});
    expect(await safe.owner.listAccess(byName('bot'))).toMatchObject([{ role: 'viewer' }]);
  });

  test.each([{ limits: { maxUses: '0' } }, { role: 'owner' }, { expiration: 'x' }, { because: 'a\nb' }])(
    'with %j changes nothing',
    async (approval) => {
      const id = await request({ vault: 'Work' });
      await expect(safe.owner.approveRequest(id, approval)).rejects.toMatchObject({ code: 'invalid_request' });
      expect(await told(id)).toMatchObject({ result: { request: { state: 'pending' } } });
      expect(await safe.owner.listAccess(byName('bot'))).toEqual([]);
    },
  );
});

describe('deciding', () => {
  test('twice is a conflict, from two doors of the owner at once as well', async () => {
    const id = await request({ vault: 'Work' });
    const other = await safe.reopen();
    const both = await Promise.allSettled([safe.owner.approveRequest(id, {}), other.denyRequest(id, 'No')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const decide of [() => other.approveRequest(id, {}), () => other.denyRequest(id, 'No')])
      await expect(decide()).rejects.toMatchObject({ code: 'conflict' });
    const state = (await other.listRequests({ all: true }))[0]?.state;
    expect(await told(id)).toMatchObject({ result: { request: { state } } });
  });

  test('about a request that is none is not found', async () => {
    for (const decide of [() => safe.owner.approveRequest('x', {}), () => safe.owner.denyRequest('x', 'No')])
      await expect(decide()).rejects.toMatchObject({ code: 'not_found' });
  });

  test('about a token that has ended gives nothing', async () => {
    const id = await request({ vault: 'Work' });
    await safe.owner.deleteToken(byName('bot'), { rotate: false });
    await expect(safe.owner.approveRequest(id, {})).rejects.toMatchObject({ code: 'not_found' });
    expect(await safe.owner.showRequest(id)).toMatchObject({ access: [] });
  });

  test('takes the request off the five that may wait', async () => {
    const ids = [];
    for (let i = 0; i < 5; i += 1) ids.push(await request({ vault: `V${String(i)}` }));
    await expect(request({ vault: 'V5' })).rejects.toThrow('limit_reached');
    await safe.owner.denyRequest(ids[3] ?? '', 'No');
    expect(await request({ vault: 'V5' })).toMatch(/-/);
  });

  test('is in a log that the verifier which stands alone accepts', async () => {
    await safe.owner.approveRequest(await request({ vault: 'Work' }), {});
    await safe.owner.denyRequest(await request({ vault: 'Home' }), 'No');
    await request({ vault: 'Else' });
    const to = join(safe.places.home, 'log.proof');
    await safe.owner.archive({ before: new Date((safe.clock.now += 1)).toISOString(), to });
    const { stdout } = await promisify(execFile)(process.execPath, [VERIFIER, to]);
    expect(stdout).toMatch(/\S/);
  });
});
