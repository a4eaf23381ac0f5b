import { z } from 'zod';
import { outputs } from './arguments.js';
import type { Tool, ToolHints } from './tool.js';

const input = z.strictObject({ recipe: z.string(), values: z.record(z.string(), z.string()).optional() });

const RUNS: ToolHints = { readOnly: false, destructive: false, idempotent: false };

export const runRecipe: Tool<z.infer<typeof input>> = {
  name: 'run_recipe',
  title: 'Run a recipe',
  description:
    'Run what the owner set up, with secrets you never see. whoami lists recipes and which values they take. Not for commands of your own.',
  action: 'item.use',
  hints: RUNS,
  input,
  output: { exit_status: outputs.number, stdout: outputs.text, stderr: outputs.text },
  async run(view, { recipe, values = {} }) {
    await view.runRecipe(recipe, values);
    return {};
  },
};
