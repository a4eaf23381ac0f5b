import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressKind, type AddressKind, isAllowedAddress, plainAddress } from '../../src/use/http-address.js';

const addresses: [kind: AddressKind, addresses: string[]][] = [
  ['public', ['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.15.255.255']],
  [
    'public',
    ['172.32.0.0', '192.0.1.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  ],
  ['public', ['2606:4700::1111', '2a00:1450:4001::1', '2001:200::1', '2001:4860:4860::8888', '2003::1']],
  [
    'public',
    ['::ffff:8.8.8.8', '::ffff:808:808', '::8.8.8.8', '::ffff:0:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'],
  ],
  // Teredo: server 8.8.4.4, client 8.8.8.8 with every bit turned over.
  ['public', ['2001:0:808:404::f7f7:f7f7']],
  [
    'loopback',
    ['127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1'],
  ],
  ['loopback', ['64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:808:404::80ff:fffe', '::ffff:0:7f00:1']],
  [
    'private',
    ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.1', '100.64.0.0', '100.127.255.255'],
  ],
  [
    'private',
    ['fc00::1', 'fdff:ffff::1', 'fec0::1', 'feff::1', '::ffff:10.0.0.1', '2002:a00:1::', '64:ff9b::192.168.0.1'],
  ],
  ['private', ['64:ff9b:1::8.8.8.8', '64:ff9b:1:abcd::10.0.0.1']],
  [
    'never',
    ['0.0.0.0', '0.1.2.3', '169.254.0.1', '169.254.169.254', '192.0.0.1', '192.0.0.192', '192.0.2.1', '192.88.99.1'],
  ],
  [
    'never',
    ['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1'],
  ],
  ['never', ['255.255.255.255', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254', 'fd20:ce::254']],
  [
    'never',
    ['::', 'fe80::1', 'febf::1', 'ff02::1', 'ff0e::1', '2001:db8::1', '3fff::1', '2001:2::1', '2001:10::1', '100::1'],
  ],
  ['never', ['4000::1', '5f00::1', 'e000::1', '::ffff:169.254.169.254', '::169.254.169.254', '64:ff9b::a9fe:a9fe']],
  [
    'never',
    ['2002:a9fe:a9fe::1', '2001:0:a9fe:a9fe::f7f7:f7f7', '2001:0:808:404::5601:5601', '64:ff9b:1::169.254.169.254'],
  ],
  [
    'never',
    ['', 'localhost', '1.2.3', '0x7f.1', '127.1', '2130706433', '010.0.0.1', '1.2.3.4/8', 'fe80::1%eth0', '::1%lo'],
  ],
];

describe('an address', () => {
  test.each(addresses.flatMap(([kind, list]) => list.map((address) => [address, kind] as const)))(
    '%j is %s',
    (address, kind) => {
      expect(addressKind(address)).toBe(kind);
      const rules = [false, true].flatMap((allowLoopback) =>
        [false, true].map((allowPrivate) => ({ allowLoopback, allowPrivate })),
      );
      for (const rule of rules) {
        const isAllowed =
          kind === 'public' || (kind === 'loopback' && rule.allowLoopback) || (kind === 'private' && rule.allowPrivate);
        expect(isAllowedAddress(address, rule)).toBe(isAllowed);
      }
    },
  );

  test('of IPv4 is the same within IPv6, in every writing', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, byte, (...bytes) => {
        const [a, b, c, d] = bytes.map((value) => value.toString(16).padStart(2, '0'));
        const quad = bytes.join('.');
        const kind = addressKind(quad);
        for (const inside of [
          `::ffff:${quad}`,
          `::ffff:${a!}${b!}:${c!}${d!}`,
          `0:0:0:0:0:FFFF:${quad}`,
          `64:ff9b::${quad}`,
        ])
          expect(addressKind(inside)).toBe(kind);
        expect(plainAddress(`::ffff:${quad}`)).toBe(quad);
      }),
      { numRuns: 500 },
    );
  });

  test('has one writing to be compared by', () => {
    expect(plainAddress('2001:DB8:0:0::1')).toBe('2001:db8::1');
    expect(plainAddress('2001:db8::1')).toBe('2001:db8::1');
    expect(plainAddress('127.0.0.1')).toBe('127.0.0.1');
    expect(plainAddress('fe80::1%eth0')).toBe('fe80::1%eth0');
  });
});
