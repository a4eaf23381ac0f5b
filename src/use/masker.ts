/** What takes secrets out of text, as requests need it. */
export interface Masker {
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
  stream(): MaskStream;
}

/** Masks what comes in pieces, wherever they are cut; `end` gives what was held back. */
export interface MaskStream {
  push(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
}
