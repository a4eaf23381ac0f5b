/**
 * Which addresses a credential may be sent to: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890
 * and its updates), and the addresses under which clouds give credentials to whoever asks.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** `never` is what no owner can mean: link-local, metadata, multicast, unspecified, reserved, documentation. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'never';

/** What the owner allows besides public addresses. */
export interface AddressRule {
  readonly allowLoopback: boolean;
  readonly allowPrivate: boolean;
}

/** Metadata services on addresses that would else be public or private: of Azure, Alibaba Cloud, AWS, Google. */
const METADATA = listOf('168.63.129.16/32', '100.100.100.200/32', 'fd00:ec2::254/128', 'fd20:ce::254/128');

const LOOPBACK = listOf('127.0.0.0/8', '::1/128');

/** RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193, RFC 3879 (site-local, deprecated). */
const PRIVATE = listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10');

const NEVER = listOf(
  ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['2001::/23', '2001:db8::/32', '3fff::/20'],
);

/** All that is global unicast (RFC 4291 section 2.4, IANA); nothing else of IPv6 is public. */
const GLOBAL_V6 = listOf('2000::/3');

function listOf(...subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', bits] = subnet.split('/');
    list.addSubnet(network, Number(bits), isIPv4(network) ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** Whether a credential may be sent to the address under that rule. What is no address may not. */
export function isAllowedAddress(address: string, { allowLoopback, allowPrivate }: AddressRule): boolean {
  const kind = addressKind(address);
  if (kind === 'loopback') return allowLoopback;
  return kind === 'private' ? allowPrivate : kind === 'public';
}

/**
 * What kind of address it is. IPv6 that carries IPv4 (mapped, compatible, translated, NAT64, 6to4, Teredo) is what that
 * is; an address with a zone is link-local by its nature.
 */
export function addressKind(address: string): AddressKind {
  if (isIP(address) === 0 || address.includes('%')) return 'never';
  if (isIPv4(address)) return kindIn(address, 'ipv4') ?? 'public';
  const bytes = bytesOf(address);
  const carried = carriedIn(bytes);
  if (carried !== undefined) return strictest(carried);
  return kindIn(address, 'ipv6') ?? (GLOBAL_V6.check(address, 'ipv6') ? 'public' : 'never');
}

function kindIn(address: string, family: 'ipv4' | 'ipv6'): AddressKind | undefined {
  if (METADATA.check(address, family) || NEVER.check(address, family)) return 'never';
  if (LOOPBACK.check(address, family)) return 'loopback';
  return PRIVATE.check(address, family) ? 'private' : undefined;
}

const STRICTNESS: readonly AddressKind[] = ['public', 'private', 'loopback', 'never'];

function strictest(kinds: readonly AddressKind[]): AddressKind {
  return kinds.reduce((a, b) => (STRICTNESS.indexOf(a) > STRICTNESS.indexOf(b) ? a : b), 'public');
}

interface Carrier {
  readonly prefix: readonly number[];
  readonly kinds: (bytes: readonly number[]) => readonly AddressKind[];
}

const lastFour = (bytes: readonly number[]) => [quad(bytes, 12)];
const ZEROS = [0, 0, 0, 0, 0, 0, 0, 0];

const CARRIERS: readonly Carrier[] = [
  // IPv4-mapped (RFC 4291 2.5.5.2), IPv4-translated (RFC 2765), NAT64 (RFC 6052).
  { prefix: [...ZEROS, 0, 0, 0xff, 0xff], kinds: lastFour },
  { prefix: [...ZEROS, 0xff, 0xff, 0, 0], kinds: lastFour },
  { prefix: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], kinds: lastFour },
  // NAT64 for local use (RFC 8215), which is not reachable from everywhere.
  { prefix: [0, 0x64, 0xff, 0x9b, 0, 1], kinds: (bytes) => ['private', ...lastFour(bytes)] },
  // 6to4 (RFC 3056).
  { prefix: [0x20, 0x02], kinds: (bytes) => [quad(bytes, 2)] },
  // Teredo (RFC 4380 section 4): its server, and its client with every bit turned over.
  {
    prefix: [0x20, 0x01, 0, 0],
    kinds: (bytes) => [
      quad(bytes, 4),
      quad(
        bytes.map((byte) => byte ^ 0xff),
        12,
      ),
    ],
  },
  // IPv4-compatible (RFC 4291 2.5.5.1), deprecated; `::` and `::1` are addresses of their own.
  {
    prefix: [...ZEROS, 0, 0, 0, 0],
    kinds: (bytes) => [bytes.at(-1) === 1 && isUnset(bytes) ? 'loopback' : quad(bytes, 12)],
  },
];

function isUnset(bytes: readonly number[]): boolean {
  return bytes.slice(0, 15).every((byte) => byte === 0);
}

function carriedIn(bytes: readonly number[]): readonly AddressKind[] | undefined {
  return CARRIERS.find(({ prefix }) => prefix.every((byte, at) => bytes[at] === byte))?.kinds(bytes);
}

function quad(bytes: readonly number[], at: number): AddressKind {
  return kindIn(bytes.slice(at, at + 4).join('.'), 'ipv4') ?? 'public';
}

/** The 16 bytes of an IPv6 address. */
function bytesOf(address: string): readonly number[] {
  const [head = '', tail] = withoutQuad(address).split('::');
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: gap }, () => 0), ...after];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

/** The address with four decimal numbers at its end as two groups. */
function withoutQuad(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
}

function groupsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** One writing for each address, so that two can be compared: IPv4 within IPv6 as IPv4, IPv6 as the URL standard has it. */
export function plainAddress(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address;
  const bytes = bytesOf(address);
  const isMapped = [...ZEROS, 0, 0, 0xff, 0xff].every((byte, at) => bytes[at] === byte);
  return isMapped ? bytes.slice(12).join('.') : new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
