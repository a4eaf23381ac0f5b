import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDescription, checkName, checkReason } from '../../src/core/reason.js';
import { codePoints, hasHiddenCharacter } from '../../src/core/text.js';
import { refused, told } from './refused.js';

const TOKEN = `vsp_${'a'.repeat(64)}::${'b'.repeat(43)}`;

describe('checkReason', () => {
  it.each([
    ['Run the migration', 'Run the migration'],
    ['  padded\n', 'padded'],
    ['7', '7'],
    ['x'.repeat(300), 'x'.repeat(300)],
    ['😀'.repeat(299) + 'a', '😀'.repeat(299) + 'a'],
    ['می‌خواهم وارد شوم', 'می‌خواهم وارد شوم'],
    ['क्‍ष के लिए', 'क्‍ष के लिए'],
    ['👩‍💻 deploys ❤️', '👩‍💻 deploys ❤️'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['the vsp_ prefix', 'the vsp_ prefix'],
  ])('takes %j', (given, kept) => {
    expect(checkReason(given)).toBe(kept);
  });

  it.each([
    [undefined, 'The reason is missing.'],
    [null, 'The reason is missing.'],
    [7, 'The reason is not text.'],
    [['a'], 'The reason is not text.'],
    [{ toString: () => 'a' }, 'The reason is not text.'],
    ['', 'The reason is empty.'],
    [' \t\n\u2003', 'The reason is empty.'],
    ['x'.repeat(301), 'The reason is longer than 300 characters.'],
    ['x'.repeat(10_000_000), 'The reason is longer than 300 characters.'],
    ['two\nlines', 'The reason is more than one line.'],
    ['two\u2028lines', 'The reason is more than one line.'],
    ['tab\there', 'The reason has a control character or an invisible one.'],
    ['\u202edeploy', 'The reason has a control character or an invisible one.'],
    ['\ufeffdeploy', 'The reason has a control character or an invisible one.'],
    ['zero\u200bwidth', 'The reason has a control character or an invisible one.'],
    ['lone \ud800', 'The reason has a control character or an invisible one.'],
    ['tags \u{e0041}', 'The reason has a control character or an invisible one.'],
    ['...', 'The reason has no letter or digit.'],
    ['😀', 'The reason has no letter or digit.'],
    [`use ${TOKEN}`, 'The reason holds an access token, which must never be written anywhere.'],
    ['use vsp_aaaaaaaaaaaaaaaaaaaaaaaa', 'The reason holds an access token, which must never be written anywhere.'],
  ])('refuses %j', (given, message) => {
    const refusal = refused('reason_required', () => checkReason(given));
    expect(refusal.facts.message).toBe(message);
    expect(refusal.facts.next).toContain('for example');
  });

  it('is exactly the rule', () => {
    const unit = fc.oneof(
      fc.constantFrom(' ', 'a', '\u200d', '\n', '\u202e', 'é', '😀', '\ud800'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 320 }), (text) => {
        const line = text.trim();
        const isGood =
          codePoints(line) >= 1 && codePoints(line) <= 300 && /[\p{L}\p{N}]/u.test(line) && !hasHiddenCharacter(line);
        fc.pre(!text.includes('\ufeff'));
        if (isGood) expect(checkReason(text)).toBe(line);
        else refused('reason_required', () => checkReason(text));
      }),
    );
  });

  it('says nothing of the value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 5 }), (text) => {
        const refusal = refused('reason_required', () => checkReason(`${text}\u202e${text}`));
        expect(refusal.facts.message).toMatch(/^The reason (has a control|is more|is longer)/);
      }),
    );
  });
});

describe('checkName', () => {
  it.each(['Production', ' prod/eu ', '__proto__', 'constructor', '日本', 'O’Brien', 'a'.repeat(300)])(
    'takes %j',
    (name) => {
      expect(checkName('name', name)).toBe(name.trim());
    },
  );

  it.each([undefined, 7, '', '  ', '—', 'a\nb', 'a\u0000b', 'a\u202eb', 'a'.repeat(301), TOKEN])(
    'refuses %j',
    (name) => {
      const refusal = refused('invalid_request', () => checkName('vault name', name));
      expect(refusal.facts.message).toMatch(/^The vault name /);
      if (typeof name === 'string' && name.length > 3) expect(told(refusal)).not.toContain(name);
    },
  );
});

describe('checkDescription', () => {
  it.each(['', '   ', '—', 'For deploys.', 'd'.repeat(1000)])('takes %j', (text) => {
    expect(checkDescription('description', text)).toBe(text.trim());
  });

  it.each([undefined, null, 7, 'd'.repeat(1001), 'a\nb', 'a\u200bb', TOKEN])('refuses %j', (text) => {
    refused('invalid_request', () => checkDescription('description', text));
  });
});
