import { hash, randomBytes as nodeRandomBytes, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../core/refusal.js';

/** An integrity failure: bytes that are not what was written. The owner's exit status is 8; an agent hears `unavailable`. */
export function integrityFailure(detail: string): Refusal {
  return new Refusal('integrity', { message: `Integrity failure: ${detail}.`, next: 'vouchsafe audit verify', detail });
}

/** SHA-256 (FIPS 180-4) of the concatenation of `parts`. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const [only = new Uint8Array(0), ...rest] = parts;
  return hash('sha256', rest.length === 0 ? only : Buffer.concat(parts), 'buffer');
}

/** `size` bytes from the operating system's generator. */
export function randomBytes(size: number): Uint8Array {
  return nodeRandomBytes(size);
}

/** Equality in constant time for equal lengths; different lengths are unequal. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Bytes of lower-case hexadecimal text; anything else is an integrity failure. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw integrityFailure('not hexadecimal');
  return Buffer.from(text, 'hex');
}

export function toUtf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of well-formed UTF-8; anything else is an integrity failure. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new Refusal('integrity', { message: 'Integrity failure: not UTF-8.', cause });
  }
}

const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Letters of an id: 16 of a 32-letter alphabet (80 bits), Crockford's, in lower case. */
export const ID_LENGTH = 16;

/** A fresh random id of {@link ID_LENGTH} letters. */
export function randomId(): string {
  return Array.from(randomBytes(ID_LENGTH), (byte) => ID_ALPHABET[byte % 32]).join('');
}
