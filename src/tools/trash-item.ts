import { z } from 'zod';
import { item, outputs, vault } from './arguments.js';
import { type Tool, WRITES } from './tool.js';

const input = z.strictObject({ vault: vault.optional(), item });

export const trashItem: Tool<z.infer<typeof input>> = {
  name: 'trash_item',
  title: 'Trash an item',
  description: 'Put an item in the trash, where restore_item finds it. Only when the task is to remove it.',
  action: 'item.trash',
  hints: { ...WRITES, destructive: true, idempotent: true },
  input,
  output: { item: outputs.object },
  run: async (view, asked) => ({ item: await view.setTrashed(await view.find(asked, 'kept'), true) }),
};

export const restoreItem: Tool<z.infer<typeof input>> = {
  name: 'restore_item',
  title: 'Restore an item',
  description: 'Take an item out of the trash. Not for undoing an update.',
  action: 'item.restore',
  hints: { ...WRITES, idempotent: true },
  input,
  output: { item: outputs.object },
  run: async (view, asked) => ({ item: await view.setTrashed(await view.find(asked, 'trashed'), false) }),
};
