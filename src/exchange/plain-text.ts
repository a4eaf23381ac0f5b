/** Bytes of a file as text. */
import { grouped } from './amount.js';
import { refuseFile } from './fault.js';

/** The most bytes of a file of text. */
export const MAX_TEXT_BYTES = 64 << 20;

/**
 * The text, without a byte order mark: UTF-8, or UTF-16 where a mark says so. Throws a `Refusal` for other bytes, for
 * more than {@link MAX_TEXT_BYTES}, and for a NUL character, which no export has.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length > MAX_TEXT_BYTES) refuseFile(`is larger than ${grouped(MAX_TEXT_BYTES >> 20)} MiB`);
  const text = tryDecode(bytes) ?? refuseFile('is not text in UTF-8', 'Save or export it as UTF-8, then try again.');
  return text.includes('\0') ? refuseFile('has a NUL character, which text never has') : text;
}

/** The first characters of what may be text, for finding out what it is; never throws. */
export function peekText(bytes: Uint8Array, most = 4096): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes.subarray(0, most));
}

function tryDecode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
