/** Who is let into the console, and how it locks again. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Area, ConsoleContext } from '../../src/console/area.js';
import { CONTENT_SECURITY_POLICY } from '../../src/console/guard.js';
import { setFaultReporter } from '../../src/gate/fault.js';
import * as gate from '../../src/gate/open.js';
import { done } from '../../src/console/form.js';
import { page } from '../../src/console/page.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { makeSafe, type TestSafe } from '../support/safe.js';
import { ask, consoleOn, type TestConsole, unlockedOn, Visitor } from './client.js';

/** What a request was given, for what must not outlive it. */
const doors: OwnerDoor[] = [];

const probe: Area = {
  path: '/probe',
  title: 'Probe',
  key: 'p',
  register: (app) => {
    app.get('/probe', async (c: ConsoleContext) => {
      doors.push(c.get('door'));
      return page(c, { title: 'Probe' }, 'inside the lock');
    });
    app.post('/probe', (c: ConsoleContext) => done(c, '/probe', 'It was <b>done</b>.'));
    app.get('/probe/hidden', (c: ConsoleContext) => page(c, { title: 'Probe' }, 'invoice\u{202e}gpj.exe'));
    app.get('/probe/fault', () => {
      throw new Error('a canary-fault in the console');
    });
  },
};

const IDLE_MS = 900_000;
const PAGES = ['/', '/probe', '/nowhere'];

let safe: TestSafe;
let console: TestConsole;

beforeEach(async () => {
  doors.length = 0;
  safe = await makeSafe();
  const { overview } = await import('../../src/console/overview/overview.js');
  console = await consoleOn(safe, { areas: [overview, probe], idleMs: IDLE_MS });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await console.end();
  await safe.end();
});

/** The files of the owner's sessions that there are. */
function sessionFiles(): readonly string[] {
  const folder = join(safe.places.runtime, 'sessions', safe.owner.safeId);
  return existsSync(folder) ? readdirSync(folder) : [];
}

test('a character that turns the order of others around is seen as what it is', async () => {
  const { text } = await (await unlockedOn(console)).get('/probe/hidden');
  expect(text).toContain('invoice\\u{202e}gpj.exe');
  expect(text).not.toContain('\u{202e}');
});

