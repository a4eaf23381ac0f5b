import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillTemplate, readTemplate, referencesIn } from '../../src/cli/template.js';
import { printReference } from '../../src/core/reference.js';
import { refused, told } from '../core/refused.js';

const fill = (template: string): string => fillTemplate(template, (reference) => `<${printReference(reference)}>`);

describe('a template', () => {
  it.each([
    ['a: {{ vouchsafe://v/i/f }}\n', 'a: <vouchsafe://v/i/f>\n'],
    [
      '{{vouchsafe://v/i/f}}{{\tvouchsafe://v/i/s/g?totp=code  }}',
      '<vouchsafe://v/i/f><vouchsafe://v/i/s/g?totp=code>',
    ],
    ['{{{ VOUCHSAFE://v/i/f }}}', '{<vouchsafe://v/i/f>}'],
    ['"{{ vouchsafe://v/i/f }}".', '"<vouchsafe://v/i/f>".'],
  ])('is filled: %j', (template, filled) => {
    expect(fill(template)).toBe(filled);
  });

  it.each([
    'vouchsafe://v/i/f',
    'see vouchsafe://broken',
    '{{ other }} {{- .Values.x -}} {{ "vouchsafe://v/i/f" }}',
    '{{\nvouchsafe://v/i/f }}',
    '{ { vouchsafe://v/i/f } }',
    '{{',
    '}} {{ }} {{{{ }}}}',
    'a\r\nb\rc\n\n',
    '\uFEFFno newline at the end',
    '',
  ])('keeps what is no reference in braces: %j', (template) => {
    expect(fill(template)).toBe(template);
    expect(referencesIn(template)).toEqual([]);
  });

  it('keeps every byte around the references', () => {
    const around = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom('{', '}', '{{', '}}', '\r\n', '\r', '\n', ' ', '\t', '\uFEFF', '$&'),
          fc.string({ unit: 'binary', maxLength: 1 }),
        ),
      })
      .filter((text) => !/vouchsafe|\0/i.test(text));
    fc.assert(
      fc.property(fc.array(around, { minLength: 1, maxLength: 6 }), (parts) => {
        const bytes = Buffer.from(parts.join('{{ vouchsafe://v/i/f }}'));
        const filled = fillTemplate(readTemplate(bytes), () => 'VALUE');
        expect(Buffer.from(filled).equals(Buffer.from(parts.join('VALUE')))).toBe(true);
      }),
    );
  });

  it('does not look for references in what it puts in, nor reads it as a pattern', () => {
    expect(fillTemplate('{{ vouchsafe://v/i/f }}', () => '{{ vouchsafe://a/b/c }} $&')).toBe(
      '{{ vouchsafe://a/b/c }} $&',
    );
  });

  it('says all that it asks for, in order, again where it stands again', () => {
    const template = '{{ vouchsafe://v/i/f }}\n{{ vouchsafe://v/i/g?totp=code }}\n{{ vouchsafe://v/i/f }}';
    expect(referencesIn(template).map(printReference)).toEqual([
      'vouchsafe://v/i/f',
      'vouchsafe://v/i/g?totp=code',
      'vouchsafe://v/i/f',
    ]);
  });

  it.each([
    ['{{ vouchsafe://canary }}', 1],
    ['a\nb\r\nc\rd {{ vouchsafe://v/i/canary?x }}', 4],
    ['{{ vouchsafe://v/i/f }}\n{{ vouchsafe://v/i/canary | upper }}', 2],
    ['\n\n{{ vouchsafe://v/i/canary', 3],
    ['{{ vouchsafe://v/i/canary\n}}', 1],
    ['{{ vouchsafe://v/i/canary }', 1],
    ['{{ vouchsafe:// }}canary', 1],
  ])('with something malformed in braces is refused with its line: %j', (template, line) => {
    let asked = 0;
    const refusal = refused('invalid_request', () => fillTemplate(template, () => String((asked += 1))));
    expect(refusal.facts.message).toMatch(new RegExp(`^In line ${line} of the template, the reference `));
    expect(told(refusal)).not.toContain('canary');
    expect(asked).toBe(0);
  });

  it.each([
    ['with a NUL', Buffer.from('a\0b')],
    ['in UTF-16', Buffer.from('\uFEFFab', 'utf16le')],
    ['in Latin-1', Buffer.from('é', 'latin1')],
  ])('%s is refused as no text', (_, bytes) => {
    refused('invalid_request', () => readTemplate(bytes));
  });
});
