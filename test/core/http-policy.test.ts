import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HttpAuth, secretFieldsOf } from '../../src/core/http-auth.js';
import {
  type HttpPolicy,
  type HttpPolicyText,
  parseHttpPolicy,
  printHttpPolicy,
  readHttpPolicy,
} from '../../src/core/http-policy.js';
import { refused, told } from './refused.js';

const plain: HttpPolicyText = { hosts: ['api.example.com'], auth: 'bearer:token' };
const policyOf = (change: Partial<HttpPolicyText>): HttpPolicy => parseHttpPolicy({ ...plain, ...change });
const CANARY = 'hunter2canary';

describe('what the owner types', () => {
  test('a host and a way are enough: GET and HEAD, every path, nothing local', () => {
    expect(policyOf({})).toEqual({
      hosts: ['api.example.com'],
      methods: ['GET', 'HEAD'],
      paths: ['/**'],
      auth: { kind: 'bearer', field: 'token' },
      allowLoopback: false,
      allowPrivate: false,
    });
  });

  const ways: [text: string, auth: HttpAuth, fields: string[]][] = [
    ['bearer:token', { kind: 'bearer', field: 'token' }, ['token']],
    ['Bearer: API keys/main ', { kind: 'bearer', field: 'API keys/main' }, ['API keys/main']],
    ['basic:user:pass', { kind: 'basic', username: 'user', password: 'pass' }, ['user', 'pass']],
    ['basic::pass', { kind: 'basic', username: null, password: 'pass' }, ['pass']],
    ['basic:same:same', { kind: 'basic', username: 'same', password: 'same' }, ['same']],
    ['header:X-Api-Key:key', { kind: 'header', name: 'x-api-key', field: 'key' }, ['key']],
    [
      'header:Authorization:key:Token ',
      { kind: 'header', name: 'authorization', field: 'key', prefix: 'Token ' },
      ['key'],
    ],
    ['header:X-Key:key:a:b', { kind: 'header', name: 'x-key', field: 'key', prefix: 'a:b' }, ['key']],
    ['query:api_key:key', { kind: 'query', name: 'api_key', field: 'key' }, ['key']],
    ['cookie:sid:session', { kind: 'cookie', name: 'sid', field: 'session' }, ['session']],
    [
      'aws-sigv4:key:secret:eu-west-1:s3',
      { kind: 'aws-sigv4', key: 'key', secret: 'secret', region: 'eu-west-1', service: 's3' },
      ['key', 'secret'],
    ],
    [
      'aws-sigv4:key:secret:eu-west-1:sts:session',
      { kind: 'aws-sigv4', key: 'key', secret: 'secret', session: 'session', region: 'eu-west-1', service: 'sts' },
      ['key', 'secret', 'session'],
    ],
  ];
  test.each(ways)('--http-auth %j puts the credential in', (auth, expected, fields) => {
    expect(policyOf({ auth }).auth).toEqual(expected);
    expect(secretFieldsOf(policyOf({ auth }).auth)).toEqual(fields);
  });

  test.each([
    ...['', CANARY, 'bearer', 'bearer:', 'bearer:a:b', 'basic:a', 'basic:a:', 'basic:a:b:c', 'digest:a:b'],
    ...['constructor:a', 'header:x', 'header::a', 'header:a b:c', 'header:Host:a', 'header:Cookie:a', 'header:a:b:\n'],
    ...[
      'header:Proxy-Authorization:a',
      'header:X-Forwarded-For:a',
      'header:Content-Length:a',
      'query::a',
      'query:a b:c',
    ],
    ...['query:a&b:c', 'query:a=b:c', 'query:a%20:c', 'cookie::a', 'cookie:a=b:c', 'cookie:a;b:c', 'aws-sigv4:a:b:c'],
    ...['aws-sigv4:a:b:Eu West:s3', 'aws-sigv4:a:b::s3', 'aws-sigv4:a:b:eu:s3:c:d', `bearer:${'x'.repeat(301)}`],
  ])('--http-auth %j is refused', (auth) => {
    const refusal = refused('invalid_request', () => policyOf({ auth }));
    expect(told(refusal)).toContain('--http-auth');
    expect(told(refusal)).not.toContain(CANARY);
  });

  test.each([
    ['API.Example.COM', 'api.example.com'],
    [' api.example.com ', 'api.example.com'],
    ['api.example.com:8443', 'api.example.com:8443'],
    ['*.example.com', '*.example.com'],
    ['*.example.com:8443', '*.example.com:8443'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['10.0.0.1', '10.0.0.1'],
    ['[2001:DB8::1]:443', '[2001:db8::1]:443'],
    ['intranet', 'intranet'],
    ['my_host.example.com', 'my_host.example.com'],
  ])('--http-host %j is %j', (host, name) => {
    expect(policyOf({ hosts: [host] }).hosts).toEqual([name]);
  });

  test.each([
    ...[
      '',
      '*',
      '*.',
      '*.com',
      '**.example.com',
      'a.*.com',
      '*a.example.com',
      'api.*',
      '*.*.example.com',
      '*.10.0.0.1',
    ],
    ...[
      'https://api.example.com',
      'api.example.com/v1',
      'api.example.com.',
      'api..example.com',
      'user@api.example.com',
    ],
    ...['api.example.com:0', 'api.example.com:65536', 'api.example.com:', 'api.example.com:x', 'api example.com'],
    ...['0x7f.1', '2130706433', '127.1', '010.0.0.1', '1.2.3.4.', '::1', '[::1', '[::zz]', '[fe80::1%25eth0]', 'a%2eb'],
    ...['-a.example.com', `${'a'.repeat(64)}.example.com`, 'a.b?c', 'a#b', 'a\\b', CANARY + '.'],
  ])('--http-host %j is refused', (host) => {
    const refusal = refused('invalid_request', () => policyOf({ hosts: ['ok.example.com', host] }));
    expect(told(refusal)).toContain('--http-host');
    expect(told(refusal)).not.toContain(CANARY);
  });

  test.each(['127.0.0.1:8080', 'localhost', 'app.localhost:3000', '[::1]:8080', '127.9.9.9'])(
    '%s is this machine, which the owner has to allow',
    (host) => {
      expect(told(refused('invalid_request', () => policyOf({ hosts: [host] })))).toContain('--http-allow-loopback');
      expect(policyOf({ hosts: [host], allowLoopback: true }).hosts).toEqual([host]);
    },
  );

  test('no host, and more than fifty, are refused', () => {
    refused('invalid_request', () => policyOf({ hosts: [] }));
    const hosts = Array.from({ length: 51 }, (_, n) => `h${n}.example.com`);
    refused('invalid_request', () => policyOf({ hosts }));
    expect(policyOf({ hosts: hosts.slice(1) }).hosts).toHaveLength(50);
  });

  test('what is said twice stands once', () => {
    const policy = policyOf({
      hosts: ['A.example.com', 'a.example.com'],
      methods: ['get', 'GET'],
      paths: ['/a', '/a'],
    });
    expect(policy).toMatchObject({ hosts: ['a.example.com'], methods: ['GET'], paths: ['/a'] });
  });

  test.each(['', 'GET POST', 'CONNECT', 'trace', 'TRACK', 'GET\n', 'G,T', 'x'.repeat(33)])(
    '--http-method %j is refused',
    (method) => {
      if (method === 'GET\n') expect(policyOf({ methods: [method] }).methods).toEqual(['GET']);
      else expect(told(refused('invalid_request', () => policyOf({ methods: [method] })))).toContain('--http-method');
    },
  );

  test.each([
    ...['', 'v1', '*', '/a//b', '/a/../b', '/./a', '/a?b', '/a#b', '/a\\b', '/%2e', '/a\nb', '/***', '/\u{200b}'],
    `/${'a'.repeat(256)}`,
  ])('--http-path %j is refused', (path) => {
    expect(told(refused('invalid_request', () => policyOf({ paths: [path] })))).toContain('--http-path');
  });

  test.each(['/', '/**', '/v1/*/users/**', '/a b/c', '/bücher/*', '/v1:list', '/a/..b'])(
    '--http-path %j is taken',
    (path) => {
      expect(policyOf({ paths: [path] }).paths).toEqual([path]);
    },
  );
});

describe('the stored form', () => {
  const field = fc.constantFrom('token', 'API/key', 'Schlüssel', 'a b');
  const auth = fc.oneof(
    field.map((name) => `bearer:${name}`),
    fc.tuple(field, field).map(([user, password]) => `basic:${user}:${password}`),
    field.map((name) => `basic::${name}`),
    fc.tuple(field, fc.constantFrom('', ':Token ', ':a:b')).map(([name, prefix]) => `header:X-Key:${name}${prefix}`),
    field.map((name) => `query:key:${name}`),
    field.map((name) => `cookie:sid:${name}`),
    fc.tuple(field, fc.constantFrom('', ':session')).map(([key, more]) => `aws-sigv4:${key}:s:eu-west-1:s3${more}`),
  );
  const text = fc.record({
    hosts: fc.subarray(['a.example.com', '*.example.com:8443', '10.0.0.1', '[2001:db8::1]', 'bücher.example'], {
      minLength: 1,
    }),
    methods: fc.subarray(['GET', 'post', 'DELETE']),
    paths: fc.subarray(['/', '/v1/**', '/a b/*']),
    auth,
    allowLoopback: fc.boolean(),
    allowPrivate: fc.boolean(),
  });

  test('reads back as what was typed, through JSON', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const policy = parseHttpPolicy(typed);
        expect(readHttpPolicy(JSON.parse(JSON.stringify(printHttpPolicy(policy))))).toEqual(policy);
      }),
    );
  });

  const good = printHttpPolicy(policyOf({ auth: 'header:X-Key:key:Token ' }));
  const bad: [what: string, json: unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['text', 'x'],
    ['a list', []],
    ['an empty object', {}],
    ['a key that is not known', { ...good, proxies: [] }],
    ['a key of the way that is not known', { ...good, auth: { ...good.auth, suffix: 'x' } }],
    ['a way that is not known', { ...good, auth: { kind: 'digest', field: 'x' } }],
    ['no way', { ...good, auth: undefined }],
    ['no hosts', { ...good, hosts: [] }],
    ['a wildcard that is not known', { ...good, hosts: ['*'] }],
    ['a method that is never allowed', { ...good, methods: ['TRACE'] }],
    ['no methods', { ...good, methods: [] }],
    ['a pattern that can not be', { ...good, paths: ['/../x'] }],
    ['no patterns', { ...good, paths: [] }],
    ['a header that frames', { ...good, auth: { kind: 'header', name: 'host', field: 'x' } }],
    ['text for a flag', { ...good, allow_loopback: 'true' }],
    ['a loopback host without the flag', { ...good, hosts: ['localhost'] }],
  ];
  test.each(bad)('%s reads as no policy', (_, json) => {
    expect(readHttpPolicy(good)).not.toBeNull();
    expect(readHttpPolicy(json)).toBeNull();
  });
});