describe('the guard', () => {
  const port = () => new URL(console.origin).port;

  test.each([
    ['another host, as by DNS rebinding', { host: 'evil.example:7778' }],
    ['this host without its port', { host: '127.0.0.1' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['no origin at all, from who knows where', { origin: 'null' }],
    ['no origin at all, from another site', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a frame or a script of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['another port’s script', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
  ])('refuses %s', async (_, headers) => {
    const visitor = await unlockedOn(console);
    const answered = await visitor.get('/probe', headers);
    expect([answered.status, answered.text.includes('inside the lock')]).toEqual([403, false]);
  });

  test('lets a link of another site lead here, but not a form of one', async () => {
    const visitor = await unlockedOn(console);
    const from = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await visitor.get('/probe', from)).status).toBe(200);
    expect((await visitor.post('/probe', {}, from)).status).toBe(403);
    expect((await visitor.post('/probe', {}, { origin: 'null', 'sec-fetch-site': 'same-origin' })).status).toBe(303);
    expect((await visitor.post('/probe', {}, { origin: console.origin })).status).toBe(303);
  });

  test('answers under every name of this machine', async () => {
    const visitor = await unlockedOn(console);
    for (const host of [`localhost:${port()}`, `[::1]:${port()}`])
      expect((await visitor.get('/probe', { host })).status).toBe(200);
  });

  test('knows three methods, and no form larger than 1 MiB', async () => {
    const visitor = await unlockedOn(console);
    expect((await visitor.ask('/probe', { method: 'DELETE' })).status).toBe(403);
    const length = { 'content-length': String(2 ** 20 + 1) };
    expect(
      (await visitor.ask('/probe', { method: 'POST', headers: length, body: 'x'.repeat(2 ** 20 + 1) })).status,
    ).toBe(422);
    expect(
      (await visitor.ask('/probe', { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: 'x' })).status,
    ).toBe(422);
  });

  test('every answer has the headers, to the letter', async () => {
    const visitor = await unlockedOn(console);
    expect(CONTENT_SECURITY_POLICY).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    for (const path of [...PAGES, '/unlock', '/open/x']) {
      expect((await visitor.get(path)).headers).toMatchObject({
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
    expect((await ask(console.origin, '/', { headers: { host: 'evil.example' } })).headers).toMatchObject({
      'content-security-policy': CONTENT_SECURITY_POLICY,
    });
  });

  test('listens on this machine alone, and says so where the port is taken', async () => {
    const { startConsole } = await import('../../src/console/console.js');
    const setting = {
      places: safe.places,
      ports: { instructions: { formats: [], text: () => '' }, setups: () => [], exportFormats: [] },
    };
    await expect(startConsole(setting, { host: '0.0.0.0', port: 0 })).rejects.toThrow('on this machine alone');
    await expect(startConsole(setting, { host: '127.0.0.1', port: Number(port()) })).rejects.toThrow(
      'Another program listens at',
    );
  });
});

describe('the link', () => {
  const open = (visitor: Visitor, link: string, method = 'POST') => visitor.ask(new URL(link).pathname, { method });

  test('ties one browser, and is spent then; to look at it spends nothing', async () => {
    const link = console.running.newLink();
    const [mine, other] = [new Visitor(console.origin), new Visitor(console.origin)];
    expect((await open(other, link, 'GET')).status).toBe(200);
    expect((await open(other, link, 'HEAD')).status).toBe(200);
    const opened = await open(mine, link);
    expect([opened.status, opened.headers.location]).toEqual([303, '/']);
    for (const cookie of opened.headers['set-cookie'] ?? [])
      expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    for (const method of ['GET', 'POST']) {
      const late = await open(other, link, method);
      expect([late.status, late.headers['set-cookie']]).toEqual([403, undefined]);
      expect(late.text).toContain('Not this browser');
    }
    expect((await open(mine, link, 'GET')).status).toBe(303);
  });

  test('a new one ends the browser before, and its session', async () => {
    const mine = await unlockedOn(console);
    expect(sessionFiles()).toHaveLength(1);
    console.running.newLink();
    expect(sessionFiles()).toHaveLength(0);
    expect((await mine.get('/probe')).text).toContain('Not this browser');
  });

  test('without its cookie, or with another one, nothing is shown and nothing done', async () => {
    const mine = await unlockedOn(console);
    const csrf = await mine.csrf();
    const name = [...mine.cookies.keys()].find((one) => one.includes('browser'))!;
    for (const cookie of [undefined, 'x'.repeat(43), '']) {
      const stranger = new Visitor(console.origin);
      for (const [key, value] of mine.cookies) stranger.cookies.set(key, value);
      stranger.cookies.delete(name);
      if (cookie !== undefined) stranger.cookies.set(name, cookie);
      for (const path of [...PAGES, '/unlock', '/session']) {
        const answered = await stranger.get(path);
        expect([path, answered.status]).toEqual([path, 403]);
        expect(answered.text).toContain('Not this browser');
      }
      expect((await stranger.post('/lock', { csrf })).status).toBe(403);
    }
    expect((await mine.get('/probe')).status).toBe(200);
  });

  test('the port is in the names of the cookies', async () => {
    const mine = await unlockedOn(console);
    const { port } = new URL(console.origin);
    expect([...mine.cookies.keys()].sort()).toEqual([`vouchsafe-browser-${port}`, `vouchsafe-session-${port}`]);
  });
});

describe('the lock', () => {
  test('locked, every page leads to the one that unlocks, and back again', async () => {
    const visitor = await console.visit();
    for (const path of PAGES) {
      const answered = await visitor.get(path);
      expect([answered.status, answered.text]).toEqual([303, '']);
      expect(answered.headers.location).toMatch(/^\/unlock(\?to=|$)/);
    }
    expect((await visitor.get('/probe', { 'x-background': '1' })).status).toBe(401);
    const unlocked = await visitor.post('/unlock', { password: 'quiet harbour lantern 7 orchard', to: '/probe?a=1' });
    expect([unlocked.status, unlocked.headers.location]).toEqual([303, '/probe?a=1']);
    expect((await visitor.get('/probe')).text).toContain('inside the lock');
  });

  test.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/unlock', 'javascript:alert(1)', '/a b'])(
    'never leads to %s',
    async (to) => {
      const visitor = await console.visit();
      expect((await visitor.get(`/unlock?to=${encodeURIComponent(to)}`)).text).toContain('name="to" value="/"');
      const unlocked = await visitor.post('/unlock', { password: 'quiet harbour lantern 7 orchard', to });
      expect(unlocked.headers.location).toBe('/');
    },
  );

  test('a wrong password is told beside its field, not shown, and waited for ever longer', async () => {
    const visitor = await console.visit();
    for (let tries = 1; tries <= 3; tries += 1) {
      const answered = await visitor.unlock('canary-wrong-password');
      expect(answered.status).toBe(422);
      expect(answered.text).toMatch(/aria-describedby="field-password-fault" aria-invalid="true"/);
      expect(answered.text).not.toContain('canary-wrong-password');
    }
    const opens = vi.spyOn(gate, 'openOwner');
    const early = await visitor.unlock();
    expect([early.status, opens.mock.calls.length]).toEqual([429, 0]);
    expect(early.text).toContain('Wait a second');
    safe.clock.now += 1_000;
    expect((await visitor.unlock('wrong again')).status).toBe(422);
    safe.clock.now += 1_999;
    expect((await visitor.unlock()).status).toBe(429);
    safe.clock.now += 1;
    expect((await visitor.unlock()).status).toBe(303);
    expect(sessionFiles()).toHaveLength(1);
  });

  test('one password is tried at a time; too many at once are sent away', async () => {
    const visitor = await console.visit();
    const csrf = await visitor.csrf();
    let [inside, most] = [0, 0];
    const open = gate.openOwner;
    vi.spyOn(gate, 'openOwner').mockImplementation(async (...given) => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 100));
      try {
        return await open(...given);
      } finally {
        inside -= 1;
      }
    });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => visitor.post('/unlock', { csrf, password: 'quiet harbour lantern 7 orchard' })),
    );
    expect(most).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 303, 303, 303, 429, 429, 429, 429]);
  });

  test('the lock button removes the session file, and a cookie that was kept opens nothing', async () => {
    const visitor = await unlockedOn(console);
    const kept = new Map(visitor.cookies);
    expect(sessionFiles()).toHaveLength(1);
    const locked = await visitor.post('/lock');
    expect([locked.status, locked.headers.location, sessionFiles()]).toEqual([303, '/unlock', []]);
    for (const [name, value] of kept) visitor.cookies.set(name, value);
    expect((await visitor.get('/probe')).headers.location).toBe('/unlock?to=%2Fprobe');
  });

  test('it locks after 15 minutes without its owner; what scripts ask by themselves does not count', async () => {
    const visitor = await unlockedOn(console);
    safe.clock.now += IDLE_MS - 1;
    expect((await visitor.get('/probe')).status).toBe(200);
    safe.clock.now += IDLE_MS - 1;
    expect((await visitor.get('/probe', { 'x-background': '1' })).status).toBe(200);
    expect(JSON.parse((await visitor.get('/session', { 'x-background': '1' })).text)).toEqual({ left_ms: 1 });
    safe.clock.now += 1;
    expect((await visitor.get('/probe')).headers.location).toBe('/unlock?to=%2Fprobe');
    expect(sessionFiles()).toEqual([]);
    expect((await visitor.get('/unlock')).text).toContain('Locked after 15 minutes without you.');
    await visitor.unlock();
    expect((await visitor.get('/probe')).status).toBe(200);
  });

  test('however busy, the password is asked for again after 12 hours', async () => {
    const visitor = await unlockedOn(console);
    for (let minutes = 0; minutes < 12 * 60; minutes += 10) {
      safe.clock.now += 600_000;
      await visitor.get('/session');
    }
    expect((await visitor.get('/probe')).status).toBe(303);
    expect((await visitor.get('/unlock')).text).toContain('The session was ended.');
  });

  test('`vouchsafe lock` ends it too, and so does the end of the console', async () => {
    const visitor = await unlockedOn(console);
    await gate.lockSessions(safe.places);
    expect((await visitor.get('/probe')).status).toBe(303);
    await visitor.unlock();
    expect(sessionFiles()).toHaveLength(1);
    await console.end();
    expect(sessionFiles()).toEqual([]);
  });

  test('the door is opened for each request, and closed after its answer', async () => {
    const visitor = await unlockedOn(console);
    await visitor.get('/probe');
    await visitor.get('/probe');
    expect(new Set(doors).size).toBe(2);
    for (const door of doors) await expect(door.createVault({ name: 'Late' })).rejects.toThrow();
  });

  test('the value of the session is in no cookie as it is, and unlocking is in the log as the console', async () => {
    const visitor = await unlockedOn(console);
    const [file] = sessionFiles();
    const masked = [...visitor.cookies].find(([name]) => name.includes('session'))![1];
    expect(Buffer.from(masked, 'base64url').toString('latin1')).not.toContain(file);
    const { data } = await safe.owner.listEntries({ query: 'action:safe.unlock', limit: 1 });
    expect(data[0]).toMatchObject({ transport: 'console', client: { name: 'vouchsafe console' }, outcome: 'granted' });
  });
});

