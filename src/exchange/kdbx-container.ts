/**
 * The encrypted container of KeePass 2: KDBX 3.1 and 4. `kdbxweb` brings the header, ciphers and block checks; the order
 * of the steps is ours, so that nothing is computed, inflated or parsed without a bound. The format:
 * https://keepass.info/help/kb/kdbx.html
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  BinaryStream,
  Consts,
  CryptoEngine,
  HashedBlockTransform,
  HmacBlockTransform,
  Int64,
  Kdbx,
  KdbxContext,
  KdbxCredentials,
  KdbxHeader,
  KeyEncryptorAes,
  KeyEncryptorKdf,
  ProtectedValue,
} from 'kdbxweb';
import { grouped } from './amount.js';
import { refuseFile } from './fault.js';
import { checkCost, lendArgon2 } from './kdbx-cost.js';

/** The most that a database may be once it is inflated. */
const MAX_INFLATED_MIB = 128;

const NEXT_KEY = 'Check the password and --key-file. A database that also needs a hardware key can’t be read.';
const NEXT_SAVE = 'Open it in KeePassXC, choose AES and Argon2 in its database settings, save it, and import that.';
const NEXT_DAMAGED = 'Take another copy, or open it in KeePassXC and save it anew.';

/** What opens a database: its password, if it has one, and the key of its key file. */
export interface KdbxKey {
  readonly password: string | undefined;
  readonly fileKey: Uint8Array | undefined;
}

/** A header that was looked at and asks for nothing absurd. */
export interface KdbxEnvelope {
  readonly header: KdbxHeader;
  readonly context: KdbxContext;
  readonly file: ArrayBuffer;
}

/** What was in the container: the XML, sizes of attachments in order of their numbers, and what unprotects values. */
export interface KdbxPayload {
  readonly xml: string;
  /** Bytes of each attachment that stands before the XML; those of KDBX 3 stand in it. */
  readonly attachmentSizes: readonly number[];
  readonly streamKey: ArrayBuffer;
  readonly streamCipher: number;
}

const MAGIC = 0x9aa2d903;
const KDBX = 0xb54bfb67;
/** KeePass 1, and KeePass 2 before its release. */
const OLDER = [0xb54bfb65, 0xb54bfb66];
const TWOFISH = 'rWjyn1dvS7mjatR69ZY0bA==';

/** Whether the bytes begin as a database of any KeePass. */
export function looksLikeKeePass(bytes: Uint8Array): boolean {
  const second = wordAt(bytes, 4);
  return wordAt(bytes, 0) === MAGIC && (second === KDBX || OLDER.includes(second));
}

function wordAt(bytes: Uint8Array, offset: number): number {
  return bytes.length < offset + 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);
}

/** Reads the header and refuses, with `invalid_request`, whatever can't be opened or would cost too much. */
export function readEnvelope(bytes: Uint8Array): KdbxEnvelope {
  if (!looksLikeKeePass(bytes)) refuseFile('is not a KeePass database');
  if (wordAt(bytes, 4) !== KDBX)
    refuseFile('is of KeePass 1 (KDB), which is too old', 'Import it in KeePassXC, and save it as KDBX.');
  const version = wordAt(bytes, 8);
  const [major, minor] = [version >>> 16, version & 0xffff];
  if (!(major === 3 && minor <= 1) && !(major === 4 && minor <= 1))
    refuseFile(`is KDBX ${major}.${minor}; 3.1, 4.0 and 4.1 are read`, NEXT_SAVE);
  const file = new Uint8Array(bytes).buffer;
  const context = new KdbxContext({ kdbx: new Kdbx() });
  const header = KdbxHeader.read(new BinaryStream(file), context);
  checkCipher(header);
  checkCost(header);
  return { header, context, file };
}

function checkCipher(header: KdbxHeader): void {
  const cipher = header.dataCipherUuid?.toString() ?? '';
  if (cipher === Consts.CipherId.Aes || cipher === Consts.CipherId.ChaCha20) return;
  const name = cipher === TWOFISH ? 'Twofish, which is not read' : 'a cipher that is not known';
  refuseFile(`is encrypted with ${name}`, NEXT_SAVE);
}

