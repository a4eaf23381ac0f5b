import { z } from 'zod';
import { outputs } from './arguments.js';
import { READS, type Tool } from './tool.js';

export const whoami: Tool<object> = {
  name: 'whoami',
  title: 'Who am I',
  description:
    'Your token: name, expiry, scopes, what it may reach, and how to give reasons. Start here. Needs no reason.',
  action: 'session.whoami',
  hints: READS,
  input: z.strictObject({}),
  output: { token: outputs.object, grants: outputs.array, reason_rules: outputs.object, warning: outputs.text },
  run: async (view) => view.identity(),
};
