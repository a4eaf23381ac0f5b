/** A certificate for the loopback address and for names, signed by its own key, in the DER of RFC 5280. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** The key and the certificate in PEM, as a server takes them; a client that trusts `cert` trusts the server. */
export interface LoopbackIdentity {
  readonly key: string;
  readonly cert: string;
}

const [INTEGER, BITS, OCTETS, OID, UTF8, TIME, SEQUENCE, SET] = [2, 3, 4, 6, 12, 23, 0x30, 0x31];
const [VERSION, EXTENSIONS, DNS_NAME, IP_ADDRESS] = [0xa0, 0xa3, 0x82, 0x87];
const TRUE = Buffer.from([1, 1, 0xff]);
const DAY_MS = 24 * 60 * 60 * 1000;

/** Whom a certificate is for, and when. */
export interface CertificateFor {
  /** In place of 127.0.0.1. */
  readonly names?: readonly string[];
  /** Unix ms; tomorrow where nothing is said. */
  readonly notAfter?: number;
}

/** A new key, and a certificate for 127.0.0.1 that is good from two days ago until tomorrow. */
export function loopbackIdentity(subject: CertificateFor = {}): LoopbackIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = toBeSigned(publicKey, subject);
  const signature = sign('sha256', body, privateKey);
  const whole = der(SEQUENCE, body, ecdsaWithSha256(), der(BITS, Buffer.from([0]), signature));
  const base64 = (whole.toString('base64').match(/.{1,64}/g) ?? []).join('\n');
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

function toBeSigned(publicKey: KeyObject, { names, notAfter = Date.now() + DAY_MS }: CertificateFor): Buffer {
  const version3 = der(VERSION, der(INTEGER, Buffer.from([2])));
  const serial = der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, oid('550403'), der(UTF8, Buffer.from('loopback')))));
  const validity = der(SEQUENCE, time(Date.now() - 2 * DAY_MS), time(notAfter));
  const key = publicKey.export({ format: 'der', type: 'spki' });
  return der(SEQUENCE, version3, serial, ecdsaWithSha256(), name, validity, name, key, extensions(names));
}

function extensions(names?: readonly string[]): Buffer {
  const isAuthority = der(SEQUENCE, oid('551d13'), TRUE, der(OCTETS, der(SEQUENCE, TRUE)));
  const whom = names?.map((name) => der(DNS_NAME, Buffer.from(name))) ?? [der(IP_ADDRESS, Buffer.from([127, 0, 0, 1]))];
  const isFor = der(SEQUENCE, oid('551d11'), der(OCTETS, der(SEQUENCE, ...whom)));
  return der(EXTENSIONS, der(SEQUENCE, isAuthority, isFor));
}

function ecdsaWithSha256(): Buffer {
  return der(SEQUENCE, oid('2a8648ce3d040302'));
}

function oid(hex: string): Buffer {
  return der(OID, Buffer.from(hex, 'hex'));
}

/** UTCTime has two digits of the year. */
function time(at: number): Buffer {
  return der(TIME, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
