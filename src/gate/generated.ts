import { generatePassphrase, generatePassword } from '../crypto/generate.js';
import type { Generate } from '../tools/tool.js';

/** A secret as asked for: words make a passphrase, anything else a password. */
export async function makeSecret({ words, length, symbols }: Generate): Promise<string> {
  return words === undefined ? generatePassword({ length, symbols }) : generatePassphrase({ words });
}
