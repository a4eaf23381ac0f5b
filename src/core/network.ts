/** IP addresses and ranges of them (CIDR, RFC 4632 and RFC 4291 section 2.3), as plain numbers. */
import { Refusal } from './refusal.js';

/** A range of addresses. */
export interface Network {
  readonly family: 4 | 6;
  /** All of the address's bits. */
  readonly base: bigint;
  readonly prefix: number;
}

interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;
const V4 = /^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;
const MAPPED = 0xffffn << 32n;

/** The range that a text means, `10.0.0.0/8` or one address; null for what is none, or whose host bits are set. */
export function parseNetwork(text: string): Network | null {
  const [address = '', prefix, ...more] = text.trim().split('/');
  const parsed = parseAddress(address);
  if (parsed === null || more.length > 0) return null;
  const bits = BITS[parsed.family];
  const length = prefix === undefined ? bits : /^(0|[1-9][0-9]{0,2})$/.test(prefix) ? Number(prefix) : Infinity;
  if (length > bits) return null;
  const network = { family: parsed.family, base: parsed.bits, prefix: length };
  return isIn(network, parsed) && hostBits(network) === 0n ? network : null;
}

/** As {@link parseNetwork}; throws `invalid_request` that names the option. */
export function readNetwork(option: string, text: string): Network {
  const network = parseNetwork(text);
  if (network !== null) return network;
  throw new Refusal('invalid_request', {
    message: `${option} takes an address or a range of addresses.`,
    next: `For example ${option} 10.0.0.0/8; the part behind the / says how many bits are fixed, and the others are 0.`,
  });
}

/** `10.0.0.0/8`; one address without its length. */
export function printNetwork({ family, base, prefix }: Network): string {
  const text = family === 4 ? printV4(base) : printV6(base);
  return prefix === BITS[family] ? text : `${text}/${String(prefix)}`;
}

/** Whether an address lies in one of the ranges. IPv4 that is carried in IPv6 is IPv4. What is no address lies in none. */
export function isInNetworks(networks: readonly Network[], address: string): boolean {
  const parsed = parseAddress(address);
  return parsed !== null && networks.some((network) => isIn(network, parsed));
}

/** Whether the address is of this machine alone (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
export function isLoopback(address: string): boolean {
  return isInNetworks(LOOPBACK, address);
}

/** Whether everything in one range lies in one of the others. */
export function isNetworkWithin(inner: Network, outer: readonly Network[]): boolean {
  return outer.some(
    (network) => network.prefix <= inner.prefix && isIn(network, { family: inner.family, bits: inner.base }),
  );
}

function isIn({ family, base, prefix }: Network, address: Address): boolean {
  const shift = BigInt(BITS[family] - prefix);
  return family === address.family && base >> shift === address.bits >> shift;
}

function hostBits({ family, base, prefix }: Network): bigint {
  return base & ((1n << BigInt(BITS[family] - prefix)) - 1n);
}

function parseAddress(text: string): Address | null {
  const v4 = parseV4(text);
  if (v4 !== null) return { family: 4, bits: v4 };
  const v6 = parseV6(text);
  if (v6 === null) return null;
  return v6 >> 32n === MAPPED >> 32n ? { family: 4, bits: v6 - MAPPED } : { family: 6, bits: v6 };
}

function parseV4(text: string): bigint | null {
  const [, ...bytes] = V4.exec(text) ?? [];
  if (bytes.length === 0 || bytes.some((byte) => Number(byte) > 255)) return null;
  return bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

/** RFC 4291 section 2.2; a zone is none of an address. */
function parseV6(text: string): bigint | null {
  const last = text.slice(text.lastIndexOf(':') + 1);
  const v4 = parseV4(last);
  const plain =
    v4 === null ? text : `${text.slice(0, -last.length)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  const [head = '', tail, ...more] = plain.split('::');
  if (more.length > 0) return null;
  const groups = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (!all.every((group) => GROUP.test(group))) return null;
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function printV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
}

/** RFC 5952, section 4: the longest run of zero groups is shortened. */
function printV6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, n) => ((bits >> BigInt(112 - 16 * n)) & 0xffffn).toString(16));
  const text = groups.join(':');
  const runs = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].map(([run]) => run);
  const longest = runs.reduce((found, run) => (run.length > found.length ? run : found), '');
  if (longest === '') return text;
  const at = text.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`));
  const [before, after] = [text.slice(0, at).replace(/:$/, ''), text.slice(at + longest.length).replace(/^:/, '')];
  return `${before}::${after}`;
}

const LOOPBACK: readonly Network[] = ['127.0.0.0/8', '::1/128'].map((text) => readNetwork('', text));
