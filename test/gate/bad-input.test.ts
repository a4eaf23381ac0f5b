/** Issue 2 section 7, for what is typed and sent: one clear refusal each, nothing lost, nothing leaked, nothing made. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RefusalCode } from '../../src/core/refusal.js';
import type { AgentDoor } from '../../src/gate/call.js';
import { parseToken } from '../../src/crypto/token-string.js';
import { withOwn } from '../support/call-cases.js';
import { captureStderr, dump, entriesAfter, expectVerified, lastSeq, refusedWith, rigOf } from '../support/gate-rig.js';
import { ask, byId, byName, codeOf, makeSafe, PASSWORD, REASON, type TestSafe } from '../support/safe.js';

captureStderr();
const SECRET = 'canary-input-9e9e';
let safe: TestSafe;
let door: AgentDoor;
let token: string;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createVault({ name: 'Work' });
  await safe.owner.createItem(byName('Work'), {
    type: 'login',
    title: 'Alpha',
    fields: [{ name: 'password', value: SECRET }],
  });
  ({ token } = await safe.token('bot', ['Work'], 'editor'));
  door = await safe.agent(token);
});
afterEach(async () => safe.end());

/** The refusal of an owner's command that must leave the safe exactly as it was. */
async function refusedUntouched(code: RefusalCode, command: () => Promise<unknown>): Promise<string> {
  const before = dump(safe.file);
  const { facts } = await refusedWith(code, command());
  expect(dump(safe.file)).toBe(before);
  return JSON.stringify(facts);
}

