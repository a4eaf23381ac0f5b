/** Argument shapes that several tools share. */
import { z } from 'zod';
import { FIELD_KINDS } from '../core/model.js';

/** An id or a name; the server's instructions say so once for all tools. */
export const vault = z.string();
export const item = z.string();
export const fieldInputs = z.array(
  z.strictObject({
    section: z.string().optional(),
    name: z.string(),
    kind: z.enum(FIELD_KINDS).optional(),
    value: z.string(),
  }),
);
export const texts = z.array(z.string());
export const generate = z
  .strictObject({
    field: z.string(),
    length: z.int().min(8).max(256).optional(),
    words: z.int().min(3).max(20).optional(),
    symbols: z.boolean().optional(),
  })
  .describe('Have a secret made that you never see');
/** Marks an argument whose parts another tool's schema tells in full: its description stands for them. */
export const IN_SHORT = 'inShort';
export const page = { cursor: z.string().optional(), limit: z.int().min(1).max(200).optional() };

/** JSON Schema types of common results. */
export const outputs = {
  object: { type: 'object' },
  array: { type: 'array', items: { type: 'object' } },
  text: { type: 'string' },
  number: { type: 'integer' },
  cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
} as const;
