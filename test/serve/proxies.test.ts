/** Whose word is taken on where a request comes from, and how often somebody may ask. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readNetwork } from '../../src/core/network.js';
import type { ServeOptions } from '../../src/serve/options.js';
import { entriesAfter, lastSeq } from '../support/gate-rig.js';
import { callTool, send, stateless, toolCall } from '../support/http-requests.js';
import { type Rig, serveSafe } from '../support/http-rig.js';
import { makeSafe, type TestSafe } from '../support/safe.js';

let safe: TestSafe;
let rig: Rig | undefined;
let token: string;

beforeEach(async () => {
  safe = await makeSafe();
  ({ token } = await safe.token('bot', ['Personal']));
});

afterEach(async () => {
  await rig?.close();
  rig = undefined;
  await safe.end();
});

async function serve(options: Partial<ServeOptions> = {}): Promise<number> {
  rig = await serveSafe(safe, options);
  return rig.port;
}

const proxies = (...texts: string[]): ServeOptions['proxies'] => ({
  networks: texts.map((text) => readNetwork('--behind-proxy', text)),
  unix: false,
});

const forwarded = (value: string | readonly string[]): Record<string, string | readonly string[]> => ({
  'x-forwarded-for': value,
});

describe('behind proxies', () => {
  /** The address that the server took a request to come from: the one that its rate then stops. */
  const CHAINS: readonly (readonly [header: string | readonly string[], from: string])[] = [
    ['203.0.113.7', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['127.0.0.1, 203.0.113.7', '203.0.113.7'],
    ['garbage, 203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, 10.0.0.5', '203.0.113.7'],
    ['203.0.113.7,10.0.0.5 , 127.0.0.1', '203.0.113.7'],
    [['198.51.100.1', '203.0.113.7'], '203.0.113.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['198.51.100.1, 2001:db8::7', '2001:db8::7'],
  ];

  test.each(CHAINS)('%s comes from %s', async (header, from) => {
    const port = await serve({
      proxies: proxies('127.0.0.1', '10.0.0.0/8'),
      addressRate: { count: 1, windowMs: 3_600_000 },
    });
    expect((await send(port, { path: '/healthz', headers: forwarded(from) })).status).toBe(200);
    const asked = { path: '/healthz', headers: forwarded(header) };
    expect((await send(port, asked)).status).toBe(429);
  });

  test.each([
    'garbage',
    '',
    '203.0.113.7, garbage',
    '203.0.113.7:443',
    '[2001:db8::7]',
    'unknown',
    '203.0.113',
    '203.0.113.7;',
    '10.0.0.5, x',
  ])('“%s” names no address', async (header) => {
    const port = await serve({ proxies: proxies('127.0.0.1', '10.0.0.0/8') });
    const before = lastSeq(safe.file);
    const got = await send(port, {
      ...toolCall(token, 'whoami'),
      headers: { ...toolCall(token, 'whoami').headers, ...forwarded(header) },
    });
    expect([got.status, got.message.error.message]).toEqual([400, 'X-Forwarded-For names no address.']);
    expect(lastSeq(safe.file)).toBe(before);
  });

  test('a request that does not come from one of them is refused', async () => {
    const port = await serve({ proxies: proxies('10.0.0.0/8') });
    const before = lastSeq(safe.file);
    const asked = toolCall(token, 'whoami');
    for (const headers of [asked.headers, { ...asked.headers, ...forwarded('10.0.0.5') }])
      expect((await send(port, { ...asked, headers })).status).toBe(403);
    expect(lastSeq(safe.file)).toBe(before);
  });

  test('without proxies the header means nothing', async () => {
    const port = await serve({ addressRate: { count: 2, windowMs: 3_600_000 } });
    for (const status of [200, 200, 429])
      expect((await send(port, { path: '/healthz', headers: forwarded(`203.0.113.${String(status)}`) })).status).toBe(
        status,
      );
  });
});

describe('rates', () => {
  test('over the rate of a token: 429, when to ask again, and the next entry states how many', async () => {
    const port = await serve({ tokenRate: { count: 3, windowMs: 60_000 } });
    const other = (await safe.token('other', ['Personal'])).token;
    for (let n = 0; n < 3; n += 1) expect((await send(port, toolCall(token, 'whoami'))).status).toBe(200);
    const before = lastSeq(safe.file);
    for (const asked of [toolCall(token, 'whoami'), stateless(token, 'tools/list')]) {
      const got = await send(port, asked);
      expect([got.status, got.message.error.code]).toEqual([429, -32000]);
      expect(Number(got.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(got.headers['retry-after'])).toBeLessThanOrEqual(20);
    }
    expect(lastSeq(safe.file)).toBe(before);
    expect((await callTool(port, other, 'whoami')).token.name).toBe('other');
    expect(entriesAfter(safe.file, before).map(({ suppressed }) => suppressed)).toEqual([2]);
  });

  test('over the rate of an address: 429 for whoever asks from there, and the next entry states how many', async () => {
    const port = await serve({ proxies: proxies('127.0.0.1'), addressRate: { count: 2, windowMs: 60_000 } });
    const from = async (address: string) => {
      const asked = toolCall(token, 'whoami');
      return send(port, { ...asked, headers: { ...asked.headers, ...forwarded(address) } });
    };
    for (const status of [200, 200, 429, 429]) expect((await from('203.0.113.7')).status).toBe(status);
    expect((await from('203.0.113.7')).headers['retry-after']).toMatch(/^[1-9][0-9]?$/);
    const before = lastSeq(safe.file);
    expect((await from('203.0.113.8')).status).toBe(200);
    expect(entriesAfter(safe.file, before).map(({ suppressed }) => suppressed)).toEqual([3]);
  });

  test('a flood without a token is counted where it is not written, and the server stays up', async () => {
    const port = await serve();
    const before = lastSeq(safe.file);
    for (let n = 0; n < 80; n += 1) expect((await send(port, toolCall(null, 'whoami'))).status).toBe(401);
    expect(entriesAfter(safe.file, before)).toHaveLength(60);
    expect((await callTool(port, token, 'whoami')).token.name).toBe('bot');
    expect(entriesAfter(safe.file, before).at(-1)?.suppressed).toBe(20);
  });
});
