/** What other programs wrote comes in, goes out in a format that holds all of it, and comes back the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fitFile } from '../../src/exchange/fit.js';
import type { ParsedFile } from '../../src/exchange/parsed.js';
import { findReader } from '../../src/exchange/readers.js';
import { findWriter } from '../../src/exchange/writers.js';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
const unlocking = { password: () => Promise.resolve('correct horse') };

/** As an import takes it, with a vault for each folder. */
const taken = (file: ParsedFile) =>
  fitFile(file, { vault: 'Personal', isVaultPerFolder: true }).items.map(({ item }) => item);

const BITWARDEN = JSON.stringify({
  encrypted: false,
  folders: [{ id: 'f', name: 'Work' }],
  items: [
    {
      type: 1,
      name: 'Shop',
      folderId: 'f',
      favorite: true,
      notes: 'a\nb',
      login: { uris: [{ match: 3, uri: 'https://a.example' }], username: 'u', password: 'p', totp: 'JBSWY3DP' },
      fields: [{ name: 'PIN', value: '12', type: 1 }],
      passwordHistory: [{ lastUsedDate: '2024-01-01T00:00:00.123Z', password: 'old' }],
      creationDate: '2023-01-01T00:00:00.456Z',
      revisionDate: '2024-01-01T00:00:00.123Z',
    },
    { type: 3, name: 'Card', card: { cardholderName: 'A', number: '4', expMonth: '2', expYear: '2031', code: '123' } },
    { type: 4, name: 'Me', identity: { firstName: 'A', lastName: 'B', address1: 'S 1', city: 'X', ssn: '9' } },
    { type: 5, name: 'Key', sshKey: { privateKey: 'k', publicKey: 'ssh-ed25519 AAAA', keyFingerprint: 'SHA256:x' } },
  ],
});

const FILES: Readonly<Record<string, Uint8Array>> = {
  'a database of KeePassXC': fixture('keepassxc.kdbx'),
  'a CSV of Proton Pass': fixture('proton.csv'),
  'a JSON of Bitwarden': new TextEncoder().encode(BITWARDEN),
  'a CSV of Chrome': new TextEncoder().encode('name,url,username,password,note\nA,https://a.example,u,"p,""q""",n\n'),
  'an environment file': new TextEncoder().encode('A=1\nB="two\nlines"\n'),
};

test.each(Object.keys(FILES))('%s', async (name) => {
  const bytes = FILES[name] ?? new Uint8Array();
  const before = taken(await findReader(bytes).read(bytes, unlocking));
  expect(before.length).toBeGreaterThan(0);
  for (const format of ['cxf', 'vouchsafe']) {
    const file = findWriter(format).write(before, Date.UTC(2026, 5, 1)).bytes;
    expect(taken(await findReader(file).read(file, unlocking))).toEqual(before);
  }
});
