import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerExport } from '../../src/cli/commands/audit-export.js';
import type { Target } from '../../src/cli/export/target.js';
import { Refusal } from '../../src/core/refusal.js';
import type { EntryShape } from '../../src/core/shapes.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import type { ProofSummary } from '../../src/gate/log-door.js';
import { ENTRY, REFUSED } from './fixtures.js';
import { runCommand } from './harness.js';

const PROVEN: ProofSummary = {
  from: 1,
  to: 42,
  entries: 42,
  fingerprint: 'abandon ability able about',
  hash: REFUSED.hash,
  fault: null,
};

type LogPart = Pick<OwnerDoor, 'exportEntries' | 'exportProof'>;

/** Gives the entries in two batches, and three lines of a proof. */
function doorOf(entries: readonly EntryShape[] = [ENTRY, REFUSED], summary: ProofSummary = PROVEN): LogPart {
  return {
    exportEntries: (_, each) => {
      for (const entry of entries) each([entry]);
      return Promise.resolve(entries.length);
    },
    exportProof: (_, write) => {
      for (const line of ['{"vouchsafe":"proof"}', '{"seq":1}\n', '{"end":true}']) write(line);
      return Promise.resolve(summary);
    },
  };
}

/** Runs `audit export` with these words; what goes to stdout is `written`. */
async function runExport(words: readonly string[], door: Partial<LogPart> = doorOf(), stdout?: Target) {
  let written = '';
  const target = stdout ?? { isGone: false, write: (text: string) => void (written += text) };
  const ran = await runCommand(['audit', 'export', ...words], {
    register: (program, run) => registerExport(program.command('audit'), run, target),
    door,
  });
  return { ...ran, written };
}

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-export-'));
  file = join(folder, 'out');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const json = (entries: readonly EntryShape[]) => entries.map((entry) => JSON.stringify(entry));

