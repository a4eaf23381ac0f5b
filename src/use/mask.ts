/** Takes secrets out of what a program prints, in every encoding that programs print them in. */
import { Finder, type Search } from './finder.js';
import { CONTEXT_BYTES } from './walk.js';

/** What stands in the place of a secret. */
export const CONCEALED = '<concealed by vouchsafe>';

const PLACEHOLDER = Buffer.from(CONCEALED);
const NOTHING = new Uint8Array();
/** So much of a chunk is joined to what is held to make that certain; so nearly all of the chunk is not copied. */
const JOIN_BYTES = 512;

/** A secret, and how it is written inside JSON and inside a URL, where that differs. */
function writingsOf(secret: string): readonly string[] {
  const inUrl = secret.isWellFormed() ? encodeURIComponent(secret) : secret;
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), inUrl])];
}

/** One output, piece by piece. */
export interface MaskStream {
  /**
   * Gives what is certain of the output so far: of this chunk and those before it. Kept back are only bytes that may
   * be the beginning of a secret.
   */
  push(chunk: Uint8Array): Uint8Array;
  /** The same in pieces that follow each other: without a copy of the chunk. None of them is empty. */
  pieces(chunk: Uint8Array): readonly Uint8Array[];
  /** Gives the rest. Nothing may be pushed after it. */
  end(): Uint8Array;
}

/**
 * Replaces every occurrence of a secret with {@link CONCEALED}: as it is; each line of one of several lines; with other
 * line ends or something before each line; in base64 and base64url at every alignment, wrapped too; percent-encoded;
 * in hexadecimal, with or without separators; in the escapes of JSON, C, HTML and the shell; in UTF-16.
 *
 * The same of a secret as it stands inside JSON or a URL: base64 of a text that holds it so.
 *
 * All occurrences are found in the text as it came, overlapping ones too. Those that overlap are replaced together, by
 * one placeholder. What was replaced is not looked at again, and what stands around is passed on byte for byte. The
 * output does not depend on how the text was cut into chunks.
 *
 * Secrets under 3 bytes of UTF-8 are not masked: without every `42`, an output says nothing, and the value is guessed
 * at once anyhow. Those of 3 bytes are masked as they are alone. Line breaks at the ends of a secret are not part of it.
 */
export class Mask {
  readonly #secrets: readonly string[];
  #made: Finder | null = null;

  constructor(secrets: readonly string[]) {
    this.#secrets = [...secrets];
  }

  /** Made when it is first needed: by then the program whose output is masked is starting. */
  get #finder(): Finder {
    return (this.#made ??= new Finder(this.#secrets.flatMap(writingsOf)));
  }

  stream(): MaskStream {
    return new Stream(this.#finder);
  }

  text(text: string): string {
    const bytes = Buffer.from(text);
    const masked = this.bytes(bytes);
    return masked === bytes ? text : Buffer.from(masked).toString();
  }

  /** The same array where there is nothing to mask. */
  bytes(bytes: Uint8Array): Uint8Array {
    const search = this.#finder.search({ text: bytes, before: NOTHING }, true);
    return search.spans.length === 0 ? bytes : replace(bytes, search, 0).output;
  }
}

class Stream implements MaskStream {
  readonly #finder: Finder;
  /** What came in and is not certain yet. */
  #held: Uint8Array = NOTHING;
  /** How much of that is replaced already. */
  #replaced = 0;
  /** What stood before it. */
  #before: Uint8Array = NOTHING;

  constructor(finder: Finder) {
    this.#finder = finder;
  }

  push(chunk: Uint8Array): Uint8Array {
    return joined(this.pieces(chunk));
  }

  pieces(chunk: Uint8Array): readonly Uint8Array[] {
    if (chunk.length === 0) return [];
    if (this.#finder.isEmpty) return [chunk];
    return this.#continued(chunk).filter((piece) => piece.length > 0);
  }

  /** As if the chunk were cut in two where that frees the greater part of it from what is held. */
  #continued(chunk: Uint8Array): Uint8Array[] {
    const held = this.#held;
    if (held.length === 0) return [this.#take(chunk, false)];
    if (chunk.length <= JOIN_BYTES) return [this.#take(joined([held, chunk]), false)];
    const begin = this.#take(joined([held, chunk.subarray(0, JOIN_BYTES)]), false);
    const own = JOIN_BYTES - this.#held.length;
    const text = own < 0 ? joined([this.#held, chunk.subarray(JOIN_BYTES)]) : chunk.subarray(own);
    return [begin, this.#take(text, false)];
  }

  end(): Uint8Array {
    return this.#held.length === 0 ? NOTHING : this.#take(this.#held, true);
  }

  #take(text: Uint8Array, isLast: boolean): Uint8Array {
    const search = this.#finder.search({ text, before: this.#before }, isLast);
    const { output, replaced } = replace(text, search, this.#replaced);
    this.#replaced = replaced;
    this.#before = this.#context(text, search.openFrom);
    this.#held = search.openFrom === text.length ? NOTHING : text.slice(search.openFrom);
    return output;
  }

  /** The bytes before a place; those of the chunk itself without a copy. */
  #context(text: Uint8Array, end: number): Uint8Array {
    if (end >= CONTEXT_BYTES) return text.subarray(end - CONTEXT_BYTES, end);
    return joined([this.#before, text.subarray(0, end)]).slice(-CONTEXT_BYTES);
  }
}

/**
 * The certain part of a text, with a placeholder for each run of overlapping occurrences that begins in it; and how
 * much of the rest is replaced already. So much of the text was when it came.
 */
function replace(
  text: Uint8Array,
  { spans, openFrom }: Search,
  before: number,
): { output: Uint8Array; replaced: number } {
  if (spans.length === 0 && before === 0) return { output: text.subarray(0, openFrom), replaced: 0 };
  const pieces: Uint8Array[] = [];
  let done = before;
  for (const { start, end } of spans) {
    if (start >= openFrom) break;
    if (start >= done) pieces.push(text.subarray(done, start), PLACEHOLDER);
    done = Math.max(done, end);
  }
  if (done < openFrom) pieces.push(text.subarray(done, openFrom));
  return { output: joined(pieces), replaced: Math.max(0, done - openFrom) };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = pieces.filter((piece) => piece.length > 0);
  if (only === undefined) return NOTHING;
  return more.length === 0 ? only : Buffer.concat([only, ...more]);
}
