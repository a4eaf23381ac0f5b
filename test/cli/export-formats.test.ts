import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cef } from '../../src/cli/export/cef.js';
import { csv } from '../../src/cli/export/csv.js';
import { jsonl } from '../../src/cli/export/jsonl.js';
import { severityOf } from '../../src/cli/export/severity.js';
import { ACTIONS, type Action } from '../../src/core/model.js';
import { escapeText, hasHiddenCharacter } from '../../src/core/text.js';
import { VERSION } from '../../src/gate/version.js';
import { BARE, entryOf, hostile, hostileEntry, NOBODY } from './export-entries.js';
import { ENTRY, REFUSED } from './fixtures.js';

describe('jsonl', () => {
  it('is the JSON of the entry, on one line of visible characters', () => {
    fc.assert(
      fc.property(hostileEntry, (entry) => {
        const line = jsonl.line(entry);
        expect(JSON.parse(line)).toEqual(entry);
        expect(line.endsWith('\n')).toBe(true);
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/u);
      }),
    );
  });
});

/** A reader of CSV by RFC 4180, section 2, and strict: what is not by the rules is an error. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const [whole, quoted, plain, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/s.exec(text.slice(at)) ?? [];
    if (whole === undefined) throw new Error(`not CSV at ${at}`);
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (end === '\r\n') rows.push(row);
    if (end === '\r\n') row = [];
  }
  return rows;
}

const COLUMNS = `seq at actor.kind actor.id actor.name action outcome code vault.id vault.name item.id item.title fields
  reason signals client.name client.version transport grant_id hash`.split(/\s+/);

/** What a spreadsheet takes for the start of a formula, by OWASP's "CSV Injection" and in wide and small forms. */
const FORMULA = /^[\s\u200c\u200d\ufe0f]*[=+\-@＝＋－＠﹦﹢﹣﹫−]/u;

describe('csv', () => {
  it('has the same columns whatever the entry holds', () => {
    expect(parseCsv(csv.head)).toEqual([COLUMNS]);
    for (const entry of [ENTRY, REFUSED, BARE, NOBODY]) expect(parseCsv(csv.line(entry))[0]).toHaveLength(20);
  });

  it('writes an entry', () => {
    const [cells] = parseCsv(csv.line({ ...REFUSED, fields: ['user name', 'password'], signals: ['repeat', 'burst'] }));
    expect(cells).toEqual([
      ...['42', '2026-03-02T10:15:42.120Z', 'token', 'law-hotel-shape-community', 'deploy-bot'],
      ...['item.read', 'refused', 'forbidden', 'vault1production', 'Production', 'item2', ''],
      ...['user name; password', 'sneaky \\u{202e}\\u{1b}[31m reason', 'repeat; burst'],
      ...['claude-code', '2.1.0', 'stdio', 'grant1', 'b'.repeat(64)],
    ]);
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['＝1', "'＝1"],
    ['＋1', "'＋1"],
    ['－1', "'－1"],
    ['＠a', "'＠a"],
    ['  =1', "'  =1"],
    ['\u00a0=1', "'\u00a0=1"],
    ['\u200d=1', "'\u200d=1"],
    ['\t=1', '\\u{9}=1'],
    ['\r=1', '\\u{d}=1'],
    ['\n=1', '\\u{a}=1'],
    ['a;=1', "a;'=1"],
    ['a; -1', "a;' -1"],
    ['a=1, b-2', 'a=1, b-2'],
  ])('guards %j as %j', (reason, cell) => {
    expect(parseCsv(csv.line({ ...ENTRY, reason }))[0]?.[13]).toBe(cell);
  });

  it('holds against every text: one row, no formula, nothing hidden, also where cells are cut at ;', () => {
    fc.assert(
      fc.property(hostileEntry, (entry) => {
        const rows = parseCsv(csv.line(entry));
        expect(rows).toHaveLength(1);
        expect(rows[0]).toHaveLength(COLUMNS.length);
        for (const cell of rows[0]!) {
          expect(hasHiddenCharacter(cell)).toBe(false);
          for (const part of cell.split(';')) expect(part).not.toMatch(FORMULA);
        }
        expect(rows[0]![13]!.replace(/(^|;)'/g, '$1')).toBe(escapeText(entry.reason!).replace(/(^|;)'/g, '$1'));
      }),
    );
  });
});

/**
 * The keys of the dictionary that may be used, of "Implementing ArcSight Common Event Format (CEF)", version 25,
 * "ArcSight Extension Dictionary", with the most characters that a value may have.
 */
const DICTIONARY: Readonly<Record<string, number>> = {
  ...{ rt: 13, externalId: 40, suser: 1023, suid: 1023, spriv: 1023, act: 63, outcome: 63, reason: 1023, msg: 1023 },
  ...{ app: 31, requestClientApplication: 1023 },
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].flatMap((n) => [[`cs${n}`, 4000] as const, [`cs${n}Label`, 1023] as const])),
  ...{ flexString1: 1023, flexString1Label: 128, flexString2: 1023, flexString2Label: 128 },
};

interface Cef {
  readonly header: readonly string[];
  readonly extension: ReadonlyMap<string, string>;
}

/** A reader of CEF that knows its text alone: cuts at what is not escaped, character by character, then unescapes. */
function parseCef(line: string): Cef {
  const parts: string[] = [];
  let part = '';
  let at = 0;
  for (; parts.length < 7 && at < line.length; at += 1) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === '|') {
      parts.push(part);
      part = '';
      continue;
    }
    part += line.charAt(at);
  }
  return { header: parts, extension: parseExtension(line.slice(at)) };
}

