/** The zip file that Proton Pass exports, with plain or encrypted data, and the JSON of it alone. */
import type { Reader } from './parsed.js';
import { peekText } from './plain-text.js';
import { hasProtonData, readProton } from './proton-data.js';
import { isZip } from './zip.js';

/** The reader of Proton Pass's zip file. */
export const protonZip: Reader = {
  format: 'proton-zip',
  name: 'Proton Pass export (.zip)',
  fits: (bytes) => (isZip(bytes) ? hasProtonData(bytes) : /^\s*\{/.test(peekText(bytes)) && hasVaults(peekText(bytes))),
  read: (bytes, unlocking) => readProton('proton-zip', bytes, unlocking),
};

function hasVaults(text: string): boolean {
  return text.includes('"vaults"') && /"(?:version|userId|shareId)"/.test(text);
}
