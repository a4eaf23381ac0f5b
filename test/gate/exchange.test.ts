import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Exchanged } from '../../src/gate/exchange.js';
import { freezeAll } from '../../src/gate/lockdown.js';
import { openSafe } from '../../src/gate/safe.js';
import { openService, type AgentService } from '../../src/gate/service.js';
import { ask, byName, CLIENT, codeOf, makeSafe, ORIGIN, type TestSafe } from '../support/safe.js';

const HOUR_MS = 3_600_000;

let safe: TestSafe;
let service: AgentService;
let text: string;

beforeEach(async () => {
  safe = await makeSafe();
  for (const name of ['Production', 'Staging']) {
    await safe.owner.createVault({ name });
    await safe.owner.createItem(byName(name), {
      type: 'login',
      title: `${name} login`,
      fields: [{ name: 'password', value: `a password of ${name}` }],
    });
  }
  text = (await safe.token('bot', ['Production', 'Staging'], 'editor')).token;
  service = await openService(safe.places, { clock: safe.options.clock, verifyAfterMs: 3_600_000 });
});

afterEach(async () => {
  await service.close();
  await safe.end();
});

type Asked = Omit<Parameters<AgentService['exchange']>[1], 'client'>;

async function exchange(asked: Asked = {}, subject = text) {
  return service.exchange({ kind: 'token', text: subject }, { client: CLIENT, ...asked });
}

async function exchanged(asked: Asked = {}): Promise<Exchanged> {
  const answer = await exchange(asked);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer;
}

/** What a call with a token is answered: `granted`, or the code of the refusal. */
async function told(token: string, tool: string, input: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const call = { tool, arguments: input, client: CLIENT };
  const admitted = await service.admit({ kind: 'token', text: token }, call);
  return admitted.ok ? codeOf(await ask(admitted.door, tool, input)) : `not let in: ${admitted.error.message}`;
}

const password = (vault: string) => ({ item: `${vault} login`, fields: ['password'] });
const ENDED = 'not let in: The token was revoked or renewed.';

describe('a short-lived token', () => {
  test('does what its token does, is the token in the log, and says in the entry which exchange it was', async () => {
    const { token, scopes, expiresAt, issuedAt } = await exchanged();
    expect(token).toMatch(/^vsx_[0-9A-Za-z]{64}::[0-9A-Za-z_-]{43}$/);
    expect(expiresAt - issuedAt).toBe(HOUR_MS);
    expect(scopes).toEqual(['read', 'reveal', 'totp', 'write', 'use']);
    expect(await told(token, 'get_item', password('Production'))).toBe('granted');
    const { data } = await safe.owner.listEntries({ query: 'agent:bot', limit: 2 });
    expect(data.map(({ action }) => action)).toEqual(['item.read', 'token.exchange']);
    const shown = await safe.owner.showEntry(data[0]?.seq ?? 0);
    expect(shown.exchange).toBe(token.slice(4, 20));
    expect(shown.proof.verified).toBe(true);
  });

  test('opens nothing by half: another secret or another key half is no token', async () => {
    const [one, two] = [await exchanged(), await exchanged()];
    const [oneHalf, twoHalf] = [one.token.split('::')[1], two.token.split('::')[1]];
    expect(await told(one.token.replace(`::${oneHalf ?? ''}`, `::${twoHalf ?? ''}`), 'whoami')).toMatch(/^not let in/);
  });

  test('stands in no cell of the file, nor does what opens its bundle', async () => {
    const { token } = await exchanged();
    const file = new SqliteFile(safe.file, { readonly: true });
    const row = file.prepare('SELECT * FROM exchange').get() as Record<string, unknown>;
    file.close();
    const cells = Object.values(row).map((cell) =>
      cell instanceof Uint8Array ? Buffer.from(cell) : Buffer.from(String(cell)),
    );
    const secret = token.slice(20, 62);
    const half = Buffer.from(token.split('::')[1] ?? '', 'base64url');
    for (const cell of cells) expect([cell.includes(secret), cell.includes(half)]).toEqual([false, false]);
  });

  test.each([
    [{}, HOUR_MS],
    [{ forMs: 600_000 }, 600_000],
    [{ forMs: 13 * HOUR_MS }, 12 * HOUR_MS],
  ])('asked for with %j it is good for %i ms, and then expired', async (asked, forMs) => {
    const { token, expiresAt, issuedAt } = await exchanged(asked);
    expect(expiresAt - issuedAt).toBe(forMs);
    safe.clock.now = expiresAt - 1;
    expect(await told(token, 'whoami')).toBe('granted');
    safe.clock.now = expiresAt;
    expect(await told(token, 'whoami')).toBe('not let in: The token has expired.');
    expect(await told(text, 'whoami')).toBe('granted');
  });

  test('ends with its token at the latest', async () => {
    const short = await safe.owner.createToken({
      name: 'short',
      isAgent: true,
      expiration: '1h',
      vaults: [byName('Staging')],
    });
    safe.clock.now += 30 * 60_000;
    const answer = await exchange({}, short.token);
    expect(answer.ok && answer.expiresAt - answer.issuedAt).toBe(30 * 60_000);
  });

  test('can be narrowed to scopes and to a vault, and no wider', async () => {
    const { token, scopes } = await exchanged({ scopes: ['read'], vault: 'production' });
    expect(scopes).toEqual(['read']);
    expect(await told(token, 'get_item', { item: 'Production login' })).toBe('granted');
    expect(await told(token, 'get_item', password('Production'))).toBe('forbidden');
    expect(await told(token, 'get_item', { item: 'Staging login' })).toBe('not_found');
    expect(await told(token, 'list_vault', { vault: 'Staging' })).toBe('forbidden');
    expect(await told(text, 'get_item', password('Staging'))).toBe('granted');
  });

  test('has no scope that its token has not', async () => {
    const { token: narrow } = await safe.owner.createToken({
      name: 'reader',
      isAgent: true,
      scopes: ['read'],
      vaults: [byName('Staging')],
    });
    const [wide, same] = [await exchange({ scopes: ['read', 'write'] }, narrow), await exchange({}, narrow)];
    expect([wide.ok, !wide.ok && wide.about]).toEqual([false, 'scope']);
    expect(same.ok && same.scopes).toEqual(['read']);
    expect(same.ok && (await told(same.token, 'get_item', password('Staging')))).toBe('forbidden');
  });

  test.each(['Nowhere', 'Personal'])('is for no vault that its token does not reach: %s', async (vault) => {
    const answer = await exchange({ vault });
    expect([answer.ok, !answer.ok && answer.about, !answer.ok && answer.error.code]).toEqual([
      false,
      'vault',
      'forbidden',
    ]);
  });

  test('cannot be exchanged again', async () => {
    const { token } = await exchanged();
    const answer = await exchange({}, token);
    expect([answer.ok, !answer.ok && answer.error.code]).toEqual([false, 'invalid_request']);
  });
});

