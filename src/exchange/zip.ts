/**
 * Zip files that others wrote (PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16), read entry by entry under limits.
 * Only stored and deflated entries; no ZIP64, no parts, no encryption: what needs them is larger than what is taken.
 */
import { crc32 } from 'node:zlib';
import { Inflate } from 'fflate';
import { grouped } from './amount.js';
import { orRefuse, refuseFile } from './fault.js';

/** What a zip file may hold. `entryBytes` and `totalBytes` are of what is unpacked; `ratio` holds above `freeBytes`. */
export const ZIP_LIMITS = {
  entries: 20_000,
  nameBytes: 1024,
  entryBytes: 64 << 20,
  totalBytes: 128 << 20,
  ratio: 300,
  freeBytes: 1 << 20,
} as const;

/** An open zip file. */
export interface ZipFile {
  /** Of files, in the order of the directory; folders are left out. Relative, with `/`, without `..`, each once. */
  readonly names: readonly string[];
  /** How many bytes the entry has, as the directory says; undefined where there is no such entry. */
  size(name: string): number | undefined;
  /**
   * The entry's bytes, unpacked; its checksum is right. Throws a `Refusal` (`invalid_request`) where there is no such
   * entry, where it is damaged, or where it or all that was read so far is larger than {@link ZIP_LIMITS}.
   */
  read(name: string): Uint8Array;
}

/** Whether the bytes begin as a zip file does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length > 22 && (startsWith(bytes, LOCAL) || startsWith(bytes, END));
}

/**
 * The zip file that the bytes are; only its directory is read. Throws a `Refusal` (`invalid_request`) for what is no zip
 * file or a damaged one, for too many entries, for entries that overlap (one of the ways to make a zip bomb), for names
 * that occur twice and for those that lead elsewhere: absolute ones, with `..`, a backslash or a control character.
 */
