/**
 * Private keys of SSH as PKCS#8 (RFC 5958), in which other programs exchange them. Read are PKCS#8 and PKCS#1 in PEM
 * (RFC 7468, RFC 8017 appendix A.1.2) and keys of OpenSSH (its PROTOCOL.key) without a passphrase: Ed25519, RSA and
 * ECDSA. Nothing is checked of the key itself, and nothing computed but the two exponents that PKCS#1 adds.
 */

/** A private key. */
export interface SshKey {
  /** The algorithm's name, such as `ssh-ed25519` (RFC 4250, section 4.11.3). */
  readonly type: string;
  readonly pkcs8: Uint8Array;
}

/** The key that a text holds; undefined where it is under a passphrase, of another form, or damaged. Never throws. */
export function readSshKey(text: string): SshKey | undefined {
  const [, label = '', body = ''] = PEM.exec(text.trim()) ?? [];
  if (!/^[A-Za-z0-9+/=\s]+$/.test(body)) return undefined;
  const bytes = new Uint8Array(Buffer.from(body, 'base64'));
  try {
    return FORMS[label]?.(bytes);
  } catch {
    return undefined;
  }
}

/** The key as a text that OpenSSL and OpenSSH read. */
export function printSshKey(pkcs8: Uint8Array): string {
  const lines = Buffer.from(pkcs8)
    .toString('base64')
    .match(/.{1,64}/g);
  return ['-----BEGIN PRIVATE KEY-----', ...(lines ?? []), '-----END PRIVATE KEY-----', ''].join('\n');
}

const PEM = /^-----BEGIN ([A-Z ]{1,30})-----\s([^-]*)-----END \1-----$/;

const FORMS: Readonly<Record<string, (bytes: Uint8Array) => SshKey | undefined>> = {
  'PRIVATE KEY': (bytes) => typed(bytes),
  'RSA PRIVATE KEY': (bytes) => typed(wrap(RSA, bytes)),
  'OPENSSH PRIVATE KEY': (bytes) => typed(openSsh(new Reader(bytes))),
};

// Object identifiers, with their tags and lengths.
const ED25519 = hex('06032b6570');
const RSA = hex('06092a864886f70d0101010500');
const EC = hex('06072a8648ce3d0201');
const CURVES: Readonly<Record<string, { readonly oid: Uint8Array; readonly bytes: number }>> = {
  nistp256: { oid: hex('06082a8648ce3d030107'), bytes: 32 },
  nistp384: { oid: hex('06052b81040022'), bytes: 48 },
  nistp521: { oid: hex('06052b81040023'), bytes: 66 },
};

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** The algorithm's identifier stands at the beginning, after the version. */
function typed(pkcs8: Uint8Array | undefined): SshKey | undefined {
  if (pkcs8 === undefined) return undefined;
  const head = Buffer.from(pkcs8.subarray(0, 40));
  const holds = (oid: Uint8Array): boolean => head.includes(Buffer.from(oid));
  if (holds(ED25519)) return { type: 'ssh-ed25519', pkcs8 };
  if (holds(RSA)) return { type: 'ssh-rsa', pkcs8 };
  const curve = Object.keys(CURVES).find((name) => holds(CURVES[name]?.oid ?? EC));
  return curve === undefined ? undefined : { type: `ecdsa-sha2-${curve}`, pkcs8 };
}

/** PKCS#8 of an algorithm's identifier and the key in the form of that algorithm. */
function wrap(algorithm: Uint8Array, key: Uint8Array): Uint8Array {
  return sequence(integer(0n), sequence(algorithm), der(0x04, key));
}

function openSsh(file: Reader): Uint8Array | undefined {
  if (file.take(15).toString('latin1') !== 'openssh-key-v1\0' || file.text() !== 'none') return undefined;
  file.string();
  file.string();
  if (file.number() !== 1) return undefined;
  file.string();
  const key = new Reader(file.string());
  if (key.number() !== key.number()) return undefined;
  const type = key.text();
  if (type === 'ssh-rsa') return wrap(RSA, rsa(key));
  if (type.startsWith('ecdsa-sha2-')) return ecdsa(key);
  if (type !== 'ssh-ed25519') return undefined;
  key.string();
  return wrap(ED25519, der(0x04, key.string().subarray(0, 32)));
}

/** RSAPrivateKey: OpenSSH leaves the two exponents to whoever reads it. */
function rsa(key: Reader): Uint8Array {
  const [n, e, d, coefficient, p, q] = [key.big(), key.big(), key.big(), key.big(), key.big(), key.big()];
  return sequence(...[0n, n, e, d, p, q, d % (p - 1n), d % (q - 1n), coefficient].map(integer));
}

/** ECPrivateKey (RFC 5915), whose curve the algorithm's identifier names. */
function ecdsa(key: Reader): Uint8Array | undefined {
  const curve = CURVES[key.text()];
  if (curve === undefined) return undefined;
  const point = key.string();
  const scalar = hex(
    key
      .big()
      .toString(16)
      .padStart(2 * curve.bytes, '0'),
  );
  const bits = der(0x03, new Uint8Array([0, ...point]));
  const inner = sequence(integer(1n), der(0x04, scalar), der(0xa1, bits));
  return wrap(new Uint8Array([...EC, ...curve.oid]), inner);
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return der(0x30, new Uint8Array(Buffer.concat(parts)));
}

function integer(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const bytes = hex(digits.length % 2 === 0 ? digits : `0${digits}`);
  return der(0x02, (bytes[0] ?? 0) >= 0x80 ? new Uint8Array([0, ...bytes]) : bytes);
}

/** A value under its tag (X.690, section 8.1), with a definite length. */
function der(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const size = length.toString(16).padStart(length > 0xff ? 4 : 2, '0');
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 + size.length / 2, ...hex(size)];
  return new Uint8Array([...head, ...content]);
}

/** Bytes in the encoding of SSH (RFC 4251, section 5). Throws where they end too soon. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new RangeError('the key ends too soon');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  number(): number {
    return this.take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.take(this.number());
  }

  text(): string {
    return this.string().toString('latin1');
  }

  big(): bigint {
    return BigInt(`0x${this.string().toString('hex') || '0'}`);
  }
}
