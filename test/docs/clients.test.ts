/** What docs/clients.md says of each client is what the program does. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CLIENTS } from '../../src/cli/install/clients.js';
import { codeWords, section, tableRows } from './pages.js';

/** On the page the folder of applications stands under one name, which differs by platform. */
const FOLDERS = { home: '~', config: join('~', '.config'), support: 'APPLICATIONS', env: {} };

test('the table of clients has the files of each', () => {
  const told = tableRows(section('docs/clients.md', '## Where')).map((row) => row.map((cell) => codeWords(cell)[0]));
  const real = CLIENTS.map(({ name, project, user }) => {
    const own = user(FOLDERS);
    return [name, project?.file, own.file, project?.instructions ?? undefined, own.instructions ?? undefined];
  });
  expect(told).toEqual(real);
});
