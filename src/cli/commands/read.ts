/** `read`: the value that a reference names. */
import type { Command } from 'commander';
import { resolveField } from '../../core/item-field.js';
import { checkUse, parseReference, referencePath, type SecretReference } from '../../core/reference.js';
import type { FieldShape, ItemShape } from '../../core/shapes.js';
import { callForItem, callTool } from '../agent-call.js';
import type { Acting, Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { lend } from '../lending.js';
import { terminalText } from './item-text.js';

/** Adds `read` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('read <reference>')
    .description('print the value that a reference names')
    .option('-n, --no-newline', 'print no newline behind it');
  withExamples(command, [
    'vouchsafe read vouchsafe://Production/Database/password',
    'vouchsafe read "vouchsafe://Personal/GitHub/totp?totp=code"',
    'vouchsafe read vouchsafe://Production/TLS%20key/private_key --to key.pem',
  ]).action(
    run(async (context, ...[text, { newline }]: [string, { newline: boolean }]) => {
      print(context, await valueOf(context, parseReference(text)), newline);
    }),
  );
}

function print({ out }: Context, value: string, newline: boolean): void {
  if (out.format !== 'human') {
    out.one({ value }, '');
    return;
  }
  const text = out.isTerminal ? terminalText(value) : value;
  out.data(!newline || out.isFile || text.endsWith('\n') ? text : `${text}\n`);
}

async function valueOf(context: Context, reference: SecretReference): Promise<string> {
  const acting = await context.acting();
  if (reference.isCode) return codeOf(context, acting, reference);
  const path = referencePath(reference);
  const { value, kind } = resolveField<FieldShape>(
    (await itemOf(context, acting, { reference, fields: [path] })).fields,
    path,
  );
  checkUse(kind, false);
  if (value !== undefined) return value;
  throw new Error('a field that was named is concealed');
}

async function itemOf(
  context: Context,
  acting: Acting,
  { reference, fields }: { reference: SecretReference; fields: readonly string[] },
): Promise<ItemShape> {
  const { vault, item } = reference;
  if (acting.kind === 'owner')
    return acting.door.viewItem({ vault: { by: 'any', text: vault }, item: { by: 'any', text: item } }, fields);
  const named = { vault, item, ...(fields.length === 0 ? {} : { fields }) };
  return callForItem(context, acting, { tool: 'get_item', arguments: named });
}

/** An item's only code by the tool that gives it; of several, the one that is named. */
async function codeOf(context: Context, acting: Acting, reference: SecretReference): Promise<string> {
  if (acting.kind === 'token') {
    const { fields } = await itemOf(context, acting, { reference, fields: [] });
    const codes = fields.filter(({ kind }) => kind === 'totp');
    const named = resolveField(fields, referencePath(reference));
    if (codes.length === 1 && codes[0] === named) {
      const { vault, item } = reference;
      const result = await callTool(context, acting, { tool: 'get_totp', arguments: { vault, item } });
      return String(result['code']);
    }
  }
  const lent = await lend(context, [reference], { exposure: 'shown', purpose: 'read' });
  await lent.end('printed');
  return lent.valueOf(reference);
}
