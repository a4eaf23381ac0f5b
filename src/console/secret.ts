/** Secrets of the console: made, compared and masked. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const SIZE = 32;

/** 256 random bits, as base64url. */
export function newSecret(): string {
  return randomBytes(SIZE).toString('base64url');
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function isSame(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

/** A value for one purpose that only who has the secret can make. */
export function tagOf(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('base64url');
}

/** Hides a text (a one-time pad): neither the pad nor what is shown of it tells anything alone. */
export class Pad {
  readonly #pad: Buffer;
  /** The text under the pad, as base64url. */
  readonly masked: string;

  constructor(text: string) {
    const bytes = Buffer.from(text);
    this.#pad = randomBytes(bytes.length);
    this.masked = xor(bytes, this.#pad).toString('base64url');
  }

  /** The text that was masked; another text where `masked` is another one. */
  unmask(masked: string): string {
    return xor(Buffer.from(masked, 'base64url'), this.#pad).toString('utf8');
  }
}

function xor(bytes: Uint8Array, pad: Uint8Array): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ (pad[at] ?? 0)));
}