describe('names', () => {
  const owner = (): TestSafe['owner'] => safe.owner;

  test('one that fits two is refused with what it could mean, to the owner and to agents', async () => {
    await owner().createItem(byName('Work'), { type: 'login', title: 'ALPHA' });
    const told = await refusedUntouched('ambiguous', () => owner().viewItem({ item: byName('alpha') }, 'all'));
    for (const { id, title } of await owner().listItems({ vault: byName('Work') })) {
      expect(told).toContain(`${id} (${title})`);
      const answer = await ask(door, 'get_item', { item: id });
      expect(codeOf(answer)).toBe('granted');
    }
    const answer = await ask(door, 'get_item', { item: 'alpha', fields: ['password'] });
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'ambiguous', candidates: [expect.any(String), expect.any(String)] },
    });
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  });

  test('one that fits items of two vaults names only those that the token may see', async () => {
    await owner().createItem(byName('Personal'), { type: 'login', title: 'Alpha' });
    expect(codeOf(await ask(door, 'get_item', { item: 'Alpha' }))).toBe('granted');
    await refusedUntouched('ambiguous', () => owner().viewItem({ item: byName('Alpha') }, []));
    expect((await owner().viewItem({ vault: byName('Work'), item: byName('Alpha') }, [])).vault).toBe('Work');
  });

  test('an unknown one is refused with the nearest', async () => {
    expect(await refusedUntouched('not_found', () => owner().updateVault(byName('Wrok'), { name: 'x' }))).toContain(
      'Work',
    );
    expect(await refusedUntouched('not_found', () => owner().viewItem({ item: byName('Aplha') }, []))).toContain(
      'Alpha',
    );
    expect(await refusedUntouched('not_found', () => owner().findToken(byName('bat')))).toContain('bot');
    expect(await refusedUntouched('not_found', () => owner().getSetting('pat.max-expration'))).toContain(
      'pat.max-expiration',
    );
    expect(await ask(door, 'get_item', { item: 'Alpa' })).toMatchObject({
      error: { code: 'not_found', candidates: ['Alpha'] },
    });
  });

  test('a nearest name is never one that the token may not see', async () => {
    await owner().createItem(byName('Personal'), { type: 'login', title: 'Payroll' });
    const answer = await ask(door, 'get_item', { item: 'Payrol' });
    expect(codeOf(answer)).toBe('not_found');
    expect(JSON.stringify(answer)).not.toMatch(/payroll/i);
  });

  test('what does not exist and what is not granted are told in the same words', async () => {
    const told = async (input: Record<string, unknown>): Promise<string> => {
      const answer = await ask(door, 'get_item', input);
      if (answer.ok) throw new Error('granted');
      return JSON.stringify(answer.error);
    };
    await owner().createItem(byName('Personal'), { type: 'login', title: 'Bank' });
    const [personal] = (await owner().listVaults()).filter(({ name }) => name === 'Personal');
    const [bank] = await owner().listItems({ vault: byName('Personal') });
    const never = 'a'.repeat(16);
    const vaults = await Promise.all([
      told({ vault: 'Personal', item: 'Bank' }),
      told({ vault: 'Nowhere', item: 'Bank' }),
      told({ vault: personal?.id, item: 'x' }),
      told({ vault: never, item: 'x' }),
    ]);
    expect(new Set(vaults).size).toBe(1);
    const ids = await Promise.all([told({ item: bank?.id }), told({ item: never + never })]);
    expect(new Set(ids).size).toBe(1);
    const names = await Promise.all([told({ item: 'Bank' }), told({ item: 'Kiosk' })]);
    expect(new Set(names).size).toBe(1);
  });

  const hidden = [
    'a\u202eb',
    'a\u200bb',
    'a\u0000b',
    'a\u001b[31mb',
    'a\nb',
    'a\u2028b',
    'a\ufeffb',
    '\ufeffa',
    'a\u00adb',
    'a\ue000b',
    'a\ud800b',
    'a\u{e0041}b',
    'a\u061cb',
    ' ',
    '',
    '...',
    'x'.repeat(301),
    `t vsp_${'A'.repeat(64)}::${'B'.repeat(43)}`,
  ];
  test.each(hidden.map((name) => [JSON.stringify(name).slice(0, 24), name]))(
    '%s is no name of anything',
    async (_shown, name) => {
      const { owner: commander } = safe;
      const field = (more: object): object => ({ name: 'ok', value: 'v', ...more });
      const make = (more: object): Promise<unknown> =>
        commander.createItem(byName('Work'), { type: 'custom', title: 'ok', ...more });
      const commands: (() => Promise<unknown>)[] = [
        () => commander.createVault({ name }),
        () => commander.updateVault(byName('Work'), { name }),
        () => make({ title: name }),
        () => make({ fields: [field({ name })] }),
        () => make({ fields: [field({ section: name })] }),
        () => make({ tags: [name] }),
        () => commander.updateItem({ item: byName('Alpha') }, { title: name }),
        () => commander.updateItem({ item: byName('Alpha') }, { add: [{ name, value: 'v' }] }),
        () => commander.createToken({ name, isAgent: true }),
        () => commander.renameToken(byName('bot'), name),
      ];
      for (const command of commands) {
        const told = await refusedUntouched('invalid_request', command);
        if (name.length > 3) expect(told).not.toContain(name);
      }
      for (const input of [
        { title: name },
        { title: 'ok', fields: [{ name, value: 'v' }] },
        { title: 'ok', fields: [{ section: name, name: 'ok', value: 'v' }] },
        { title: 'ok', tags: [name] },
      ]) {
        const before = (await owner().info()).items;
        const answer = await ask(door, 'create_item', { vault: 'Work', type: 'custom', ...input });
        expect(codeOf(answer)).toBe('invalid_request');
        if (name.length > 3) expect(JSON.stringify(answer)).not.toContain(name);
        expect((await owner().info()).items).toBe(before);
      }
    },
  );

  test('names with joiners, emoji and any script are names', async () => {
    for (const name of ['می‌خواهم', 'क्‍ष', '👩‍👩‍👧 Familie', 'Ünïcødé', '日本語', 'ẞ'])
      expect((await owner().createVault({ name })).name).toBe(name);
    await expectVerified(safe);
  });

  test('a taken name is refused, however it is written', async () => {
    await owner().createVault({ name: 'Straße' });
    for (const name of ['Work', 'WORK', ' work ', 'ｗｏｒｋ', 'STRASSE', 'strasse'])
      await refusedUntouched('conflict', () => owner().createVault({ name }));
    for (const name of ['bot', 'BOT', 'ＢＯＴ'])
      await refusedUntouched('conflict', () => owner().createToken({ name, isAgent: true }));
  });
});