async function lockAll(): Promise<void> {
  const opened = await openSafe(safe.places, safe.options.clock);
  await freezeAll(opened, ORIGIN, 'a test');
  opened.close();
}

describe('it ends at once', () => {
  const ends: readonly (readonly [string, (token: string) => Promise<unknown>])[] = [
    ['by its own word', async (token) => service.endExchange({ kind: 'token', text: token }, { client: CLIENT })],
    ['when its token is revoked', async () => safe.owner.deleteToken(byName('bot'), { rotate: true })],
    ['when its token is renewed', async () => safe.owner.renewToken(byName('bot'), { rotate: false })],
    ['when its token is frozen', async () => safe.owner.freezeToken(byName('bot'))],
    ['when everything is locked down', lockAll],
  ];
  test.each(ends)('%s', async (_, end) => {
    const { token } = await exchanged();
    const other = await exchanged();
    expect(await told(token, 'whoami')).toBe('granted');
    await end(token);
    expect(await told(token, 'whoami')).toBe(ENDED);
    expect(await told(token, 'get_item', password('Production'))).toBe(ENDED);
    const isAlone = ends[0]?.[1] === end;
    expect(await told(other.token, 'whoami')).toBe(isAlone ? 'granted' : ENDED);
    expect((await safe.owner.verify({ full: true })).ok).toBe(true);
  });

  test('and stays so when its rows are put back', async () => {
    const { token } = await exchanged();
    const rows = (write?: readonly unknown[]): unknown[] => {
      const file = new SqliteFile(safe.file);
      const found = file.prepare('SELECT * FROM exchange').all();
      if (write !== undefined) {
        file.exec('DELETE FROM exchange');
        for (const row of write)
          file
            .prepare(
              'INSERT INTO exchange VALUES (@lookup_id, @secret_hash, @token, @epoch, @not_after, @signed, @signature, @bundle)',
            )
            .run(row);
      }
      file.close();
      return found;
    };
    const before = rows();
    await service.endExchange({ kind: 'token', text: token }, { client: CLIENT });
    rows(before);
    expect(await told(token, 'whoami')).toBe(ENDED);
  });
});

test.each([
  ['not_after', (value: number) => value + HOUR_MS],
  ['epoch', (value: number) => value + 1],
  ['token', () => 'some-other-token-here'],
])('a row whose %s was changed lets nobody in', async (column, change) => {
  const { token } = await exchanged();
  const file = new SqliteFile(safe.file);
  const found = file.prepare(`SELECT ${column} AS value FROM exchange`).get() as { value: never };
  file.prepare(`UPDATE exchange SET ${column} = ?`).run(change(found.value));
  file.close();
  expect(await told(token, 'whoami')).toMatch(/^not let in/);
});

test('what ended is taken away with the next exchange, and no sooner', async () => {
  const count = (): unknown => {
    const file = new SqliteFile(safe.file, { readonly: true });
    const found = file.prepare('SELECT count(*) AS n FROM exchange').pluck().get();
    file.close();
    return found;
  };
  await exchanged();
  safe.clock.now += 2 * HOUR_MS;
  expect(count()).toBe(1);
  await exchanged();
  expect(count()).toBe(1);
});

test('one entry for each attempt, also where nothing is exchanged', async () => {
  const count = async (): Promise<number> => (await safe.owner.verify({ full: false })).to;
  const before = await count();
  await exchange();
  await exchange({ scopes: ['all'] });
  await exchange({ vault: 'Nowhere' });
  await exchange({}, 'vsp_nothing');
  await service.endExchange({ kind: 'token', text }, { client: CLIENT });
  await service.endExchange({ kind: 'token', text: 'vsx_nothing' }, { client: CLIENT });
  expect((await count()) - before).toBe(6);
});
