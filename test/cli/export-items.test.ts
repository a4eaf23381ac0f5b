/** `export` against a fake owner's door: what is asked and said, and what is in the file. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { register } from '../../src/cli/commands/export.js';
import { chooseLock, type ChosenLock, type LockFlags } from '../../src/cli/commands/export-lock.js';
import { register as registerImport } from '../../src/cli/commands/import.js';
import { readTransfer } from '../../src/core/transfer-shape.js';
import { Refusal } from '../../src/core/refusal.js';
import type { TransferItem } from '../../src/core/transfer.js';
import { openAge } from '../../src/exchange/age.js';
import { IDENTITY, RECIPIENT } from '../exchange/age-samples.js';
import { itemOf } from '../exchange/items.js';
import { runCommand } from './harness.js';

const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-export-items-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
let file = '';
beforeEach(() => {
  count += 1;
  file = join(folder, `file-${String(count)}`);
});

const LOGIN = itemOf('login', [{ name: 'password', kind: 'secret', value: 'hidden' }], { title: 'Shop', tags: ['a'] });
const GONE = itemOf('note', [], { title: 'Gone', isTrashed: true, history: [{ at: 1, content: LOGIN.content }] });
const ALL = [LOGIN, GONE];

type Typed = NonNullable<Parameters<typeof runCommand>[1]['input']>;

/** Runs `export`; `typed` makes it a terminal where that is typed. */
async function exporting(words: readonly string[], typed?: readonly string[], more: { columns?: number } = {}) {
  let written = new Uint8Array();
  const lines = [...(typed ?? [])];
  const next = () => Promise.resolve(lines.shift() ?? '');
  const input: Typed =
    typed === undefined ? { stdinLine: () => Promise.resolve(undefined) } : { secret: next, line: next };
  const ran = await runCommand(['export', ...words], {
    register: (program, run) => register(program, run, (bytes) => (written = Uint8Array.from(bytes))),
    door: { exportItems: () => Promise.resolve(ALL) },
    input,
    ...(typed === undefined ? {} : { answer: true }),
    ...more,
  });
  return { ...ran, written, left: lines };
}

const holding = { password: () => Promise.reject(new Error('asked')), keyFile: new TextEncoder().encode(IDENTITY) };
const itemsIn = (bytes: Uint8Array): readonly TransferItem[] =>
  readTransfer(JSON.parse(new TextDecoder().decode(bytes)));

async function refusalOf(words: readonly string[], typed?: readonly string[], more = {}) {
  const { error, calls } = await exporting(words, typed, more);
  expect(calls).toEqual([]);
  if (error instanceof Refusal) return `${error.code}: ${error.message}`;
  throw new Error('nothing was refused', { cause: error });
}

test('everything goes out for a recipient, in a file of its owner alone', async () => {
  const { calls, stdout, stderr } = await exporting(['-o', file, '--recipient', RECIPIENT, '--vault', 'CI']);
  expect(calls).toEqual([['exportItems', { vault: { by: 'any', text: 'CI' }, format: 'vouchsafe' }]]);
  expect(itemsIn(await openAge(readFileSync(file), holding))).toEqual(ALL);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(stdout).toBe(`Exported: 2 items (vouchsafe, encrypted for its recipients) to ${file}\n`);
  expect(stderr).toContain('age -d -i KEY');
});

test('without a file it goes to stdout, and what is said to stderr', async () => {
  const list = join(folder, 'team.txt');
  writeFileSync(list, `# team\n${RECIPIENT}\n`);
  const { written, stdout, stderr } = await exporting(['-R', list, '--armor', '--to', '-']);
  expect(new TextDecoder().decode(written)).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  expect(itemsIn(await openAge(written, holding))).toEqual(ALL);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^Exported: 2 items \(vouchsafe, encrypted for its recipients\)\n/);
});

/** The lock that is chosen without a file being made: to lock one with a passphrase takes a second. */
async function chosen(flags: LockFlags, typed?: readonly string[]) {
  let lock: ChosenLock | undefined;
  const lines = [...(typed ?? [])];
  const next = () => Promise.resolve(lines.shift() ?? '');
  const ran = await runCommand(['x'], {
    register: (program, run) => {
      program.command('x').action(run(async (context) => void (lock = await chooseLock(context, flags))));
    },
    door: {},
    ...(typed === undefined ? {} : { answer: true }),
    input: { secret: next, stdinLine: next },
  });
  return { ...ran, lock, left: lines };
}

const GOOD = 'seven quiet lanterns orbit';
const WORDS = /^(?:[a-z]+-){7,}[a-z]+$/;

test('a passphrase is typed twice, and weak ones and slips are asked for again', async () => {
  const { lock, stderr, left } = await chosen({}, ['password', GOOD, 'a slip', GOOD, GOOD]);
  expect(lock).toEqual({ lock: { passphrase: GOOD }, isMade: false });
  expect(left).toEqual([]);
  expect(stderr).toContain('easy to guess');
  expect(stderr).toContain('not the same');
  expect(stderr).not.toContain(GOOD);
  const { error } = await chosen({}, ['password', 'password', 'password']);
  expect(error).toMatchObject({ code: 'invalid_request' });
});

test('a passphrase is made where none is typed, or with --generate', async () => {
  for (const made of [await chosen({}, ['']), await chosen({ generate: true })]) {
    expect(made.lock).toEqual({ lock: { passphrase: expect.stringMatching(WORDS) }, isMade: true });
  }
});