describe('__proto__ and its like', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

  test.each(names)('%s as a field: refused or kept, and nothing else changes', async (name) => {
    const set = await ask(door, 'update_item', { item: 'Alpha', set: withOwn({}, name) });
    expect(set.ok).toBe(false);
    const both = await ask(door, 'update_item', { item: 'Alpha', set: withOwn({ username: 'changed' }, name) });
    expect(both.ok).toBe(false);
    expect(codeOf(await ask(door, 'get_item', { item: 'Alpha', fields: [name] }))).toBe('not_found');
    expect(codeOf(await ask(door, 'update_item', { item: 'Alpha', remove: [name] }))).toBe('not_found');
    const shown = await safe.owner.viewItem({ item: byName('Alpha') }, 'all');
    expect(shown).toMatchObject({ revision: 1, username: null });
    await refusedWith(
      'not_found',
      safe.owner.updateItem({ item: byName('Alpha') }, { set: withOwn({}, name) as Record<string, string> }),
    );

    const value = `value of ${name}`;
    const made = await ask(door, 'create_item', {
      vault: 'Work',
      type: 'custom',
      title: 'Odd',
      fields: [{ name, value }],
    });
    if (made.ok) {
      const kept = await safe.owner.viewItem({ item: byName('Odd') }, 'all');
      expect(kept.fields).toEqual([{ name, kind: 'text', value }]);
      const changed = await ask(door, 'update_item', {
        item: 'Odd',
        set: JSON.parse(`{${JSON.stringify(name)}: "new"}`) as object,
      });
      const after = await safe.owner.viewItem({ item: byName('Odd') }, 'all');
      expect(after.fields).toEqual([{ name, kind: 'text', value: changed.ok ? 'new' : value }]);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    await expectVerified(safe);
  });

  test.each(names)('%s as the name of a vault, an item, a tag and a token is a name like any other', async (name) => {
    await safe.owner.createVault({ name });
    await safe.owner.createItem(byName(name), {
      type: 'login',
      title: name,
      tags: [name],
      fields: [{ section: name, name: 'password', value: 'pw' }],
    });
    const made = await safe.token(name, [name]);
    const agent = await safe.agent(made.token);
    expect(codeOf(await ask(agent, 'get_item', { vault: name, item: name, fields: [`${name}/password`] }))).toBe(
      'granted',
    );
    expect(
      (await safe.owner.listEntries({ query: `agent:${name} vault:${name} item:${name}`, limit: 5 })).data,
    ).toHaveLength(1);
    await refusedWith('not_found', safe.owner.findToken(byName('__defineGetter__')));
    await safe.owner.deleteToken(byName(name), { rotate: true });
    await safe.owner.deleteVault(byName(name), name);
    await expectVerified(safe);
  });

  test.each(names)('%s as a setting, a scope, a role, a type', async (name) => {
    await refusedUntouched('not_found', () => safe.owner.getSetting(name));
    await refusedUntouched('not_found', () => safe.owner.setSetting(name, 'x'));
    await refusedUntouched('invalid_request', () =>
      safe.owner.createToken({ name: 'x', isAgent: true, scopes: [name] }),
    );
    await refusedUntouched('invalid_request', () =>
      safe.owner.createToken({ name: 'x', isAgent: true, vaults: [byName('Work')], role: name }),
    );
    await refusedUntouched('invalid_request', () => safe.owner.createItem(byName('Work'), { type: name, title: 'x' }));
    expect(codeOf(await ask(door, 'create_item', { vault: 'Work', type: name, title: 'x' }))).toBe('invalid_request');
  });
});