/** Opens it. Throws `invalid_request` if the key is wrong, or if the file is damaged or too large. */
export async function openEnvelope(envelope: KdbxEnvelope, key: KdbxKey): Promise<KdbxPayload> {
  const secret = await keyHash(key);
  return envelope.header.versionMajor === 3 ? openThird(envelope, secret) : openFourth(envelope, secret);
}

async function keyHash({ password, fileKey }: KdbxKey): Promise<ArrayBuffer> {
  const credentials = new KdbxCredentials(password === undefined ? null : ProtectedValue.fromString(password));
  await credentials.ready;
  if (fileKey !== undefined) credentials.keyFileHash = ProtectedValue.fromBinary(new Uint8Array(fileKey).buffer);
  return credentials.getHash();
}

async function openFourth(envelope: KdbxEnvelope, secret: ArrayBuffer): Promise<KdbxPayload> {
  const { header, context, file } = envelope;
  const bytes = headerOf(envelope);
  const stream = new BinaryStream(file.slice(bytes.byteLength));
  const [hash, mac] = [stream.readBytes(32), stream.readBytes(32)];
  if (mac.byteLength !== 32 || !isSame(hash, await CryptoEngine.sha256(bytes))) refuseDamaged();
  const { cipherKey, macKey } = await fourthKeys(header, secret);
  const headerKey = await HmacBlockTransform.getHmacKey(macKey, new Int64(0xffffffff, 0xffffffff));
  if (!isSame(mac, await CryptoEngine.hmacSha256(headerKey, bytes))) refuseKey();
  const sealed = await HmacBlockTransform.decrypt(stream.readBytesToEnd(), macKey);
  const inner = new BinaryStream(await inflate(header, await decrypt(header, sealed, cipherKey)));
  header.readInnerHeader(inner, context);
  await context.kdbx.binaries.computeHashes();
  return payloadOf(header, inner.readBytesToEnd(), attachmentSizes(context));
}

function attachmentSizes({ kdbx }: KdbxContext): readonly number[] {
  const sizes: number[] = [];
  for (;;) {
    const found = kdbx.binaries.getByRef({ ref: String(sizes.length) });
    if (found === undefined) return sizes;
    sizes.push(found.value.byteLength);
  }
}

interface FourthKeys {
  readonly cipherKey: ArrayBuffer;
  readonly macKey: ArrayBuffer;
}

async function fourthKeys(header: KdbxHeader, secret: ArrayBuffer): Promise<FourthKeys> {
  const { masterSeed, kdfParameters } = header;
  if (masterSeed?.byteLength !== 32 || kdfParameters === undefined) return refuseDamaged();
  lendArgon2();
  const stretched = await KeyEncryptorKdf.encrypt(secret, kdfParameters);
  const cipherKey = await CryptoEngine.sha256(joined(masterSeed, stretched));
  const macKey = await CryptoEngine.sha512(joined(masterSeed, stretched, new Uint8Array([1]).buffer));
  return { cipherKey, macKey };
}

async function openThird(envelope: KdbxEnvelope, secret: ArrayBuffer): Promise<KdbxPayload> {
  const { header, file } = envelope;
  const { streamStartBytes } = header;
  const sealed = file.slice(headerOf(envelope).byteLength);
  const key = await thirdKey(header, secret);
  const start = await decryptStart(header, sealed, key);
  if (streamStartBytes?.byteLength !== 32 || start.byteLength < 32) return refuseDamaged();
  if (!isSame(start.slice(0, 32), streamStartBytes)) refuseKey();
  const opened = await decrypt(header, sealed, key);
  const data = await inflate(header, await HashedBlockTransform.decrypt(opened.slice(32)));
  return payloadOf(header, data, []);
}

