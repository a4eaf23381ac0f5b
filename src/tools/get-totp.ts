import { z } from 'zod';
import { item, outputs, vault } from './arguments.js';
import { READS, type Tool } from './tool.js';

const input = z.strictObject({ vault: vault.optional(), item });

export const getTotp: Tool<z.infer<typeof input>> = {
  name: 'get_totp',
  title: 'Get a one-time code',
  description:
    'An item’s current one-time code and for how many seconds. Not before you need it; the seed is never given.',
  action: 'item.totp',
  hints: { ...READS, idempotent: false },
  input,
  output: { code: outputs.text, seconds_left: outputs.number },
  async run(view, asked) {
    const { totpCode } = await import('./totp.js');
    const { code, secondsLeft } = totpCode(await view.totpSeed(await view.find(asked, 'kept')), view.now);
    return { code, seconds_left: secondsLeft };
  },
};
