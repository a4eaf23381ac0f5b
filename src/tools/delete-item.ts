import { z } from 'zod';
import { item, outputs, vault } from './arguments.js';
import { type Tool, WRITES } from './tool.js';

const input = z.strictObject({
  vault: vault.optional(),
  item,
  confirm_title: z.string().describe('Its title, letter for letter'),
});

export const deleteItem: Tool<z.infer<typeof input>> = {
  name: 'delete_item',
  title: 'Delete an item for good',
  description: 'Delete an item in the trash for good, with its history. Only when asked to; otherwise trash_item.',
  action: 'item.delete',
  hints: { ...WRITES, destructive: true },
  asksUser: true,
  input,
  output: { deleted: outputs.object },
  async run(view, { confirm_title: confirmTitle, ...asked }) {
    const { id, title } = await view.delete(await view.find(asked, 'trashed'), confirmTitle);
    return { deleted: { id, title } };
  },
};