describe('a form', () => {
  test.each([
    ['no token', { csrf: '' }],
    ['another token', { csrf: 'x'.repeat(43) }],
  ])('with %s does nothing', async (_, fields) => {
    const visitor = await unlockedOn(console);
    const answered = await visitor.post('/probe', fields);
    expect(answered.status).toBe(403);
    expect(answered.text).toContain('Nothing was done');
    expect((await visitor.get('/probe')).text).not.toContain('It was');
  });

  test('has its token in a header where a script sends it', async () => {
    const visitor = await unlockedOn(console);
    const headers = { 'x-csrf': await visitor.csrf(), 'content-length': '0' };
    expect((await visitor.ask('/probe', { method: 'POST', headers })).status).toBe(303);
  });

  test('tells once what was done, as text', async () => {
    const visitor = await unlockedOn(console);
    expect((await visitor.post('/probe')).headers.location).toBe('/probe');
    expect((await visitor.get('/probe')).text).toContain('It was &lt;b&gt;done&lt;/b&gt;.');
    expect((await visitor.get('/probe')).text).not.toContain('It was');
  });
});

describe('what goes wrong is said in words', () => {
  test('no such page', async () => {
    const answered = await (await unlockedOn(console)).get('/nowhere');
    expect(answered.status).toBe(404);
    expect(answered.text).toContain('There is no such page');
  });

  test('a fault is told on stderr under the reference that the page has, and its words nowhere else', async () => {
    const told: string[] = [];
    setFaultReporter((text) => told.push(text));
    const answered = await (await unlockedOn(console)).get('/probe/fault');
    expect(answered.status).toBe(500);
    const [, reference = ''] = /Its reference is ([0-9a-z]{8})\./.exec(answered.text) ?? [];
    expect(told.join('\n')).toContain(`fault ${reference}: Error: a canary-fault`);
    expect(answered.text).not.toContain('canary-fault');
  });

  test('a script is answered in JSON', async () => {
    const answered = await (await unlockedOn(console)).get('/nowhere', { accept: 'application/json' });
    expect(JSON.parse(answered.text)).toMatchObject({ error: { code: 'not_found' } });
  });
});

test('a script in the name of a token is text', async () => {
  const name = '<script>alert(1)</script>';
  await safe.owner.createToken({ name, isAgent: true, expiration: '1d' });
  const { text } = await (await unlockedOn(console)).get('/');
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(text).not.toContain(name);
});

test('assets may be kept, since their paths change with them, and need no cookie', async () => {
  const { text } = await ask(console.origin, '/');
  const paths = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThanOrEqual(4);
  for (const path of paths) {
    const { status, headers } = await ask(console.origin, path);
    expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
  }
  for (const path of [
    '/assets/x/base.css',
    `${paths[0]!}/../../package.json`,
    paths[0]!.replace(/[^/]+$/, '..%2f..%2fpackage.json'),
  ])
    expect((await ask(console.origin, path)).status).not.toBe(200);
});
