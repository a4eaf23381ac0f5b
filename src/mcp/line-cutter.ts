/** A stream of bytes, cut into lines with bounded memory. */

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** A line without its end (`\n` or `\r\n`), or `overlong` in place of one that was longer than allowed. */
export type CutLine = Buffer | 'overlong';

/**
 * Cuts chunks into lines of at most `longest` bytes. A longer line is told once, as soon as it is known, and the rest of
 * it is thrown away as it comes, so that never more than `longest` bytes and one chunk are held.
 */
export class LineCutter {
  readonly #longest: number;
  #parts: Buffer[] = [];
  #size = 0;
  #isDiscarding = false;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The lines that end in this chunk. */
  push(chunk: Buffer): readonly CutLine[] {
    const lines: CutLine[] = [];
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      this.#keep(rest.subarray(0, end), lines);
      this.#finish(lines);
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest, lines);
    return lines;
  }

  /** What stood after the last newline, now that nothing more comes. */
  end(): readonly CutLine[] {
    const lines: CutLine[] = [];
    if (this.#size > 0) this.#finish(lines);
    return lines;
  }

  #keep(bytes: Buffer, lines: CutLine[]): void {
    if (this.#isDiscarding || bytes.length === 0) return;
    this.#size += bytes.length;
    if (this.#size <= this.#longest) this.#parts.push(bytes);
    else {
      lines.push('overlong');
      this.#parts = [];
      this.#isDiscarding = true;
    }
  }

  #finish(lines: CutLine[]): void {
    if (!this.#isDiscarding) lines.push(withoutReturn(Buffer.concat(this.#parts)));
    this.#parts = [];
    this.#size = 0;
    this.#isDiscarding = false;
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}
