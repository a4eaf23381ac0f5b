/** The published examples of AWS: its test suite of Signature Version 4, and the S3 documentation's. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type AwsRequest, signAws } from '../../src/crypto/sigv4.js';

/** Put together here: whole, they look like keys to whoever searches a repository for some. */
const SUITE_KEY = ['AKID', 'EXAMPLE'].join('');
const S3_KEY = ['AKIA', 'IOSFODNN7', 'EXAMPLE'].join('');
const secretWith = (mark: string) => ['wJalrXUtnFEMI/K7MDENG', mark, 'bPxRfiCY', 'EXAMPLEKEY'].join('');

const suite: AwsRequest = {
  method: 'GET',
  url: 'https://example.amazonaws.com/',
  headers: [],
  body: '',
  now: Date.UTC(2015, 7, 30, 12, 36),
  key: SUITE_KEY,
  secret: secretWith('+'),
  region: 'us-east-1',
  service: 'service',
};
const s3: AwsRequest = {
  ...suite,
  url: 'https://examplebucket.s3.amazonaws.com/',
  now: Date.UTC(2013, 4, 24),
  key: S3_KEY,
  secret: secretWith('/'),
  service: 's3',
};
const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const EXAMPLE_TOKEN = [
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuw',
  'thAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNV',
  'XAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==',
].join('');

const at = (query: string) => ({ url: `${suite.url}${query}` });
const FORM = 'application/x-www-form-urlencoded';

const vectors: [name: string, change: Partial<AwsRequest>, signedHeaders: string, signature: string][] = [
  ['get-vanilla', {}, 'host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'post-vanilla',
    { method: 'POST' },
    'host;x-amz-date',
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'get-vanilla-query-order-key-case',
    at('?Param2=value2&Param1=value1'),
    'host;x-amz-date',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-order-value',
    at('?Param1=value2&Param1=value1'),
    'host;x-amz-date',
    '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  ],
  [
    'get-vanilla-utf8-query',
    at('?\u{1234}=bar'),
    'host;x-amz-date',
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  ],
  [
    'get-unreserved',
    at(UNRESERVED),
    'host;x-amz-date',
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  [
    'get-vanilla-query-unreserved',
    at(`?${UNRESERVED}=${UNRESERVED}`),
    'host;x-amz-date',
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  [
    'get-header-value-trim',
    {
      headers: [
        ['My-Header1', ' value1'],
        ['My-Header2', '"a   b   c"'],
      ],
    },
    'host;my-header1;my-header2;x-amz-date',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'get-header-key-duplicate',
    { headers: ['value2', 'value2', 'value1'].map((value) => ['My-Header1', value] as const) },
    'host;my-header1;x-amz-date',
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ],
  [
    'get-header-value-order',
    { headers: ['value4', 'value1', 'value3', 'value2'].map((value) => ['My-Header1', value] as const) },
    'host;my-header1;x-amz-date',
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  ],
  [
    'post-header-key-sort',
    { method: 'POST', headers: [['My-Header1', 'value1']] },
    'host;my-header1;x-amz-date',
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  ],
  [
    'post-header-value-case',
    { method: 'POST', headers: [['My-Header1', 'VALUE1']] },
    'host;my-header1;x-amz-date',
    'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  ],
  [
    'post-x-www-form-urlencoded',
    { method: 'POST', headers: [['Content-Type', FORM]], body: 'Param1=value1' },
    'content-type;host;x-amz-date',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'post-x-www-form-urlencoded-parameters',
    { method: 'POST', headers: [['Content-Type', `${FORM}; charset=utf8`]], body: 'Param1=value1' },
    'content-type;host;x-amz-date',
    '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe',
  ],
  [
    'post-sts-header-before',
    { method: 'POST', sessionToken: EXAMPLE_TOKEN },
    'host;x-amz-date;x-amz-security-token',
    '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  ],
  [
    'S3: get an object',
    { ...s3, url: `${s3.url}test.txt`, headers: [['Range', 'bytes=0-9']] },
    'host;range;x-amz-content-sha256;x-amz-date',
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'S3: put an object, its name sent unencoded',
    {
      ...s3,
      method: 'PUT',
      url: `${s3.url}test$file.text`,
      headers: [
        ['Date', 'Fri, 24 May 2013 00:00:00 GMT'],
        ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
      ],
      body: 'Welcome to Amazon S3.',
    },
    'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  [
    'S3: the lifecycle of a bucket',
    { ...s3, url: `${s3.url}?lifecycle` },
    'host;x-amz-content-sha256;x-amz-date',
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'S3: a list of objects',
    { ...s3, url: `${s3.url}?max-keys=2&prefix=J` },
    'host;x-amz-content-sha256;x-amz-date',
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
];

describe('a request is signed as AWS publishes it', () => {
  test.each(vectors)('%s', (_, change, signedHeaders, signature) => {
    const request = { ...suite, ...change };
    const signed = signAws(request);
    const headers = Object.fromEntries(signed.headers);
    const scope = `${new Date(request.now).toISOString().slice(0, 10).replaceAll('-', '')}/us-east-1/${request.service}`;
    expect(headers['authorization']).toBe(
      `AWS4-HMAC-SHA256 Credential=${request.key}/${scope}/aws4_request, ` +
        `SignedHeaders=${signedHeaders}, Signature=${signature}`,
    );
    expect(signed.derived[0]).toBe(signature);
  });

  test('bytes are signed as their text is', () => {
    const text = { ...suite, method: 'POST', body: 'Param1=välue' };
    expect(signAws({ ...text, body: Buffer.from(text.body) })).toEqual(signAws(text));
  });

  /** No example that is published has such a path; this is the documented way from a canonical request on. */
  test.each([
    ['service', '/a%2520b/%25C3%25BC'],
    ['s3', '/a%20b/%C3%BC'],
  ])('the path of %s stands in the canonical request as %s', (service, path) => {
    const { headers, derived } = signAws({ ...suite, service, url: `${suite.url}a%20b/%C3%BC` });
    const sent = [['host', 'example.amazonaws.com'], ...headers.slice(0, -1)].sort();
    const empty = createHash('sha256').digest('hex');
    const names = sent.map(([name]) => name).join(';');
    const lines = sent.map(([name, value]) => `${name}:${value}`);
    const canonical = ['GET', path, '', ...lines, '', names, empty].join('\n');
    const scope = ['20150830', 'us-east-1', service, 'aws4_request'];
    const hashed = createHash('sha256').update(canonical).digest('hex');
    const toSign = ['AWS4-HMAC-SHA256', '20150830T123600Z', scope.join('/'), hashed].join('\n');
    const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const key = scope.reduce<string | Buffer>(mac, `AWS4${suite.secret}`);
    expect(derived).toEqual([mac(key, toSign).toString('hex'), key.toString('hex')]);
  });

  test('the session token, the date and nothing else but the signature is added', () => {
    const { headers } = signAws({ ...suite, sessionToken: EXAMPLE_TOKEN });
    expect(headers.map(([name]) => name)).toEqual(['x-amz-date', 'x-amz-security-token', 'authorization']);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-amz-date': '20150830T123600Z',
      'x-amz-security-token': EXAMPLE_TOKEN,
    });
  });

  test('neither the secret nor what it is made into stands in what is added, but for the signature', () => {
    const { headers, derived } = signAws(suite);
    const added = JSON.stringify(headers);
    expect(added).not.toContain(suite.secret);
    expect(derived).toHaveLength(2);
    expect(added).toContain(derived[0]);
    expect(added).not.toContain(derived[1]);
  });
});
