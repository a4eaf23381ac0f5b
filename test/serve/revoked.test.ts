/** What the owner ends, ends at the next request, and open streams end without one. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PATIENCE } from '../../src/serve/patience.js';
import { entriesAfter, lastSeq } from '../support/gate-rig.js';
import { type EventStream, listening, send, Session, stateless, toolCall } from '../support/http-requests.js';
import { type Rig, serveSafe } from '../support/http-rig.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const read = { vault: 'Personal', item: 'Orders', fields: ['password'] };
let safe: TestSafe;
let rig: Rig;
let token: string;

beforeEach(async () => {
  safe = await makeSafe();
  const fields = [{ name: 'password', value: 'canary-revoked-3355' }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
  ({ token } = await safe.owner.createToken({
    ...{ name: 'goes', isAgent: true, vaults: [byName('Personal')], role: 'viewer' },
    expiration: '1h',
  }));
  rig = await serveSafe(safe, { patience: { ...PATIENCE, streamsEveryMs: 20 } });
});

afterEach(async () => {
  await rig.close();
  await safe.end();
});

const ENDINGS: readonly (readonly [what: string, end: () => Promise<unknown>])[] = [
  ['revoked', async () => safe.owner.deleteToken(byName('goes'), { rotate: false })],
  ['renewed', async () => safe.owner.renewToken(byName('goes'), { rotate: false })],
  ['frozen', async () => safe.owner.freezeToken(byName('goes'))],
  ['expired', () => Promise.resolve((safe.clock.now += 2 * 60 * 60_000))],
];

test.each(ENDINGS)(
  'a token that was %s: its session and its next request are refused, one entry each',
  async (_, end) => {
    const session = await Session.begin(rig.port, token);
    expect((await session.call('get_item', read)).text).toContain('canary');
    await end();
    const before = lastSeq(safe.file);
    const got = [await session.call('get_item', read), await send(rig.port, toolCall(token, 'get_item', read))];
    got.push(await send(rig.port, stateless(token, 'tools/list')));
    for (const { status, text } of got) {
      expect(status).toBe(401);
      expect(text).not.toContain('canary');
    }
    expect(entriesAfter(safe.file, before).map(({ code }) => code)).toEqual(Array(3).fill('unauthenticated'));
    expect((await session.call('whoami')).status).toBe(401);
  },
);

test.each(ENDINGS)(
  'a token that was %s: its open streams end, without an entry, and others’ do not',
  async (_, end) => {
    const other = (await safe.token('stays', ['Personal'])).token;
    const streams: EventStream[] = [];
    for (const one of [token, other]) {
      const session = await Session.begin(rig.port, one);
      streams.push(await session.stream(), await listening(rig.port, one));
    }
    await end();
    const before = lastSeq(safe.file);
    await Promise.all(streams.slice(0, 2).map(({ ended }) => ended));
    expect(lastSeq(safe.file)).toBe(before);
    let open = 2;
    for (const stream of streams.slice(2)) void stream.ended.then(() => (open -= 1));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(open).toBe(2);
    for (const stream of streams.slice(2)) stream.end();
  },
);

test('a stream that is begun with a token that has ended is refused', async () => {
  const session = await Session.begin(rig.port, token);
  await safe.owner.deleteToken(byName('goes'), { rotate: false });
  expect((await session.stream()).status).toBe(401);
  expect((await listening(rig.port, token)).status).toBe(401);
});

test('a grant that is taken away is gone at the next call, and the client is told that its tools have changed', async () => {
  const { token: editor } = await safe.token('editor', ['Personal'], 'editor');
  const session = await Session.begin(rig.port, editor);
  const streams = [await session.stream(), await listening(rig.port, editor)];
  const names = async (): Promise<string[]> =>
    (await send(rig.port, stateless(editor, 'tools/list'))).message.result.tools.map(
      ({ name }: { name: string }) => name,
    );
  expect(await names()).toContain('create_item');
  await session.post({ jsonrpc: '2.0', id: 5, method: 'tools/list', params: {} });
  await safe.owner.revoke({ token: byName('editor'), vault: byName('Personal'), rotate: false });
  const refused = [await session.call('get_item', read), await send(rig.port, toolCall(editor, 'get_item', read))];
  for (const { message } of refused) expect(message.result.structuredContent.error.code).toBe('forbidden');
  for (const stream of streams) {
    await stream.told('notifications/tools/list_changed');
    stream.end();
  }
  expect(await names()).not.toContain('create_item');
});

test('a token listens 16 times at most, and again once a stream has ended', async () => {
  const streams: EventStream[] = [];
  for (let n = 0; n < 16; n += 1) streams.push(await listening(rig.port, token));
  const asked = stateless(token, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
  expect((await send(rig.port, asked)).message.error.code).toBe(-32603);
  streams.pop()?.end();
  await expect
    .poll(async () => {
      const stream = await listening(rig.port, token).catch(() => null);
      if (stream !== null) streams.push(stream);
      return stream !== null;
    })
    .toBe(true);
  for (const stream of streams) stream.end();
});
