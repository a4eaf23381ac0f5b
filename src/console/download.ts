/** Exports, sent as they are read from the log. */
import { Refusal } from '../core/refusal.js';
import type { EntryShape } from '../core/shapes.js';
import type { LogSelection } from '../gate/log-door.js';
import type { ConsoleContext } from './area.js';
import type { ExportFormat } from './ports.js';

/** The format of that name; the usual one where none is named. Throws `invalid_request`. */
export function exportFormat(c: ConsoleContext, name: string): ExportFormat {
  const formats = c.get('site').ports.exportFormats;
  const found = name === '' ? formats[0] : formats.find((format) => format.name === name);
  if (found !== undefined) return found;
  throw new Refusal('invalid_request', {
    message: 'There is no such format.',
    next: `The formats are ${formats.map((format) => format.name).join(', ')}.`,
  });
}

/** Enough for few pieces, in characters. */
const CHUNK = 1 << 16;

/**
 * Answers with every entry of a selection as a file, recorded as `audit.export`. Nothing is sent before the door has
 * found the selection right: a refusal is thrown. It is asked for by POST, since it leaves an entry.
 */
export async function downloadEntries(
  c: ConsoleContext,
  selection: LogSelection,
  format: ExportFormat,
): Promise<Response> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  let text = format.head;
  let isGone = false;
  const flush = (): void => {
    if (text === '') return;
    writer.write(encoder.encode(text)).catch(() => (isGone = true));
    text = '';
  };
  const checked = Promise.withResolvers<undefined>();
  const each = (entries: readonly EntryShape[]): void => {
    checked.resolve(undefined);
    if (isGone || c.get('locked').aborted) throw new Refusal('unavailable', { message: 'The download was ended.' });
    for (const entry of entries) text += format.line(entry);
    if (text.length >= CHUNK) flush();
  };
  const work = c.get('door').exportEntries(selection, each);
  c.get('keepOpen')(work);
  work.then(
    () => {
      checked.resolve(undefined);
      flush();
      writer.close().catch(() => undefined);
    },
    (error: unknown) => {
      checked.reject(error);
      void writer.abort(error).catch(() => undefined);
    },
  );
  await checked.promise;
  const day = new Date(c.get('now')).toISOString().slice(0, 10);
  c.header('Content-Type', format.mediaType);
  c.header('Content-Disposition', `attachment; filename="vouchsafe-${day}.${format.extension}"`);
  return c.body(readable);
}