describe('audit export', () => {
  it('writes JSON Lines to stdout, and on stderr how many', async () => {
    const { written, stdout, stderr, error } = await runExport([]);
    expect(error).toBeUndefined();
    expect(
      written
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([ENTRY, REFUSED]);
    expect(stdout).toBe('');
    expect(stderr).toBe('Exported: 2 entries (jsonl). The log says so, as audit.export.\n');
    expect((await runExport([], doorOf([ENTRY]))).stderr).toMatch(/^Exported: 1 entry \(jsonl\)/);
  });

  it('passes the query and its span on', async () => {
    const { calls } = await runExport(['agent:deploy-bot', '-outcome:granted', '--since', '24h', '--until', 'today']);
    const asked = { query: 'agent:deploy-bot -outcome:granted', since: '24h', until: 'today' };
    expect(calls).toEqual([['exportEntries', asked]]);
  });

  it('writes a file of the user alone, in place of what it held', async () => {
    writeFileSync(file, 'x'.repeat(10_000), { mode: 0o644 });
    const { written, error } = await runExport(['--to', file], doorOf([ENTRY]));
    expect(error).toBeUndefined();
    expect(written).toBe('');
    expect(readFileSync(file, 'utf8')).toBe(`${json([ENTRY])[0]!}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    [['--format', 'jsonl'], /^\{"seq":41,/],
    [['--format', 'NDJSON'], /^\{"seq":41,/],
    [['--json'], /^\{"seq":41,/],
    [['--output', 'ndjson'], /^\{"seq":41,/],
    [['--output', 'human'], /^\{"seq":41,/],
    [['--output', 'csv'], /^seq,at,actor\.kind,[^\n]*\r\n41,/],
    [['--format', 'csv', '--json'], /^seq,at,actor\.kind,[^\n]*\r\n41,/],
    [['--format', 'ocsf', '--output', 'csv'], /^\{"activity_id":2,/],
    [['--format', 'cef'], /^CEF:0\|/],
  ])('with %j writes %s', async (words, start) => {
    const { written, error } = await runExport(words);
    expect(error).toBeUndefined();
    expect(written).toMatch(start);
    expect(written.match(/\n/g)).toHaveLength(written.startsWith('seq') ? 3 : 2);
  });

  it('of nothing is the head alone, and an empty file', async () => {
    writeFileSync(file, 'old');
    expect((await runExport(['-o', file], doorOf([]))).stderr).toMatch(/^Exported: 0 entries/);
    expect(readFileSync(file, 'utf8')).toBe('');
    expect((await runExport(['--format', 'csv'], doorOf([]))).written).toMatch(/^seq,at,[^\n]*\r\n$/);
  });

  it.each([
    [['agent:'], /position 7/],
    [['nothing:x'], /unknown qualifier/],
    [['--since', 'then'], /since/],
    [['--until', 'then'], /until/],
    [['--format', 'xml'], /format of the export is not known/],
  ])('refuses %j before the door is opened', async (words, message) => {
    const { error, calls, written } = await runExport(words);
    expect((error as Refusal).code).toBe('invalid_request');
    expect((error as Refusal).message).toMatch(message);
    expect(calls).toEqual([]);
    expect(written).toBe('');
  });

  it('leaves a file as it was where the door refuses the selection', async () => {
    writeFileSync(file, 'old');
    const refusal = new Refusal('not_found', { message: 'no such token' });
    const { error } = await runExport(['agent:x', '-o', file], { exportEntries: () => Promise.reject(refusal) });
    expect(error).toBe(refusal);
    expect(readFileSync(file, 'utf8')).toBe('old');
  });

  it('ends in silence where the reader has gone', async () => {
    let isGone = false;
    const target: Target = {
      get isGone() {
        return isGone;
      },
      write: () => {
        isGone = true;
        throw new Refusal('unavailable');
      },
    };
    const { error, stderr } = await runExport([], doorOf(), target);
    expect(error).toBeUndefined();
    expect(stderr).toBe('');
  });

  it('fails where it cannot be written', async () => {
    const refusal = new Refusal('unavailable');
    const fail = () => {
      throw refusal;
    };
    expect((await runExport([], doorOf(), { isGone: false, write: fail })).error).toBe(refusal);
  });

  it('holds no more than a batch, however many there are', async () => {
    const batch = Array.from({ length: 1000 }, (_, i) => ({ ...ENTRY, seq: i + 1 }));
    let [entries, most] = [0, 0];
    const target: Target = {
      isGone: false,
      write: (text) => {
        entries += text.split('\n').length - 1;
        most = Math.max(most, text.length);
      },
    };
    const exportEntries: LogPart['exportEntries'] = (_, each) => {
      for (let i = 0; i < 100; i += 1) each(batch);
      expect(entries).toBeGreaterThan(99_000);
      return Promise.resolve(100_000);
    };
    const { error, stderr } = await runExport([], { exportEntries }, target);
    expect(error).toBeUndefined();
    expect(stderr).toMatch(/^Exported: 100,000 entries/);
    expect(entries).toBe(100_000);
    expect(most).toBeLessThan(70_000);
  });
});

describe('audit export --proof', () => {
  it('writes the lines to the file, and says how to check them', async () => {
    const { stderr, error, calls } = await runExport(['seq:1..42', '--proof', '--to', file]);
    expect(error).toBeUndefined();
    expect(calls).toEqual([['exportProof', { query: 'seq:1..42' }]]);
    expect(readFileSync(file, 'utf8')).toBe('{"vouchsafe":"proof"}\n{"seq":1}\n{"end":true}\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stderr).toBe(
      [
        'Proof of entries 1 to 42 (42).',
        `Newest entry: 42:${REFUSED.hash}`,
        "The owner's fingerprint: abandon ability able about",
        'Whoever has the file can read the reasons in it.',
        `Check it with: vouchsafe-verify-log '${file}' --owner "abandon ability able about"`,
        '',
      ].join('\n'),
    );
  });

  it('goes to stdout where that is asked for', async () => {
    const { written, stderr, error } = await runExport(['--proof', '--to', '-']);
    expect(error).toBeUndefined();
    expect(written).toBe('{"vouchsafe":"proof"}\n{"seq":1}\n{"end":true}\n');
    expect(stderr).toContain('vouchsafe-verify-log FILE --owner');
  });

  it('writes a long one in parts', async () => {
    const writes: number[] = [];
    const door: Partial<LogPart> = {
      exportProof: (_, write) => {
        for (let i = 0; i < 10_000; i += 1) write('x'.repeat(99));
        return Promise.resolve(PROVEN);
      },
    };
    const target: Target = { isGone: false, write: (text) => void writes.push(text.length) };
    await runExport(['--proof', '--to', '-'], door, target);
    expect(writes.reduce((sum, length) => sum + length, 0)).toBe(1_000_000);
    expect(Math.max(...writes)).toBeLessThan(70_000);
    expect(writes.length).toBeGreaterThan(10);
  });

  it('ends as an integrity failure that names the entry, and the file stays', async () => {
    const fault = { seq: 17, message: 'the entry was changed.' };
    const { stderr, error } = await runExport(['--proof', '-o', file], doorOf([], { ...PROVEN, fault }));
    expect((error as Refusal).code).toBe('integrity');
    expect((error as Refusal).message).toBe('Entry 17: the entry was changed.');
    expect((error as Refusal).facts.next).toContain(file);
    expect(stderr).toContain('NO proof of entries 1 to 42 (42)');
    expect(stderr).not.toContain('vouchsafe-verify-log');
    expect(existsSync(file)).toBe(true);
  });

  it('names no entry where none is to blame', async () => {
    const fault = { seq: null, message: 'something does not open.' };
    const { error } = await runExport(['--proof', '-o', file], doorOf([], { ...PROVEN, fault }));
    expect((error as Refusal).message).toBe('something does not open.');
  });

  it.each([
    [['--proof'], 'A proof needs a file.'],
    [['--proof', '--format', 'csv', '-o', 'x'], 'A proof has a format of its own'],
  ])('refuses %j before the door is opened', async (words, message) => {
    const { error, calls } = await runExport(words);
    expect((error as Refusal).code).toBe('invalid_request');
    expect((error as Refusal).message).toContain(message);
    expect(calls).toEqual([]);
  });
});
