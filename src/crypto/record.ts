/**
 * The canonical encoding of everything that is signed or hashed, and of every context that a key is bound to.
 *
 *     record  = element(text purpose) element(text safe id) element(field)…   in the order of the declaration
 *     element = type (1 byte) ‖ length (u32, big-endian) ‖ bytes
 *     type    = 0 absent · 1 bytes · 2 text (UTF-8) · 3 integer (u64, big-endian) · 4 boolean (0 or 1) · 5 list of elements
 *
 * A value has exactly one encoding and an encoding exactly one value, so equal bytes mean equal facts. Records are
 * stored as they were signed; a reader decodes those bytes and nothing else.
 */
import { fromUtf8, integrityFailure } from './bytes.js';

const ABSENT = 0;
const BYTES = 1;
const TEXT = 2;
const INTEGER = 3;
const BOOLEAN = 4;
const LIST = 5;

/** How one field is written and read back. */
export interface Codec<T> {
  write(writer: Writer, value: T): void;
  decode(reader: Reader): T;
}

const FIRST_SIZE = 4096;
const HEADER = 5;

/** Elements one after the other, in one buffer that grows. */
class Writer {
  #bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #length = 0;

  /** Begins an element; gives where its content starts, for {@link end}. */
  begin(type: number): number {
    this.#reserve(HEADER);
    this.#bytes[this.#length] = type;
    this.#length += HEADER;
    return this.#length;
  }

  /** Writes the length of the element whose content started there. */
  end(start: number): void {
    this.#bytes.writeUInt32BE(this.#length - start, start - 4);
  }

  bytes(type: number, content: Uint8Array): void {
    const start = this.begin(type);
    this.#reserve(content.length);
    this.#bytes.set(content, start);
    this.#length += content.length;
    this.end(start);
  }

  text(content: string): void {
    const start = this.begin(TEXT);
    // no character takes more than three bytes for each of its code units
    this.#reserve(content.length * 3);
    this.#length += this.#bytes.write(content, start, 'utf8');
    this.end(start);
  }

  integer(value: number): void {
    const start = this.begin(INTEGER);
    this.#reserve(8);
    this.#bytes.writeUInt32BE(Math.floor(value / 2 ** 32), start);
    this.#bytes.writeUInt32BE(value % 2 ** 32, start + 4);
    this.#length += 8;
    this.end(start);
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + size));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes.fill(0);
    this.#bytes = grown;
  }

  /** What was written since the last time, as bytes of their own. */
  take(): Uint8Array {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
    // some of it may have been a key
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
    return taken;
  }
}

/** Encodes by what `write` writes. One writer serves all: writing is synchronous, and a failed one is started over. */
function encoded(write: (writer: Writer) => void): Uint8Array {
  try {
    write(shared);
    return shared.take();
  } catch (error) {
    shared.take();
    throw error;
  }
}

const shared = new Writer();