describe('expiry', () => {
  const wrong = [
    '2020-01-01',
    '1970-01-01',
    '2y',
    '13m',
    '366d',
    '400',
    '9999-12-31',
    '1x',
    'x',
    '',
    '0d',
    '0',
    '-1d',
    '1.5d',
    '1 day',
    '30min',
    '59min',
    'never',
    '2030-02-30',
    '2030-13-01',
    '1e3',
    '٣d',
    '__proto__',
  ];
  test.each(wrong)('%j is no expiry of a token or grant, and none is made', async (expiration) => {
    for (const command of [
      () => safe.owner.createToken({ name: 'late', isAgent: true, expiration }),
      () => safe.owner.renewToken(byName('bot'), { expiration, rotate: false }),
      () => safe.owner.grant({ token: byName('bot'), vault: byName('Work'), expiration }),
    ])
      await refusedUntouched('invalid_request', command);
    expect(codeOf(await ask(door, 'whoami'))).toBe('granted');
  });

  test('one of exactly a year and one of exactly an hour are', async () => {
    for (const expiration of ['1y', '1h', '60min', '365d'])
      expect((await safe.owner.createToken({ name: expiration, isAgent: true, expiration })).expires_at).not.toBeNull();
  });

  test('a grant ends at its own end, to the millisecond, and the token at its own', async () => {
    await safe.owner.grant({ token: byName('bot'), vault: byName('Work'), expiration: '1h' });
    const end = safe.clock.now + 3_600_000;
    safe.clock.now = end - 1;
    expect(codeOf(await ask(door, 'get_item', { item: 'Alpha' }))).toBe('granted');
    safe.clock.now = end;
    expect(codeOf(await ask(door, 'get_item', { vault: 'Work', item: 'Alpha' }))).toBe('forbidden');
    expect(codeOf(await ask(door, 'whoami'))).toBe('granted');
    const ends = Date.parse((await safe.owner.findToken(byName('bot'))).expires_at ?? '');
    safe.clock.now = ends - 1;
    expect(codeOf(await ask(door, 'whoami'))).toBe('granted');
    safe.clock.now = ends;
    expect(codeOf(await ask(door, 'whoami'))).toBe('unauthenticated');
    await expectVerified(safe);
  });
});

describe('a clock that went back', () => {
  test('does not bring an expired token or grant back once the owner has acted since', async () => {
    const short = await safe.owner.createToken({
      name: 'short',
      isAgent: true,
      vaults: [byName('Work')],
      expiration: '1d',
    });
    const agent = await safe.agent(short.token);
    const then = safe.clock.now;
    safe.clock.now += 25 * 3_600_000;
    expect(codeOf(await ask(agent, 'whoami'))).toBe('unauthenticated');
    await safe.owner.createVault({ name: 'Later' });
    safe.clock.now = then;
    expect(codeOf(await ask(agent, 'whoami'))).toBe('unauthenticated');
    expect(codeOf(await ask(await safe.agent(short.token), 'get_item', { item: 'Alpha', fields: ['password'] }))).toBe(
      'unauthenticated',
    );
    await expectVerified(safe);
  });

  test('to before the safe was made: everything goes on, and no entry is older than the state it stands on', async () => {
    const now = safe.clock.now;
    safe.clock.now = 0;
    const before = lastSeq(safe.file);
    expect(codeOf(await ask(door, 'get_item', { item: 'Alpha', fields: ['password'] }))).toBe('granted');
    expect(codeOf(await ask(door, 'update_item', { item: 'Alpha', set: { password: 'new' } }))).toBe('granted');
    await safe.owner.createVault({ name: 'Back then' });
    expect((await safe.owner.createToken({ name: 'back', isAgent: true })).expires_at).toMatch(/^20/);
    for (const row of entriesAfter(safe.file, before)) expect(row.at).toBeGreaterThanOrEqual(now);
    await expectVerified(safe);
    await safe.owner.unlock(60_000);
    await safe.reopen();
  });
});

