import { type ContentInput, editContent } from '../core/item-content.js';
import { matchField } from '../core/item-field.js';
import type { ItemContent } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import { foldName } from '../core/text.js';
import { generatePassphrase, generatePassword } from '../crypto/generate.js';
import type { Generate } from '../tools/tool.js';
import { parseTotp } from '../tools/totp.js';

/** A secret as asked for: words make a passphrase, anything else a password. */
export async function makeSecret({ words, length, symbols }: Generate): Promise<string> {
  return words === undefined ? generatePassword({ length, symbols }) : generatePassphrase({ words });
}

/** An item's input with a generated secret in it, in place of one of the same name. */
export async function withGenerated(input: ContentInput, generate: Generate | undefined): Promise<ContentInput> {
  if (generate === undefined) return input;
  const value = await makeSecret(generate);
  const others = (input.fields ?? []).filter((field) => foldName(field.name) !== foldName(generate.field));
  return { ...input, fields: [...others, { name: generate.field, kind: 'secret', value }] };
}

/** Puts a generated value into a secret field, which is added if it is not there. */
export function setGenerated(content: ItemContent, field: string, value: string): ItemContent {
  const existing = matchField(content.fields, field);
  if (existing !== undefined && existing.kind !== 'secret')
    throw new Refusal('invalid_request', {
      message: 'generate: field names one that is not secret.',
      next: 'Name a secret field, or a new one.',
    });
  return editContent(
    content,
    existing !== undefined ? { set: { [field]: value } } : { add: [{ name: field, kind: 'secret', value }] },
  );
}

/** A totp field that gives no code would be found out too late. */
export function checkTotp(content: ItemContent): ItemContent {
  for (const field of content.fields) if (field.kind === 'totp') parseTotp(field.value);
  return content;
}
