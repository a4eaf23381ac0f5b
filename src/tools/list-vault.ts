import { z } from 'zod';
import { outputs, page, vault } from './arguments.js';
import { pageOf } from './page.js';
import { READS, type Tool } from './tool.js';

const input = z.strictObject({ vault: vault.optional(), ...page });

export const listVault: Tool<z.infer<typeof input>> = {
  name: 'list_vault',
  title: 'List a vault',
  description:
    'Items of a vault, newest change first, no secrets. Not for values: use get_item. Without vault: the vaults.',
  action: 'item.list',
  hints: READS,
  input,
  output: { items: outputs.array, next_cursor: outputs.cursor, vaults: outputs.array },
  async run(view, { vault: named, ...paging }) {
    if (named === undefined) return { vaults: await view.vaults() };
    return pageOf(await view.items(named), paging);
  },
};
