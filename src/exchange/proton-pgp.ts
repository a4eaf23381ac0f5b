/** The encrypted export of Proton Pass, alone: JSON, or in older versions a zip file, under a passphrase. */
import type { Reader } from './parsed.js';
import { isPgp } from './pgp.js';
import { openProtonPgp, readProton } from './proton-data.js';

/** The reader of Proton Pass's encrypted export. */
export const protonPgp: Reader = {
  format: 'proton-pgp',
  name: 'Proton Pass export (.pgp)',
  fits: isPgp,
  read: async (bytes, unlocking) => readProton('proton-pgp', await openProtonPgp(bytes, unlocking), unlocking),
};
