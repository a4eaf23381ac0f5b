/** Where a request goes, and where it does not: addresses, names, certificates, redirects. */
import type { RequestListener } from 'node:http';
import { networkInterfaces } from 'node:os';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { parseHttpPolicy } from '../../src/core/http-policy.js';
import { checkedAddresses, pinnedConnector, type Resolve } from '../../src/use/http-connect.js';
import { refusedLater, told } from '../core/refused.js';
import { loopbackIdentity } from '../support/certificate.js';
import { bodyOf, closeStations, serve, serveAt, type Station } from '../support/http-servers.js';
import { MASKED } from '../support/masker.js';
import { PASSWORD, send, TOKEN } from './http-rig.js';

afterEach(closeStations);

const NAME = 'api.vouchsafe.test';
const address = (text: string) => ({ address: text, family: text.includes(':') ? 6 : 4 });
const always =
  (...texts: string[]): Resolve =>
  () =>
    Promise.resolve(texts.map(address));
/** The line of a request as the server saw it, and whether the credential came with it. */
const line = (seen: string[], answer: RequestListener): RequestListener => {
  return (request, response) => {
    const isCarrier = JSON.stringify([request.headers, request.url]).includes('canary');
    void bodyOf(request).then((body) => {
      seen.push([request.method, request.url?.split('?')[0], isCarrier ? 'carries' : '', body].join(' ').trim());
      answer(request, response);
    });
  };
};
const ok: RequestListener = (_, response) => response.setHeader('content-type', 'text/plain').end('ok');

