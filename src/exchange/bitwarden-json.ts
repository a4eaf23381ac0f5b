/**
 * The JSON of Bitwarden (https://bitwarden.com/help/export-your-data/): plain, under a password of its own, or plain in a
 * zip file beside its attachments. What is encrypted under the key of an account only that account can open.
 */
import { byteCount } from './amount.js';
import { bitwardenKeys } from './bitwarden-cipher.js';
import { pathOf } from './bitwarden-csv.js';
import { bitwardenItem, type FolderNames } from './bitwarden-item.js';
import { refuseFile } from './fault.js';
import { asList, asObject, asText, parseJson, readJson, type JsonObject } from './json.js';
import type { ParsedFile, ParsedItem, ParsedLoss, Reader, Unlocking } from './parsed.js';
import { peekText } from './plain-text.js';
import { isZip, openZip } from './zip.js';

const DATA = 'data.json';
const FIRST_KEY = /^\s*\{\s*"(?:encrypted|passwordProtected|folders|collections|items)"\s*:/;

/** The reader of Bitwarden's JSON. */
export const bitwardenJson: Reader = {
  format: 'bitwarden-json',
  name: 'Bitwarden JSON',
  fits: (bytes) => {
    if (isZip(bytes)) return hasData(bytes);
    const text = peekText(bytes);
    return FIRST_KEY.test(text) && !text.includes('"vaults"');
  },
  read: async (bytes, unlocking) => {
    if (!isZip(bytes)) return readExport(readJson(bytes), unlocking);
    const zip = openZip(bytes);
    const file = await readExport(readJson(zip.read(DATA)), unlocking);
    const attachments = zip.names
      .filter((name) => name !== DATA)
      .map((name) => ({ place: name, what: `an attachment (${byteCount(zip.size(name) ?? 0)})` }));
    return { ...file, lost: [...file.lost, ...attachments] };
  },
};

function hasData(bytes: Uint8Array): boolean {
  try {
    return openZip(bytes).names.includes(DATA);
  } catch {
    return false;
  }
}

async function readExport(json: unknown, unlocking: Unlocking): Promise<ParsedFile> {
  const file = asObject(json) ?? refuseFile('is no Bitwarden JSON: it is not an object');
  if (file['encrypted'] !== true) return readItems(file);
  if (file['passwordProtected'] !== true)
    refuseFile(
      'is encrypted with the key of a Bitwarden account, which only that account can open',
      'Export it anew as .json, or as .json (Encrypted) with a password of its own.',
    );
  const keys = await bitwardenKeys(file, await unlocking.password('Password of the Bitwarden export:'));
  return readItems(asObject(parseJson(await keys.open(asText(file['data'])))) ?? {});
}

function readItems(file: JsonObject): ParsedFile {
  if (!Array.isArray(file['items'])) refuseFile('is no Bitwarden JSON: it has no list of items');
  const folders = folderNames([...asList(file['folders']), ...asList(file['collections'])]);
  const items: ParsedItem[] = [];
  const skipped: ParsedLoss[] = [];
  const lost: ParsedLoss[] = [];
  for (const [index, entry] of asList(file['items']).entries()) {
    const place = `items[${String(index)}]`;
    const source = asObject(entry);
    if (source === undefined) skipped.push({ place, what: 'an entry that is no item' });
    else {
      const read = bitwardenItem(source, place, folders);
      items.push(read.item);
      lost.push(...read.lost);
    }
  }
  return { format: 'bitwarden-json', items, skipped, lost };
}

function folderNames(folders: readonly unknown[]): FolderNames {
  return new Map(
    folders.map((entry) => {
      const { id, name } = asObject(entry) ?? {};
      return [asText(id), pathOf(asText(name))];
    }),
  );
}
