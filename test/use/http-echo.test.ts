/** Servers that send back what they were sent, in every writing: nothing of a secret comes through. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as tick } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { CONCEALED, Mask } from '../../src/use/mask.js';
import { bodyOf, closeStations, serve } from '../support/http-servers.js';
import { send, type Sent } from './http-rig.js';

afterEach(closeStations);

const bytes = (text: string) => Buffer.from(text, 'utf8');
const hex = (text: string) => bytes(text).toString('hex');
const each = (text: string, write: (byte: string) => string) => hex(text).replace(/../g, write);

/** Ways to write a text, as servers and their logs do. */
const WRITINGS: readonly (readonly [name: string, write: (text: string) => string])[] = [
  ['exact', (text) => text],
  ['base64', (text) => bytes(text).toString('base64')],
  ['base64, one before', (text) => bytes(`x${text}yz`).toString('base64')],
  ['base64, two before', (text) => bytes(`xy${text}z`).toString('base64')],
  ['base64url', (text) => bytes(text).toString('base64url')],
  ['base64url, one before', (text) => bytes(`x${text}yz`).toString('base64url')],
  ['base64url, two before', (text) => bytes(`xy${text}z`).toString('base64url')],
  ['percent', (text) => encodeURIComponent(text)],
  ['percent, all', (text) => each(text, (byte) => `%${byte.toUpperCase()}`)],
  ['percent, all in small letters', (text) => each(text, (byte) => `%${byte}`)],
  ['form', (text) => new URLSearchParams([['', text]]).toString().slice(1)],
  ['hex', hex],
  ['hex in capitals', (text) => hex(text).toUpperCase()],
  ['JSON', (text) => JSON.stringify(text)],
  ['JSON, all', (text) => `"${text.replace(/[^]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`],
  ['shell, single quotes', (text) => `'${text.replaceAll("'", "'\\''")}'`],
  ['shell, double quotes', (text) => `"${text.replace(/["$`\\]/g, '\\$&')}"`],
  ['shell, backslashes', (text) => text.replace(/[ "$&'()*;<>?[\\\]^`{|}~!#]/g, '\\$&')],
];

/** What a server can tell apart in a request: whole values, and what stands in them by the rules of each header. */
function seenBy(request: IncomingMessage, body: string): string[] {
  const { authorization = '', cookie = '', ...rest } = request.headers;
  const headers = [authorization, cookie, ...Object.values(rest).flat().map(String)];
  const credentials = authorization.slice(authorization.indexOf(' ') + 1);
  const basic = authorization.startsWith('Basic ') ? Buffer.from(credentials, 'base64').toString() : '';
  const parts = [credentials, basic, basic.slice(basic.indexOf(':') + 1), cookie.slice(cookie.indexOf('=') + 1)];
  const parameters = [...new URL(request.url!, 'http://x').searchParams.values()];
  return [...new Set([request.url!, ...parameters, ...headers, ...parts, body])].filter((text) => text.length > 5);
}

/** All that somebody makes of a text who looks for a secret in it. */
function readings(text: string): string {
  const percent = text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
  const unescaped = text
    .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll("'\\''", "'")
    .replace(/\\(.)/g, '$1');
  const runs = (pattern: RegExp, read: (run: string) => string[]) => (text.match(pattern) ?? []).flatMap(read);
  const base64 = runs(/[\w+/-]{8,}/g, (run) =>
    [0, 1, 2, 3].map((at) => Buffer.from(run.slice(at), 'base64').toString()),
  );
  const hexes = runs(/[0-9a-f]{8,}/gi, (run) => [0, 1].map((at) => Buffer.from(run.slice(at), 'hex').toString()));
  return [text, percent, percent.replaceAll('+', ' '), unescaped, ...base64, ...hexes].join('\n');
}

/** Pieces of six characters of a secret that somebody could read out of the text. */
function leaked(text: string, secrets: readonly string[]): string[] {
  const all = readings(text);
  const pieces = secrets.flatMap((secret) =>
    Array.from({ length: Math.max(0, secret.length - 5) }, (_, at) => secret.slice(at, at + 6)),
  );
  return pieces.filter((piece) => all.includes(piece));
}

/** Each writing of each text on a line of the body, byte by byte if asked to; those that fit in headers too. */
async function echo(request: IncomingMessage, response: ServerResponse, isSlow: boolean): Promise<void> {
  const seen = seenBy(request, await bodyOf(request));
  const lines = seen.flatMap((text) => WRITINGS.map(([name, write]) => `${name}: ${write(text)}`));
  const isPlain = (line: string) => line.length < 150 && /^[\t\x20-\x7e\xa0-\xff]*$/.test(line);
  const inHeaders = lines.filter(isPlain).slice(0, 200);
  for (const [at, line] of inHeaders.entries()) response.setHeader(`x-${String(at)}`, bytes(line).toString('latin1'));
  response.setHeader('content-type', 'text/plain');
  const whole = bytes(lines.join('\n'));
  if (!isSlow) return void response.end(whole);
  for (const [at, byte] of whole.entries()) {
    response.write(Buffer.from([byte]));
    if (at % 64 === 0) await tick();
  }
  response.end();
}

/** No two have six characters in common. */
const VALUES = new Map([
  ['token', `tq8+Wz/3=7"q'z$w4LkVd`],
  ['user', 'mirabel-7'],
  ['password', 'Grüße & 9xPfür&Qj 2'],
  ['key', 'AKQX5ZJ2M7'],
  ['secret', 'h0Rk/vB+sN3dyC//e8Tg'],
  ['session', 'Fb1//oUe6xY+pZ5iMa=='],
]);
const SECRETS = [...VALUES.values()];
const ways = [
  ...['bearer:token', 'basic:user:password', 'basic::token', 'header:X-Key:token', 'header:Authorization:token:Token '],
  ...['query:k:token', 'query:k:password', 'cookie:sid:session', 'aws-sigv4:key:secret:eu-west-1:s3:session'],
];

describe.each(ways)('sent by %s', (auth) => {
  const mask = (secrets: readonly string[]) => new Mask(secrets);
  const ask = async (isSlow: boolean, options: Sent['options'] = {}) => {
    const server = await serve((request, response) => void echo(request, response, isSlow));
    return send({
      url: `http://${server.host}/a?b=c`,
      policy: { auth },
      options: { mask, values: VALUES, ...options },
    });
  };

  test.each([
    ['whole', false],
    ['in chunks of one byte', true],
  ])('no secret comes back in headers or in the body, %s', async (_, isSlow) => {
    const answer = await ask(isSlow);
    const text = [...Object.values(answer.headers).flat(), answer.body].join('\n');
    expect(answer.status).toBe(200);
    expect(text).toContain(CONCEALED);
    expect(leaked(text, SECRETS)).toEqual([]);
    expect(text).not.toMatch(/Signature=[0-9a-f]/);
  });

  test('nor in a file, nor in a body that is cut anywhere', async () => {
    const pieces: Uint8Array[] = [];
    const to = { write: (chunk: Uint8Array) => Promise.resolve(void pieces.push(Buffer.from(chunk))) };
    expect(await ask(true, { to })).toMatchObject({ status: 200 });
    const file = Buffer.concat(pieces).toString();
    expect(file).toContain(CONCEALED);
    expect(leaked(file, SECRETS)).toEqual([]);
    for (let bodyCap = 100; bodyCap < 2000; bodyCap += 379) {
      const { body = '' } = await ask(false, { limits: { bodyCap } });
      expect(leaked(body, SECRETS)).toEqual([]);
    }
  });
});

test('the search for what leaked finds every writing, where nothing is masked', () => {
  for (const secret of SECRETS) {
    for (const [name, write] of WRITINGS) {
      expect([name, leaked(`line ${write(secret)}.`, [secret]).length > 0]).toEqual([name, true]);
    }
    expect(leaked('nothing of it', [secret])).toEqual([]);
  }
});
