import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRequest, matchesGlob, type WantedRequest } from '../../src/core/http-check.js';
import { type HttpPolicyText, parseHttpPolicy } from '../../src/core/http-policy.js';
import { Refusal } from '../../src/core/refusal.js';
import { refused, told } from './refused.js';

const plain: HttpPolicyText = {
  hosts: ['api.example.com', '*.apps.example.com', 'api.example.com:8443', '10.0.0.1', '[2001:db8::1]'],
  methods: ['GET', 'HEAD', 'POST'],
  paths: ['/v1/**', '/status', '/users/*/name', '/a b/*', '/'],
  auth: 'bearer:token',
};
const policyOf = (change: Partial<HttpPolicyText> = {}) => parseHttpPolicy({ ...plain, ...change });
const POLICY = policyOf();
const LOCAL = policyOf({ hosts: ['127.0.0.1:8080', 'localhost', '[::1]:9000'], allowLoopback: true, paths: ['/**'] });
const check = (wanted: Partial<WantedRequest>, policy = POLICY) =>
  checkRequest(policy, { url: 'https://api.example.com/v1/x', ...wanted });

describe('URLs', () => {
  const allowed: [url: string, origin: string, target: string][] = [
    ['https://api.example.com/v1/x', 'https://api.example.com', '/v1/x'],
    ['HTTPS://API.EXAMPLE.COM/v1/x', 'https://api.example.com', '/v1/x'],
    ['https://api.example.com:443/v1/x?a=1&b=2', 'https://api.example.com', '/v1/x?a=1&b=2'],
    ['https://api.example.com:8443/v1/', 'https://api.example.com:8443', '/v1/'],
    ['https://api.example.com', 'https://api.example.com', '/'],
    ['https://api.example.com/?q', 'https://api.example.com', '/?q'],
    ['https://api.example.com?q=1', 'https://api.example.com', '/?q=1'],
    ['https://api.example.com/v1/x#fragment', 'https://api.example.com', '/v1/x'],
    ['https://api.example.com/v1/x#?', 'https://api.example.com', '/v1/x'],
    ['https://api.example.com/v1/%C3%BC', 'https://api.example.com', '/v1/%C3%BC'],
    ['https://api.example.com/v1/ü', 'https://api.example.com', '/v1/%C3%BC'],
    ['https://api.example.com/a%20b/c', 'https://api.example.com', '/a%20b/c'],
    ['https://api.example.com/v1/arn:aws:x@1,2;k=v', 'https://api.example.com', '/v1/arn:aws:x@1,2;k=v'],
    ['https://api.example.com/v1/100%25', 'https://api.example.com', '/v1/100%25'],
    ['https://api.example.com/v1/..x/...', 'https://api.example.com', '/v1/..x/...'],
    ['https://api.example.com/users/7/name', 'https://api.example.com', '/users/7/name'],
    ['https://x.apps.example.com/status', 'https://x.apps.example.com', '/status'],
    ['https://10.0.0.1/status', 'https://10.0.0.1', '/status'],
    ['https://[2001:DB8:0::1]/status', 'https://[2001:db8::1]', '/status'],
    ['https://api。example。com/status', 'https://api.example.com', '/status'],
  ];
  test.each(allowed)('%s is sent to %s', (url, origin, target) => {
    const request = check({ url });
    expect(request.origin).toBe(origin);
    expect(`${request.path}${request.query}`).toBe(target);
  });

  const forbidden = [
    ...['https://example.com/v1/x', 'https://evil.example/v1/x', 'https://api.example.com.evil.example/v1/x'],
    ...['https://xapi.example.com/v1/x', 'https://apps.example.com/v1/x', 'https://a.b.apps.example.com/v1/x'],
    ...['https://api.example.com:444/v1/x', 'https://api.example.com:80/v1/x'],
    ...[
      'https://x.apps.example.com:8443/v1/x',
      'https://127.0.0.1/v1/x',
      'https://localhost/v1/x',
      'https://[::1]/v1/x',
    ],
    ...['https://[::ffff:10.0.0.1]/status', 'https://169.254.169.254/latest', 'https://api.example.com/v1'],
    ...['https://api.example.com/v2/x', 'https://api.example.com/V1/x', 'https://api.example.com/status/'],
    ...[
      'https://api.example.com/users/7/8/name',
      'https://api.example.com/users/7/names',
      'https://api.example.com/v1;a/x',
    ],
    ...[
      'http://localhost/v1/x',
      'http://127.0.0.1/v1/x',
      'https://аpi.example.com/v1/x',
      'https://xn--pi-6kc.example/v1/x',
    ],
  ];
  test.each(forbidden)('%s is forbidden, with what is allowed', (url) => {
    expect(told(refused('forbidden', () => check({ url })))).toContain(
      "This item's credential may be sent to api.example.com, *.apps.example.com, api.example.com:8443, 10.0.0.1, " +
        '[2001:db8::1] with GET, HEAD, POST under /v1/**, /status, /users/*/name, /a b/*, /.',
    );
  });

  const hostile = [
    ...[
      '',
      'x',
      '/v1/x',
      '//api.example.com/v1/x',
      'https:',
      'https://',
      'https:///v1/x',
      'https:api.example.com/v1/x',
    ],
    ...['https:/api.example.com/v1/x', 'ftp://api.example.com/v1/x', 'file:///etc/passwd', 'javascript:alert(1)'],
    ...['http://api.example.com/v1/x', 'ws://api.example.com/v1/x', 'https://?x', 'https://#x', 'https://:443/v1/x'],
    // A user.
    ...['https://user@api.example.com/v1/x', 'https://u:p@api.example.com/v1/x', 'https://@api.example.com/v1/x'],
    ...['https://api.example.com@evil.example/v1/x', 'https://evil.example\\@api.example.com/v1/x', 'https://:@a.b/'],
    // Backslashes, white space, control characters.
    ...['https:\\\\api.example.com\\v1\\x', 'https://api.example.com\\v1/x', 'https://api.example.com/v1\\..\\x'],
    ...['https://api.example.com/v1/x?a\\b', ' https://api.example.com/v1/x', 'https://api.example.com/v1/x '],
    ...['https://api.exa\tmple.com/v1/x', 'https://api.example.com/v1/\nx', 'ht\ntps://api.example.com/v1/x'],
    ...[
      'https://api.example.com/v1/x\r\nHost: a',
      'https://api.example.com/v1/\0',
      'https://api.example.com/v1/\u{2028}',
    ],
    ...['https://api.example.com/v1/\ud800', '\ufeffhttps://api.example.com/v1/x', 'https://api.example.com/v1/x y'],
    // Dot segments and slashes, plain and encoded.
    ...['https://api.example.com/v1/../admin', 'https://api.example.com/v1/./x', 'https://api.example.com/v1/..'],
    ...['https://api.example.com/v1/.', 'https://api.example.com/v1/%2e%2e/admin', 'https://api.example.com/v1/%2E./a'],
    ...['https://api.example.com/v1/.%2e', 'https://api.example.com/v1/%2e', 'https://api.example.com/v1/..%2fadmin'],
    ...['https://api.example.com/v1/x%2fy', 'https://api.example.com/v1/x%2Fy', 'https://api.example.com/v1%5c..%5ca'],
    ...[
      'https://api.example.com/v1/%252e%252e/a',
      'https://api.example.com/v1/x%252fy',
      'https://api.example.com/v1/%25%32%65',
    ],
    ...[
      'https://api.example.com/v1/%252e%252e/%25zz',
      'https://api.example.com/v1/%25252525252e',
      'https://api.example.com/v1/%252525252541',
    ],
    ...['https://api.example.com/v1//x', 'https://api.example.com//v1/x', 'https://api.example.com/v1/x//'],
    ...[
      'https://api.example.com/v1/..;/admin',
      'https://api.example.com/v1/..;a=b/admin',
      'https://api.example.com/v1/;/a',
    ],
    ...['https://api.example.com/v1/.%3b/a', 'https://api.example.com/v1/%2e%2e%3ba', 'https://api.example.com/v1/;x'],
    ...[
      'https://api.example.com/v1/．．/a',
      'https://api.example.com/v1/%EF%BC%8E%EF%BC%8E/a',
      'https://api.example.com/v1/／a',
    ],
    ...[
      'https://api.example.com/v1/%E2%80%A5/a',
      'https://api.example.com/v1/%20/a',
      'https://api.example.com/v1/..%20/a',
    ],
    ...['https://api.example.com/v1/%00', 'https://api.example.com/v1/%0a', 'https://api.example.com/v1/%0d%0aHost:a'],
    ...['https://api.example.com/v1/%7f', 'https://api.example.com/v1/%c0%ae', 'https://api.example.com/v1/%ff'],
    ...['https://api.example.com/v1/%', 'https://api.example.com/v1/%2', 'https://api.example.com/v1/%zz'],
    ...['https://api.example.com/v1/x?a=%', 'https://api.example.com/v1/x?a=%zz', 'https://api.example.com/v1/x?a=%ff'],
    // Hosts.
    ...['https://api.example.com./v1/x', 'https://api.example.com../v1/x', 'https://api..example.com/v1/x'],
    ...['https://api%2eexample.com/v1/x', 'https://%61pi.example.com/v1/x', 'https://*.apps.example.com/v1/x'],
    ...['https://.apps.example.com/v1/x', 'https://api.example.com:/v1/x', 'https://api.example.com:0/v1/x'],
    ...[
      'https://api.example.com:65536/v1/x',
      'https://api.example.com:99999999/v1/x',
      'https://api.example.com:4 43/v1/x',
    ],
    ...['https://api.example.com:+443/v1/x', 'https://api.example.com:443:443/v1/x', 'https://api.example.com:x/v1/x'],
    ...['https://0xa.0.0.1/status', 'https://10.1/status', 'https://167772161/status', 'https://012.0.0.1/status'],
    ...[
      'https://10.0.0.01/status',
      'https://10.0.0.1./status',
      'https://0x0a000001/status',
      'https://10.0.0.256/status',
    ],
    ...[
      'https://１０.0.0.1/status',
      'https://①⓪.0.0.1/status',
      'https://[2001:db8::1/status',
      'https://2001:db8::1/status',
    ],
    ...[
      'https://[2001:db8::1%25eth0]/status',
      'https://[v1.x]/status',
      'https://[10.0.0.1]/status',
      'https://a,b/status',
    ],
    `https://api.example.com/v1/${'x'.repeat(8 * 1024)}`,
    `https://api.example.com/v1/${'ü'.repeat(4 * 1024)}`,
  ];
  test.each(hostile)('%j is malformed', (url) => {
    const refusal = refused('invalid_request', () => check({ url }));
    expect(told(refusal)).not.toMatch(/evil|admin|8192/);
  });

  test('a user in the URL is told for what it is', () => {
    const refusal = refused('invalid_request', () => check({ url: 'https://u:p@api.example.com/v1/x' }));
    expect(told(refusal)).toContain('has a user in it');
  });

  test('a URL of 8 KiB is taken', () => {
    const url = `https://api.example.com/v1/${'x'.repeat(8 * 1024 - 27)}`;
    expect(url).toHaveLength(8 * 1024);
    expect(check({ url }).origin).toBe('https://api.example.com');
  });

  test('plain http goes to hosts of this machine that the owner allowed, and to no port but theirs', () => {
    const allowedUrls = [
      'http://127.0.0.1:8080/x',
      'https://127.0.0.1:8080/x',
      'http://localhost/x',
      'http://[::1]:9000/x',
    ];
    for (const url of allowedUrls) expect(check({ url }, LOCAL).origin).toBe(url.slice(0, -2));
    const others = [
      'http://127.0.0.1/x',
      'http://127.0.0.1:8081/x',
      'http://localhost:8080/x',
      'http://127.0.0.2:8080/x',
    ];
    for (const url of others) refused('forbidden', () => check({ url }, LOCAL));
    const closed = { ...LOCAL, allowLoopback: false };
    refused('forbidden', () => check({ url: 'http://127.0.0.1:8080/x' }, closed));
    for (const url of [
      'http://127.1:8080/x',
      'http://0x7f000001:8080/x',
      'http://10.0.0.1/status',
      'http://[::]:9000/x',
    ])
      refused('invalid_request', () => check({ url }, LOCAL));
  });

  test('what is accepted goes to an allowed host and stays under an allowed path, however it is written', () => {
    const piece = fc.constantFrom(
      ...[
        '/',
        '\\',
        '.',
        '..',
        '%2e',
        '%2f',
        '%5c',
        '%25',
        '2e',
        ';',
        '@',
        ':',
        '?',
        '#',
        'v1',
        'x',
        'admin',
        '\t',
        ' ',
      ],
      ...[
        'api.example.com',
        'evil.example',
        '10.0.0.1',
        '%00',
        '：',
        '／',
        '．',
        '[',
        ']',
        '*',
        '&',
        '=',
        'ü',
        '443',
        '8443',
      ],
    );
    const start = fc.constantFrom(
      'https://',
      'https:',
      'http://',
      'https:///',
      'https://api.example.com/v1/',
      'HTTPS://',
    );
    const hosts = ['api.example.com', 'api.example.com:8443', '10.0.0.1'];
    let accepted = 0;
    fc.assert(
      fc.property(start, fc.array(piece, { maxLength: 8 }), (scheme, pieces) => {
        const request = accept(`${scheme}${pieces.join('')}`);
        if (request === undefined) return;
        accepted += 1;
        // Another reader of what is sent: the URL standard's own, after one more decoding.
        const url = new URL(`${request.origin}${request.path}${request.query}`);
        expect(hosts).toContain(url.host);
        const seen = new URL(decodeURIComponent(url.pathname).replaceAll('?', '').replaceAll('#', ''), url.origin);
        expect(seen.host).toBe(url.host);
        expect(seen.pathname).toMatch(/^\/(?:v1\/.*|status|users\/[^/]+\/name|a%20b\/[^/]*)?$/);
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  function accept(url: string) {
    try {
      return check({ url });
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }
});

describe('methods and bodies', () => {
  test('GET where nothing is said, in capitals, and only what is allowed', () => {
    expect(check({}).method).toBe('GET');
    expect(check({ method: 'post' }).method).toBe('POST');
    for (const method of ['PUT', 'DELETE', 'TRACE', 'CONNECT', 'PURGE']) refused('forbidden', () => check({ method }));
    for (const method of ['', 'GET POST', 'GET\r\n', 'G(T', 'x'.repeat(33)])
      refused('invalid_request', () => check({ method }));
  });

  test('a body goes with what may have one, up to 1 MiB of its bytes', () => {
    const most = 1024 * 1024;
    expect(check({ method: 'POST', body: 'x'.repeat(most) }).body).toHaveLength(most);
    refused('invalid_request', () => check({ method: 'POST', body: 'x'.repeat(most + 1) }));
    refused('invalid_request', () => check({ method: 'POST', body: 'ü'.repeat(most / 2 + 1) }));
    refused('invalid_request', () => check({ method: 'POST', body: new Uint8Array(most + 1) }));
    refused('invalid_request', () => check({ method: 'POST', body: '\ud800' }));
    for (const method of ['GET', 'HEAD']) refused('invalid_request', () => check({ method, body: 'x' }));
    expect(check({ body: '' })).not.toHaveProperty('body');
  });
});

describe('headers and parameters of an agent', () => {
  test('are sent with names in lower case', () => {
    const { headers } = check({ headers: { Accept: 'text/plain', 'X-Trace': ' a\tb ' } });
    expect(headers).toEqual([
      ['accept', 'text/plain'],
      ['x-trace', 'a\tb'],
    ]);
  });

  test.each([
    ...[
      'Host',
      'host',
      'Authorization',
      'aUTHORIZATION',
      'Proxy-Authorization',
      'Proxy-Connection',
      'Cookie',
      'Connection',
    ],
    ...['Transfer-Encoding', 'Content-Length', 'Upgrade', 'TE', 'Trailer', 'Expect', 'Keep-Alive', 'X-Forwarded-For'],
    ...[
      'X-Forwarded-Host',
      'Forwarded',
      'Accept-Encoding',
      'Range',
      'If-Range',
      'X-HTTP-Method-Override',
      'X-Original-URL',
    ],
    ...['', ' ', 'a b', 'a:', 'a\r\nHost', 'ü', 'a\0', '(x)', 'Host ', ' Host', 'Transfer-Encoding\t'],
  ])('%j is refused', (name) => {
    refused('invalid_request', () => check({ headers: { [name]: 'canary7' } }));
  });

  test.each(['a\rb', 'a\nb', 'a\r\nHost: evil', 'a\0b', '\u{7f}', 'ü', '\u{2028}'])(
    'value %j is refused, untold',
    (value) => {
      const refusal = refused('invalid_request', () => check({ headers: { 'x-a': `canary7${value}` } }));
      expect(told(refusal)).not.toContain('canary7');
    },
  );

  test('one name in two writings is refused; fifty headers and 16 KiB are the most', () => {
    refused('invalid_request', () => check({ headers: { 'X-A': '1', 'x-a': '2' } }));
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, 'v']));
    expect(check({ headers: many(50) }).headers).toHaveLength(50);
    refused('invalid_request', () => check({ headers: many(51) }));
    const long = (length: number) => ({ 'x-a': 'v'.repeat(length) });
    expect(check({ headers: long(16 * 1024 - 7) }).headers).toHaveLength(1);
    refused('invalid_request', () => check({ headers: long(16 * 1024 - 6) }));
  });

  test('what the credential goes into is not the agent’s, in any case', () => {
    const header = policyOf({ auth: 'header:X-Api-Key:key' });
    for (const name of ['X-Api-Key', 'x-api-key', 'X-API-KEY']) {
      refused('invalid_request', () => check({ headers: { [name]: 'v' } }, header));
      expect(check({ headers: { [name]: 'v' } }).headers).toHaveLength(1);
    }
    const query = policyOf({ auth: 'query:api_key:key' });
    for (const part of [
      'api_key=1',
      'API_KEY=1',
      'a=1&api_key',
      'api%5Fkey=1',
      'a=1;api_key=2',
      '+api_key=1',
      '&&Api_Key=',
    ]) {
      refused('invalid_request', () => check({ url: `https://api.example.com/v1/x?${part}` }, query));
      expect(check({ url: `https://api.example.com/v1/x?${part}` }).query).not.toBe('');
    }
    expect(check({ url: 'https://api.example.com/v1/x?my_api_key=1&api_keys=2' }, query).query).not.toBe('');
  });

  test('of AWS only the target is the agent’s', () => {
    const aws = policyOf({ auth: 'aws-sigv4:key:secret:eu-west-1:dynamodb' });
    for (const name of ['X-Amz-Date', 'x-amz-security-token', 'X-AMZ-Content-Sha256', 'x-amz-meta-a'])
      refused('invalid_request', () => check({ headers: { [name]: 'v' } }, aws));
    expect(check({ headers: { 'X-Amz-Target': 'DynamoDB_20120810.GetItem' } }, aws).headers).toHaveLength(1);
    refused('invalid_request', () => check({ url: 'https://api.example.com/v1/x?X-Amz-Signature=1' }, aws));
  });
});

describe('patterns of paths', () => {
  test.each([
    ['/**', '/', true],
    ['/**', '/a/b', true],
    ['/*', '/a', true],
    ['/*', '/', true],
    ['/*', '/a/b', false],
    ['/v1/**', '/v1', false],
    ['/v1/**', '/v1/', true],
    ['/v1/**', '/v10/a', false],
    ['/v1/**/x', '/v1/a/b/x', true],
    ['/v1/**/x', '/v1/a/b/y', false],
    ['/a*c', '/abbc', true],
    ['/a*c', '/ab/c', false],
    ['/a.c', '/abc', false],
    ['/[a]', '/a', false],
    ['/a', '/a/b', false],
    ['/a', '/A', false],
    ['/bücher', '/bücher', true],
  ])('%s and %s: %s', (glob, path, matches) => {
    expect(matchesGlob(glob, path)).toBe(matches);
  });

  test('match what the regular expression of the same meaning matches', () => {
    const glob = fc
      .array(fc.constantFrom('/', '*', '**', 'a', 'b'), { maxLength: 8 })
      .map((parts) => `/${parts.join('')}`);
    const path = fc.array(fc.constantFrom('/', 'a', 'b'), { maxLength: 8 }).map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(glob, path, (pattern, text) => {
        const source = pattern.replace(/\*\*|\*/g, (stars) => (stars === '**' ? '[^]*' : '[^/]*'));
        expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
