import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { signAws } from '../../src/crypto/sigv4.js';
import type { BodySink } from '../../src/use/http-answer.js';
import { refusedLater, told } from '../core/refused.js';
import { bodyOf, closeStations, serve, type Station } from '../support/http-servers.js';
import { MASKED } from '../support/masker.js';
import { NOW, PASSWORD, send, TOKEN, USER, VALUES } from './http-rig.js';

afterEach(closeStations);

interface Got {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that answers all with `ok`, and what it got. */
async function notes(): Promise<Station & { readonly got: Got[] }> {
  const got: Got[] = [];
  const station = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      got.push({ method: request.method, url: request.url, headers: request.headers, body });
      response.setHeader('content-type', 'text/plain').end('ok');
    });
  });
  return { ...station, got };
}

describe('the credential goes where the policy says', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  test.each([
    ['bearer:token', { authorization: `Bearer ${TOKEN}` }],
    ['basic:user:password', { authorization: `Basic ${base64(`${USER}:${PASSWORD}`)}` }],
    ['basic::password', { authorization: `Basic ${base64(`:${PASSWORD}`)}` }],
    ['header:X-Api-Key:token', { 'x-api-key': TOKEN }],
    ['header:Authorization:token:Token ', { authorization: `Token ${TOKEN}` }],
    ['cookie:sid:session', { cookie: 'sid=canary//session==' }],
  ])('%s', async (auth, headers) => {
    const server = await notes();
    const answer = await send({ url: `http://${server.host}/a?b=c`, policy: { auth } });
    expect(answer).toMatchObject({ status: 200, status_text: 'OK', body: 'ok', body_bytes: 2 });
    const usual = { host: server.host, connection: 'close', accept: '*/*', 'user-agent': 'vouchsafe' };
    expect(server.got).toEqual([
      { method: 'GET', url: '/a?b=c', headers: { ...usual, 'accept-encoding': 'identity', ...headers }, body: '' },
    ]);
  });

  test.each([
    ['/a', '/a?api_key='],
    ['/a?', '/a?api_key='],
    ['/a?b=c', '/a?b=c&api_key='],
  ])('query: %s', async (path, start) => {
    const server = await notes();
    await send({ url: `http://${server.host}${path}`, policy: { auth: 'query:api_key:password' } });
    expect(server.got[0]!.url).toBe(`${start}${encodeURIComponent(PASSWORD)}`);
    expect(new URL(server.got[0]!.url!, 'http://x').searchParams.get('api_key')).toBe(PASSWORD);
  });

  test.each([
    ['dynamodb', undefined],
    ['s3', 'canary//session=='],
  ])('AWS, of what is sent: %s', async (service, sessionToken) => {
    const server = await notes();
    const more = sessionToken === undefined ? '' : ':session';
    await send({
      url: `http://${server.host}/a%20b?x=1+2&y`,
      method: 'POST',
      headers: { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'DynamoDB_20120810.GetItem' },
      body: '{"a":"ü"}',
      policy: { auth: `aws-sigv4:key:secret:eu-west-1:${service}${more}` },
    });
    const [{ url, method, headers, body }] = server.got as [Got];
    expect(url).toBe('/a%20b?x=1%202&y');
    const { headers: added } = signAws({
      method: method!,
      url: `http://${headers.host!}${url!}`,
      headers: ['content-type', 'x-amz-target'].map((name) => [name, String(headers[name])] as const),
      body,
      now: NOW,
      key: VALUES.get('key')!,
      secret: VALUES.get('secret')!,
      sessionToken,
      region: 'eu-west-1',
      service,
    });
    expect(headers).toMatchObject(Object.fromEntries(added));
    expect(headers).not.toHaveProperty('x-amz-security-token', undefined);
    expect(JSON.stringify(headers)).not.toContain(VALUES.get('secret'));
  });

  test('what the agent gave goes along: its headers in place of the usual ones, its body as text or as bytes', async () => {
    const server = await notes();
    const url = `http://${server.host}/`;
    const headers = { Accept: 'text/x', 'User-Agent': 'mine', 'Content-Type': 'text/x' };
    for (const body of ['ü\0', new Uint8Array([0xc3, 0xbc, 0])]) await send({ url, method: 'PUT', headers, body });
    expect(server.got).toHaveLength(2);
    for (const { headers: sent, body } of server.got) {
      expect(sent).toMatchObject({
        accept: 'text/x',
        'user-agent': 'mine',
        'content-type': 'text/x',
        'content-length': '3',
      });
      expect(body).toBe('ü\0');
    }
  });

  test.each([
    ['bearer:broken', 'invalid_request'],
    ['header:X-Key:umlaut', 'invalid_request'],
    ['cookie:sid:password', 'invalid_request'],
    ['basic:broken:token', undefined],
    ['basic:colon:token', 'invalid_request'],
    ['bearer:empty', 'not_found'],
    ['bearer:missing', 'not_found'],
  ] as const)('%s: a value that can not stand there is never sent', async (auth, code) => {
    const server = await notes();
    const sent = send({ url: `http://${server.host}/`, policy: { auth } });
    if (code === undefined) expect(await sent).toMatchObject({ status: 200 });
    else expect(told(await refusedLater(code, sent))).not.toMatch(/canary|cänary|lines/);
    expect(server.connections()).toBe(code === undefined ? 1 : 0);
  });

  test('no proxy of the environment is asked, and each request has its own connection', async () => {
    const [server, proxy] = [await notes(), await notes()];
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : `http://${proxy.host}`;
    try {
      for (const path of ['/1', '/2']) await send({ url: `http://${server.host}${path}` });
    } finally {
      for (const name of names) Reflect.deleteProperty(process.env, name);
    }
    expect([server.connections(), proxy.connections()]).toEqual([2, 0]);
  });
});

