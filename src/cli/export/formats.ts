/** The formats of `audit export`, by name. */
import { Refusal } from '../../core/refusal.js';
import type { Format } from '../output.js';
import { didYouMean } from '../suggestion.js';
import { cef } from './cef.js';
import { csv } from './csv.js';
import type { Formatter } from './formatter.js';
import { jsonl } from './jsonl.js';
import { ocsf } from './ocsf.js';

const FORMATTERS = { jsonl, csv, ocsf, cef } as const satisfies Readonly<Record<string, Formatter>>;

/** The name of a format of `audit export`. */
export type ExportFormat = keyof typeof FORMATTERS;

/** Their names. */
export const EXPORT_FORMATS: readonly ExportFormat[] = ['jsonl', 'csv', 'ocsf', 'cef'];

/** How the format is written. */
export function formatterOf(format: ExportFormat): Formatter {
  return FORMATTERS[format];
}

/** The format that `--format` names; `ndjson` is `jsonl`. Throws `invalid_request`. */
export function parseExportFormat(text: string): ExportFormat {
  const word = text.trim().toLowerCase();
  const format = EXPORT_FORMATS.find((known) => known === (word === 'ndjson' ? 'jsonl' : word));
  if (format !== undefined) return format;
  throw new Refusal('invalid_request', {
    message: 'The format of the export is not known.',
    next: `${didYouMean(word, EXPORT_FORMATS)}Use --format with one of ${EXPORT_FORMATS.join(', ')}.`,
  });
}

/** The format of an export for which none is named: CSV where all output is, else JSON Lines. */
export function exportFormatFor(output: Format): ExportFormat {
  return output === 'csv' ? 'csv' : 'jsonl';
}
