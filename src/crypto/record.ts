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
import { fromUtf8, integrityFailure, toUtf8 } from './bytes.js';

const ABSENT = 0;
const BYTES = 1;
const TEXT = 2;
const INTEGER = 3;
const BOOLEAN = 4;
const LIST = 5;

/** How one field is written and read back. */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(reader: Reader): T;
}

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

function element(type: number, bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(5 + bytes.length);
  out[0] = type;
  out.writeUInt32BE(bytes.length, 1);
  out.set(bytes, 5);
  return out;
}

const NOTHING = new Uint8Array(0);

export const bytes: Codec<Uint8Array> = {
  encode: (value) => element(BYTES, value),
  decode: (reader) => reader.take(BYTES),
};

export const text: Codec<string> = {
  encode: (value) => element(TEXT, toUtf8(value)),
  decode: (reader) => fromUtf8(reader.take(TEXT)),
};

/** Whole numbers from 0 to 2^53 - 1. */
export const integer: Codec<number> = {
  encode(value) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned integer: ${String(value)}`);
    const out = Buffer.allocUnsafe(8);
    out.writeBigUInt64BE(BigInt(value));
    return element(INTEGER, out);
  },
  decode(reader) {
    const taken = reader.take(INTEGER);
    const value = taken.length === 8 ? Number(taken.readBigUInt64BE()) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw integrityFailure('a record has an integer out of range');
    return value;
  },
};

export const boolean: Codec<boolean> = {
  encode: (value) => element(BOOLEAN, Uint8Array.of(value ? 1 : 0)),
  decode(reader) {
    const taken = reader.take(BOOLEAN);
    if (taken.length !== 1 || (taken[0] ?? 2) > 1) throw integrityFailure('a record has a boolean that is neither');
    return taken[0] === 1;
  },
};

/** A field that may be absent (null). */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    encode: (value) => (value === null ? element(ABSENT, NOTHING) : codec.encode(value)),
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
    encode: (values) => element(LIST, Buffer.concat(values.map((value) => codec.encode(value)))),
    decode(reader) {
      const inner = new Reader(reader.take(LIST));
      const values: T[] = [];
      while (!inner.isAtEnd) values.push(codec.decode(inner));
      return values;
    },
  };
}

type Shape = Record<string, Codec<never>>;
type Declared = { readonly [name: string]: { encode(value: never): Uint8Array; decode(reader: Reader): unknown } };
type ValueOf<D extends Declared> = { readonly [K in keyof D]: ReturnType<D[K]['decode']> };

function encodeFields(declared: Declared, value: object): Uint8Array[] {
  const fields = new Map(Object.entries(value));
  return Object.entries(declared).map(([name, codec]) => (codec as Shape[string]).encode(fields.get(name) as never));
}

function decodeFields<D extends Declared>(declared: D, reader: Reader): ValueOf<D> {
  const entries = Object.entries(declared).map(([name, codec]) => [name, codec.decode(reader)] as const);
  if (!reader.isAtEnd) throw integrityFailure('a record has more fields than its version knows');
  return Object.fromEntries(entries) as ValueOf<D>;
}

/** Named fields as one element, for use inside a {@link list}. */
export function struct<D extends Declared>(declared: D): Codec<ValueOf<D>> {
  return {
    encode: (value) => element(LIST, Buffer.concat(encodeFields(declared, value))),
    decode: (reader) => decodeFields(declared, new Reader(reader.take(LIST))),
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

/** Declares a record; the order of the fields is the order of the bytes. */
export function record<D extends Declared>(purpose: string, declared: D): RecordFormat<ValueOf<D>> {
  return {
    purpose,
    encode: (safeId, value) =>
      Buffer.concat([text.encode(purpose), text.encode(safeId), ...encodeFields(declared, value)]),
    decode(safeId, encoded) {
      const reader = new Reader(encoded);
      if (text.decode(reader) !== purpose) throw integrityFailure(`expected a record "${purpose}"`);
      if (text.decode(reader) !== safeId) throw integrityFailure(`a record "${purpose}" belongs to another safe`);
      return decodeFields(declared, reader);
    },
  };
}

/** The context of a key or ciphertext: what it is and every id, epoch and number that names it. */
export function context(purpose: string, ...parts: readonly (string | number | Uint8Array)[]): Uint8Array {
  return Buffer.concat([text.encode(purpose), ...parts.map(contextPart)]);
}

function contextPart(part: string | number | Uint8Array): Uint8Array {
  if (typeof part === 'string') return text.encode(part);
  return typeof part === 'number' ? integer.encode(part) : bytes.encode(part);
}
