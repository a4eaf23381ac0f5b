import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeInstructions } from '../../src/cli/instruction-file.js';
import { agentInstructions, formatOfFile, INSTRUCTION_FORMATS } from '../../src/cli/instructions.js';
import { refused } from '../core/refused.js';
import { VAULT_GRANT } from './fixtures.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vouchsafe-instructions-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MARKED = INSTRUCTION_FORMATS.filter((format) => format !== 'plain');
type Marked = (typeof MARKED)[number];
const before = (format: Marked) => agentInstructions({ token: { name: 'old-name' }, grants: [] }, format);
const after = (format: Marked) => agentInstructions({ token: { name: 'new-name' }, grants: [VAULT_GRANT] }, format);
const blockOf = (text: string) => text.slice(text.indexOf('<!--'), text.lastIndexOf('-->') + 3);

describe.each(MARKED)('instructions as %s', (format) => {
  it('make a file with its folders, and stand in it as printed', () => {
    const file = join(folder, 'a', 'b', 'file.md');
    expect(writeInstructions(file, before(format))).toBe('created');
    expect(readFileSync(file, 'utf8')).toBe(before(format));
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(writeInstructions(file, before(format))).toBe('unchanged');
  });

  it('take the place of the block that is there, and nothing else', () => {
    const file = join(folder, 'file.md');
    writeInstructions(file, before(format));
    const mine = ['# Mine \u00e9\r\n\r\n\ttext  \n', '\n\n\nlast line without an end  '];
    const text = readFileSync(file, 'utf8').replace(blockOf(before(format)), (block) => mine.join(block));
    writeFileSync(file, text);
    expect(writeInstructions(file, after(format))).toBe('updated');
    // the file has lines that end as on Windows, and so has the block in it
    const block = blockOf(after(format)).replaceAll('\n', '\r\n');
    expect(readFileSync(file, 'utf8')).toBe(text.replace(blockOf(before(format)), () => block));
  });

  it('go after what a file without a block has, with front matter first', () => {
    const file = join(folder, 'file.md');
    writeFileSync(file, '# Mine\n');
    writeInstructions(file, after(format));
    const text = readFileSync(file, 'utf8');
    const [front] = after(format).split('<!--');
    expect(text.startsWith(`${front!}# Mine\n`)).toBe(true);
    expect(text).toContain(blockOf(after(format)));
  });

  it('leave the front matter that is there as it is', () => {
    const file = join(folder, 'file.md');
    const front = '---\r\nname: mine\r\n# kept\r\n---\r\n';
    writeFileSync(file, `${front}\nMine\n`);
    writeInstructions(file, before(format));
    writeInstructions(file, after(format));
    const text = readFileSync(file, 'utf8');
    expect(text.startsWith(`${front}\nMine\n`)).toBe(true);
    expect(text.match(/^---/gm)).toHaveLength(2);
    expect(text).not.toContain('old-name');
  });
});

it.each([0o600, 0o640, 0o664])('a file keeps its mode %o, and no other file stays beside it', (mode) => {
  const file = join(folder, 'file.md');
  writeFileSync(file, 'Mine\n');
  chmodSync(file, mode);
  writeInstructions(file, after('agents-md'));
  expect(statSync(file).mode & 0o777).toBe(mode);
  expect(readdirSync(folder)).toEqual(['file.md']);
});

it('a link stays a link: what it leads to is written', () => {
  writeFileSync(join(folder, 'AGENTS.md'), 'Mine\n');
  symlinkSync('AGENTS.md', join(folder, 'CLAUDE.md'));
  writeInstructions(join(folder, 'CLAUDE.md'), after('claude-md'));
  expect(lstatSync(join(folder, 'CLAUDE.md')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, 'AGENTS.md'), 'utf8')).toContain('new-name');
});

describe('what cannot be written is refused and left as it is', () => {
  const write = (name: string) => () => writeInstructions(join(folder, name), after('agents-md'));

  it('bytes that are no text', () => {
    const bytes = Buffer.from([0x4d, 0xff, 0xfe, 0x0a]);
    writeFileSync(join(folder, 'file.md'), bytes);
    refused('unavailable', write('file.md'));
    expect(readFileSync(join(folder, 'file.md'))).toEqual(bytes);
  });

  it('a folder, a link that leads nowhere, a folder that is a file', () => {
    mkdirSync(join(folder, 'sub'));
    symlinkSync('nowhere', join(folder, 'link'));
    writeFileSync(join(folder, 'plain'), '');
    for (const name of ['sub', 'link', 'plain/file.md']) refused('unavailable', write(name));
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(['link', 'plain', 'sub']);
  });
});

it.each([
  ['AGENTS.md', 'agents-md'],
  ['notes.txt', 'agents-md'],
  ['.claude/skills/vouchsafe/SKILL.md', 'skill'],
  ['CLAUDE.md', 'claude-md'],
  ['CLAUDE.local.md', 'claude-md'],
  ['.cursor/rules/vouchsafe.mdc', 'cursor'],
])('the name %s asks for %s', (path, format) => expect(formatOfFile(path)).toBe(format));
