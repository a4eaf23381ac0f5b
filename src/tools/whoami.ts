import { z } from 'zod';
import { outputs } from './arguments.js';
import { READS, type Tool } from './tool.js';

export const whoami: Tool<object> = {
  name: 'whoami',
  title: 'Who am I',
  description:
    'Your token: name, expiry, scopes, what it may reach, recipes. Start here. Every other tool needs a reason: why you need it, in one line.',
  action: 'session.whoami',
  hints: READS,
  input: z.strictObject({}),
  output: { token: outputs.object, grants: outputs.array, reason_rules: outputs.object, warning: outputs.text },
  run: async (view) => view.identity(),
};
