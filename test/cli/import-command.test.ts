/** `import` against a fake owner's door: what is asked of it, what is said, and what becomes of the file. */
import {
  existsSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { register } from '../../src/cli/commands/import.js';
import { Refusal } from '../../src/core/refusal.js';
import type { ImportOutcome, ImportPlan } from '../../src/core/transfer.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { runCommand } from './harness.js';

const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-import-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOGIN = 'name,url,username,password\nShop,https://a.example,b,c\n';

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const vault = (id: string, name: string) => ({ id, name, description: '', items: 0, created_at: '', updated_at: '' });

function doorWith(outcome: ImportOutcome, fault?: Refusal): Partial<OwnerDoor> {
  const answer = ({ items }: ImportPlan) =>
    fault === undefined ? Promise.resolve({ outcomes: items.map(() => outcome), vaults: [] }) : Promise.reject(fault);
  return {
    listVaults: () => Promise.resolve([vault('v1', 'Personal'), vault('v2', 'Work')]),
    getSetting: () => Promise.resolve({ name: 'vault.default', value: 'v1', is_default: false }),
    planImport: answer,
    importItems: answer,
  };
}

const importing = (argv: readonly string[], door = doorWith('created'), answer?: boolean) =>
  runCommand(['import', ...argv], { register, door, ...(answer === undefined ? {} : { answer }) });

const refusalOf = async (...argv: readonly string[]): Promise<readonly [string, string]> => {
  const { error, calls } = await importing(argv);
  expect(calls.filter(([method]) => method === 'importItems')).toEqual([]);
  if (error instanceof Refusal) return [error.code, error.message];
  throw new Error('nothing was refused', { cause: error });
};

test('the plan is what the file says, for the vault that is meant', async () => {
  const file = fileOf('chrome.csv', LOGIN);
  const { calls } = await importing([file, '--vault', 'WORK', '--on-duplicate', 'update']);
  expect(calls.find(([method]) => method === 'importItems')?.[1]).toEqual({
    format: 'chrome-csv',
    onDuplicate: 'update',
    items: [
      {
        vault: 'Work',
        content: {
          type: 'login',
          title: 'Shop',
          tags: [],
          fields: [
            { name: 'username', kind: 'text', value: 'b' },
            { name: 'password', kind: 'secret', value: 'c' },
            { name: 'url', kind: 'url', value: 'https://a.example' },
          ],
        },
        history: [],
        isTrashed: false,
      },
    ],
  });
});

test('a dry run asks the door what would be, and for nothing else', async () => {
  const file = fileOf('chrome.csv', LOGIN);
  const { calls, stdout } = await importing([file, '--dry-run', '--json'], doorWith('skipped'));
  expect(calls.map(([method]) => method)).toEqual(['getSetting', 'listVaults', 'planImport']);
  expect(JSON.parse(stdout)).toEqual({
    format: 'chrome-csv',
    dry_run: true,
    created: 0,
    updated: 0,
    unchanged: 1,
    by_type: { login: 1 },
    trashed: 0,
    vaults_created: [],
    duplicates: [{ vault: 'Personal', title: 'Shop', place: 'line 2' }],
    skipped: [],
    not_taken: [],
    weak_passwords: [{ vault: 'Personal', title: 'Shop', crack_time: 'less than a second' }],
    reused_passwords: [],
  });
});

test('what lies in the trash there is counted, and goes to the trash', async () => {
  const items = [{ type: 2, name: 'Old', notes: 'x', deletedDate: '2024-01-01T00:00:00Z' }];
  const { stdout, calls } = await importing([fileOf('trash.json', JSON.stringify({ items }))]);
  expect(stdout).toContain('Of these in the trash: 1 item\n');
  expect(calls.at(-1)?.[1]).toMatchObject({ items: [{ isTrashed: true }] });
});

test('long lists are cut, with how to see them whole, and nothing of the file reaches a terminal as it is', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `a${String(i)},b\n`).join('');
  const env = fileOf('chrome.csv', `${LOGIN}\u001b[31mred,https://x.example,u,p\n${rows}`);
  const { stdout } = await importing([env, '--dry-run']);
  expect(stdout).toContain('Skipped (30):');
  expect(stdout).toContain('  … and 10 more; --json has all of them');
  expect(stdout).not.toContain('\u001b');
});