describe('addresses', () => {
  const policy = (allow: { allowLoopback?: boolean; allowPrivate?: boolean } = {}) =>
    parseHttpPolicy({ hosts: ['api.example.com'], auth: 'bearer:token', ...allow });
  const host = { name: 'api.example.com', scheme: 'https' } as const;

  test.each([
    [['8.8.8.8', '2606:4700::1111'], {}, true],
    [['8.8.8.8', '127.0.0.1'], {}, false],
    [['8.8.8.8', '10.0.0.1'], {}, false],
    [['2606:4700::1111', '::ffff:169.254.169.254'], {}, false],
    [['127.0.0.1', '::1'], { allowLoopback: true }, true],
    [['127.0.0.1'], { allowPrivate: true }, false],
    [['10.0.0.1', '8.8.8.8'], { allowPrivate: true }, true],
    [['10.0.0.1'], { allowLoopback: true }, false],
    [['169.254.169.254'], { allowLoopback: true, allowPrivate: true }, false],
    [['fd00:ec2::254'], { allowLoopback: true, allowPrivate: true }, false],
    [['0.0.0.0'], { allowLoopback: true, allowPrivate: true }, false],
  ])('an answer of %j under %j: %s', async (texts, allow, isAllowed) => {
    const checked = checkedAddresses(host, policy(allow), always(...texts));
    if (isAllowed) expect(await checked).toEqual(texts.map(address));
    else expect(told(await refusedLater('forbidden', checked))).not.toMatch(/[0-9]{2}/);
  });

  test('a name with no address is unavailable; what has no TLS goes to this machine alone', async () => {
    await refusedLater('unavailable', checkedAddresses(host, policy(), always()));
    const open = policy({ allowLoopback: true, allowPrivate: true });
    const local = { name: 'localhost', scheme: 'http' } as const;
    expect(await checkedAddresses(local, open, always('127.0.0.1', '::1'))).toHaveLength(2);
    for (const elsewhere of ['8.8.8.8', '10.0.0.1'])
      await refusedLater('forbidden', checkedAddresses(local, open, always(elsewhere)));
  });

  test('an address in the URL is resolved by nobody, and judged alike', async () => {
    const never: Resolve = () => Promise.reject(new Error('asked'));
    const at = (name: string) => checkedAddresses({ name, scheme: 'https' }, policy(), never);
    expect(await at('[2606:4700::1111]')).toEqual([address('2606:4700::1111')]);
    for (const name of ['127.0.0.1', '[::1]', '10.0.0.1', '[::ffff:7f00:1]', '169.254.169.254'])
      await refusedLater('forbidden', at(name));
  });

  test('a mixed answer of the resolver sends nothing', async () => {
    const server = await serve(ok);
    for (const texts of [
      ['127.0.0.1', '169.254.169.254'],
      ['10.0.0.1', '127.0.0.1'],
      ['127.0.0.1', '::ffff:10.0.0.1'],
    ]) {
      const sent = send({ url: `http://localhost:${server.port}/`, options: { resolve: always(...texts) } });
      await refusedLater('forbidden', sent);
    }
    expect(server.connections()).toBe(0);
  });

  test('a name is resolved once: what it means later counts for nothing, redirects included', async () => {
    const seen: string[] = [];
    const server = await serve(
      line(seen, (request, response) => {
        if (request.url === '/end') ok(request, response);
        else response.writeHead(302, { location: request.url === '/' ? '/next' : '/end' }).end();
      }),
    );
    const trap = await serveAt('127.0.0.2', server.port, ok);
    const asked: string[] = [];
    const rebinding: Resolve = (name) => {
      asked.push(name);
      return Promise.resolve([address(asked.length === 1 ? '127.0.0.1' : '127.0.0.2')]);
    };
    const url = `http://app.localhost:${server.port}/`;
    expect(await send({ url, options: { resolve: rebinding } })).toMatchObject({ status: 200, body: 'ok' });
    expect(seen).toEqual(['GET / carries', 'GET /next carries', 'GET /end carries']);
    expect(asked).toEqual(['app.localhost']);
    expect(trap.connections()).toBe(0);
  });

  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((own) => own?.address === '::1');
  test.skipIf(!hasIpv6)('an address of IPv6 in the URL is gone to', async () => {
    const server = await serveAt('::1', 0, ok);
    expect(await send({ url: `http://[::1]:${server.port}/` })).toMatchObject({ status: 200, body: 'ok' });
  });

  test('where one address does not answer the next is tried', async () => {
    const server = await serve(ok);
    const resolve = always('127.0.0.9', '127.0.0.1');
    expect(await send({ url: `http://localhost:${server.port}/`, options: { resolve } })).toMatchObject({
      status: 200,
    });
  });

  test('a connection that got to another address than was checked is given up', async () => {
    const server = await serve(ok);
    const connect = pinnedConnector({ addresses: [address('127.0.0.2')], timeoutMs: 5000 });
    const place = { hostname: '127.0.0.1', protocol: 'http:', port: String(server.port) };
    const [error, socket] = await new Promise<[Error | null, unknown]>((resolve) =>
      connect(place, (...args) => resolve(args)),
    );
    expect(error).toMatchObject({ code: 'EADDRNOTAVAIL' });
    expect(socket).toBeNull();
  });
});

describe('certificates', () => {
  const resolve = always('127.0.0.1');
  const identity = loopbackIdentity({ names: [NAME] });
  const old = loopbackIdentity({ names: [NAME], notAfter: Date.now() - 60_000 });

  test('the name is what the certificate is for and what the server is told, the address is the pinned one', async () => {
    const names: unknown[] = [];
    const server = await serve((request, response) => {
      const { socket } = request;
      if (socket instanceof TLSSocket) names.push(socket.servername, socket.getProtocol(), request.httpVersion);
      ok(request, response);
    }, identity);
    const url = `https://${NAME}:${server.port}/`;
    expect(await send({ url, options: { resolve, ca: identity.cert } })).toMatchObject({ status: 200, body: 'ok' });
    expect(names).toEqual([NAME, 'TLSv1.3', '1.1']);
  });

  test('an address in place of a name is checked against the certificate too', async () => {
    const mine = loopbackIdentity();
    const server = await serve(ok, mine);
    const url = `https://${server.host}/`;
    expect(await send({ url, options: { ca: mine.cert } })).toMatchObject({ status: 200 });
  });

  const unfit: [what: string, name: string, served: typeof identity, ca: string | undefined][] = [
    ['for another name', 'other.vouchsafe.test', identity, identity.cert],
    ['of nobody who is trusted', NAME, identity, undefined],
    ['of another authority', NAME, identity, loopbackIdentity({ names: [NAME] }).cert],
    ['that is over', NAME, old, old.cert],
    ['for an address, where a name was asked for', NAME, loopbackIdentity(), undefined],
  ];
  test.each(unfit)('a certificate %s gets no request, whatever the environment says', async (_, name, served, ca) => {
    const seen: string[] = [];
    const server = await serve(line(seen, ok), served);
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    for (const setting of ['1', '0']) {
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = setting;
      const options = { resolve, ...(ca === undefined ? {} : { ca }) };
      const refusal = await refusedLater('unavailable', send({ url: `https://${name}:${server.port}/`, options }));
      expect(told(refusal)).toContain('certificate');
      expect(refusal.facts).not.toHaveProperty('retryable');
    }
    if (before === undefined) Reflect.deleteProperty(process.env, 'NODE_TLS_REJECT_UNAUTHORIZED');
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    expect(server.connections()).toBe(2);
    expect(seen).toEqual([]);
  });

  test('a server without TLS gets nothing of a request that needs it', async () => {
    const seen: string[] = [];
    const server = await serve(line(seen, ok));
    await refusedLater('unavailable', send({ url: `https://${server.host}/`, options: { ca: identity.cert } }));
    expect(seen).toEqual([]);
  });
});

