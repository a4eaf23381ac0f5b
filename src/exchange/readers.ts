/** All formats that can be read, and which of them a file is. */
import { Refusal } from '../core/refusal.js';
import { nearest } from '../core/text.js';
import { appleCsv } from './apple-csv.js';
import { bitwardenCsv } from './bitwarden-csv.js';
import { bitwardenJson } from './bitwarden-json.js';
import { chromeCsv } from './chrome-csv.js';
import { cxfReader } from './cxf.js';
import { envFile } from './env.js';
import { firefoxCsv } from './firefox-csv.js';
import { keepassKdbx } from './kdbx.js';
import { lastpassCsv } from './lastpass-csv.js';
import { onePassword1pux } from './one-password-1pux.js';
import { onePasswordCsv } from './one-password-csv.js';
import type { Reader } from './parsed.js';
import { protonCsv } from './proton-csv.js';
import { protonPgp } from './proton-pgp.js';
import { protonZip } from './proton-zip.js';
import { vouchsafeReader } from './vouchsafe.js';

/** In the order in which they are tried: what is surest to be known by its content comes first. */
export const READERS: readonly Reader[] = [
  vouchsafeReader,
  cxfReader,
  onePassword1pux,
  keepassKdbx,
  protonZip,
  protonPgp,
  bitwardenJson,
  protonCsv,
  onePasswordCsv,
  bitwardenCsv,
  lastpassCsv,
  chromeCsv,
  firefoxCsv,
  appleCsv,
  envFile,
];

/**
 * The reader of that format, or without one the first that the file fits. Throws `invalid_request` for a format that is
 * not known, and where the file fits none, with the formats that there are.
 */
export function findReader(bytes: Uint8Array, format?: string): Reader {
  if (bytes.length === 0) refuse('The file is empty.', 'Export it anew.');
  if (format === undefined) return READERS.find((reader) => reader.fits(bytes)) ?? refuse(UNKNOWN, `${SAY}: ${LIST}.`);
  const word = format.trim().toLowerCase();
  const known = READERS.find((reader) => reader.format === word);
  if (known !== undefined) return known;
  const near = nearest(word, FORMATS);
  return refuse('There is no such format.', `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${LIST}.`);
}

const FORMATS = READERS.map(({ format }) => format);
const LIST = FORMATS.join(', ');
const UNKNOWN = 'The file is in none of the formats that can be read.';
const SAY = 'Export it in one of these, or say with --format which one it is';

function refuse(message: string, next: string): never {
  throw new Refusal('invalid_request', { message, next });
}
