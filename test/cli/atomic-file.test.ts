import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  closeSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTarget, parseFileMode, writeAtomic } from '../../src/cli/atomic-file.js';
import { refused } from '../core/refused.js';

/** For what needs a process of its own. */
const BUILT = new URL('../../dist/cli/atomic-file.js', import.meta.url).href;

let folder = '';
let target = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-atomic-'));
  target = join(folder, 'out');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

describe('a file written at once', () => {
  it('is its user’s alone unless another mode is asked for, whatever the umask', () => {
    const umask = process.umask(0);
    try {
      writeAtomic(target, 'secret');
      expect(modeOf(target)).toBe(0o600);
      process.umask(0o077);
      writeAtomic(target, 'secret', 0o644);
      expect(modeOf(target)).toBe(0o644);
    } finally {
      process.umask(umask);
    }
  });

  it('replaces what was there, and leaves nothing beside it', () => {
    writeFileSync(target, 'old and longer', { mode: 0o666 });
    writeAtomic(target, Buffer.from([0xff, 0, 1]));
    expect([...readFileSync(target)]).toEqual([0xff, 0, 1]);
    expect(modeOf(target)).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('is a new file: who had the old one open reads the old text to its end', () => {
    writeFileSync(target, 'old');
    const reader = openSync(target, 'r');
    try {
      writeAtomic(target, 'new');
      const bytes = Buffer.alloc(10);
      expect(bytes.subarray(0, readSync(reader, bytes)).toString()).toBe('old');
    } finally {
      closeSync(reader);
    }
  });

  it('can be written where its name is as long as names may be', () => {
    const long = join(folder, 'x'.repeat(255));
    writeAtomic(long, 'secret');
    expect(readFileSync(long, 'utf8')).toBe('secret');
  });

  it('is not written through a symbolic link, to what is there or is not', () => {
    const other = join(folder, 'other');
    writeFileSync(other, 'untouched');
    symlinkSync(other, target);
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    for (const path of [target, join(folder, 'dangling')]) {
      expect(refused('unavailable', () => writeAtomic(path, 'secret')).message).toContain('symbolic link');
    }
    expect(readFileSync(other, 'utf8')).toBe('untouched');
    expect(readdirSync(folder).sort()).toEqual(['dangling', 'other', 'out']);
  });

  it('is refused for a folder and for a pipe, which both stay', () => {
    mkdirSync(target);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(refused('unavailable', () => writeAtomic(target, 'secret')).message).toContain('is a folder');
    expect(refused('unavailable', () => writeAtomic(pipe, 'secret')).message).toContain('a pipe');
    expect(readdirSync(folder).sort()).toEqual(['out', 'pipe']);
    expect(readdirSync(target)).toEqual([]);
  });

  it('is refused where there is no folder, or something else in its place', () => {
    refused('unavailable', () => writeAtomic(join(folder, 'gone', 'out'), 'secret'));
    writeFileSync(target, 'old');
    refused('unavailable', () => writeAtomic(join(target, 'out'), 'secret'));
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('keeps the old one, and nothing of the new one, when it cannot be written to its end', () => {
    writeFileSync(target, 'old');
    const script = `
      import { writeAtomic } from ${JSON.stringify(BUILT)};
      process.on('SIGXFSZ', () => undefined);
      try { writeAtomic(process.argv[1], 'x'.repeat(1 << 20)); console.log('written'); }
      catch (error) { console.log(error.name, error.code); }`;
    const node = [process.execPath, '--input-type=module', '-e', script, target];
    const said = execFileSync('bash', ['-c', 'ulimit -f 100; exec "$@"', '-', ...node], { encoding: 'utf8' });
    expect(said).toBe('Refusal unavailable\n');
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('can be found out to be impossible before there is anything to write', () => {
    checkTarget(target);
    mkdirSync(target);
    refused('unavailable', () => checkTarget(target));
    expect(readdirSync(folder)).toEqual(['out']);
  });
});

describe('--file-mode', () => {
  it.each([
    ['0600', 0o600],
    ['600', 0o600],
    ['0640', 0o640],
    ['644', 0o644],
    ['0400', 0o400],
    ['0755', 0o755],
  ])('takes %s', (text, mode) => expect(parseFileMode(text)).toBe(mode));

  it.each([
    '0666',
    '0622',
    '620',
    '0602',
    '0777',
    '0000',
    '0044',
    '0200',
    '4600',
    '1644',
    '06000',
    '60',
    '0o600',
    'rw',
    '',
    ' 600',
    '0680',
    '-600',
  ])('refuses %j', (text) => {
    refused('invalid_request', () => parseFileMode(text));
  });
});