describe('what belongs to another safe', () => {
  test('its tokens, ids and sessions open nothing here', async () => {
    const other = await makeSafe();
    try {
      await other.owner.createVault({ name: 'Work' });
      const item = await other.owner.createItem(byName('Work'), {
        type: 'login',
        title: 'Beta',
        fields: [{ name: 'password', value: 'canary-beta' }],
      });
      const foreign = await other.token('bot', ['Work']);
      const before = lastSeq(safe.file);
      expect(
        codeOf(await ask(await safe.agent(foreign.token), 'get_item', { item: item.id, fields: ['password'] })),
      ).toBe('unauthenticated');
      expect(entriesAfter(safe.file, before)).toMatchObject([{ actor_kind: 'none' }]);
      for (const input of [
        { item: item.id },
        { vault: item.vault_id, item: item.id },
        { vault: item.vault_id, item: 'Beta' },
      ]) {
        const answer = await ask(door, 'get_item', { ...input, fields: ['password'] });
        expect(['forbidden', 'not_found']).toContain(codeOf(answer));
      }
      await refusedUntouched('not_found', () => safe.owner.viewItem({ item: byId(item.id) }, 'all'));
      await refusedUntouched('not_found', () => safe.owner.updateVault(byId(item.vault_id), { name: 'x' }));
      await refusedUntouched('not_found', () => safe.owner.findToken(byId(foreign.id)));
      const { session } = await other.owner.unlock(60_000);
      await refusedUntouched('locked', () => safe.reopen({ session: session.value }));
      const [theirs, ours] = [other, safe].map((one) => join(one.places.runtime, 'sessions', one.owner.safeId));
      mkdirSync(ours ?? '', { recursive: true, mode: 0o700 });
      for (const name of readdirSync(theirs ?? ''))
        writeFileSync(join(ours ?? '', name), readFileSync(join(theirs ?? '', name)), { mode: 0o600 });
      await refusedUntouched('locked', () => safe.reopen({ session: session.value }));
    } finally {
      await other.end();
    }
  });
});

describe('tokens', () => {
  test('with any one character changed, left out or added there is no usable token, and nobody is named', async () => {
    const places = fc.record({
      at: fc.nat({ max: token.length - 1 }),
      how: fc.constantFrom('change', 'leave out', 'add', 'case'),
      letter: fc.constantFrom(...Array.from('aZ09_-:+/= \n')),
    });
    await fc.assert(
      fc.asyncProperty(places, async ({ at, how, letter }) => {
        const rest = token.slice(at + 1);
        const middle = {
          change: letter,
          'leave out': '',
          add: token.charAt(at) + letter,
          case: flip(token.charAt(at)),
        }[how];
        const text = token.slice(0, at) + middle + rest;
        fc.pre(text.trim() !== token);
        expect(parseToken(text) === null || parseToken(text)?.lookupId !== undefined).toBe(true);
        const rig = await rigOf(safe, text);
        const before = lastSeq(safe.file);
        const answer = await ask(rig.gate, 'whoami');
        await rig.gate.close();
        expect(codeOf(answer)).toBe('unauthenticated');
        expect(entriesAfter(safe.file, before)).toMatchObject([{ actor_kind: 'none', code: 'unauthenticated' }]);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    '',
    ' ',
    'vsp_',
    '${VOUCHSAFE_PERSONAL_ACCESS_TOKEN}',
    'null',
    '\u0000',
    'vsp_'.repeat(50_000),
    `vsp_${'A'.repeat(64)}::${'B'.repeat(43)}`,
  ])('%j is none', async (text) => {
    const rig = await rigOf(safe, text.slice(0, 100_000));
    const answer = await ask(rig.gate, 'get_item', { item: 'Alpha', fields: ['password'] });
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'unauthenticated', next: expect.stringMatching(/token/i) },
      receipt: { seq: expect.any(Number) },
    });
    expect(JSON.stringify(answer)).not.toContain('AAAA');
    await rig.gate.close();
  });

  test('white space around a token is not part of it', async () => {
    expect(codeOf(await ask(await safe.agent(` ${token}\n`), 'whoami'))).toBe('granted');
  });
});

