import { describe, expect, it } from 'vitest';
import { fold } from '../../src/cli/fold.js';

const lines = (text: string, width: number): readonly string[] => fold(text, width).split('\n');

describe('a line that is too wide', () => {
  it.each([
    ['one two three four', 10, ['one two', 'three four']],
    ['- [id] one two three four', 14, ['- [id] one two', '  three four']],
    ['    one two three four', 14, ['    one two', '    three four']],
    ['rules     one two three four', 20, ['rules     one two', '          three four']],
    ['ok       log         one two three', 28, ['ok       log         one two', '                     three']],
    ['12345678 123456789 123456789  two', 30, ['12345678 123456789 123456789', 'two']],
  ])('%j is broken at a space, and goes on under where its words began', (text, width, expected) => {
    expect(lines(text, width)).toEqual(expected);
  });

  it('is measured as it is seen', () => {
    expect(lines('本番 データ ベース', 11)).toEqual(['本番 データ', 'ベース']);
    expect(lines('\u001b[33mwarning\u001b[39m  log  one two', 18)).toEqual([
      '\u001b[33mwarning\u001b[39m  log  one',
      '              two',
    ]);
  });

  it('keeps whole what is to be copied', () => {
    expect(lines(`Look at it: ${'a'.repeat(30)}`, 20)).toEqual(['Look at it:', 'a'.repeat(30)]);
    expect(lines('a'.repeat(30), 20)).toEqual(['a'.repeat(30)]);
    expect(lines(`  ${'a'.repeat(30)}`, 20)).toEqual([`  ${'a'.repeat(30)}`]);
    expect(lines('To end it: vouchsafe pat delete a', 25)).toEqual(['To end it:', 'vouchsafe pat delete a']);
    expect(lines('Tokens end (vouchsafe pat renew NAME):', 30)).toEqual(['Tokens end', '(vouchsafe pat renew NAME):']);
    expect(lines('Run `vouchsafe info` or ask', 20)).toEqual(['Run `vouchsafe info`', 'or ask']);
    expect(lines('Next: vouchsafe recipe run a; an agent has a tool', 30)).toEqual([
      'Next: vouchsafe recipe run a;',
      'an agent has a tool',
    ]);
    expect(lines('  $ vouchsafe pat access revoke a', 20)).toEqual(['  $ vouchsafe pat access revoke a']);
    expect(lines("Delete it: rm '/a b/c d'", 20)).toEqual(['Delete it: rm', "'/a b/c d'"]);
  });
});

it('other lines stay as they are', () => {
  expect(fold('one  two\n\n  three\n', 10)).toBe('one  two\n\n  three\n');
});
