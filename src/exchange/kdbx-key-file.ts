/** Key files of KeePass, as https://keepass.info/help/base/keys.html#keyfiles describes them. */
import { CryptoEngine } from 'kdbxweb';
import { refuseFile } from './fault.js';
import { childOf, childText, parseXml, type XmlElement } from './xml.js';

/** XML key files have some hundred bytes; what is far larger is hashed whole, as KeePass does it. */
const MAX_XML_BYTES = 65_536;
const XML_LIMITS = { depth: 8, elements: 100 };
const NEXT = 'Name the file that KeePass or KeePassXC made with --key-file.';

/**
 * The key that a key file holds: of XML of version 1 or 2 its data, of 32 bytes or 64 hex digits these themselves, and
 * of everything else its SHA-256. Throws `invalid_request` for an XML key file that is damaged.
 */
export async function keyOfFile(file: Uint8Array): Promise<Uint8Array> {
  const root = parseKeyFile(file);
  if (root !== undefined) return keyOfXml(root);
  if (file.length === 32) return file;
  const text = Buffer.from(file).toString('latin1');
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  return sha256(file);
}

function parseKeyFile(file: Uint8Array): XmlElement | undefined {
  const text = Buffer.from(file.subarray(0, MAX_XML_BYTES)).toString('utf8');
  if (file.length > MAX_XML_BYTES || !/^\ufeff?\s*</.test(text)) return undefined;
  try {
    const root = parseXml(text.trim(), XML_LIMITS);
    return root.name === 'KeyFile' ? root : undefined;
  } catch {
    // Any file may serve as a key file, so one that only looks like XML is hashed.
    return undefined;
  }
}

async function keyOfXml(root: XmlElement): Promise<Uint8Array> {
  const version = childText(childOf(root, 'Meta'), 'Version').trim();
  const data = childOf(childOf(root, 'Key'), 'Data');
  const text = (data?.text ?? '').replace(/\s+/g, '');
  if (/^1\./.test(version) && /^[A-Za-z0-9+/]{20,}={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  if (!/^2\./.test(version) || !/^(?:[0-9a-fA-F]{2}){16,}$/.test(text))
    refuseKeyFile('is not of a version that is known');
  const key = Buffer.from(text, 'hex');
  const check = Buffer.from((await sha256(key)).subarray(0, 4)).toString('hex');
  if (data?.attributes.get('Hash')?.toLowerCase() !== check)
    refuseKeyFile('is damaged: its hash does not fit its data');
  return key;
}

function refuseKeyFile(fault: string): never {
  return refuseFile(`cannot be opened, since the key file ${fault}`, NEXT);
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await CryptoEngine.sha256(new Uint8Array(bytes).buffer));
}
