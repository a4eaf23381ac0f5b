/** The JSON forms of items, read strictly: an unknown key refuses. */
import { z } from 'zod';
import { FIELD_KINDS, ITEM_TYPES, type ItemContent, type ItemOverview } from './model.js';
import type { FieldInput } from './item-field.js';
import { Refusal } from './refusal.js';

const fieldName = { section: z.string().exactOptional(), name: z.string(), kind: z.enum(FIELD_KINDS) };

/** The stored form of an {@link ItemContent}: its shape only; what writers may write is `item-content.ts`. */
export const contentSchema: z.ZodType<ItemContent> = z.strictObject({
  type: z.enum(ITEM_TYPES),
  title: z.string(),
  tags: z.array(z.string()),
  fields: z.array(z.strictObject({ ...fieldName, value: z.string() })),
});

/** The stored form of an {@link ItemOverview}. */
export const overviewSchema: z.ZodType<ItemOverview> = z.strictObject({
  type: z.enum(ITEM_TYPES),
  title: z.string(),
  username: z.string().nullable(),
  urls: z.array(z.string()),
  tags: z.array(z.string()),
  fieldNames: z.array(z.strictObject(fieldName)),
});

/** What a vault is called. */
export interface VaultName {
  readonly name: string;
  readonly description: string;
}

/** The stored form of a {@link VaultName}. */
export const vaultNameSchema: z.ZodType<VaultName> = z.strictObject({ name: z.string(), description: z.string() });

/** What `--from-template` reads: all of it may be missing, since options can say the rest. */
export interface TemplateInput {
  readonly title?: string;
  readonly urls?: readonly string[];
  readonly tags?: readonly string[];
  readonly fields?: readonly FieldInput[];
}

/** The form of {@link TemplateInput}; what its values may be is checked where the item is made. */
export const templateSchema: z.ZodType<TemplateInput> = z.strictObject({
  title: z.string().exactOptional(),
  urls: z.array(z.string()).exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  fields: z
    .array(z.strictObject({ ...fieldName, kind: fieldName.kind.exactOptional(), value: z.string() }))
    .exactOptional(),
});

const NEXT_TEMPLATE = 'Start from what `vouchsafe item template TYPE` prints.';

/** The template that a JSON text holds. Throws `invalid_request`, with the place and without any value. */
export function parseTemplate(json: string): TemplateInput {
  const result = templateSchema.safeParse(readJson(json));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = (issue?.path ?? [])
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${String(step)}`))
    .join('');
  const fault =
    issue?.code === 'unrecognized_keys'
      ? 'has a key that is not known'
      : 'has a part that is missing or of another kind';
  throw new Refusal('invalid_request', { message: `The template ${fault}, at $${place}.`, next: NEXT_TEMPLATE });
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Refusal('invalid_request', { message: 'The template is not JSON.', next: NEXT_TEMPLATE });
  }
}
