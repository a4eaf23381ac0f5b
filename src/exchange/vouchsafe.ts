/** Our own format, read back as it was written, or not at all: see `core/transfer-shape.ts`. */

import type { TransferItem } from '../core/transfer.js';
import { readTransfer } from '../core/transfer-shape.js';
import { readJson } from './json.js';
import type { ParsedFile, ParsedItem, Reader } from './parsed.js';
import { peekText } from './plain-text.js';

const FIRST_KEY = /^\s*\{\s*"format"\s*:\s*"vouchsafe"/;

/** The reader of our own format. Nothing is skipped and nothing lost. */
export const vouchsafeReader: Reader = {
  format: 'vouchsafe',
  name: 'Vouchsafe JSON',
  fits: (bytes) => FIRST_KEY.test(peekText(bytes)),
  read: (bytes) => Promise.resolve().then(() => readFile(bytes)),
};

function readFile(bytes: Uint8Array): ParsedFile {
  const items = readTransfer(readJson(bytes)).map((item, index) => parsedOf(item, `items[${String(index)}]`));
  return { format: 'vouchsafe', items, skipped: [], lost: [] };
}

/** The item as a reader answers it. Its URLs stay the fields that they are, so that they keep their names. */
function parsedOf(item: TransferItem, place: string): ParsedItem {
  const { content, createdAt, updatedAt } = item;
  return {
    type: content.type,
    title: content.title,
    folder: [item.vault],
    tags: content.tags,
    urls: [],
    fields: content.fields,
    history: item.history.map((revision) => ({
      at: revision.at,
      title: revision.content.title,
      type: revision.content.type,
      tags: revision.content.tags,
      fields: revision.content.fields,
    })),
    isTrashed: item.isTrashed,
    isOurs: true,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    place,
  };
}
