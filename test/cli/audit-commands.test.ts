import { describe, expect, it } from 'vitest';
import { register } from '../../src/cli/commands/audit.js';
import { readReceipt } from '../../src/cli/commands/audit-show.js';
import { register as registerPat } from '../../src/cli/commands/pat.js';
import { csv } from '../../src/cli/export/csv.js';
import { parseQuery, QUALIFIERS } from '../../src/core/query.js';
import { Refusal } from '../../src/core/refusal.js';
import type { EntryShape } from '../../src/core/shapes.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import type { EntryDetail, Verification } from '../../src/gate/log-door.js';
import { ENTRY, REFUSED, TOKEN } from './fixtures.js';
import { runCommand } from './harness.js';

const WHOLE: Verification = {
  ok: true,
  entries: 42,
  from: 1,
  to: 42,
  signatures: 40,
  items: 3,
  head: { seq: 42, hash: REFUSED.hash },
  checkpoint: 30,
  fault: null,
};

const DETAIL: EntryDetail = {
  entry: REFUSED,
  tool: 'get_item',
  requestId: '7',
  address: '192.0.2.7',
  exchange: null,
  detail: 'no grant on the item',
  asked: null,
  purpose: null,
  suppressed: 0,
  stateVersion: 9,
  changes: [{ kind: 'item', id: 'item2', revision: 3, hash: 'cc', before: null }],
  proof: { prev: 'dd', hash: REFUSED.hash, signature: 'ee', verified: true },
  neighbours: [ENTRY],
};

const door: Partial<OwnerDoor> = {
  listEntries: ({ query }) => {
    parseQuery(query);
    return Promise.resolve({ data: [REFUSED, ENTRY], nextCursor: null });
  },
  showEntry: () => Promise.resolve(DETAIL),
  verify: () => Promise.resolve(WHOLE),
  checkpoint: () => Promise.resolve({ seq: 43, hash: ENTRY.hash }),
};

async function audit(words: readonly string[], other: Partial<OwnerDoor> = {}) {
  return runCommand(words, { register, door: { ...door, ...other } });
}

