import { z } from 'zod';
import { item, outputs, vault } from './arguments.js';
import type { Tool, ToolHints } from './tool.js';

const input = z.strictObject({
  vault: vault.optional(),
  item,
  url: z.string(),
  method: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
});

const SENDS: ToolHints = { readOnly: false, destructive: false, idempotent: false };

export const httpRequest: Tool<z.infer<typeof input>> = {
  name: 'http_request',
  title: 'Make a request with a credential',
  description:
    'An HTTP request with an item’s credential put in, which you never see. Prefer it to get_item. Only where the owner allowed it; not for requests without one.',
  action: 'item.use',
  hints: SENDS,
  input,
  output: { status: outputs.number, headers: outputs.object, body: outputs.text },
  async run(view, { vault: place, item: name, ...wanted }) {
    await view.request(await view.find({ vault: place, item: name }, 'kept'), wanted);
    return {};
  },
};
