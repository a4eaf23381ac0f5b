/** What a token buried stays buried, and the safe stays whole, whatever becomes of the token that did it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { captureStderr, expectVerified } from '../support/gate-rig.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const DAY = 86_400_000;
let safe: TestSafe;
let token: string;
let item: string;

beforeEach(async () => {
  safe = await makeSafe();
  for (const name of ['Work', 'Home']) await safe.owner.createVault({ name });
  for (const title of ['A', 'B']) {
    const fields = [{ name: 'password', value: `canary-${title}` }];
    const made = await safe.owner.createItem(byName('Work'), { type: 'login', title, fields });
    if (title === 'A') item = made.id;
  }
  const wanted = { name: 'bot', isAgent: true, vaults: [byName('Work'), byName('Home')], expiration: '30d' };
  token = (await safe.owner.createToken({ ...wanted, role: 'manager' })).token;
});
afterEach(async () => {
  await safe.end();
});

const burials: [how: string, bury: () => Promise<void>][] = [
  [
    'moved',
    async () => {
      const bot = await safe.agent(token);
      expect(codeOf(await ask(bot, 'move_item', { item: 'A', to_vault: 'Home' }))).toBe('granted');
    },
  ],
  [
    'deleted',
    async () => {
      const bot = await safe.agent(token);
      expect(codeOf(await ask(bot, 'trash_item', { item: 'A' }))).toBe('granted');
      expect(codeOf(await ask(bot, 'delete_item', { item, confirm_title: 'A' }))).toBe('granted');
    },
  ],
];

const bot = byName('bot');
const ends: [what: string, end: () => Promise<unknown>][] = [
  ['goes on', () => Promise.resolve()],
  ['is deleted', () => safe.owner.deleteToken(bot, { rotate: true })],
  ['is deleted without rotation', () => safe.owner.deleteToken(bot, { rotate: false })],
  ['loses its grants', () => safe.owner.revoke({ token: bot, all: true, rotate: true })],
  ['loses its grants without rotation', () => safe.owner.revoke({ token: bot, all: true, rotate: false })],
  ['loses the vault', () => safe.owner.revoke({ token: bot, vault: byName('Work'), rotate: true })],
  ['becomes a viewer', () => safe.owner.grant({ token: bot, vault: byName('Work'), role: 'viewer' })],
  ['is renewed', () => safe.owner.renewToken(bot, { rotate: false })],
  ['is renewed with rotation', () => safe.owner.renewToken(bot, { rotate: true })],
  [
    'expires and is swept',
    async () => {
      safe.clock.now += 31 * DAY;
      await safe.owner.unlock(60_000);
    },
  ],
];

describe.each(burials)('an item that was %s', (_how, bury) => {
  test.each(ends)('stays buried when its token %s, and the safe verifies', async (_what, end) => {
    await bury();
    await expectVerified(safe);
    await end();
    await expectVerified(safe);
    await expect(safe.owner.viewItem({ item: byId(item) }, 'all')).rejects.toMatchObject({ code: 'not_found' });
    const reader = await safe.agent((await safe.token('reader', ['Work'])).token);
    const seen = await ask(reader, 'list_vault', { vault: 'Work' });
    expect(seen).toMatchObject({ ok: true, result: { items: [{ title: 'B' }] } });
  });
});
