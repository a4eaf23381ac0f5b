import { z } from 'zod';
import { item, outputs, texts, vault } from './arguments.js';
import { READS, type Tool } from './tool.js';

const input = z.strictObject({
  vault: vault.optional(),
  item,
  fields: texts.max(100).optional(),
});

export const getItem: Tool<z.infer<typeof input>> = {
  name: 'get_item',
  title: 'Get an item',
  description:
    'One item. Secret fields stay concealed unless you name them in fields; name only what you need now. Not for one-time codes: use get_totp.',
  action: 'item.read',
  hints: READS,
  input,
  output: { item: outputs.object },
  async run(view, { fields = [], ...asked }) {
    return { item: await view.show(await view.find(asked, 'kept'), fields) };
  },
  named: ({ fields = [] }) => fields,
};
