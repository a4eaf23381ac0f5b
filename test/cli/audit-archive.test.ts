import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/audit.js';
import type { Refusal } from '../../src/core/refusal.js';
import type { ArchiveSummary } from '../../src/gate/log-door.js';
import { runCommand, type Ran } from './harness.js';

const PATH = resolve(tmpdir(), 'my log.proof');
const MADE: ArchiveSummary = {
  from: 1,
  to: 5000,
  entries: 5000,
  removed: 4950,
  path: PATH,
  fingerprint: '1f2e 3d4c',
  hash: 'a'.repeat(64),
  fault: null,
};

async function audit(words: readonly string[], made: ArchiveSummary = MADE): Promise<Ran> {
  const door = { archive: () => Promise.resolve(made), importArchive: () => Promise.resolve({ from: 1, to: 5000 }) };
  return runCommand(['audit', ...words], { register, door });
}

const ARCHIVE = ['archive', '--before', '2026-01-01', '--to', PATH];

describe('audit archive', () => {
  it('says what was exported, verified and removed, how the file is checked, and who can read it', async () => {
    const { stdout, calls } = await audit(ARCHIVE);
    expect(calls).toEqual([['archive', { before: '2026-01-01', to: PATH }]]);
    expect(stdout.split('\n')).toEqual([
      'Exported: entries 1 to 5000 (5,000) with their proof.',
      `The file: ${PATH}`,
      'Verified: the file, from its first entry to its last.',
      'Removed from the safe: 4,950 entries.',
      'Left in it too: 50 of them, on which what is current rests.',
      '',
      'Anyone can check the file, without the safe:',
      `  vouchsafe-verify-log '${PATH}' --owner '1f2e 3d4c'`,
      'Whoever has it reads every reason in it, in clear: keep it as you keep the safe.',
      'To ask it again here:',
      `  vouchsafe audit import-archive '${PATH}'`,
      '',
    ]);
  });

  it('prints what was made as JSON, and takes -o too', async () => {
    const { stdout, calls } = await audit(['archive', '--before', '90d', '-o', PATH, '--json']);
    expect(JSON.parse(stdout)).toEqual(MADE);
    expect(calls).toEqual([['archive', { before: '90d', to: PATH }]]);
  });

  it('ends as an integrity failure where the log did not verify', async () => {
    const fault = { seq: 17, message: 'the entry was changed.' };
    const { stdout, error } = await audit(ARCHIVE, { ...MADE, removed: 0, fault });
    expect(stdout).toContain('NOT verified: the entry was changed.\nRemoved from the safe: 0 entries.\n');
    expect((error as Refusal).code).toBe('integrity');
  });

  it.each([
    [['--before', 'ever', '--to', PATH]],
    [['--before', '1y', '--to', resolve(tmpdir(), 'no such folder', 'x.proof')]],
    [['--before', '1y']],
    [['--to', PATH]],
  ])('does nothing for %j', async (words) => {
    const { error, calls } = await audit(['archive', ...words]);
    expect(error).toBeInstanceOf(Error);
    expect(calls).toEqual([]);
  });
});

describe('audit import-archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-archive-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('says what was put back', async () => {
    const file = join(folder, 'my log.proof');
    writeFileSync(file, '');
    const { stdout, calls } = await audit(['import-archive', file]);
    expect(calls).toEqual([['importArchive', file]]);
    expect(stdout).toBe(`Put back and verified: entries 1 to 5000, from ${file}\n`);
    expect(JSON.parse((await audit(['import-archive', file, '--json'])).stdout)).toEqual({ from: 1, to: 5000 });
  });

  it.each(['no-such.proof', '.', 'no-such-folder/x'])(
    'says that there is no file %s, before it asks anyone',
    async (name) => {
      const { error, calls } = await audit(['import-archive', join(folder, name)]);
      expect((error as Refusal).code).toBe('not_found');
      expect(calls).toEqual([]);
    },
  );
});
