import { z } from 'zod';
import { fieldInputs, generate, IN_SHORT, item, outputs, texts, vault } from './arguments.js';
import { type Tool, WRITES } from './tool.js';

const input = z.strictObject({
  vault: vault.optional(),
  item,
  expected_revision: z.int().min(1).optional().describe('The revision you read'),
  title: z.string().optional(),
  urls: texts.optional(),
  tags: texts.optional(),
  set: z.record(z.string(), z.string()).optional().describe('Existing fields: {"NAME" or "SECTION/NAME": value}'),
  add: fieldInputs
    .optional()
    .meta({ [IN_SHORT]: true, description: 'As fields of create_item: [{"section"?,"name","kind"?,"value"}]' }),
  remove: texts.optional(),
  generate: generate
    .optional()
    .meta({ [IN_SHORT]: true, description: 'As in create_item: {"field","length"?,"words"?,"symbols"?}' }),
});

export const updateItem: Tool<z.infer<typeof input>> = {
  name: 'update_item',
  title: 'Update an item',
  description:
    'Change an item; what you do not name stays. Send expected_revision. Not for removing an item: use trash_item.',
  action: 'item.update',
  hints: { ...WRITES, destructive: true },
  input,
  output: { revision: outputs.number, item: outputs.object },
  async run(view, { vault: named, item: wanted, expected_revision: expectedRevision, generate: made, ...edit }) {
    const found = await view.find({ vault: named, item: wanted }, 'kept');
    const item = await view.edit(found, { edit, generate: made, expectedRevision });
    return { revision: item.revision, item };
  },
};
