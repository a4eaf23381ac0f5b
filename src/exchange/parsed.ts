/** What a file of another program says, in our words: what every reader of `exchange` answers and `import` takes in. */
import type { FieldKind, ItemType } from '../core/model.js';

/** The formats that can be read, by the name of `--format`. */
export const IMPORT_FORMATS = [
  '1password-1pux',
  '1password-csv',
  'bitwarden-json',
  'bitwarden-csv',
  'keepass-kdbx',
  'lastpass-csv',
  'chrome-csv',
  'firefox-csv',
  'apple-csv',
  'proton-zip',
  'proton-pgp',
  'proton-csv',
  'env',
  'cxf',
  'vouchsafe',
] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** A field as it comes in; names, sections and values are text of the file, bounded but not yet checked. */
export interface ParsedField {
  readonly section?: string;
  readonly name: string;
  readonly kind: FieldKind;
  readonly value: string;
}

/** How an item was at an earlier time: all of its fields, or those that the file still knows. */
export interface ParsedRevision {
  /** Unix ms. */
  readonly at?: number;
  readonly title?: string;
  /** Where it was another than it is now. */
  readonly type?: ItemType;
  /** Where the file says so; else they were as they are now. */
  readonly tags?: readonly string[];
  readonly fields: readonly ParsedField[];
}

/** One item of the file. */
export interface ParsedItem {
  readonly type: ItemType;
  /** May be empty: the import then takes the host of the first URL, and otherwise the type. */
  readonly title: string;
  /** The vault, folder or group that it was in, outermost first; empty where there was none. */
  readonly folder: readonly string[];
  readonly tags: readonly string[];
  readonly urls: readonly string[];
  /** Fields in order; those of the type's own names (`username`, `password`, `totp`, `note`…) stand in no section. */
  readonly fields: readonly ParsedField[];
  /** Oldest first; without the state that the item has now. */
  readonly history: readonly ParsedRevision[];
  readonly isTrashed: boolean;
  /** Whether a safe has held it: what keeps the rules for items is then taken to the letter. */
  readonly isOurs?: boolean;
  /** Unix ms, where the file says so. */
  readonly createdAt?: number;
  readonly updatedAt?: number;
  /** Where it stands in the file, for messages: `row 12`, or `accounts[0].vaults[1].items[7]`. */
  readonly place: string;
}

/** Something of the file that is not taken in, with its place and why, never with a value. */
export interface ParsedLoss {
  readonly place: string;
  /** The item's title where it has one. */
  readonly title?: string;
  /** In words, such as `an attachment (scan.pdf, 12,345 bytes)`, or `a row with 3 of 5 columns`. */
  readonly what: string;
}

/** All that a file says. */
export interface ParsedFile {
  readonly format: ImportFormat;
  readonly items: readonly ParsedItem[];
  /** Rows or entries of which nothing is taken. */
  readonly skipped: readonly ParsedLoss[];
  /** Parts of items that are not taken: attachments, passkeys. */
  readonly lost: readonly ParsedLoss[];
}

/** What opens a protected file. It is asked for only when the file turns out to need it. */
export interface Unlocking {
  /** The password; throws a `Refusal` where none is to be had. */
  password(prompt: string): Promise<string>;
  /** The bytes of a key file, if one was named. */
  readonly keyFile?: Uint8Array;
}

/** One format: how it is known by its content, and how it is read. Throws `Refusal` alone, never with a value. */
export interface Reader {
  readonly format: ImportFormat;
  /** As a person calls it: `Bitwarden JSON`. */
  readonly name: string;
  /** Whether the bytes are of this format; looks only at what it needs and never throws. */
  fits(bytes: Uint8Array): boolean;
  read(bytes: Uint8Array, unlocking: Unlocking): Promise<ParsedFile>;
}
