import { z } from 'zod';
import { ROLES } from '../core/model.js';
import { outputs, vault } from './arguments.js';
import { type Tool, type ToolHints } from './tool.js';
import { Refusal } from '../core/refusal.js';

const input = z.strictObject({
  vault: vault.optional(),
  item: z.string().optional(),
  role: z.enum(ROLES).optional(),
  expiration: z.string().max(40).optional().describe('For how long, such as 1h or 7d'),
  max_uses: z.int().min(1).max(1_000_000).optional(),
  request: z.string().max(200).optional().describe('Id of an earlier request: tells its state'),
});
type Input = z.infer<typeof input>;

const ASKS: ToolHints = { readOnly: false, destructive: false, idempotent: true };

export const requestAccess: Tool<Input> = {
  name: 'request_access',
  title: 'Ask for access',
  description:
    'Ask the owner for access that the task needs and you lack; they read your reason and decide in their own time: ask again with request. Not for what whoami says you have.',
  action: 'access.request',
  hints: ASKS,
  input,
  output: { request: outputs.object },
  async run(view, { request, max_uses: maxUses, role = 'viewer', ...asked }) {
    if (request === undefined) return { request: await view.ask({ ...asked, role, maxUses }) };
    if (Object.keys(asked).length > 0 || maxUses !== undefined)
      throw new Refusal('invalid_request', {
        message: 'request asks for the state of an earlier request; nothing else goes with it.',
        next: 'Send request alone with the reason, or leave it out.',
      });
    return { request: await view.requestState(request) };
  },
};