test('what cannot be meant is refused before anything is done', async () => {
  const file = fileOf('chrome.csv', LOGIN);
  const gone = join(folder, 'gone');
  expect(await refusalOf(gone)).toEqual(['not_found', `There is no file ${gone}.`]);
  expect(await refusalOf(folder)).toEqual(['invalid_request', `${folder} is no file.`]);
  expect(await refusalOf(file, '--format', 'chrome')).toEqual(['invalid_request', 'There is no such format.']);
  expect(await refusalOf(file, '--vault', 'Nowhere')).toEqual(['not_found', 'There is no such vault.']);
  expect(await refusalOf(file, '--key-file', gone)).toEqual(['not_found', `There is no file ${gone}.`]);
  const both = '--vault and --vault-per-folder say different things.';
  expect(await refusalOf(file, '--vault', 'Work', '--vault-per-folder')).toEqual(['invalid_request', both]);
  const dry = 'A dry run changes nothing, so it shreds nothing.';
  expect(await refusalOf(file, '--dry-run', '--shred')).toEqual(['invalid_request', dry]);
  expect(await refusalOf('-', '--shred')).toEqual(['invalid_request', 'There is no file to shred.']);
  expect((await importing([file, '--on-duplicate', 'merge'])).error).toMatchObject({
    code: 'commander.invalidArgument',
  });
});

test('a file that is too large is not read', async () => {
  const file = fileOf('large.csv', LOGIN);
  truncateSync(file, (256 << 20) + 1);
  expect(await refusalOf(file)).toEqual(['invalid_request', `${file} is larger than 256 MiB.`]);
  rmSync(file);
});

test('the file is overwritten and deleted once all is in', async () => {
  const file = fileOf('shred.csv', LOGIN);
  const kept = join(folder, 'kept');
  const { stderr, error } = await importing([file, '--shred'], {
    ...doorWith('created'),
    importItems: ({ items }) => {
      expect(readFileSync(file, 'utf8')).toBe(LOGIN);
      return Promise.resolve({ outcomes: items.map(() => 'created' as const), vaults: [] });
    },
  });
  expect({ error, isThere: existsSync(file), other: existsSync(kept) }).toEqual({ isThere: false, other: false });
  expect(stderr).toContain(`Overwritten and deleted: ${file}\n`);
  expect(stderr).toContain('flash disks');
});

test('it stays where nothing came in, and where it has a second name or is a link', async () => {
  const file = fileOf('linked.csv', LOGIN);
  const fault = new Refusal('unavailable', { message: 'The disk is full.' });
  expect((await importing([file, '--shred'], doorWith('created', fault))).error).toBe(fault);
  const second = join(folder, 'second.csv');
  linkSync(file, second);
  expect((await importing([file, '--shred'])).error).toMatchObject({
    code: 'invalid_request',
    message: `${file} is no file, or has a second name.`,
  });
  const link = join(folder, 'link.csv');
  symlinkSync(file, link);
  expect((await importing([link, '--shred'])).error).toMatchObject({ code: 'unavailable' });
  expect(readFileSync(second, 'utf8')).toBe(LOGIN);
});

test('what was not taken is asked about before it goes', async () => {
  const file = fileOf('parts.csv', `${LOGIN}too,few\n`);
  const calls = async (answer?: boolean) => (await importing([file, '--shred'], doorWith('created'), answer)).calls;
  for (const answer of [undefined, false]) {
    expect((await calls(answer)).map(([method]) => method)).not.toContain('importItems');
    expect(existsSync(file)).toBe(true);
  }
  expect((await calls(true)).map(([method]) => method)).toContain('importItems');
  expect(existsSync(file)).toBe(false);
  const again = fileOf('parts.csv', `${LOGIN}too,few\n`);
  expect((await importing([again, '--shred', '--force'])).error).toBeUndefined();
  expect(existsSync(again)).toBe(false);
});