async function thirdKey(header: KdbxHeader, secret: ArrayBuffer): Promise<ArrayBuffer> {
  const { transformSeed, keyEncryptionRounds, masterSeed } = header;
  if (transformSeed?.byteLength !== 32 || masterSeed === undefined || !keyEncryptionRounds) return refuseDamaged();
  const stretched = await KeyEncryptorAes.encrypt(new Uint8Array(secret), transformSeed, keyEncryptionRounds);
  return CryptoEngine.sha256(joined(masterSeed, await CryptoEngine.sha256(new Uint8Array(stretched).buffer)));
}

/**
 * The first two blocks of what KDBX 3 has encrypted. Its padding would be looked at in the last block alone, and a file
 * that was cut would then pass for a wrong password: so the blocks get a padding of their own.
 */
async function decryptStart(header: KdbxHeader, sealed: ArrayBuffer, key: ArrayBuffer): Promise<ArrayBuffer> {
  if (header.dataCipherUuid?.toString() !== Consts.CipherId.Aes) return decrypt(header, sealed.slice(0, 32), key);
  if (sealed.byteLength < 48) return refuseDamaged();
  const cipher = CryptoEngine.createAesCbc();
  await cipher.importKey(key);
  const padding = await cipher.encrypt(new ArrayBuffer(0), sealed.slice(16, 32));
  return decrypt(header, joined(sealed.slice(0, 32), padding), key);
}

async function decrypt(header: KdbxHeader, sealed: ArrayBuffer, key: ArrayBuffer): Promise<ArrayBuffer> {
  const { encryptionIV, dataCipherUuid } = header;
  if (encryptionIV === undefined) return refuseDamaged();
  if (dataCipherUuid?.toString() === Consts.CipherId.ChaCha20) return CryptoEngine.chacha20(sealed, key, encryptionIV);
  const cipher = CryptoEngine.createAesCbc();
  await cipher.importKey(key);
  return cipher.decrypt(sealed, encryptionIV);
}

const inflateGzip = promisify(gunzip);

async function inflate(header: KdbxHeader, data: ArrayBuffer): Promise<ArrayBuffer> {
  const most = MAX_INFLATED_MIB * 1_048_576;
  if (header.compression !== Consts.CompressionAlgorithm.GZip) return data.byteLength > most ? refuseLarge() : data;
  try {
    return new Uint8Array(await inflateGzip(new Uint8Array(data), { maxOutputLength: most })).buffer;
  } catch (error) {
    return error instanceof RangeError ? refuseLarge() : refuseDamaged();
  }
}

function payloadOf(header: KdbxHeader, xml: ArrayBuffer, sizes: readonly number[]): KdbxPayload {
  const { protectedStreamKey, crsAlgorithm } = header;
  if (protectedStreamKey === undefined || crsAlgorithm === undefined) return refuseDamaged();
  return {
    xml: new TextDecoder('utf-8', { fatal: true }).decode(xml),
    attachmentSizes: sizes,
    streamKey: protectedStreamKey,
    streamCipher: crsAlgorithm,
  };
}

function headerOf({ header, file }: KdbxEnvelope): ArrayBuffer {
  return file.slice(0, header.endPos);
}

function joined(...parts: readonly ArrayBuffer[]): ArrayBuffer {
  return new Uint8Array(Buffer.concat(parts.map((part) => new Uint8Array(part)))).buffer;
}

function isSame(left: ArrayBuffer, right: ArrayBuffer): boolean {
  return Buffer.from(left).equals(Buffer.from(right));
}

function refuseKey(): never {
  return refuseFile('does not open with this password and key file', NEXT_KEY);
}

function refuseLarge(): never {
  return refuseFile(
    `has more than ${grouped(MAX_INFLATED_MIB)} MiB once it is inflated`,
    'Remove large attachments from it.',
  );
}

/** Throws `invalid_request`: the file was cut or changed. */
export function refuseDamaged(): never {
  return refuseFile('is a KeePass database that is damaged or was cut', NEXT_DAMAGED);
}
