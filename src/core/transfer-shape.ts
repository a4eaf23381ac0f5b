/**
 * The file of `export --format vouchsafe`: all that items hold, as JSON, read strictly. Version 1:
 *
 * `{"format":"vouchsafe","version":1,"exported_at":T,"items":[{"vault","type","title","tags":[],"fields":[{"section"?,
 * "name","kind","value"}],"created_at"?:T,"updated_at"?:T,"trashed":boolean,"history":[{"at":T,"type","title","tags",
 * "fields"}]}]}`, T being a time in UTC with milliseconds, `2026-06-01T00:00:00.000Z`. The history is oldest first.
 */
import { z } from 'zod';
import { isoTime } from './expiry.js';
import { FIELD_KINDS, ITEM_TYPES, type ItemContent } from './model.js';
import { Refusal } from './refusal.js';
import type { TransferItem, TransferRevision } from './transfer.js';

/** The word and the number by which the file is known. */
export const TRANSFER_FORMAT = 'vouchsafe';
export const TRANSFER_VERSION = 1;

const time = z.string().refine((text) => isoTime(Date.parse(text) || 0) === text);

const content = {
  type: z.enum(ITEM_TYPES),
  title: z.string(),
  tags: z.array(z.string()),
  fields: z.array(
    z.strictObject({
      section: z.string().exactOptional(),
      name: z.string(),
      kind: z.enum(FIELD_KINDS),
      value: z.string(),
    }),
  ),
};

const fileSchema = z.strictObject({
  format: z.literal(TRANSFER_FORMAT),
  version: z.literal(TRANSFER_VERSION),
  exported_at: time,
  items: z.array(
    z.strictObject({
      vault: z.string(),
      ...content,
      created_at: time.exactOptional(),
      updated_at: time.exactOptional(),
      trashed: z.boolean(),
      history: z.array(z.strictObject({ at: time, ...content })),
    }),
  ),
});

type FileShape = z.infer<typeof fileSchema>;
type ItemShape = FileShape['items'][number];
type RevisionShape = ItemShape['history'][number];

/** The JSON text of the file, which `at` (unix ms) says when it was made. */
export function printTransfer(items: readonly TransferItem[], at: number): string {
  const file = {
    format: TRANSFER_FORMAT,
    version: TRANSFER_VERSION,
    exported_at: isoTime(at),
    items: items.map(itemShape),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function itemShape(item: TransferItem): object {
  const { createdAt, updatedAt } = item;
  return {
    vault: item.vault,
    ...contentShape(item.content),
    ...(createdAt === undefined ? {} : { created_at: isoTime(createdAt) }),
    ...(updatedAt === undefined ? {} : { updated_at: isoTime(updatedAt) }),
    trashed: item.isTrashed,
    history: item.history.map((revision) => ({ at: isoTime(revision.at), ...contentShape(revision.content) })),
  };
}

function contentShape({ type, title, tags, fields }: ItemContent): object {
  const shapes = fields.map(({ section, name, kind, value }) => ({
    ...(section === undefined ? {} : { section }),
    name,
    kind,
    value,
  }));
  return { type, title, tags, fields: shapes };
}

/**
 * The items of the file, in its order. What names may be and how much an item may hold is not looked at. Throws
 * `invalid_request` for another version, a key that is not known or a part that is missing, with its place and never
 * with a value.
 */
export function readTransfer(file: unknown): readonly TransferItem[] {
  const result = fileSchema.safeParse(file);
  if (!result.success) return refuseFile(result.error.issues[0]);
  return result.data.items.map(itemOf);
}

function refuseFile(issue: z.core.$ZodIssue | undefined): never {
  const path = issue?.path ?? [];
  if (path.join() === 'version') {
    throw new Refusal('invalid_request', {
      message: 'The file is of another version of the format than this program reads.',
      next: 'Read it with the Vouchsafe that made it, or with a newer one.',
    });
  }
  const place = path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${String(step)}`)).join('');
  const isUnknown = issue?.code === 'unrecognized_keys';
  const fault = isUnknown ? 'has a key that is not known' : 'has a part that is missing or of another kind';
  throw new Refusal('invalid_request', {
    message: `The file ${fault}, at $${place}.`,
    next: 'Export it anew; a file of Vouchsafe is read as it was written, or not at all.',
  });
}

function itemOf(shape: ItemShape): TransferItem {
  const { created_at: created, updated_at: updated } = shape;
  return {
    vault: shape.vault,
    content: contentOf(shape),
    history: shape.history.map((revision): TransferRevision => ({
      at: Date.parse(revision.at),
      content: contentOf(revision),
    })),
    isTrashed: shape.trashed,
    ...(created === undefined ? {} : { createdAt: Date.parse(created) }),
    ...(updated === undefined ? {} : { updatedAt: Date.parse(updated) }),
  };
}

function contentOf({ type, title, tags, fields }: ItemShape | RevisionShape): ItemContent {
  return { type, title, tags, fields };
}
