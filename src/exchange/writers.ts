/** All formats that can be written. */
import { Refusal } from '../core/refusal.js';
import { nearest } from '../core/text.js';
import { bitwardenJsonWriter } from './bitwarden-json-writer.js';
import { csvWriter } from './csv-writer.js';
import { cxfWriter } from './cxf-writer.js';
import { envWriter } from './env-writer.js';
import { vouchsafeWriter } from './vouchsafe-writer.js';
import { EXPORT_FORMATS, type ExportFormat, type Writer } from './written.js';

const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  vouchsafe: vouchsafeWriter,
  cxf: cxfWriter,
  'bitwarden-json': bitwardenJsonWriter,
  csv: csvWriter,
  env: envWriter,
};

/** The writer of that format. Throws `invalid_request`, with the formats that there are. */
export function findWriter(format: string): Writer {
  const word = format.trim().toLowerCase();
  const known = EXPORT_FORMATS.find((name) => name === word);
  if (known !== undefined) return WRITERS[known];
  const near = nearest(word, EXPORT_FORMATS);
  throw new Refusal('invalid_request', {
    message: 'There is no such format.',
    next: `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${EXPORT_FORMATS.join(', ')}.`,
  });
}