describe('redirects', () => {
  const redirecting = async (status: number, location: string | ((station: Station) => string)) => {
    const seen: string[] = [];
    let target = '';
    const station = await serve(
      line(seen, (request, response) => {
        if (request.url === '/start') response.writeHead(status, { location: target }).end('moved');
        else ok(request, response);
      }),
    );
    target = typeof location === 'string' ? location : location(station);
    return { ...station, seen };
  };

  test.each([
    [301, 'GET', 'GET /end carries'],
    [302, 'POST', 'GET /end carries'],
    [301, 'POST', 'GET /end carries'],
    [303, 'PUT', 'GET /end carries'],
    [303, 'HEAD', 'HEAD /end carries'],
    [302, 'PUT', 'PUT /end carries body'],
    [307, 'POST', 'POST /end carries body'],
    [308, 'PUT', 'PUT /end carries body'],
  ])('%i of %s within one origin: %s', async (status, method, then) => {
    const server = await redirecting(status, '/end?x=1');
    const body = ['POST', 'PUT'].includes(method) ? { body: 'body' } : {};
    expect(await send({ url: `http://${server.host}/start`, method, ...body })).toMatchObject({ status: 200 });
    expect(server.seen[1]).toBe(then);
    expect(server.seen).toHaveLength(2);
  });

  test.each([
    ['another port', 302, (trap: Station) => `http://${trap.host}/end`],
    ['another host', 307, (trap: Station) => `http://localhost:${trap.port}/end`],
    ['another scheme', 301, (_: Station, own: Station) => `https://${own.host}/end`],
    ['without a scheme', 302, (trap: Station) => `//${trap.host}/end`],
    ['backslashes', 302, (trap: Station) => `\\\\${trap.host}/end`],
    ['the metadata service', 302, () => 'http://169.254.169.254/latest/meta-data/'],
    ['a user', 302, (_: Station, own: Station) => `http://a:b@${own.host}/end`],
    ['a path that is not allowed', 302, () => '/private'],
    ['a path that is not allowed, by dots', 302, () => '/end/../private'],
    ['a path that can be read in two ways', 302, () => '/end/..%2fprivate'],
    ['a file', 302, () => 'file:///etc/passwd'],
    ['nothing', 302, () => ''],
    ['a choice', 300, () => '/end'],
    ['not modified', 304, () => '/end'],
    ['a proxy', 305, () => '/end'],
  ])('to %s are given back, not followed', async (what, status, location) => {
    const trap = await serve(ok);
    const server = await redirecting(status, (own) => location(trap, own));
    const paths = ['/start', '/end', '/end/**'];
    const answer = await send({ url: `http://${server.host}/start`, policy: { paths } });
    if (what === 'nothing') {
      // An empty reference is the same URL again: it is followed until it is enough.
      expect(server.seen).toHaveLength(4);
    } else {
      expect(server.seen).toEqual(['GET /start carries']);
    }
    expect(answer.status).toBe(status);
    expect(answer.redirect).toMatchObject({ followed: false });
    expect(answer.redirect?.note).toContain('not followed');
    expect(trap.connections()).toBe(0);
  });

  test('from TLS to none are not followed', async () => {
    const identity = loopbackIdentity();
    const trap = await serve(ok);
    const server = await serve(
      (_, response) => response.writeHead(302, { location: `http://${trap.host}/` }).end(),
      identity,
    );
    const policy = { hosts: [server.host, trap.host] };
    const answer = await send({ url: `https://${server.host}/`, policy, options: { ca: identity.cert } });
    expect(answer).toMatchObject({ status: 302, redirect: { location: `http://${trap.host}/`, followed: false } });
    expect(trap.connections()).toBe(0);
  });

  test('to a method that is not allowed are not followed', async () => {
    const server = await redirecting(303, '/end');
    const answer = await send({ url: `http://${server.host}/start`, method: 'POST', policy: { methods: ['POST'] } });
    expect(answer.status).toBe(303);
    expect(server.seen).toEqual(['POST /start carries']);
  });

  test('three are followed and no more', async () => {
    const seen: string[] = [];
    const server = await serve(
      line(seen, (request, response) => response.writeHead(302, { location: `${request.url!}x` }).end('on')),
    );
    const answer = await send({ url: `http://${server.host}/` });
    expect(answer).toMatchObject({ status: 302, redirect: { location: '/xxxx', followed: false } });
    expect(seen).toEqual(['GET / carries', 'GET /x carries', 'GET /xx carries', 'GET /xxx carries']);
  });

  test('that send the query back get the credential once, and none that is given back tells it', async () => {
    const urls: string[] = [];
    const trap = await serve(ok);
    const server = await serve((request, response) => {
      urls.push(request.url!);
      const query = request.url!.split('?')[1]!;
      if (urls.length === 1) response.writeHead(302, { location: `/next?${query}` }).end();
      else response.writeHead(302, { location: `http://${trap.host}/?${query}` }).end();
    });
    const policy = { auth: 'query:api_key:password' };
    const answer = await send({ url: `http://${server.host}/?a=1`, policy });
    const own = `api_key=${encodeURIComponent(PASSWORD)}`;
    expect(urls).toEqual([`/?a=1&${own}`, `/next?a=1&${own}`]);
    expect(answer.redirect?.location).toBe(`http://${trap.host}/?a=1&${MASKED}`);
    expect(JSON.stringify(answer)).not.toMatch(/canary|p%C3%A4ss/);
    expect(answer.headers['location']).toBe(answer.redirect?.location);
  });

  test('that turn into GET leave what described the body behind', async () => {
    const types: unknown[] = [];
    const server = await serve((request, response) => {
      types.push(request.headers['content-type'], request.headers['x-mine']);
      response.writeHead(request.url === '/' ? 303 : 200, { location: '/end' }).end();
    });
    const headers = { 'Content-Type': 'text/x', 'X-Mine': 'y' };
    await send({ url: `http://${server.host}/`, method: 'POST', headers, body: 'body' });
    expect(types).toEqual(['text/x', 'y', undefined, 'y']);
  });

  test('leave the first signature masked in the last answer', async () => {
    const signatures: string[] = [];
    const server = await serve((request, response) => {
      signatures.push(request.headers.authorization!.slice(-64));
      if (signatures.length === 1) response.writeHead(307, { location: '/end' }).end();
      else response.setHeader('content-type', 'text/plain').end(signatures.join(' '));
    });
    const policy = { auth: 'aws-sigv4:key:secret:eu-west-1:s3' };
    const answer = await send({ url: `http://${server.host}/`, policy });
    expect(new Set(signatures).size).toBe(2);
    expect(answer.body).toBe(`${MASKED} ${MASKED}`);
  });

  test('that hold the credential are given back without it', async () => {
    const server = await redirecting(302, `https://evil.example/?${TOKEN}`);
    const answer = await send({ url: `http://${server.host}/start` });
    expect(answer.redirect?.location).toBe(`https://evil.example/?${MASKED}`);
  });
});
