/** The XML of a KeePass database: https://keepass.info/help/kb/kdbx.html */
import { ProtectSaltGenerator, ProtectedValue } from 'kdbxweb';
import type { KdbxPayload } from './kdbx-container.js';
import { childOf, childText, childrenOf, parseXml, type XmlElement } from './xml.js';

/** A database has about 35 elements for each state of an entry. */
const LIMITS = { depth: 100, elements: 2_000_000 };

/** Seconds from the year 1, from which KDBX 4 counts, to 1970. */
const SECONDS_BEFORE_1970 = 62_135_596_800;

/** The text of an element, and whether it was encrypted once more within the database. */
export interface KdbxText {
  readonly text: string;
  readonly isProtected: boolean;
}

/** The parsed database, whose protected values are open. */
export interface KdbxDocument {
  readonly root: XmlElement;
  textOf(element: XmlElement | undefined): KdbxText;
  /** Bytes of an attachment's `Value`; undefined where what it refers to is not there. */
  attachmentSize(value: XmlElement | undefined): number | undefined;
}

/** Parses the XML and opens its protected values. Throws `XmlFault`, or what `kdbxweb` does about a damaged value. */
export async function readDocument(payload: KdbxPayload): Promise<KdbxDocument> {
  const root = parseXml(payload.xml, LIMITS);
  const stream = await ProtectSaltGenerator.create(payload.streamKey, payload.streamCipher);
  const opened = openValues(root, stream);
  const textOf = (element: XmlElement | undefined): KdbxText => {
    const value = element === undefined ? undefined : opened.get(element);
    return {
      text: value?.getText() ?? element?.text ?? '',
      isProtected: element !== undefined && isProtected(element),
    };
  };
  const sizes = attachmentSizes(root, payload, (element) => opened.get(element)?.byteLength);
  return {
    root,
    textOf,
    attachmentSize: (value) => {
      const ref = value?.attributes.get('Ref');
      return ref === undefined ? value && (opened.get(value)?.byteLength ?? sizeOf(value)) : sizes.get(ref);
    },
  };
}

/** The stream runs through all protected values in the order of the document, wherever they stand. */
function openValues(root: XmlElement, stream: ProtectSaltGenerator): ReadonlyMap<XmlElement, ProtectedValue> {
  const opened = new Map<XmlElement, ProtectedValue>();
  const waiting = [root];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    const bytes = isProtected(element) ? Buffer.from(element.text, 'base64') : undefined;
    if (bytes !== undefined && bytes.length > 0)
      opened.set(element, new ProtectedValue(new Uint8Array(bytes).buffer, stream.getSalt(bytes.length)));
    for (let index = element.children.length - 1; index >= 0; index -= 1) {
      const child = element.children[index];
      if (child !== undefined) waiting.push(child);
    }
  }
  return opened;
}

function isProtected(element: XmlElement): boolean {
  return element.attributes.get('Protected')?.toLowerCase() === 'true';
}

type SizeOf = (element: XmlElement) => number | undefined;

/** By the number under which entries refer to them: those before the XML (KDBX 4), or those in it (KDBX 3). */
function attachmentSizes(root: XmlElement, payload: KdbxPayload, openedSize: SizeOf): ReadonlyMap<string, number> {
  const sizes = new Map(payload.attachmentSizes.map((size, index) => [String(index), size]));
  for (const binary of childrenOf(childOf(childOf(root, 'Meta'), 'Binaries'), 'Binary')) {
    const id = binary.attributes.get('ID');
    if (id !== undefined) sizes.set(id, openedSize(binary) ?? sizeOf(binary));
  }
  return sizes;
}

/** Of what is compressed, the size that gzip notes at its end (RFC 1952), so that nothing is inflated. */
function sizeOf(binary: XmlElement): number {
  const text = binary.text.replace(/\s+/g, '');
  if (binary.attributes.get('Compressed')?.toLowerCase() !== 'true') return Buffer.byteLength(text, 'base64');
  const end = Buffer.from(text.slice(-8 - (text.length % 4)), 'base64');
  return end.length < 4 ? 0 : end.readUInt32LE(end.length - 4);
}

/** Unix ms of a time of either version, if it is one. */
export function timeOf(times: XmlElement | undefined, name: string): number | undefined {
  const text = childText(times, name).trim();
  if (text.includes(':')) return checkedTime(Date.parse(text));
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 8) return undefined;
  return checkedTime((Number(bytes.readBigInt64LE()) - SECONDS_BEFORE_1970) * 1000);
}

function checkedTime(at: number): number | undefined {
  return Math.abs(at) <= 8.64e15 ? at : undefined;
}
