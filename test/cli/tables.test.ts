import { describe, expect, it } from 'vitest';
import { entryTable } from '../../src/cli/commands/audit-text.js';
import { expiryText, tokenTable } from '../../src/cli/commands/token-text.js';
import { printTable, type UnderRow } from '../../src/cli/table.js';
import { displayWidth } from '../../src/cli/width.js';
import { AGENT, ENTRY, REFUSED, TOKEN } from './fixtures.js';

function page(width: number, isTerminal = true) {
  return {
    width,
    isTerminal,
    local: false,
    time: (iso: string | null) => expiryText(iso, false).replace(' (UTC)', ''),
    table: (columns: Parameters<typeof printTable>[0], rows: readonly object[], under: UnderRow = () => undefined) =>
      printTable(columns, rows, { width: isTerminal ? width : Infinity, style: (_, text) => text, under }),
  };
}

const TOKENS = [TOKEN, { ...AGENT, expires_at: null, last_used_at: '2026-05-03T08:00:00.000Z' }];

describe('the table of tokens', () => {
  it('has every column where it is not shown on a terminal', () => {
    expect(tokenTable(TOKENS, page(80, false))).toBe(
      [
        'ID                         NAME        STATUS  CREATED           EXPIRES           LAST USED         SCOPES',
        'law-hotel-shape-community  deploy-bot  active  2026-03-01 09:30  2026-06-01 00:00  Never             (by role)',
        'mild-river-stone-cabin     ci helper   active  2026-03-01 09:30  Never             2026-05-03 08:00  read, reveal',
      ].join('\n'),
    );
  });

  it('fits a terminal of 80 columns with nothing left out: each id stands under its row', () => {
    expect(tokenTable(TOKENS, page(80))).toBe(
      [
        'NAME        STATUS  CREATED     EXPIRES     LAST USED   SCOPES',
        'deploy-bot  active  2026-03-01  2026-06-01  Never       (by role)',
        '    law-hotel-shape-community',
        'ci helper   active  2026-03-01  Never       2026-05-03  read, reveal',
        '    mild-river-stone-cabin',
      ].join('\n'),
    );
  });
});

describe('the table of entries', () => {
  const entries = [REFUSED, { ...ENTRY, reason: 'Run the migration of OPS-42 on the staging database, step 3 of 4' }];

  it('fits a terminal of 80 columns: no code and no reason is cut', () => {
    const table = entryTable(entries, page(80));
    for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
    expect(table.replace(/\s+/g, ' ')).toContain('(forbidden)');
    expect(table).toContain('REFUSED');
    expect(table).toContain('Production/DB password');
    expect(table.replace(/\s+/g, ' ')).toMatch(/step 3 of 4$/);
  });

  it('says the code beside the outcome where there is room', () => {
    expect(entryTable(entries, page(160))).toContain('REFUSED forbidden');
  });
});
