/** Makes KeePass databases for tests: whole ones with kdbxweb, and sealed ones around any XML, with costs that are cheap. */
import { gzipSync } from 'node:zlib';
import {
  BinaryStream,
  Consts,
  CryptoEngine,
  HmacBlockTransform,
  Int64,
  Kdbx,
  KdbxContext,
  KdbxCredentials,
  KdbxHeader,
  KeyEncryptorKdf,
  ProtectedValue,
  VarDictionary,
} from 'kdbxweb';
import { lendArgon2 } from '../../src/exchange/kdbx-cost.js';

export const PASSWORD = 'open sesame';

/** Costs as a header states them; argon2 with 64 KiB and one pass where nothing else is said. */
export interface Cost {
  kdf?: string;
  memory?: Int64;
  passes?: Int64;
  lanes?: number;
  rounds?: Int64;
}

const { UInt32, UInt64 } = VarDictionary.ValueType;

export function setCost(header: KdbxHeader, cost: Cost = {}): void {
  const { kdf = Consts.KdfId.Argon2id, memory = new Int64(65_536), passes = new Int64(1), lanes = 1 } = cost;
  header.setKdf(kdf);
  if (kdf === Consts.KdfId.Aes) header.kdfParameters!.set('R', UInt64, cost.rounds ?? new Int64(10));
  else {
    header.kdfParameters!.set('M', UInt64, memory);
    header.kdfParameters!.set('I', UInt64, passes);
    header.kdfParameters!.set('P', UInt32, lanes);
  }
}

/** An empty database that opens cheaply with {@link PASSWORD}. */
export function newDatabase(version: 3 | 4, cost?: Cost): Kdbx {
  lendArgon2();
  const database = Kdbx.create(new KdbxCredentials(ProtectedValue.fromString(PASSWORD)), 'test');
  database.setVersion(version);
  if (version === 3) database.header.keyEncryptionRounds = 10;
  else setCost(database.header, cost);
  return database;
}

export async function saved(database: Kdbx): Promise<Uint8Array> {
  return new Uint8Array(await database.save());
}

/** A header alone, followed by bytes that mean nothing. */
export function headerOnly(change: (header: KdbxHeader) => void): Uint8Array {
  const header = KdbxHeader.create();
  change(header);
  header.generateSalts();
  const stream = new BinaryStream();
  header.write(stream);
  return Buffer.concat([new Uint8Array(stream.getWrittenBytes()), new Uint8Array(100)]);
}

/** KDBX 4 around this text in place of the XML. */
export async function sealed(xml: string | Buffer): Promise<Uint8Array> {
  lendArgon2();
  const header = KdbxHeader.create();
  setCost(header);
  header.generateSalts();
  const [outer, inner] = [new BinaryStream(), new BinaryStream()];
  header.write(outer);
  const head = outer.getWrittenBytes();
  header.writeInnerHeader(inner, new KdbxContext({ kdbx: new Kdbx() }));
  const secret = await new KdbxCredentials(ProtectedValue.fromString(PASSWORD)).getHash();
  const stretched = await KeyEncryptorKdf.encrypt(secret, header.kdfParameters!);
  const seed = Buffer.concat([new Uint8Array(header.masterSeed!), new Uint8Array(stretched)]);
  const macKey = await CryptoEngine.sha512(bufferOf(Buffer.concat([seed, Buffer.from([1])])));
  const headKey = await HmacBlockTransform.getHmacKey(macKey, new Int64(0xffffffff, 0xffffffff));
  const cipher = CryptoEngine.createAesCbc();
  await cipher.importKey(await CryptoEngine.sha256(bufferOf(seed)));
  const data = gzipSync(Buffer.concat([new Uint8Array(inner.getWrittenBytes()), Buffer.from(xml)]), { level: 1 });
  const body = await HmacBlockTransform.encrypt(await cipher.encrypt(bufferOf(data), header.encryptionIV!), macKey);
  const parts = [head, await CryptoEngine.sha256(head), await CryptoEngine.hmacSha256(headKey, head), body];
  return Buffer.concat(parts.map((part) => new Uint8Array(part)));
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
