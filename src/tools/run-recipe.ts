import { z } from 'zod';
import { outputs } from './arguments.js';
import type { Tool, ToolHints } from './tool.js';

const input = z.strictObject({ recipe: z.string(), values: z.record(z.string(), z.string()).optional() });

const RUNS: ToolHints = { readOnly: false, destructive: false, idempotent: false };

export const runRecipe: Tool<z.infer<typeof input>> = {
  name: 'run_recipe',
  title: 'Run a recipe',
  description:
    'A command or request that the owner set up, with secrets that you never see; values fills its holes. whoami lists recipes.',
  action: 'item.use',
  hints: RUNS,
  input,
  output: { exit_status: outputs.number, stdout: outputs.text, stderr: outputs.text },
  async run(view, { recipe, values = {} }) {
    await view.runRecipe(recipe, values);
    return {};
  },
};
