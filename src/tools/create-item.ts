import { z } from 'zod';
import { ITEM_TYPES } from '../core/model.js';
import { fieldInputs, generate, outputs, texts, vault } from './arguments.js';
import { type Tool, WRITES } from './tool.js';

const input = z.strictObject({
  vault,
  type: z.enum(ITEM_TYPES),
  title: z.string(),
  fields: fieldInputs.optional(),
  urls: texts.optional(),
  tags: texts.optional(),
  generate: generate.optional(),
});

export const createItem: Tool<z.infer<typeof input>> = {
  name: 'create_item',
  title: 'Create an item',
  description:
    'Store a new credential. Use generate rather than making a secret up. Not for changing an item: use update_item.',
  action: 'item.create',
  hints: WRITES,
  input,
  output: { item: outputs.object },
  async run(view, { vault: named, generate: made, ...content }) {
    return { item: await view.create(named, content, made) };
  },
};
