/** Numbers in words for people. */

/** The count with its thousands apart: `12,345`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:[0-9]{3})+$)/g, ',');
}

/** A number of bytes: `1 byte`, `12,345 bytes`. */
export function byteCount(bytes: number): string {
  return `${grouped(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
}