function parseExtension(text: string): Map<string, string> {
  const equals: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '=') equals.push(at);
  }
  const starts = equals.map((at) => text.lastIndexOf(' ', at) + 1);
  const pairs = equals.map((at, i) => {
    const end = i + 1 < starts.length ? starts[i + 1]! - 1 : text.length;
    return [text.slice(starts[i], at), unescapeValue(text.slice(at + 1, end))] as const;
  });
  expect(new Set(pairs.map(([key]) => key)).size).toBe(pairs.length);
  return new Map(pairs);
}

function unescapeValue(text: string): string {
  const meant: Readonly<Record<string, string>> = { '\\': '\\', '=': '=', n: '\n', r: '\r' };
  return text.replace(/\\(.?)/gs, (_, next: string) => {
    const character = meant[next];
    if (character === undefined) throw new Error(`a stray backslash before ${next}`);
    return character;
  });
}

/** As it is written: hidden characters visible, but for the ends of lines, which the format has escapes for. */
function shown(text: string): string {
  return text
    .split(/([\r\n])/)
    .map((part) => (/^[\r\n]$/.test(part) ? part : escapeText(part)))
    .join('');
}

describe('cef', () => {
  it('writes an entry', () => {
    expect(cef.line({ ...REFUSED, reason: 'a=b | c\\d', item: { id: 'item2', title: 'two\nlines' } })).toBe(
      `CEF:0|Vouchsafe|Vouchsafe|${VERSION}|item.read|item.read refused|3|rt=1772446542120 externalId=42 ` +
        'suser=deploy-bot suid=law-hotel-shape-community spriv=User act=item.read outcome=failure reason=forbidden ' +
        'msg=a\\=b | c\\\\d app=stdio requestClientApplication=claude-code 2.1.0 cs1Label=vault cs1=Production ' +
        'cs2Label=item cs2=two\\nlines cs3Label=fields cs3=password cs4Label=signals cs4=repeat cs5Label=grant ' +
        `cs5=grant1 cs6Label=hash cs6=${'b'.repeat(64)} flexString1Label=vault id flexString1=vault1production ` +
        'flexString2Label=item id flexString2=item2\n',
    );
  });

  it('leaves out what an entry does not have', () => {
    expect(Object.fromEntries(parseCef(cef.line(BARE).trimEnd()).extension)).toEqual({
      ...{ rt: '1772446542120', externalId: '7', suser: 'owner', spriv: 'Administrator', act: 'safe.unlock' },
      ...{ outcome: 'success', app: 'cli', cs6Label: 'hash', cs6: 'c'.repeat(64) },
    });
  });

  it('has a header for every action and outcome, and keys of the dictionary alone', () => {
    for (const action of ACTIONS) {
      for (const outcome of ['granted', 'refused', 'error'] as const) {
        const { header, extension } = parseCef(cef.line(entryOf(action, outcome)).trimEnd());
        expect(header.slice(0, 6)).toEqual([
          'CEF:0',
          'Vouchsafe',
          'Vouchsafe',
          VERSION,
          action,
          `${action} ${outcome}`,
        ]);
        expect(header[6]).toMatch(/^([0-9]|10)$/);
        expect(extension.get('outcome')).toBe(outcome === 'granted' ? 'success' : 'failure');
        for (const [key, value] of extension) expect(value.length).toBeLessThanOrEqual(DICTIONARY[key] ?? -1);
      }
    }
  });

  it('escapes the header too, whatever the words of the log may come to be', () => {
    const { header, extension } = parseCef(cef.line(entryOf('a|b\\c=d' as Action, 'granted')).trimEnd());
    expect(header[4]).toBe('a|b\\c=d');
    expect(extension.get('act')).toBe('a|b\\c=d');
  });

  it('gives every text back to a reader, on one line', () => {
    fc.assert(
      fc.property(hostileEntry, (entry) => {
        const line = cef.line(entry);
        expect(line).toMatch(/^[^\n\r\u0085\u2028\u2029]*\n$/);
        const { extension } = parseCef(line.slice(0, -1));
        const { actor, vault, item, fields, reason, client } = entry;
        const expected = {
          ...{ suser: actor.name, msg: reason, cs1: vault!.name, cs2: item!.title, cs3: fields.join('; ') },
          requestClientApplication: `${client.name} ${client.version}`.trim(),
        };
        for (const [key, text] of Object.entries(expected)) expect(extension.get(key) ?? '').toBe(shown(text!));
        for (const key of extension.keys()) expect(DICTIONARY).toHaveProperty(key);
      }),
    );
  });
});

describe('severity', () => {
  it.each([
    [{}, 1],
    [{ signals: ['repeat', 'template', 'boilerplate'] }, 1],
    [{ signals: ['off-hours'] }, 2],
    [{ outcome: 'refused', code: 'forbidden' }, 2],
    [{ outcome: 'error' }, 2],
    [{ outcome: 'refused', code: 'forbidden', signals: ['burst'] }, 3],
    [{ outcome: 'refused', code: 'integrity' }, 4],
    [{ signals: ['unreadable'] }, 4],
  ] as const)('of %j is %d', (facts, severity) => {
    expect(severityOf({ ...ENTRY, ...facts })).toBe(severity);
  });
});

describe('the texts of these tests', () => {
  it('hold what they are meant to', () => {
    const all = fc.sample(hostile, { numRuns: 500, seed: 1 }).join('');
    for (const text of ['=', '|', '\\', '\n', '\r', '"', '\u202e', '＝']) expect(all).toContain(text);
  });
});
