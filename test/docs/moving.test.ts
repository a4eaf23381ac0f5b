/** docs/moving.md, command by command: in from three other programs, out again, backups, and the end of the safe. */
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine, TIME_MS } from './page-session.js';

const login = (name: string, password: string) => ({ name, password, username: 'ada' });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One login in a vault of 1Password. */
function onePassword({ name, username, password }: ReturnType<typeof login>): Uint8Array {
  const loginFields = [
    { value: username, name: 'user', fieldType: 'T', designation: 'username' },
    { value: password, name: 'password', fieldType: 'P', designation: 'password' },
  ];
  const details = { loginFields, notesPlain: '', sections: [], passwordHistory: [] };
  const overview = { subtitle: '', title: name, url: 'https://shop.example', tags: [] };
  const item = { uuid: 'u', favIndex: 0, createdAt: 1, updatedAt: 2, state: 'active', categoryUuid: '001' };
  const vaults = [{ attrs: { name: 'Private' }, items: [{ ...item, details, overview }] }];
  return zipSync({
    'export.attributes': utf8(JSON.stringify({ version: 3 })),
    'export.data': utf8(JSON.stringify({ accounts: [{ attrs: { name: 'Ada' }, vaults }] })),
  });
}

function bitwarden({ name, ...fields }: ReturnType<typeof login>): string {
  return JSON.stringify({ encrypted: false, folders: [], items: [{ type: 1, name, login: fields }] });
}

let machine: Machine;
beforeAll(() => {
  machine = new Machine();
  machine.file('project/export.1pux', onePassword(login('Shop', 'lantern-7-quiet-orchard')));
  machine.file('project/bitwarden.json', bitwarden(login('Bank', 'granite-walrus-19-meadow')));
  machine.copy('test/exchange/fixtures/keepassxc.kdbx', 'project/passwords.kdbx');
  // age itself may not be installed: the same format, by the library that this program uses too.
  const library = new URL('../../node_modules/age-encryption/dist/index.js', import.meta.url).href;
  const node = (name: string, code: string): void => {
    machine.file(
      `bin/${name}.mjs`,
      `import * as age from '${library}';\nimport { readFileSync, writeFileSync } from 'node:fs';\n${code}`,
    );
    machine.program(name, `exec node "$(dirname "$0")/${name}.mjs" "$@"`);
  };
  node(
    'age-keygen',
    `const [option, file] = process.argv.slice(2);
     if (option === '-o') writeFileSync(file, await age.generateIdentity() + '\\n', { mode: 0o600 });
     else console.log(await age.identityToRecipient(readFileSync(file, 'utf8').trim()));`,
  );
  node(
    'age',
    `const [, , , , key, file] = process.argv;
     const decrypter = new age.Decrypter();
     decrypter.addIdentity(readFileSync(key, 'utf8').trim());
     process.stdout.write(await decrypter.decrypt(readFileSync(file)));`,
  );
});
afterAll(() => machine.end());

test('the page on moving works as it stands', { timeout: TIME_MS }, async () => {
  const played = await machine.play('docs/moving.md', {
    before: 'vouchsafe init > /dev/null 2>&1',
    typed: {
      'passwords.kdbx --vault Personal --dry-run': 'correct horse\n',
      'passwords.kdbx --vault Personal\n': 'correct horse\n',
      'vouchsafe export --to safe.age': 'granite walrus 19 meadow lantern\n',
    },
    // Here nobody is at a terminal to type the word that --plain asks for.
    instead: { '--plain --to': '--plain --force --to' },
    // What is there just before the last block, which deletes all of it.
    after: {
      'vouchsafe lockdown': `
        cp personal.json seen.json; cp for-bitwarden.json seen-plain.json
        vouchsafe vault list --json > vaults.json; vouchsafe audit list --json > log.json`,
    },
  });
  expect(played.counts.run).toBe(played.counts.all);
  expect(played.of('export.1pux --dry-run')).toMatch(/^Would be imported from 1Password .*: 1 item/);
  expect(machine.has('project/export.1pux')).toBe(false);
  expect(machine.has('project/bitwarden.json')).toBe(false);
  expect(machine.has('project/passwords.kdbx')).toBe(true);
  const vaults = JSON.parse(machine.text('project/vaults.json')).data;
  expect(vaults.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['Personal', 'Private']));
  const own = JSON.parse(machine.text('project/seen.json'));
  expect(JSON.stringify(own)).toContain('granite-walrus-19-meadow');
  const plain = JSON.parse(machine.text('project/seen-plain.json'));
  expect(plain.items.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(['Shop', 'Bank', 'Bank & Söhne']),
  );
  const actions = JSON.parse(machine.text('project/log.json')).data.map(({ action }: { action: string }) => action);
  for (const action of ['import', 'export', 'backup', 'safe.lockdown']) expect(actions).toContain(action);
  expect(played.of('restore "$(ls')).toContain('The log is whole.');
  expect(played.of('--schedule daily')).toContain('OnCalendar=daily');
  for (const gone of ['.local/share/vouchsafe', 'project/for-bitwarden.json']) expect(machine.has(gone)).toBe(false);
});