describe('the answer', () => {
  const answering = (headers: Record<string, string | string[]>, body: string | Buffer, status = 200) =>
    serve((_, response) => {
      response.writeHead(status, headers).end(body);
    });
  const JSON_TYPE = { 'content-type': 'application/json' };

  test('has the secret out of the status text, of names and values of headers, and of the body', async () => {
    const server = await serve((request, response) => {
      const value = request.headers['x-key'] as string;
      response.writeHead(418, `I am ${value}`, {
        [`x-${value}`]: '1',
        'x-echo': [`a ${value}`, value],
        location: value,
      });
      response.end(`{"you":"${value}${value}"}`);
    });
    const answer = await send({
      url: `http://${server.host}/`,
      policy: { auth: 'header:X-Key:key' },
      options: { values: new Map([['key', 'canarykey']]) },
    });
    expect(answer).toMatchObject({
      status: 418,
      status_text: `I am ${MASKED}`,
      headers: { [`x-${MASKED}`]: '1', 'x-echo': [`a ${MASKED}`, MASKED], location: MASKED },
      body: `{"you":"${MASKED}${MASKED}"}`,
    });
    expect(JSON.stringify(answer)).not.toContain('canary');
  });

  test('has what was made of the secret out too: of a user and a password, of a form, of AWS', async () => {
    const server = await serve((request, response) => {
      const { authorization = '' } = request.headers;
      const query = new URL(request.url!, 'http://x').searchParams.toString();
      response
        .setHeader('x-echo', authorization)
        .end(`${authorization} ${query} Signature=${authorization.slice(-64)}`);
    });
    const url = `http://${server.host}/`;
    for (const auth of ['bearer:token', 'basic:user:password', 'query:k:password', 'aws-sigv4:key:secret:eu:s3']) {
      const text = JSON.stringify(await send({ url, policy: { auth } }));
      expect(text).toContain(MASKED);
      expect(text).not.toMatch(/canary|Y2FuYXJ5|p%C3%A4ss|CANARYKEY|Signature=[0-9a-f]{64}/);
    }
  });

  test('leaves a user name as it is where agents may read it anyway', async () => {
    const server = await answering(JSON_TYPE, `{"login":"${USER}"}`);
    const [url, policy] = [`http://${server.host}/`, { auth: 'basic:user:password' }];
    expect((await send({ url, policy })).body).toBe(`{"login":"${MASKED}"}`);
    const shown = new Set(['user']);
    expect((await send({ url, policy, options: { shown } })).body).toBe(`{"login":"${USER}"}`);
  });

  test('has secrets that come as UTF-8 in a header out', async () => {
    const server = await answering({ 'x-echo': Buffer.from(PASSWORD).toString('latin1') }, 'x');
    const answer = await send({ url: `http://${server.host}/`, policy: { auth: 'query:k:password' } });
    expect(answer.headers['x-echo']).toBe(MASKED);
  });

  test('withholds the values of cookies that are set, and takes no name for more than a name', async () => {
    const server = await answering({ 'set-cookie': ['sid=abc; Path=/', 'b=c'], ['__proto__']: 'x' }, '');
    const { headers } = await send({ url: `http://${server.host}/` });
    expect(headers['set-cookie']).toEqual(['sid=[withheld]; Path=/', 'b=[withheld]']);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  test.each([
    ['text/plain', true],
    ['text/html; charset=UTF-8', true],
    ['application/problem+json', true],
    ['image/svg+xml', true],
    ['text/plain; charset="utf-8"', true],
    ['text/plain; charset=utf-16', false],
    ['text/plain; charset=utf-7', false],
    ['application/octet-stream', false],
    ['image/png', false],
    ['constructor', false],
  ])('of type %s is text: %s', async (type, isText) => {
    const server = await answering({ 'content-type': type }, 'grüezi');
    const answer = await send({ url: `http://${server.host}/` });
    expect(answer.body_bytes).toBe(7);
    if (isText) expect(answer.body).toBe('grüezi');
    else expect(answer).not.toHaveProperty('body');
    expect(answer.body_note === undefined).toBe(isText);
  });

  test('that says text but is not UTF-8, or has NUL in it, is not shown; nor what is compressed', async () => {
    const bodies: [Record<string, string>, Buffer][] = [
      [{}, Buffer.from([0xff, 0xfe, 0x41])],
      [{}, Buffer.from(TOKEN, 'utf16le')],
      [{ 'content-encoding': 'gzip' }, gzipSync(TOKEN)],
      [{ 'content-encoding': 'identity, BR' }, Buffer.from('abc')],
    ];
    for (const [headers, body] of bodies) {
      const server = await answering({ 'content-type': 'text/plain', ...headers }, body);
      const answer = await send({ url: `http://${server.host}/` });
      expect(answer).not.toHaveProperty('body');
      expect(answer.body_bytes).toBe(body.length);
      expect(answer.body_note).toContain(`${body.length} bytes`);
    }
  });

  test('of HEAD, of 204 and of nothing has an empty body', async () => {
    const empty = { body: '', body_bytes: 0 };
    const server = await answering({ 'content-length': '5', 'content-type': 'image/png' }, 'hello');
    expect(await send({ url: `http://${server.host}/`, method: 'HEAD' })).toMatchObject({ status: 200, ...empty });
    for (const status of [200, 204, 304]) {
      const silent = await answering({}, '', status);
      expect(await send({ url: `http://${silent.host}/` })).toMatchObject({ status, ...empty });
    }
  });

  test('is cut at the cap, between characters, and says so', async () => {
    const server = await answering({ ...JSON_TYPE, 'content-length': '2000' }, 'ü'.repeat(1000));
    const [url, options] = [`http://${server.host}/`, { limits: { bodyCap: 101 } }];
    const answer = await send({ url, options });
    expect(answer).toMatchObject({ body: 'ü'.repeat(50), body_bytes: 2000, truncated: true });
    expect(answer.body_note).toContain('vouchsafe fetch');
    const whole = await send({ url, options: { limits: { bodyCap: 2000 } } });
    expect(whole).toMatchObject({ body: 'ü'.repeat(1000), body_bytes: 2000 });
    expect(whole).not.toHaveProperty('truncated');
  });

  test('shows no part of a secret wherever it is cut', async () => {
    const secret = 'CANARY-0123456789';
    const options = { values: new Map([['token', secret]]), limits: { bodyCap: 60 } };
    for (let before = 0; before < 300; before += 7) {
      const server = await answering(JSON_TYPE, `${'.'.repeat(before)}${secret}${'.'.repeat(400)}`);
      const answer = await send({ url: `http://${server.host}/`, options });
      expect(answer.body).not.toMatch(/[A-Z0-9]/);
      expect(answer.truncated).toBe(true);
      expect(Buffer.byteLength(answer.body!)).toBeLessThanOrEqual(60);
      await closeStations();
    }
  });

  test('shows no part of a secret where so many are masked that the rest is short', async () => {
    const secret = 'CANARY-0123456789';
    const server = await answering(JSON_TYPE, secret.repeat(500));
    const options = { values: new Map([['token', secret]]), limits: { bodyCap: 1000 } };
    const { body } = await send({ url: `http://${server.host}/`, options });
    expect(body).toMatch(new RegExp(`^(?:${MASKED})+`));
    expect(body).not.toMatch(/[A-Z0-9]/);
  });

  class Pile implements BodySink {
    readonly chunks: Uint8Array[] = [];
    write(chunk: Uint8Array): Promise<void> {
      this.chunks.push(Buffer.from(chunk));
      return Promise.resolve();
    }
    get bytes(): Buffer {
      return Buffer.concat(this.chunks);
    }
  }

  test('goes to a sink whole, text or not, the secret out of both', async () => {
    const body = Buffer.concat([Buffer.from([0, 0xff]), Buffer.from(TOKEN), Buffer.alloc(500_000, 7)]);
    for (const type of ['text/plain', 'image/png']) {
      const server = await answering({ 'content-type': type }, body);
      const to = new Pile();
      const answer = await send({ url: `http://${server.host}/`, options: { to, limits: { bodyCap: 10 } } });
      expect(answer).not.toHaveProperty('body');
      expect(answer.body_bytes).toBe(body.length);
      const rest = Buffer.alloc(500_000, 7);
      expect(to.bytes.equals(Buffer.concat([Buffer.from([0, 0xff]), Buffer.from(MASKED), rest]))).toBe(true);
    }
  });

  test('goes to no sink where it is compressed or too large, and a sink that fails is said', async () => {
    const compressed = await answering({ 'content-encoding': 'gzip' }, gzipSync(TOKEN));
    const to = new Pile();
    await refusedLater('unavailable', send({ url: `http://${compressed.host}/`, options: { to } }));
    expect(to.bytes).toHaveLength(0);
    const large = await answering({}, Buffer.alloc(100_000));
    const limits = { sinkCap: 50_000 };
    const refusal = await refusedLater('unavailable', send({ url: `http://${large.host}/`, options: { to, limits } }));
    expect(told(refusal)).toContain('too large');
    const full = { write: () => Promise.reject(new Error(`no space for ${TOKEN}`)) };
    const failed = await refusedLater('unavailable', send({ url: `http://${large.host}/`, options: { to: full } }));
    expect(told(failed)).toContain('could not be written');
    expect(JSON.stringify(failed.facts)).not.toContain('canary');
  });
});