describe('audit list', () => {
  it('prints a table in which refusals stand out and nothing is unescaped', async () => {
    const { stdout } = await audit(['audit', 'list']);
    expect(stdout).toBe(
      [
        ' #  TIME              WHO         WHAT       WHERE                   OUTCOME            REASON',
        '42  2026-03-02 10:15  deploy-bot  item.read  Production/item2        REFUSED forbidden  sneaky \\u{202e}\\u{1b}[31m reason  [repeat]',
        '41  2026-03-02 10:15  deploy-bot  item.read  Production/DB password  granted            Run the migration of OPS-42',
        '',
      ].join('\n'),
    );
  });

  it('asks in the local zone with --local', async () => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const { calls } = await audit(['audit', 'list', 'created:today', '--local']);
    expect(calls).toEqual([['listEntries', { query: 'created:today', timeZone, limit: 50 }]]);
  });

  it('explains the terms of a query in its help', async () => {
    const { stdout } = await audit(['audit', 'list', '--help']);
    for (const qualifier of QUALIFIERS) expect(stdout).toContain(` ${qualifier}:`);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const [, section = ''] = /\nQuery(.*?)\n\n/s.exec(stdout)!;
    const examples = section.split('\n').filter((line) => line.startsWith('  ') && !line.endsWith(':'));
    expect(examples).toHaveLength(4);
    for (const line of examples) expect(() => parseQuery(line), line).not.toThrow();
  });

  it('shows on stderr how far a long search is', async () => {
    const slow: Partial<OwnerDoor> = {
      listEntries: async (_, progress) => {
        await new Promise((resolve) => setTimeout(resolve, 450));
        progress?.(10, 20);
        return { data: [ENTRY], nextCursor: null };
      },
    };
    const { stderr } = await runCommand(['log'], { register, door: slow, columns: 80 });
    expect(stderr).toMatch(/^\r\u001b\[2KSearching {2}█+ +50 % {2}10 of 20\r\u001b\[2K$/);
    expect((await audit(['log'], slow)).stderr).toBe('');
  });

  it('joins the words of the query and passes the flags on', async () => {
    const words = ['log', 'agent:deploy-bot', 'outcome:refused', '--since', '24h', '--until', 'today', '--limit', '5'];
    const { calls } = await audit(words);
    const asked = { query: 'agent:deploy-bot outcome:refused', since: '24h', until: 'today', limit: 5 };
    expect(calls).toEqual([['listEntries', asked]]);
  });

  it('takes a negation for a part of the query', async () => {
    const { calls, error } = await audit(['audit', 'list', '-outcome:granted', '--json', '-item:x', '--limit', '5']);
    expect(error).toBeUndefined();
    expect(calls).toEqual([['listEntries', { query: '-outcome:granted -item:x', limit: 5 }]]);
  });

  it('prints entries as JSON', async () => {
    const { stdout } = await audit(['audit', 'list', '--json']);
    expect(JSON.parse(stdout)).toEqual({ schema_version: 1, data: [REFUSED, ENTRY], next_cursor: null });
  });

  it('prints CSV as an export has it, escaped and without formulas, and where it goes on', async () => {
    const odd: EntryShape = { ...ENTRY, client: { name: 'ev\u001b[31mil', version: '\u200d=1' } };
    const page = (data: readonly EntryShape[]) => ({ listEntries: () => Promise.resolve({ data, nextCursor: '41' }) });
    const { stdout, stderr } = await audit(['audit', 'list', '--output', 'csv'], page([odd, REFUSED]));
    expect(stdout).toBe(csv.head + csv.line(odd) + csv.line(REFUSED));
    expect(stdout).toContain(String.raw`ev\u{1b}[31mil`);
    expect(stderr).toBe('There is more: add --cursor 41\n');
    expect((await audit(['audit', 'list', '--output', 'csv'], page([]))).stdout).toBe('');
  });

  it('is what agent monitor prints, for one agent', async () => {
    const { calls } = await runCommand(['agent', 'monitor', 'ci helper'], { register: registerPat, door });
    expect(calls).toEqual([['listEntries', { query: 'agent:"ci helper"', limit: 50 }]]);
  });
});

describe('audit show', () => {
  it('takes a number or a receipt', async () => {
    expect((await audit(['audit', 'show', '42'])).calls).toEqual([['showEntry', 42]]);
    const receipt = `42:${REFUSED.hash}`;
    expect((await audit(['audit', 'show', receipt])).calls).toEqual([['showEntry', 42, REFUSED.hash]]);
  });

  it('says of a receipt that it is right', async () => {
    const shown = async (words: readonly string[], verified = true): Promise<string> => {
      const proof = { ...DETAIL.proof, verified };
      const { stdout } = await audit(['audit', 'show', ...words], {
        showEntry: () => Promise.resolve({ ...DETAIL, proof }),
      });
      return stdout.split('\n', 2).join('\n');
    };
    const receipt = `42:${REFUSED.hash}`;
    expect(await shown(['42'])).toBe('Entry 42, verified\n');
    expect(await shown([receipt])).toBe(
      'Entry 42, verified\nThe receipt is right: entry 42 is the one that it was given for.',
    );
    expect(await shown([receipt], false)).toMatch(/NOT VERIFIED\nThe receipt has the hash .* NOT what was signed\.$/);
  });

  it.each(['', '0', '-1', '1x', '1:', '1:ab', 'abc', '1e3', '99999999999999999'])('refuses %j', (text) => {
    expect(() => readReceipt(text)).toThrow(Refusal);
  });

  it('prints all that is known', async () => {
    const { stdout } = await audit(['audit', 'show', '42']);
    expect(stdout).toMatch(/^Entry 42, verified\n/);
    for (const text of [
      'REFUSED forbidden',
      'no grant on the item',
      'get_item',
      `token ${TOKEN.id}`,
      'repeat',
      'version 9',
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).not.toMatch(/[\u202e\u001b]/);
  });
});

describe('audit verify', () => {
  it('says what it covered', async () => {
    const { stdout, error } = await audit(['audit', 'verify']);
    expect(error).toBeUndefined();
    expect(stdout).toBe(
      [
        'The log is whole.',
        'Covered: entries 1 to 42 (42), 40 signatures, 3 items.',
        'Last checkpoint: entry 30.',
        `Newest entry: 42:${REFUSED.hash}`,
        'Signatures before the last checkpoint were not checked again; --full does.',
        '',
      ].join('\n'),
    );
  });

  it('ends as an integrity failure that names the first bad entry', async () => {
    const fault = { seq: 17, message: 'the entry was changed.' };
    const broken = { verify: () => Promise.resolve({ ...WHOLE, ok: false, fault }) };
    const { stdout, error } = await audit(['audit', 'verify', '--full'], broken);
    expect(stdout).toContain('The log is NOT whole.');
    expect((error as Refusal).code).toBe('integrity');
    expect((error as Refusal).message).toBe('Entry 17: the entry was changed.');
  });

  it('signs a checkpoint', async () => {
    expect((await audit(['audit', 'checkpoint'])).stdout).toBe(`Checkpoint: 43:${ENTRY.hash}\n`);
  });
});
