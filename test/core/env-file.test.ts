import fc from 'fast-check';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isVariableName, readEnvFile } from '../../src/core/env-file.js';
import { refused, told } from './refused.js';

const read = (text: string): Record<string, string> => Object.fromEntries(readEnvFile(text));

describe('an environment file', () => {
  it.each([
    ['BASIC=basic', { BASIC: 'basic' }],
    ['A=1\n\n# comment\n   # comment\n\t\nB=2', { A: '1', B: '2' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A=1\rB=2', { A: '1', B: '2' }],
    ['\uFEFFA=1', { A: '1' }],
    ['  export   A = 1  \nexport B=2', { A: '1', B: '2' }],
    ['export=1\nexported=2', { export: '1', exported: '2' }],
    ['EMPTY=\nEMPTY_TOO=   \nQUOTED=""\nB=1', { EMPTY: '', EMPTY_TOO: '', QUOTED: '', B: '1' }],
    ['A=b # c\nB="b # c" # d\nC=b#c\nD=`#`', { A: 'b', B: 'b # c', C: 'b', D: '#' }],
    ['JSON={"foo": "bar"}', { JSON: '{"foo": "bar"}' }],
    ['A=it\'s\nB=\'it"s\'\nC="it\'s"\nD=`it\'s "so"`', { A: "it's", B: 'it"s', C: "it's", D: 'it\'s "so"' }],
    [
      'A=  trimmed inside  too  \nB="  kept  "\nC=\'  kept  \'',
      { A: 'trimmed inside  too', B: '  kept  ', C: '  kept  ' },
    ],
    [
      String.raw`A="x\ny\rz\t"` + '\n' + String.raw`B='x\ny'` + '\n' + String.raw`C=x\ny`,
      { A: 'x\ny\rz\\t', B: 'x\\ny', C: 'x\\ny' },
    ],
    [String.raw`A="say \"it\""`, { A: String.raw`say \"it\"` }],
    [
      'A="-----BEGIN\nKEY=x\n# y\n-----END"\nB=\'1\n2\'\nC=`1\r\n2`\n',
      { A: '-----BEGIN\nKEY=x\n# y\n-----END', B: '1\n2', C: '1\n2' },
    ],
    ['A=$HOME ${B} $(date)\nB="$A"', { A: '$HOME ${B} $(date)', B: '$A' }],
    ['A=1\nB=2\nA=3', { A: '3', B: '2' }],
    ['A==b=', { A: '=b=' }],
    ['URL=postgres://u:{{ vouchsafe://v/i/f }}@h/d?x=1', { URL: 'postgres://u:{{ vouchsafe://v/i/f }}@h/d?x=1' }],
    ['__proto__=1\nconstructor=2', { ['__proto__']: '1', constructor: '2' }],
    ['', {}],
    ['\n', {}],
    ['# only a comment', {}],
  ])('is read: %j', (text, variables) => {
    expect([...readEnvFile(text)].sort()).toEqual(Object.entries(variables).sort());
  });

  it('keeps the order in which the names first stand', () => {
    expect([...readEnvFile('Z=1\nA=2\nM=3\nZ=4').keys()]).toEqual(['Z', 'A', 'M']);
  });

  it.each([
    ['A=1\ncanary', 2, /NAME=VALUE/],
    ['export canary', 1, /NAME=VALUE/],
    ['A: canary', 1, /NAME=VALUE/],
    ['=canary', 1, /NAME=VALUE/],
    ['A B=canary', 1, /NAME=VALUE/],
    ['A="1\n2"\n\n2A=canary', 4, /name/],
    ['A-B=canary', 1, /name/],
    ['A.B=canary', 1, /name/],
    ['Ä=canary', 1, /name/],
    ['A=1\nB="canary\nC=2', 2, /not closed/],
    ["A='canary", 1, /not closed/],
    ['A=`canary"', 1, /not closed/],
    ['A="x"canary', 1, /after the closing quote/],
    ['A="canary\nB="x"', 1, /after the closing quote/],
    ["A='it''s canary'", 1, /after the closing quote/],
    ['A=can\0ary', 1, /NUL/],
  ])('is refused with its line, without its value: %j', (text, line, fault) => {
    const refusal = refused('invalid_request', () => readEnvFile(text));
    expect(refusal.facts.message).toMatch(fault);
    expect(refusal.facts.message).toContain(`Line ${line} `);
    expect(told(refusal)).not.toContain('canary');
  });

  it("is read as Node's own reader does, where that one reads it whole", () => {
    const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
    const text = fc.string({ unit: fc.constantFrom(...Array.from(' aZ09_-.:/=?&{}$\\ü漢%@')) });
    const value = fc.oneof(
      text.filter((bare) => bare.trim() !== '').map((bare) => ({ raw: bare, value: bare.trim() })),
      fc
        .tuple(fc.constantFrom('"', "'", '`'), text)
        .filter(([, inner]) => !inner.includes('\\'))
        .map(([quote, inner]) => ({ raw: quote + inner + quote, value: inner })),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ name, value }), { maxLength: 6 }), (lines) => {
        const file = lines.map((line) => `${line.name}=${line.value.raw}`).join('\n');
        const expected = Object.fromEntries(lines.map((line) => [line.name, line.value.value]));
        expect(read(file)).toEqual(expected);
        expect(read(file)).toEqual({ ...parseEnv(file) });
      }),
    );
  });
});

describe('the name of a variable', () => {
  it.each(['A', '_', 'a1', 'PATH', 'x_Y_9'])('may be %s', (name) => expect(isVariableName(name)).toBe(true));
  it.each(['', '1A', 'A-B', 'A B', 'A=', 'Ä', 'A\n', 'A.B'])('may not be %j', (name) =>
    expect(isVariableName(name)).toBe(false),
  );
});
