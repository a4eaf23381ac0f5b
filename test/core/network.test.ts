import { BlockList, isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isInNetworks,
  isLoopback,
  isNetworkWithin,
  parseNetwork,
  printNetwork,
  readNetwork,
} from '../../src/core/network.js';

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6().filter((text) => isIPv6(text));

/** An address, and the range around it of that many bits. */
const ranged = fc.tuple(fc.oneof(ipv4, ipv6), fc.nat({ max: 128 })).map(([address, bits]) => {
  const most = isIPv4(address) ? 32 : 128;
  const prefix = bits % (most + 1);
  const whole = parseNetwork(address);
  if (whole === null) throw new Error(`no address: ${address}`);
  const width = whole.family === 4 ? 32 : 128;
  const kept = Math.min(prefix, width);
  const shift = BigInt(width - kept);
  return { address, network: { ...whole, prefix: kept, base: (whole.base >> shift) << shift } };
});

describe('a range', () => {
  test('holds an address if node:net says so', () => {
    fc.assert(
      fc.property(ranged, fc.oneof(ipv4, ipv6), ({ network }, address) => {
        const list = new BlockList();
        const family = network.family === 4 ? 'ipv4' : 'ipv6';
        list.addSubnet(printNetwork({ ...network, prefix: network.family === 4 ? 32 : 128 }), network.prefix, family);
        const parsed = parseNetwork(address);
        const isSame = parsed !== null && parsed.family === network.family;
        if (isSame) {
          const text = printNetwork(parsed);
          expect(isInNetworks([network], address)).toBe(list.check(text, family));
        } else expect(isInNetworks([network], address)).toBe(false);
      }),
    );
  });

  test('holds the address that it was made around, and reads as it is printed', () => {
    fc.assert(
      fc.property(ranged, ({ address, network }) => {
        expect(isInNetworks([network], address)).toBe(true);
        expect(parseNetwork(printNetwork(network))).toEqual(network);
      }),
    );
  });

  test('is within another if every address of it is', () => {
    const [wide, narrow] = [readNetwork('', '10.0.0.0/8'), readNetwork('', '10.1.0.0/16')];
    expect([isNetworkWithin(narrow, [wide]), isNetworkWithin(wide, [narrow]), isNetworkWithin(wide, [])]).toEqual([
      true,
      false,
      false,
    ]);
    expect(isNetworkWithin(narrow, [readNetwork('', '::/0')])).toBe(false);
  });

  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.0.0.1', false],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.0.0.1', false],
    ['fe80::/10', 'fe80::1%eth0', false],
    ['0.0.0.0/0', '010.0.0.1', false],
    ['0.0.0.0/0', '1.2.3', false],
    ['192.0.2.7', '192.0.2.7', true],
  ])('%s holds %s: %s', (network, address, isHeld) => {
    const parsed = parseNetwork(network);
    expect(parsed !== null && isInNetworks([parsed], address)).toBe(isHeld);
  });

  test.each([
    '',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/33',
    '10.0.0.1/8',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '12345::',
    'g::',
    '::/129',
    '::1/64',
  ])('%j is none', (text) => expect(parseNetwork(text)).toBeNull());

  test.each([
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::', '::'],
    ['::1.2.3.4', '::102:304'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ])('%s is printed as %s', (text, printed) => {
    const parsed = parseNetwork(text);
    expect(parsed && printNetwork(parsed)).toBe(printed);
  });
});

test('what is of this machine alone', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '10.0.0.1', '', 'localhost', '128.0.0.1'].some(isLoopback)).toBe(false);
});
