/** A mask of exact values alone: what is tested with it is that everything goes through the mask, and what secrets it gets. */
import type { Masker } from '../../src/use/masker.js';

export const MASKED = '<masked>';

export function exactMask(secrets: readonly string[]): Masker {
  const ordered = [...secrets].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  const text = (whole: string) => ordered.reduce((rest, secret) => rest.replaceAll(secret, MASKED), whole);
  const bytes = (whole: Uint8Array) =>
    Buffer.from(text(Buffer.from(whole).toString('latin1')), 'latin1') as unknown as Uint8Array;
  return {
    text,
    bytes,
    stream: () => {
      const held: Uint8Array[] = [];
      return {
        push: (chunk) => {
          held.push(chunk);
          return new Uint8Array(0);
        },
        end: () => bytes(Buffer.concat(held)),
      };
    },
  };
}
