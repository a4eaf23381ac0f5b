/** How items become a file of some format: what every writer of `exchange` answers and `export` writes out. */
import type { TransferItem } from '../core/transfer.js';

/** The formats that can be written, by the name of `--format`. */
export const EXPORT_FORMATS = ['vouchsafe', 'cxf', 'bitwarden-json', 'csv', 'env'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Something of an item that the format has no place for, never with a value. */
export interface WrittenLoss {
  readonly vault: string;
  readonly title: string;
  /** In words, such as `3 earlier states`, or `the kind of the field endpoint (url)`. */
  readonly what: string;
}

/** A file, whole, and what is not in it. */
export interface WrittenFile {
  readonly bytes: Uint8Array;
  readonly losses: readonly WrittenLoss[];
}

/** One format. `write` is total: whatever an item holds, it is written or named as lost. */
export interface Writer {
  readonly format: ExportFormat;
  /** As a person calls it: `Bitwarden JSON`. */
  readonly name: string;
  /** What a file of the format is usually called, after the dot. */
  readonly extension: string;
  /** Whether items in the trash go along unless another thing is said. */
  readonly holdsTrash: boolean;
  /** `at` is now, in unix ms, for formats that say when they were written. */
  write(items: readonly TransferItem[], at: number): WrittenFile;
}

/** Text as a file has it: UTF-8, without a byte order mark. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The loss of something of that item. */
export function lossOf({ vault, content }: TransferItem, what: string): WrittenLoss {
  return { vault, title: content.title, what };
}

/** `1 earlier state`, `3 earlier states`. */
export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
