import { z } from 'zod';
import { item, outputs, vault } from './arguments.js';
import { DATA_NOTE, type Tool, WRITES } from './tool.js';

const input = z.strictObject({ vault: vault.optional(), item, to_vault: vault });

export const moveItem: Tool<z.infer<typeof input>> = {
  name: 'move_item',
  title: 'Move an item',
  description: 'Move an item to another vault. It gets a new id; its history stays behind. Not for copying.',
  action: 'item.move',
  hints: { ...WRITES, destructive: true },
  input,
  output: { item: outputs.object },
  async run(view, { to_vault: to, ...asked }) {
    return { item: await view.move(await view.find(asked, 'kept'), to), data_note: DATA_NOTE };
  },
};
