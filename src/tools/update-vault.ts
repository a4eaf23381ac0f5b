import { z } from 'zod';
import { outputs, vault } from './arguments.js';
import { type Tool, WRITES } from './tool.js';

const input = z.strictObject({ vault, name: z.string().optional(), description: z.string().optional() });

export const updateVault: Tool<z.infer<typeof input>> = {
  name: 'update_vault',
  title: 'Rename a vault',
  description: 'Change the name or description of a vault. Not for its items.',
  action: 'vault.update',
  hints: { ...WRITES, idempotent: true },
  asksUser: true,
  input,
  output: { vault: outputs.object },
  run: async (view, { vault: named, ...edit }) => ({ vault: await view.nameVault(named, edit) }),
};
