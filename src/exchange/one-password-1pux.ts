/**
 * 1Password's own export, `.1pux` (https://support.1password.com/1pux-format/): a zip file with `export.data`, in which
 * accounts hold vaults and those hold items, and `files/` with attachments.
 */
import { byteCount } from './amount.js';
import { refuseFile } from './fault.js';
import { asList, asObject, asText, readJson, type JsonObject } from './json.js';
import { onePasswordItem, type OnePasswordFile } from './one-password-item.js';
import type { ParsedFile, ParsedItem, ParsedLoss, Reader } from './parsed.js';
import { isZip, openZip } from './zip.js';

const DATA = 'export.data';

/** The reader of 1Password's own export. */
export const onePassword1pux: Reader = {
  format: '1password-1pux',
  name: '1Password export (.1pux)',
  fits: (bytes) => isZip(bytes) && hasData(bytes),
  read: (bytes) => Promise.resolve().then(() => readAccounts(readJson(openZip(bytes).read(DATA)))),
};

function hasData(bytes: Uint8Array): boolean {
  try {
    return openZip(bytes).names.includes(DATA);
  } catch {
    return false;
  }
}

/** What was read so far. */
interface Found {
  readonly items: ParsedItem[];
  readonly skipped: ParsedLoss[];
  readonly lost: ParsedLoss[];
}

function readAccounts(json: unknown): ParsedFile {
  const accounts = asObject(json)?.['accounts'];
  if (!Array.isArray(accounts)) refuseFile('is no 1Password export: it has no list of accounts');
  const found: Found = { items: [], skipped: [], lost: [] };
  for (const [index, account] of asList(accounts).entries()) {
    for (const [number, vault] of asList(asObject(account)?.['vaults']).entries()) {
      readVault(found, asObject(vault) ?? {}, `accounts[${String(index)}].vaults[${String(number)}]`);
    }
  }
  return { format: '1password-1pux', ...found };
}

function readVault(found: Found, vault: JsonObject, at: string): void {
  const name = asText(asObject(vault['attrs'])?.['name']);
  for (const [index, entry] of asList(vault['items']).entries()) {
    const place = `${at}.items[${String(index)}]`;
    const outer = asObject(entry);
    // Exports of version 1 and 2 put each item into an object of one key.
    const source = asObject(outer?.['item']) ?? outer;
    if (source === undefined) found.skipped.push({ place, what: 'an entry that is no item' });
    else {
      const { item, files } = onePasswordItem(source, { place, vault: name });
      found.items.push(item);
      found.lost.push(...files.map((file) => lossOf(item, file)));
    }
  }
}

function lossOf({ place, title }: ParsedItem, { name, size }: OnePasswordFile): ParsedLoss {
  const facts = [name, size === undefined ? '' : byteCount(size)].filter((fact) => fact !== '');
  return { place, title, what: facts.length === 0 ? 'an attachment' : `an attachment (${facts.join(', ')})` };
}
