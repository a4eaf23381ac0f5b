/** Manual pages say what help says, and roff reads them as they are meant. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandsIn, type CommandGrammar } from '../../src/cli/grammar.js';
import { escapeRoff, manPages, type ManPage } from '../../src/cli/man-page.js';
import { gatherGrammar } from '../../src/cli/program.js';

let grammar: CommandGrammar;
let pages: readonly ManPage[];
let folder: string;
beforeAll(async () => {
  grammar = await gatherGrammar();
  pages = manPages(grammar, '1.2.3');
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-man-'));
  for (const { file, text } of pages) writeFileSync(join(folder, file), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const textOf = (file: string): string => pages.find((page) => page.file === file)!.text;
const hasMandoc = spawnSync('mandoc', ['-h']).error === undefined;

test('every command that help lists has a page, and no other', () => {
  const paths = commandsIn(grammar)
    .map(({ path }) => path)
    .filter((path) => path.startsWith('vouchsafe'));
  expect(pages.map(({ file }) => file)).toEqual(paths.map((path) => `${path.replaceAll(' ', '-')}.1`));
  expect(pages.map(({ file }) => file)).not.toContain('vouchsafe-complete.1');
});

test('package.json names every page (`npm run man` writes the list)', () => {
  const { man } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'));
  expect(man).toEqual(pages.map(({ file }) => `dist/man/${file}`).sort());
});

test('a page has the options, notes and examples of its command, and its neighbours', () => {
  const page = textOf('vouchsafe-vault-delete.1');
  expect(page).toMatch(/^\.TH "VOUCHSAFE\\-VAULT\\-DELETE" 1 "" "vouchsafe 1\.2\.3" "Vouchsafe"$/m);
  expect(page).toContain('.TP\n.B \\-\\-confirm <name>\nthe vault\\(aqs name once more');
  expect(page).toContain('.SH "EXAMPLE"\n.nf\nvouchsafe vault delete Staging \\-\\-confirm Staging\n.fi');
  expect(page).toContain('.BR vouchsafe\\-vault (1)');
  expect(page).not.toContain('\\-\\-token\\-file');
  expect(textOf('vouchsafe.1')).toContain('.B \\-\\-token\\-file <file>');
});

test('what roff would change is escaped', () => {
  expect(escapeRoff(`.a 'b' \\c -d \`e\` ~^ …`)).toBe('\\&.a \\(aqb\\(aq \\ec \\-d \\(gae\\(ga \\(ti\\(ha \\[u2026]');
});

test.skipIf(!hasMandoc)(
  'mandoc finds no fault in them, and they fit 80 columns (skipped where it is not installed)',
  () => {
    const files = pages.map(({ file }) => join(folder, file));
    const { stdout: faults } = spawnSync('mandoc', ['-Tlint', '-Wwarning', ...files], { encoding: 'utf8' });
    // the same source makes the same page on any day
    expect(faults.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
    const { stdout: shown } = spawnSync('mandoc', ['-Tascii', '-Owidth=80', ...files], { encoding: 'utf8' });
    const lines = shown.replace(/.\x08/g, '').split('\n');
    expect(lines.length).toBeGreaterThan(1000);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  },
);