function flip(letter: string): string {
  return letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
}

describe('values', () => {
  const values = [
    '\u0000',
    '\u202e',
    'a\nb\r\nc',
    '\t',
    'é\u0301',
    '👩‍👩‍👧',
    '\ufeffx',
    '"\\',
    "'; DROP TABLE entry; --",
    '{"__proto__":1}',
    'x'.repeat(60_000),
    ' leading and trailing ',
  ];
  test.each(values.map((value) => [JSON.stringify(value).slice(0, 30), value]))(
    '%s is kept to the byte',
    async (_shown, value) => {
      expect(codeOf(await ask(door, 'update_item', { item: 'Alpha', set: { password: value } }))).toBe('granted');
      const answer = await ask(door, 'get_item', { item: 'Alpha', fields: ['password'] });
      expect(answer.ok && (answer.result['item'] as { fields: unknown[] }).fields).toContainEqual({
        name: 'password',
        kind: 'secret',
        value,
      });
    },
  );

  test('what is too large, or no text at all, is refused, and the item stays', async () => {
    for (const [input, code] of [
      [{ set: { password: 'x'.repeat(70_000) } }, 'invalid_request'],
      [{ set: { password: 'a\ud800b' } }, 'invalid_request'],
      [{ add: Array.from({ length: 101 }, (_, n) => ({ name: `f${String(n)}`, value: 'v' })) }, 'invalid_request'],
      [{ add: [{ name: 'password', value: 'twice' }] }, 'invalid_request'],
      [{ add: [{ name: 'code', kind: 'totp', value: 'not base32!' }] }, 'invalid_request'],
      [{ urls: ['http://a\u202eb'] }, 'invalid_request'],
      [{ expected_revision: 0 }, 'invalid_request'],
      [{ expected_revision: 1.5 }, 'invalid_request'],
      [{ generate: { field: 'password', length: 4 } }, 'invalid_request'],
    ] as const)
      expect([
        JSON.stringify(input).slice(0, 60),
        codeOf(await ask(door, 'update_item', { item: 'Alpha', ...input })),
      ]).toEqual([JSON.stringify(input).slice(0, 60), code]);
    expect((await safe.owner.viewItem({ item: byName('Alpha') }, 'all')).revision).toBe(1);
  });

  test('a refusal names our fields and repeats nothing that was sent', async () => {
    const sent = 'canary-sent-8888';
    for (const input of [
      { item: 7, fields: sent },
      { item: 'Alpha', [sent]: 1 },
      { item: 'Alpha', fields: [{ [sent]: 1 }] },
      { item: sent, vault: sent },
      { item: 'Alpha', fields: [sent] },
    ])
      expect(JSON.stringify(await ask(door, 'get_item', input))).not.toContain(sent);
    const answer = await door.call({
      tool: sent,
      arguments: { reason: REASON, [sent]: sent },
      client: { name: 'x', version: '' },
    });
    expect(JSON.stringify(answer)).not.toContain(sent);
  });
});

test('a master password that is weak is not taken, and the old one stays', async () => {
  for (const password of ['', 'short', 'password12', '1234567890', 'aaaaaaaaaaaa', 'qwertyuiop']) {
    const told = await refusedUntouched('invalid_request', () => safe.owner.changePassword(password));
    if (password.length > 4) expect(told).not.toContain(password);
  }
  await safe.owner.changePassword('another quiet lantern 9 harbour');
  await refusedWith('locked', safe.reopen({ password: PASSWORD }));
  await safe.reopen({ password: 'another quiet lantern 9 harbour' });
  expect(codeOf(await ask(door, 'get_item', { item: 'Alpha' }))).toBe('granted');
  await expectVerified(safe);
});
