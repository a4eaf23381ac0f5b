import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostOf, isOfSite, siteOf } from '../../src/core/site.js';

/** Public suffixes of each kind: of a country, of two labels, by wildcard, of a host of many users, in Unicode, unlisted. */
const SUFFIXES = ['com', 'co.uk', 'foo.ck', 'github.io', 'blogspot.com', 's3.amazonaws.com', '公司.cn', 'internal'];

const isSame = (stored: string, url: string): boolean =>
  isOfSite({ urls: ['https://other.example', stored] }, siteOf(url));

describe('isOfSite', () => {
  it.each([
    ['https://github.com', 'https://github.com/'],
    ['https://github.com', 'http://GITHUB.com:8080/x?y#z'],
    ['github.com', 'https://gist.github.com'],
    ['https://gist.github.com', 'github.com'],
    ['https://a.example.com', 'https://b.example.com'],
    ['https://a.b.example.co.uk', 'example.co.uk'],
    ['https://ada.github.io/x', 'https://docs.ada.github.io'],
    ['https://www.city.kawasaki.jp', 'https://city.kawasaki.jp'],
    ['https://example.com.', 'https://example.com'],
    ['https://bücher.example', 'https://www.xn--bcher-kva.example'],
    ['https://食狮.公司.cn', 'https://www.xn--85x722f.xn--55qx5d.cn'],
    ['http://localhost:3000', 'localhost'],
    ['http://intranet/a', 'intranet:8080'],
    ['http://10.0.0.1/x', '10.0.0.1:81'],
    ['http://0x0a.1', '10.0.0.1'],
    ['http://[::1]:80', 'https://[0:0::1]/'],
    ['ssh://git@host.example.com/x', 'host.example.com'],
    ['postgres://db.example.com:5432/x', 'https://db.example.com'],
    ['//example.com/x', 'example.com'],
    ['https://github.io/about', 'https://github.io'],
  ])('%s is of the site of %s', (stored, url) => {
    expect(isSame(stored, url)).toBe(true);
    expect(isSame(url, stored)).toBe(true);
  });

  it.each([
    ['https://github.com', 'https://github.com.evil.example'],
    ['https://github.com', 'https://evilgithub.com'],
    ['https://github.com', 'https://github.com@evil.example/'],
    ['https://github.com', 'https://evil.example/github.com'],
    ['https://github.com', 'https://evil.example#github.com'],
    ['https://github.com', 'https://evil.example\\@github.com'],
    ['https://github.com', 'com'],
    ['https://a.co.uk', 'https://b.co.uk'],
    ['https://a.co.uk', 'co.uk'],
    ['https://ada.github.io', 'https://eve.github.io'],
    ['https://ada.github.io', 'https://github.io'],
    ['https://ada.github.io', 'https://github.com'],
    ['https://one.foo.ck', 'https://two.foo.ck'],
    ['http://localhost', 'http://x.localhost'],
    ['http://intranet', 'http://intranet.example.com'],
    ['http://1.10.0.0.1', 'http://10.0.0.1'],
    ['http://10.0.0.1', 'http://10.0.0.2'],
    ['http://[::1]', 'http://[::2]'],
    ['not a url', 'not a url'],
    ['', ''],
    ['https://', 'https://'],
    ['file:///etc/passwd', 'file:///etc/passwd'],
    ['/etc/passwd', 'etc'],
  ])('%s is not of the site of %s', (stored, url) => {
    expect(isSame(stored, url)).toBe(false);
    expect(isSame(url, stored)).toBe(false);
  });

  const label = fc.stringMatching(/^[a-z][a-z0-9]{2,9}$/);

  it('is all that stands below one label and a public suffix, and nothing across it', () => {
    const property = fc.property(fc.constantFrom(...SUFFIXES), label, label, (suffix, a, b) => {
      expect(isSame(`https://www.${a}.${suffix}/x`, `${a}.${suffix}:8443`)).toBe(true);
      expect(isSame(`https://${a}.${suffix}`, `https://${b}.${suffix}`)).toBe(a === b);
      expect(isSame(`https://${a}.${suffix}`, `https://${suffix}`)).toBe(false);
    });
    fc.assert(property);
  });

  it('never throws, and is the same both ways', () => {
    const anything = fc.oneof(fc.webUrl(), fc.string(), fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(fc.property(anything, anything, (a, b) => isSame(a, b) === isSame(b, a)));
  });

  it('finds an item by its own URL, whatever port, path and user it has', () => {
    fc.assert(
      fc.property(fc.webAuthority({ withIPv4: true, withIPv6: true, withPort: true }), (authority) => {
        fc.pre(hostOf(authority) !== undefined);
        expect(isSame(`https://${authority}/path`, `http://ada@${authority}?x`)).toBe(true);
      }),
    );
  });
});

describe('hostOf', () => {
  it.each([
    ['https://Example.com/x', 'example.com'],
    ['example.com:80/x', 'example.com'],
    ['//example.com', 'example.com'],
    ['', undefined],
    ['https://', undefined],
    ['https:///x', undefined],
    ['\\\\server', undefined],
    ['a b', undefined],
  ])('of %j is %s', (url, host) => {
    expect(hostOf(url)).toBe(host);
  });
});
