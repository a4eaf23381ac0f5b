import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  generatePassphrase,
  generatePassword,
  parseRecoveryCode,
  printRecoveryCode,
  randomWords,
  recoveryCode,
  recoveryWords,
} from '../../src/crypto/generate.js';
import { passwordScore } from '../../src/crypto/password-score.js';
import { refused, refusedLater, told } from '../core/refused.js';

describe('generatePassword', () => {
  it('has every class and the length asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 256 }), fc.boolean(), fc.boolean(), (length, symbols, digits) => {
        const password = generatePassword({ length, symbols, digits });
        expect(password).toHaveLength(length);
        expect(password).toMatch(/^[!-~]+$/);
        expect(password).toMatch(/[a-z]/);
        expect(password).toMatch(/[A-Z]/);
        expect(/[0-9]/.test(password)).toBe(digits);
        expect(/[^0-9A-Za-z]/.test(password)).toBe(symbols);
      }),
    );
  });

  it('has 24 characters unless asked otherwise, and is never the same', () => {
    const many = Array.from({ length: 200 }, () => generatePassword());
    expect(new Set(many).size).toBe(200);
    expect(many.every((password) => password.length === 24)).toBe(true);
  });

  it('uses every character about equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 400; i += 1) {
      for (const letter of generatePassword({ length: 200, symbols: false, digits: false }))
        counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    expect(counts.size).toBe(52);
    // 1,538 expected, standard deviation 39; six of them.
    for (const count of counts.values()) expect(Math.abs(count - 80_000 / 52)).toBeLessThan(240);
  });

  it.each([7, 257, 0, -1, 8.5, NaN, Infinity])('refuses a length of %d', (length) => {
    refused('invalid_request', () => generatePassword({ length }));
  });
});

describe('words', () => {
  it('makes passphrases of words', async () => {
    expect(await generatePassphrase()).toMatch(/^[a-z]+(-[a-z]+){5}$/);
    expect(await generatePassphrase({ words: 3, separator: ' ' })).toMatch(/^[a-z]+( [a-z]+){2}$/);
    expect(await generatePassphrase({ words: 20, separator: '' })).toMatch(/^[a-z]+$/);
  });

  it.each([
    { words: 2 },
    { words: 21 },
    { words: 3.5 },
    { separator: '\n' },
    { separator: '------' },
    { separator: '\u200b' },
  ])('refuses %j', async (options) => {
    await refusedLater('invalid_request', generatePassphrase(options));
  });

  it('makes words for ids', async () => {
    const ids = await Promise.all(Array.from({ length: 100 }, () => randomWords(4)));
    for (const id of ids) expect(id.join('-')).toMatch(/^[a-z]{3,8}(-[a-z]{3,8}){3}$/);
    expect(new Set(ids.map((id) => id.join('-'))).size).toBe(100);
  });
});

describe('recovery codes', () => {
  it('are of a list that never changes', async () => {
    const list = await recoveryWords();
    expect(list).toHaveLength(4096);
    expect(new Set(list).size).toBe(4096);
    expect(list.every((word) => /^[a-z]{3,7}$/.test(word))).toBe(true);
    expect(createHash('sha256').update(list.join('\n')).digest('hex')).toBe(
      'd11ed43812bfcf77af995d50d250c70d32c049fea1c3e4d1765e5948c1791235',
    );
  });

  it('have a vector that never changes', async () => {
    expect(await printRecoveryCode(new Uint8Array(20))).toBe(
      'abacus-abacus-abacus-abacus-abacus-abacus-abacus-abacus-abacus-abacus-abacus-abacus-abacus-army-polymer',
    );
    expect(await printRecoveryCode(Uint8Array.from({ length: 20 }, (_, i) => 255 - i))).toBe(
      'zoom-twice-womb-revival-washer-mouth-verify-footpad-unworn-confess-uncle-yoga-trophy-sadden-yearly',
    );
  });

  it('say 160 bits and are read back', async () => {
    const { code, bytes } = await recoveryCode();
    expect(code.split('-')).toHaveLength(15);
    expect(bytes).toHaveLength(20);
    expect(await parseRecoveryCode(code)).toEqual(bytes);
    expect((await recoveryCode()).code).not.toBe(code);
  });

  it('are read back for any bits, however they are typed', async () => {
    const forms = [
      (code: string) => code,
      (code: string) => code.toUpperCase(),
      (code: string) => `  ${code.replaceAll('-', ' ')}\n`,
      (code: string) => code.replaceAll('-', '\r\n'),
      (code: string) => code.replaceAll('-', ' — '),
      (code: string) => code.replaceAll('-', ', '),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.constantFrom(...forms),
        async (bytes, form) => {
          expect(await parseRecoveryCode(form(await printRecoveryCode(bytes)))).toEqual(new Uint8Array(bytes));
        },
      ),
    );
  });

  it('say which word is wrong', async () => {
    const words = (await recoveryCode()).code.split('-');
    const refusal = await refusedLater('invalid_request', parseRecoveryCode(words.with(6, 'qqcanary').join(' ')));
    expect(refusal.facts.message).toBe('Word 7 of the recovery code is not in the list.');
    expect(told(refusal)).not.toContain('canary');
  });

  it('say how many words there are', async () => {
    const words = (await recoveryCode()).code.split('-');
    const short = await refusedLater('invalid_request', parseRecoveryCode(words.slice(1).join(' ')));
    expect(short.facts.message).toBe('The recovery code has 14 words in place of 15.');
    await refusedLater('invalid_request', parseRecoveryCode([...words, words[0]].join(' ')));
    await refusedLater('invalid_request', parseRecoveryCode(''));
  });

  it('notice a swap and another word', async () => {
    const list = await recoveryWords();
    const words = (await printRecoveryCode(Uint8Array.from({ length: 20 }, (_, i) => i))).split('-');
    const [first, second] = [words[0]!, words[1]!];
    await refusedLater('invalid_request', parseRecoveryCode(words.with(0, second).with(1, first).join(' ')));
    for (const index of words.keys()) {
      const other = list[(list.indexOf(words[index]!) + 1) % list.length]!;
      await refusedLater('invalid_request', parseRecoveryCode(words.with(index, other).join(' ')));
    }
  });
});

describe('passwordScore', () => {
  it.each([
    ['password', 0],
    ['abc123abc123', 2],
    ['qwertyuiop', 0],
  ])('%s is poor', async (password, most) => {
    const { score, guesses } = await passwordScore(password);
    expect(score).toBeLessThanOrEqual(most);
    expect(guesses).toBeGreaterThan(0);
  });

  it('says why in words', async () => {
    const { warning, suggestions, crackTime } = await passwordScore('password');
    expect(warning).toBe('This is one of the ten most used passwords.');
    expect(suggestions.every((text) => text.endsWith('.'))).toBe(true);
    expect(crackTime).toBe('less than a second');
  });

  it('heeds words that others know', async () => {
    const [without, given] = [
      await passwordScore('zanzibar-quokka'),
      await passwordScore('zanzibar-quokka', ['zanzibar', 'quokka']),
    ];
    expect(given.guesses).toBeLessThan(without.guesses);
  });

  it('rates what is generated as very good', async () => {
    const strong = await passwordScore(generatePassword());
    expect(strong.score).toBe(4);
    expect(strong.crackTime).toBe('more than 100 centuries');
    expect((await passwordScore(await generatePassphrase())).score).toBe(4);
  });

  it('is not held up by a long one', async () => {
    expect((await passwordScore('ab1!'.repeat(20_000))).score).toBeGreaterThanOrEqual(0);
  });
});