test('a passphrase that is made is shown once, beside the file', async () => {
  const { stdout } = await exporting(['-o', file, '--json', '--generate']);
  expect(JSON.parse(stdout)).toEqual({
    path: file,
    format: 'vouchsafe',
    encrypted: true,
    lock: 'passphrase',
    items: 2,
    left_in_trash: 0,
    losses: [],
    passphrase: expect.stringMatching(WORDS),
  });
  expect(readFileSync(file, 'latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/);
});

test('plain takes a word that is typed, and the log says so', async () => {
  const { calls, error } = await exporting(['--plain', '-o', file], ['plain']);
  expect(error).toBeUndefined();
  expect(calls).toEqual([['exportItems', { format: 'vouchsafe, not encrypted' }]]);
  expect(itemsIn(readFileSync(file))).toEqual(ALL);
  for (const word of ['y', 'yes', '']) {
    const { error: refused, calls: none } = await exporting(['--plain', '-o', `${file}-2`], [word]);
    expect(refused).toMatchObject({ name: 'ExitPromptError' });
    expect(none).toEqual([]);
  }
  expect(existsSync(`${file}-2`)).toBe(false);
});

test('where nobody can be asked, plain takes --force', async () => {
  const input: Typed = {
    line: () => Promise.reject(new Refusal('invalid_request', { message: 'Nobody.', next: 'x' })),
  };
  const ran = (words: readonly string[]) =>
    runCommand(['export', '--plain', '-o', file, ...words], {
      register,
      door: { exportItems: () => Promise.resolve(ALL) },
      input,
    });
  expect((await ran([])).error).toBeInstanceOf(Refusal);
  expect(await refusalOf(['--plain', '--json', '-o', file], ['plain'])).toContain('--output json');
  expect(existsSync(file)).toBe(false);
  expect((await ran(['--force'])).error).toBeUndefined();
  expect(itemsIn(readFileSync(file))).toEqual(ALL);
});

test('what the format has no place for is said; items in the trash stay unless they are asked for', async () => {
  const { stderr } = await exporting(['--plain', '--force', '--format', 'csv', '-o', file]);
  expect(stderr).toContain('Left out: 1 item in the trash. Add --trashed');
  expect(stderr).toContain('  1 tag (Personal/Shop)\n');
  expect(readFileSync(file, 'utf8')).not.toContain('Gone');
  const { stdout } = await exporting(['--plain', '--force', '--format', 'csv', '-o', file, '--trashed', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    items: 2,
    losses: expect.arrayContaining([{ vault: 'Personal', title: 'Gone', what: '1 earlier state' }]),
  });
  expect(readFileSync(file, 'utf8')).toContain('Gone');
  await exporting(['--plain', '--force', '--no-trashed', '-o', file]);
  expect(itemsIn(readFileSync(file))).toEqual([LOGIN]);
});

test('nothing is asked or recorded where it could not be written, or is not meant', async () => {
  writeFileSync(file, 'old');
  const link = `${file}-link`;
  symlinkSync(file, link);
  expect(await refusalOf(['-o', file, '-r', RECIPIENT])).toContain('conflict: The file');
  expect(await refusalOf(['-o', link, '-r', RECIPIENT, '--force'])).toContain('symbolic link');
  expect(await refusalOf(['-o', folder, '-r', RECIPIENT])).toContain('is a folder');
  expect(await refusalOf(['-o', join(folder, 'no', 'file'), '-r', RECIPIENT])).toContain('no folder');
  expect(await refusalOf(['--format', 'pdf'])).toBe('invalid_request: There is no such format.');
  expect(await refusalOf(['--plain', '-r', RECIPIENT, '-o', `${file}-2`])).toContain('do not go together');
  expect(await refusalOf(['--plain', '--generate', '-o', `${file}-2`])).toContain('do not go together');
  expect(await refusalOf(['--plain', '--armor', '-o', `${file}-2`])).toContain('--armor');
  expect(await refusalOf(['-r', 'age1x', '-o', `${file}-2`])).toContain('Recipient 1 is not one of age');
  expect(await refusalOf(['-R', join(folder, 'none'), '-o', `${file}-2`])).toContain('not_found');
  expect(await refusalOf(['-o', `${file}-2`])).toContain('passphrase of the file is missing');
  expect(await refusalOf([], ['x'], { columns: 80 })).toContain('not written to a terminal');
  expect(readFileSync(file, 'utf8')).toBe('old');
});

test('a file that is there is replaced with --force', async () => {
  writeFileSync(file, 'old', { mode: 0o644 });
  await exporting(['-o', file, '-r', RECIPIENT, '--force']);
  expect(itemsIn(await openAge(readFileSync(file), holding))).toEqual(ALL);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('what was exported comes in again with import, into the vaults that it was in', async () => {
  const key = join(folder, 'key.txt');
  writeFileSync(key, `# mine\n${IDENTITY}\n`);
  await exporting(['-o', file, '-r', RECIPIENT]);
  const importing = (words: readonly string[]) =>
    runCommand(['import', file, ...words], {
      register: registerImport,
      door: { importItems: () => Promise.resolve({ outcomes: ['created', 'created'], vaults: ['Personal'] }) },
    });
  const { calls, error } = await importing(['--key-file', key]);
  expect(error).toBeUndefined();
  expect(calls).toEqual([['importItems', { format: 'vouchsafe', items: ALL, onDuplicate: 'skip' }]]);
  expect((await importing([])).error).toMatchObject({ code: 'locked' });
});
