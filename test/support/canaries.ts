/** Canary strings and where they turn up: in the clear or in any of the usual encodings. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

export interface Canary {
  readonly name: string;
  readonly value: string | Uint8Array;
}

/** Base64 of bytes wherever they may begin in a longer text: what stays the same of it at each of the three shifts. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const start = shift === 0 ? 0 : shift + 1;
    return text.slice(start, (shift + bytes.length) % 3 === 0 ? undefined : -1);
  });
}

/** Every form under which a canary counts as found, as bytes. */
export function formsOf(value: string | Uint8Array): ReadonlyMap<string, Buffer> {
  const raw = Buffer.from(value);
  const forms = new Map<string, Buffer>([['raw', raw]]);
  const add = (name: string, text: string): void => void forms.set(name, Buffer.from(text));
  add('hex', raw.toString('hex'));
  add('upper-case hex', raw.toString('hex').toUpperCase());
  base64Forms(raw).forEach((text, shift) => {
    add(`base64 at ${String(shift)}`, text);
    add(`base64url at ${String(shift)}`, text.replaceAll('+', '-').replaceAll('/', '_'));
  });
  if (typeof value === 'string') {
    add('JSON', JSON.stringify(value).slice(1, -1));
    add('JSON of JSON', JSON.stringify(JSON.stringify(value)).slice(3, -3));
    add('a URL', encodeURIComponent(value));
    forms.set('UTF-16', Buffer.from(value, 'utf16le'));
    add('folded', value.normalize('NFKC').toLowerCase());
  }
  return forms;
}

/** The canaries that stand in `haystack`, each with the form in which it was found. */
export function found(canaries: readonly Canary[], haystack: string | Uint8Array): readonly string[] {
  const bytes = Buffer.from(haystack);
  return canaries.flatMap(({ name, value }) => {
    const hit = [...formsOf(value)].find(([, form]) => bytes.includes(form));
    return hit === undefined ? [] : [`${name} (${hit[0]})`];
  });
}

/** All files below a folder. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What stands in which file, its name too. */
export function foundInFiles(canaries: readonly Canary[], files: readonly string[]): readonly string[] {
  return files.flatMap((file) =>
    found(canaries, `${file}\n${bytesOf(file).toString('latin1')}`)
      .concat(found(canaries, bytesOf(file)))
      .map((what) => `${what} in ${file}`),
  );
}

/** All that an error could tell someone who logs it. */
export function toldBy(error: unknown): string {
  const parts = [inspect(error, { depth: 12, showHidden: true }), String(error)];
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    parts.push(at.message, at.stack ?? '', JSON.stringify(at), JSON.stringify(Object.getOwnPropertyDescriptors(at)));
  return parts.join('\n');
}

/** A file read by another process: closing a database's file here would drop the locks of the doors that are open. */
function bytesOf(file: string): Buffer {
  return execFileSync('cat', [file], { maxBuffer: 2 ** 28 });
}
