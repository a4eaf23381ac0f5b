/**
 * The data of a Proton Pass export (github.com/ProtonMail/WebClients, packages/pass/lib/export): JSON with vaults, alone
 * or in a zip file beside attachments, plain or under a passphrase.
 */
import { byteCount } from './amount.js';
import { refuseFile } from './fault.js';
import { asList, asObject, asText, readJson, type JsonObject } from './json.js';
import type { ImportFormat, ParsedFile, ParsedItem, ParsedLoss, Unlocking } from './parsed.js';
import { openPgp } from './pgp.js';
import { protonItem } from './proton-item.js';
import { isZip, openZip, type ZipFile } from './zip.js';

const PLAIN = 'Proton Pass/data.json';
const SEALED = 'Proton Pass/data.pgp';
const ATTACHMENTS = 'Proton Pass/files/';

/** Whether the zip file is an export of Proton Pass. */
export function hasProtonData(bytes: Uint8Array): boolean {
  try {
    const { names } = openZip(bytes);
    return names.includes(PLAIN) || names.includes(SEALED);
  } catch {
    return false;
  }
}

/** Reads the JSON, or the zip file with it; the passphrase is asked for where its data is encrypted. */
export async function readProton(format: ImportFormat, bytes: Uint8Array, unlocking: Unlocking): Promise<ParsedFile> {
  if (!isZip(bytes)) return readVaults(format, readJson(bytes), []);
  const zip = openZip(bytes);
  const isSealed = zip.names.includes(SEALED);
  if (!isSealed && !zip.names.includes(PLAIN)) refuseFile(`is no export of Proton Pass: it has no ${PLAIN}`);
  const data = isSealed ? await openProtonPgp(zip.read(SEALED), unlocking) : zip.read(PLAIN);
  return readVaults(format, readJson(data), attachmentsOf(zip));
}

/** What was encrypted under the passphrase of an export, which is asked for. */
export async function openProtonPgp(bytes: Uint8Array, unlocking: Unlocking): Promise<Uint8Array> {
  return openPgp(bytes, () => unlocking.password('Passphrase of the Proton Pass export:'));
}

interface Attachment {
  readonly name: string;
  readonly size: number;
}

function attachmentsOf(zip: ZipFile): readonly Attachment[] {
  const names = zip.names.filter((name) => name.startsWith(ATTACHMENTS));
  return names.map((name) => ({ name: name.slice(ATTACHMENTS.length), size: zip.size(name) ?? 0 }));
}

/** What was read so far. */
interface Found {
  readonly items: ParsedItem[];
  readonly skipped: ParsedLoss[];
  readonly lost: ParsedLoss[];
  /** Attachments that no item has named yet. */
  readonly files: Map<string, Attachment>;
}

function readVaults(format: ImportFormat, json: unknown, attachments: readonly Attachment[]): ParsedFile {
  const vaults = asObject(asObject(json)?.['vaults']);
  if (vaults === undefined) refuseFile('is no export of Proton Pass: it has no vaults');
  const files = new Map(attachments.map((attachment) => [attachment.name, attachment]));
  const found: Found = { items: [], skipped: [], lost: [], files };
  for (const [index, vault] of Object.values(vaults).entries())
    readVault(found, asObject(vault) ?? {}, `vaults[${index}]`);
  const { items, skipped, lost } = found;
  const others = [...files.values()].map(({ name, size }) => ({
    place: name,
    what: `an attachment (${byteCount(size)})`,
  }));
  return { format, items, skipped, lost: [...lost, ...others] };
}

function readVault(found: Found, vault: JsonObject, at: string): void {
  const name = asText(vault['name']);
  if (asText(vault['description']) !== '')
    found.lost.push({ place: at, title: name, what: 'the description of a vault' });
  const folders = foldersOf(vault);
  for (const [index, entry] of asList(vault['items']).entries()) {
    const place = `${at}.items[${index}]`;
    const source = asObject(entry);
    if (source === undefined) found.skipped.push({ place, what: 'an entry that is no item' });
    else readItem(found, source, { place, folder: [name, ...pathOf(folders, asText(source['folderId']))] });
  }
}

function readItem(found: Found, source: JsonObject, where: { place: string; folder: readonly string[] }): void {
  const { item, lost } = protonItem(source, where);
  found.items.push(item);
  found.lost.push(...lost);
  for (const file of new Set(asList(source['files']).map(asText))) {
    const attachment = takeFile(found.files, file);
    const facts = attachment === undefined ? file : `${attachment.name}, ${byteCount(attachment.size)}`;
    found.lost.push({ place: where.place, title: item.title, what: `an attachment (${facts})` });
  }
}

/** Newer versions say the name, older ones the id of 16 characters that it begins with. */
function takeFile(files: Map<string, Attachment>, file: string): Attachment | undefined {
  const isId = file.length === 16 && !files.has(file);
  const name = isId ? [...files.keys()].find((key) => key.startsWith(`${file}-`)) : file;
  const attachment = files.get(name ?? '');
  files.delete(name ?? '');
  return attachment;
}

interface Folder {
  readonly name: string;
  readonly parent: string;
}

function foldersOf(vault: JsonObject): ReadonlyMap<string, Folder> {
  return new Map(
    asList(vault['folders']).map((entry) => {
      const { folderId, parentFolderId, name } = asObject(entry) ?? {};
      return [asText(folderId), { name: asText(name), parent: asText(parentFolderId) }];
    }),
  );
}

/** Deeper than folders go, so that those that contain each other have an end. */
const DEEPEST = 32;

function pathOf(folders: ReadonlyMap<string, Folder>, id: string): readonly string[] {
  const path: string[] = [];
  for (let folder = folders.get(id); folder !== undefined && path.length < DEEPEST; folder = folders.get(folder.parent))
    path.unshift(folder.name);
  return path;
}
