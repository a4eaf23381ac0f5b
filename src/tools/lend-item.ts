import { z } from 'zod';
import { item, texts, vault } from './arguments.js';
import { READS, type Tool } from './tool.js';

const input = z.strictObject({
  vault: vault.optional(),
  item,
  fields: texts.max(100),
  codes: texts.max(10),
  exposure: z.enum(['shown', 'masked']),
  purpose: z.string().max(20_000),
});

/**
 * Lends values of an item to a command of the same process: no transport lists it or can call it. `fields` are named as
 * everywhere, `codes` are totp fields of which the current code is wanted.
 */
export const lendItem: Tool<z.infer<typeof input>> = {
  name: 'lend_item',
  title: 'Use an item in a command',
  description: 'Lends values to a command of the same process.',
  action: 'item.use',
  hints: READS,
  input,
  output: {},
  async run(view, asked) {
    const { fields, codes, exposure, purpose } = asked;
    const found = await view.find(asked, 'kept');
    const used = await view.use(found, { fields, codes, exposure, purpose });
    const values = new Map(used.values);
    const { totpCode } = await import('./totp.js');
    for (const path of codes) values.set(path, totpCode(values.get(path) ?? '', view.now).code);
    view.lend(values);
    return { used: found, secrets: used.secrets };
  },
};
