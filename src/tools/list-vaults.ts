import { z } from 'zod';
import { outputs } from './arguments.js';
import { READS, type Tool } from './tool.js';

export const listVaults: Tool<object> = {
  name: 'list_vaults',
  title: 'List vaults',
  description: 'The vaults you may reach, with role and number of items. Not for finding an item: use search_items.',
  action: 'vault.list',
  hints: READS,
  input: z.strictObject({}),
  output: { vaults: outputs.array },
  run: async (view) => ({ vaults: await view.vaults() }),
};