/** A cursor over elements. */
class Reader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The type of the next element, without taking it. */
  peek(): number {
    const type = this.#bytes[this.#offset];
    if (type === undefined) throw integrityFailure('a record ends early');
    return type;
  }

  take(type: number): Buffer {
    if (this.peek() !== type || this.#offset + 5 > this.#bytes.length)
      throw integrityFailure('a record has another shape');
    const start = this.#offset + 5;
    const end = start + this.#bytes.readUInt32BE(this.#offset + 1);
    if (end > this.#bytes.length) throw integrityFailure('a record ends early');
    this.#offset = end;
    return this.#bytes.subarray(start, end);
  }
}

const NOTHING = new Uint8Array(0);

export const bytes: Codec<Uint8Array> = {
  write: (writer, value) => {
    writer.bytes(BYTES, value);
  },
  decode: (reader) => reader.take(BYTES),
};

export const text: Codec<string> = {
  write: (writer, value) => {
    writer.text(value);
  },
  decode: (reader) => fromUtf8(reader.take(TEXT)),
};

/** Whole numbers from 0 to 2^53 - 1. */
export const integer: Codec<number> = {
  write(writer, value) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned integer: ${String(value)}`);
    writer.integer(value);
  },
  decode(reader) {
    const taken = reader.take(INTEGER);
    const value = taken.length === 8 ? Number(taken.readBigUInt64BE()) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw integrityFailure('a record has an integer out of range');
    return value;
  },
};

export const boolean: Codec<boolean> = {
  write: (writer, value) => {
    writer.bytes(BOOLEAN, Uint8Array.of(value ? 1 : 0));
  },
  decode(reader) {
    const taken = reader.take(BOOLEAN);
    if (taken.length !== 1 || (taken[0] ?? 2) > 1) throw integrityFailure('a record has a boolean that is neither');
    return taken[0] === 1;
  },
};

/** A field that may be absent (null). */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    write: (writer, value) => {
      if (value === null) writer.bytes(ABSENT, NOTHING);
      else codec.write(writer, value);
    },
    decode(reader) {
      if (reader.peek() !== ABSENT) return codec.decode(reader);
      if (reader.take(ABSENT).length > 0) throw integrityFailure('a record has a filled absence');
      return null;
    },
  };
}

/** Any number of values of one kind, in order. */
export function list<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    write: (writer, values) => {
      const start = writer.begin(LIST);
      for (const value of values) codec.write(writer, value);
      writer.end(start);
    },
    decode(reader) {
      const inner = new Reader(reader.take(LIST));
      const values: T[] = [];
      while (!inner.isAtEnd) values.push(codec.decode(inner));
      return values;
    },
  };
}

type Declared = {
  readonly [name: string]: { write(writer: Writer, value: never): void; decode(reader: Reader): unknown };
};
type ValueOf<D extends Declared> = { readonly [K in keyof D]: ReturnType<D[K]['decode']> };

/** The fields of a declaration in its order, looked up once. */
function fieldsOf<D extends Declared>(
  declared: D,
): { write(writer: Writer, value: object): void; read(reader: Reader): ValueOf<D> } {
  const fields = Object.entries(declared);
  return {
    write(writer, value) {
      for (const [name, codec] of fields) codec.write(writer, Reflect.get(value, name) as never);
    },
    read(reader) {
      const entries = fields.map(([name, codec]) => [name, codec.decode(reader)] as const);
      if (!reader.isAtEnd) throw integrityFailure('a record has more fields than its version knows');
      return Object.fromEntries(entries) as ValueOf<D>;
    },
  };
}

/** Named fields as one element, for use inside a {@link list}. */
export function struct<D extends Declared>(declared: D): Codec<ValueOf<D>> {
  const fields = fieldsOf(declared);
  return {
    write: (writer, value) => {
      const start = writer.begin(LIST);
      fields.write(writer, value);
      writer.end(start);
    },
    decode: (reader) => fields.read(new Reader(reader.take(LIST))),
  };
}

/** A declared record: its purpose names what it is and its format version, so no record can pass for another. */
export interface RecordFormat<T> {
  readonly purpose: string;
  /** The bytes to sign, hash and store. */
  encode(safeId: string, value: T): Uint8Array;
  /** The value of bytes that `encode` made for this safe; anything else is an integrity failure. */
  decode(safeId: string, encoded: Uint8Array): T;
}

/** The value type of a record format. */
export type RecordValue<F> = F extends RecordFormat<infer T> ? T : never;

/** What encoded bytes say that they are; nothing else of them is looked at. */
export function purposeOf(encoded: Uint8Array): string {
  return text.decode(new Reader(encoded));
}

/** Declares a record; the order of the fields is the order of the bytes. */
export function record<D extends Declared>(purpose: string, declared: D): RecordFormat<ValueOf<D>> {
  const fields = fieldsOf(declared);
  return {
    purpose,
    encode: (safeId, value) =>
      encoded((writer) => {
        writer.text(purpose);
        writer.text(safeId);
        fields.write(writer, value);
      }),
    decode(safeId, bytes) {
      const reader = new Reader(bytes);
      if (text.decode(reader) !== purpose) throw integrityFailure(`expected a record "${purpose}"`);
      if (text.decode(reader) !== safeId) throw integrityFailure(`a record "${purpose}" belongs to another safe`);
      return fields.read(reader);
    },
  };
}

/** The context of a key or ciphertext: what it is and every id, epoch and number that names it. */
export function context(purpose: string, ...parts: readonly (string | number | Uint8Array)[]): Uint8Array {
  return encoded((writer) => {
    writer.text(purpose);
    for (const part of parts) writePart(writer, part);
  });
}

function writePart(writer: Writer, part: string | number | Uint8Array): void {
  if (typeof part === 'string') text.write(writer, part);
  else if (typeof part === 'number') integer.write(writer, part);
  else bytes.write(writer, part);
}

/** One integer as an element: what a context ends with where all before it stays the same. */
export function integerElement(value: number): Uint8Array {
  return encoded((writer) => {
    integer.write(writer, value);
  });
}
