/** What tests of readers share. */
import { Refusal } from '../../src/core/refusal.js';
import type { ParsedField, ParsedFile, ParsedItem, Unlocking } from '../../src/exchange/parsed.js';
import { findReader } from '../../src/exchange/readers.js';

/** Bytes of a text. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Gives that password; without one, asking is a fault. */
export const unlockingWith = (password?: string): Unlocking => ({
  password: () =>
    password === undefined ? Promise.reject(new Error('a password was asked for')) : Promise.resolve(password),
});

/** What the reader says that the file itself finds. */
export async function read(file: string | Uint8Array, password?: string): Promise<ParsedFile> {
  const bytes = typeof file === 'string' ? bytesOf(file) : file;
  return findReader(bytes).read(bytes, unlockingWith(password));
}

/** The refusal that the work ends in. */
export async function refusalOf(work: () => unknown): Promise<Refusal> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** An item in short: its fields by path, as `kind: value`. */
export function short(item: ParsedItem): Record<string, unknown> {
  const { fields, ...rest } = item;
  const shown = Object.entries(rest).filter(([key]) => key !== 'history' && key !== 'place');
  return { ...Object.fromEntries(shown), fields: fieldsOf(fields) };
}

/** Fields by path, as `kind: value`. */
export function fieldsOf(fields: readonly ParsedField[]): Record<string, string> {
  return Object.fromEntries(
    fields.map(({ section, name, kind, value }) => [
      section === undefined ? name : `${section}/${name}`,
      `${kind}: ${value}`,
    ]),
  );
}

/** A cell of CSV, quoted where it has to be. */
export const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A CSV file of rows. */
export const csv = (...rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