export function openZip(bytes: Uint8Array): ZipFile {
  const entries = orRefuse(() => readDirectory(bytes), 'is a damaged zip file');
  return new Zip(bytes, entries);
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 0xffff;
const STORED = 0;
const DEFLATED = 8;
/** How much is unpacked at once: at the most that deflate can do (1,032 to 1), 16 MiB come of it. */
const PIECE = 16 << 10;

interface Entry {
  readonly name: string;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

class Zip implements ZipFile {
  readonly names: readonly string[];
  readonly #bytes: Uint8Array;
  readonly #entries: ReadonlyMap<string, Entry>;
  #total = 0;

  constructor(bytes: Uint8Array, entries: readonly Entry[]) {
    this.#bytes = bytes;
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
    this.names = [...this.#entries.keys()].filter((name) => !name.endsWith('/'));
  }

  size(name: string): number | undefined {
    return this.#entries.get(name)?.size;
  }

  read(name: string): Uint8Array {
    const entry = this.#entries.get(name) ?? refuseFile('lacks a part that such a file has');
    checkSize(entry);
    this.#total += entry.size;
    if (this.#total > ZIP_LIMITS.totalBytes) refuseFile(`unpacks to more than ${mebibytes(ZIP_LIMITS.totalBytes)}`);
    const data = orRefuse(() => unpack(this.#bytes, entry), 'is a damaged zip file');
    return crc32(data) === entry.crc ? data : refuseFile('is a damaged zip file: a checksum is wrong');
  }
}

function mebibytes(bytes: number): string {
  return `${grouped(bytes >> 20)} MiB`;
}

function checkSize({ isEncrypted, packed, size }: Entry): void {
  if (isEncrypted) refuseFile('is a zip file with a password', 'Unpack it yourself, and import what is in it.');
  if (size > ZIP_LIMITS.entryBytes) refuseFile(`unpacks to more than ${mebibytes(ZIP_LIMITS.entryBytes)}`);
  if (size > ZIP_LIMITS.freeBytes && size > packed * ZIP_LIMITS.ratio)
    refuseFile(`unpacks to more than ${String(ZIP_LIMITS.ratio)} times its size, as only a zip bomb does`);
}

function readDirectory(bytes: Uint8Array): readonly Entry[] {
  const view = viewOf(bytes);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  const from = view.getUint32(end + 16, true);
  const isPart = view.getUint16(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count;
  if (isPart || count === 0xffff || from === 0xffff_ffff) refuseFile('is a zip file in parts, or in ZIP64');
  if (count > ZIP_LIMITS.entries) refuseFile(`is a zip file with more than ${grouped(ZIP_LIMITS.entries)} entries`);
  const entries: Entry[] = [];
  let at = from;
  for (let i = 0; i < count; i += 1) {
    const { entry, next } = readEntry(view, at);
    entries.push(entry);
    at = next;
  }
  checkTogether(entries, bytes.length);
  return entries;
}

function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - END_BYTES - LONGEST_COMMENT);
  for (let at = view.byteLength - END_BYTES; at >= first; at -= 1) {
    const isEnd = view.getUint32(at, true) === END;
    if (isEnd && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return refuseFile('is no zip file, or not a whole one');
}

function readEntry(view: DataView, at: number): { entry: Entry; next: number } {
  if (view.getUint32(at, true) !== CENTRAL) refuseFile('is a damaged zip file');
  const nameBytes = view.getUint16(at + 28, true);
  const next = at + CENTRAL_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (nameBytes > ZIP_LIMITS.nameBytes) refuseFile('has an entry with a name of more than 1,024 bytes');
  const entry = {
    name: readName(new Uint8Array(view.buffer, view.byteOffset + at + CENTRAL_BYTES, nameBytes)),
    isEncrypted: (view.getUint16(at + 8, true) & 1) !== 0,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    at: view.getUint32(at + 42, true),
  };
  return { entry, next };
}

/** UTF-8 whatever the flags say; bytes that are not (code page 437 of old programs) are only ever compared. */
function readName(bytes: Uint8Array): string {
  const name = new TextDecoder().decode(bytes);
  const isStrange = name === '' || /^\/|^[A-Za-z]:|\\|\p{Cc}/u.test(name) || /(?:^|\/)\.\.?(?:\/|$)/.test(name);
  return isStrange ? refuseFile('has an entry whose name leads out of it') : name;
}

/** Entries that share bytes pack together more than the file has. */
function checkTogether(entries: readonly Entry[], length: number): void {
  const packed = entries.reduce((sum, entry) => sum + LOCAL_BYTES + entry.packed, 0);
  if (packed > length) refuseFile('has entries that overlap, as only a zip bomb does');
  if (new Set(entries.map(({ name }) => name)).size < entries.length) refuseFile('has two entries of one name');
}

function unpack(bytes: Uint8Array, { at, packed, size, method }: Entry): Uint8Array {
  const view = viewOf(bytes);
  if (view.getUint32(at, true) !== LOCAL) refuseFile('is a damaged zip file');
  const from = at + LOCAL_BYTES + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const data = bytes.subarray(from, from + packed);
  if (data.length !== packed) refuseFile('is a damaged zip file');
  if (method === STORED) return data.length === size ? data : refuseFile('is a damaged zip file');
  if (method === DEFLATED) return inflate(data, size);
  return refuseFile('is packed in a way that is not known', 'Unpack it yourself, and import what is in it.');
}

/** Piece by piece, so that what is larger than it says is noticed before it is there. */
function inflate(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let length = 0;
  const stream = new Inflate((chunk) => {
    if (length + chunk.length > size) refuseFile('has an entry that is larger than it says, as only a zip bomb does');
    out.set(chunk, length);
    length += chunk.length;
  });
  for (let at = 0; at < data.length; at += PIECE) {
    stream.push(data.subarray(at, at + PIECE), at + PIECE >= data.length);
  }
  return length === size ? out : refuseFile('is a damaged zip file');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function startsWith(bytes: Uint8Array, magic: number): boolean {
  return viewOf(bytes).getUint32(0, true) === magic;
}
