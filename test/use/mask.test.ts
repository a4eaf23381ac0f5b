import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { CONCEALED, Mask } from '../../src/use/mask.js';
import { CLASSES, encodersOf, type Encoder } from '../corpus/redaction/encoders.js';

const ENCODERS = CLASSES.flatMap((name) => encodersOf(name, false));
const LINE_ENCODERS = encodersOf('lines', true);

/** What comes out, piece by piece. */
function pieces(mask: Mask, chunks: readonly Uint8Array[]): Buffer[] {
  const stream = mask.stream();
  return [...chunks.map((chunk) => Buffer.from(stream.push(chunk))), Buffer.from(stream.end())];
}

const streamed = (mask: Mask, chunks: readonly Uint8Array[]): Buffer => Buffer.concat(pieces(mask, chunks));

function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, i) => bytes.subarray(borders[i], end));
}

const letter = fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'));
const inner = fc.oneof(
  { weight: 3, arbitrary: letter },
  fc.constantFrom(...Array.from('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ \t')),
  fc.constantFrom('é', 'ß', 'Ж', 'Ω', '語', '글', '€', '🔑', '👩‍🚀'),
);
const joined = (parts: readonly (string | readonly string[])[]): string => parts.flat().join('');
/** Ends in letters, so that nothing beside it can be read as a part of it. */
const secretText = fc.tuple(letter, fc.array(inner, { minLength: 4, maxLength: 40 }), letter).map(joined);
const line = fc.tuple(letter, fc.array(inner, { minLength: 8, maxLength: 40 }), letter).map(joined);
const lines = fc.array(line, { minLength: 2, maxLength: 6 }).map((all) => all.join('\n'));
/** Text that could not be part of an encoding. */
const around = fc.record({
  before: fc.array(fc.constantFrom('\n', '. ', '; ', '(x) ', 'Zq', '_', '='), { maxLength: 12 }).map(joined),
  after: fc.array(fc.constantFrom('\n', ' .', '; ', '(x) ', '=', ']'), { maxLength: 12 }).map(joined),
});
const cuts = fc.array(fc.nat(2000), { maxLength: 30 });

describe('a secret, in any text, by any encoder, in any pieces', () => {
  const holds = (secret: string, encode: Encoder, context: { before: string; after: string }, places: number[]) => {
    const [before, concealed, after] = encode(secret, context);
    const mask = new Mask([secret]);
    const text = before + concealed + after;
    expect(mask.text(text)).toBe(before + CONCEALED + after);
    expect(streamed(mask, cutAt(Buffer.from(text), places)).toString()).toBe(before + CONCEALED + after);
  };

  test.each(ENCODERS)('%s: is replaced whole, and nothing else is', (_, encode) => {
    fc.assert(
      fc.property(secretText, around, cuts, (secret, context, places) => {
        holds(secret, encode, context, places);
      }),
      { numRuns: 30 },
    );
  });

  test.each(LINE_ENCODERS)('of several lines, %s: is replaced whole, and nothing else is', (_, encode) => {
    fc.assert(
      fc.property(lines, around, cuts, (secret, context, places) => {
        holds(secret, encode, context, places);
      }),
      { numRuns: 30 },
    );
  });

  test('of any characters at all: no encoding of it is left', () => {
    const any = fc.string({ unit: 'binary', minLength: 4, maxLength: 30 }).map((text) => text.toWellFormed());
    fc.assert(
      fc.property(any, fc.constantFrom(...ENCODERS), around, cuts, (secret, [, encode], context, places) => {
        const trimmed = secret.replace(/\r\n?/g, '\n').replace(/^\n+|\n+$/g, '');
        fc.pre(Buffer.byteLength(trimmed) >= 4);
        const [before, concealed, after] = encode(trimmed, context);
        const output = streamed(new Mask([secret]), cutAt(Buffer.from(before + concealed + after), places)).toString();
        expect(output).toContain(CONCEALED);
        expect(output.replaceAll(CONCEALED, '\0\0')).not.toContain(concealed);
      }),
      { numRuns: 500 },
    );
  });

  test('a stream gives what the whole text gives, also of texts of pieces of secrets', () => {
    const secrets = [
      'abcab',
      'bcabcabd',
      'p@ss"w\\rd\n1234567',
      "it's",
      '%25abc%',
      'aaaa',
      'line one 1\nand two 22\nx',
    ];
    const forms = secrets.flatMap((secret) =>
      ENCODERS.map(([, encode]) => joined(encode(secret, { before: 'ab', after: 'c' }))),
    );
    const piece = fc.oneof(
      fc.constantFrom(...forms),
      fc.tuple(fc.constantFrom(...forms), fc.nat(20)).map(([form, size]) => form.slice(0, size)),
      fc.constantFrom('\\', '%', '&', "'", '\n', '\r', ' ', 'a', 'ab', '%25', '\\n', 'A'.repeat(64)),
    );
    const mask = new Mask(secrets);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }).map(joined), cuts, (text, places) => {
        const bytes = Buffer.from(text);
        expect(streamed(mask, cutAt(bytes, places)).toString()).toBe(Buffer.from(mask.bytes(bytes)).toString());
        expect(mask.text(text)).toBe(Buffer.from(mask.bytes(bytes)).toString());
      }),
      { numRuns: 2000 },
    );
  });
});

describe('real encoders', () => {
  const secret = `p@ss w'o"r$d!\\né/<k&y>{1;2}é`;
  test.each([
    ['bash, printf %q', ['bash', '--norc', '-c', 'printf %q "$1"', '-', secret]],
    [
      'bash, printf %q of a control character',
      ['bash', '--norc', '-c', 'printf %q "$1"', '-', `${secret}\tend`],
      `${secret}\tend`,
    ],
    ['bash, ${x@Q}', ['bash', '--norc', '-c', 'x=$1; printf %s "${x@Q}"', '-', secret]],
    ['bash, set -x', ['bash', '--norc', '-c', 'set -x; exec 2>&1; : "$1"', '-', secret]],
    [
      'base64',
      [
        'bash',
        '--norc',
        '-c',
        'printf "some text before it, long enough to wrap: %s and after" "$1" | base64',
        '-',
        secret,
      ],
    ],
    ['od', ['bash', '--norc', '-c', 'printf %s "$1" | od -An -v -tx1', '-', secret]],
    ['node', [process.execPath, '-e', 'console.log([process.argv[1]])', secret]],
  ])('%s', (_, [program = '', ...args], value = secret) => {
    const printed = execFileSync(program, args, {
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
    });
    const output = new Mask([value]).text(printed);
    expect(output).toContain(CONCEALED);
    expect(output).not.toMatch(/w.{0,6}o.{0,4}r|MTsy|(6b|k).{0,6}(26|&).{0,6}(79|y)/);
  });
});

describe('what is found', () => {
  const cases: [name: string, secrets: string[], text: string, output: string][] = [
    ['secrets that overlap go together', ['abcdef', 'defghi'], '-abcdefghi-', '-*-'],
    ['one within another goes with it', ['abcdefgh', 'cdef'], 'xabcdefghx cdefx', 'x*x *x'],
    ['one that begins another', ['token', 'token-long'], 'token token-long token-lon', '* * *-lon'],
    ['two in a row stay two', ['abcd'], 'abcdabcd', '**'],
    ['a secret that overlaps itself', ['abab'], 'xabababx', 'x*x'],
    ['the end of a run', ['aaaa'], 'b' + 'a'.repeat(9), 'b*'],
    ['line ends around a secret are not part of it', ['\nabcd\n'], 'abcd\nabcd', '*\n*'],
    ['three bytes, as they are alone', ['a1b'], 'a1b 613162 YTFi', '* 613162 YTFi'],
    ['under three bytes, never', ['ab', 'x', ''], 'ab x', 'ab x'],
    ['a line of several', ['first line 1\nxyz\nsecond line'], 'a second line, a first line 1, xyz', 'a *, a *, xyz'],
    [
      'but no line that all keys have',
      ['-----BEGIN KEY-----\nABCDEFGH12\n-----END KEY-----'],
      '-----BEGIN KEY-----',
      '-----BEGIN KEY-----',
    ],
    [
      'near misses stay',
      ['abcdefgh'],
      'abcdefg abcdefgH bcdefgh 6162636465666769',
      'abcdefg abcdefgH bcdefgh 6162636465666769',
    ],
    ['another last byte in base64', ['abcdefgh'], Buffer.from('abcdefgi').toString('base64'), 'YWJjZGVmZ2k='],
    ['another first byte in base64', ['abcdefgh'], Buffer.from('xqbcdefgh').toString('base64'), 'eHFiY2RlZmdo'],
    ['the path before a secret keeps its backslash', ['secret99'], 'C:\\secret99', 'C:\\*'],
  ];
  test.each(cases)('%s', (_, secrets, text, output) => {
    const mask = new Mask(secrets);
    const expected = output.replaceAll('*', CONCEALED);
    expect(mask.text(text)).toBe(expected);
    const bytes = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
    expect(streamed(mask, bytes).toString()).toBe(expected);
  });

  test('UTF-16', () => {
    const text = Buffer.from('say hunter2 now', 'utf16le');
    const output = Buffer.from(new Mask(['hunter2']).bytes(text));
    expect(output.includes(Buffer.from('hunter2', 'utf16le'))).toBe(false);
    expect(output.includes(CONCEALED)).toBe(true);
  });

  test('without secrets, and without any in a text, the very bytes come back', () => {
    const bytes = Buffer.from('some text.');
    expect(new Mask([]).stream().push(bytes)).toBe(bytes);
    expect(new Mask(['hunter22']).bytes(bytes)).toBe(bytes);
    expect(new Mask(['hunter22']).stream().push(bytes).buffer).toBe(bytes.buffer);
  });
});

describe('what is kept back', () => {
  test.each(['Password: ', 'Continue? [y/N] ', '> ', 'name:\n', 'In [1]: ', 'Press enter to continue\n', '$ '])(
    'nothing of the prompt %j',
    (prompt) => {
      const mask = new Mask(['hunter2hunter', '-----BEGIN KEY-----\nABCDEFGH1234\n-----END KEY-----', 'Xk29dkqPz0']);
      expect(Buffer.from(mask.stream().push(Buffer.from(prompt))).toString()).toBe(prompt);
    },
  );

  test('only the beginning of a secret, until it is none', () => {
    const mask = new Mask(['hunter2hunter']);
    expect(
      pieces(
        mask,
        ['say hunter2', 'hun', 'ted. ', ' hunter2hunter'].map((text) => Buffer.from(text)),
      ).map(String),
    ).toEqual(['say ', '', 'hunter2hunted. ', ` ${CONCEALED}`, '']);
  });

  test('no more than a pattern is long, of a text that never ends a run', () => {
    const stream = new Mask(['abababab']).stream();
    let [pushed, given] = [0, 0];
    for (let round = 0; round < 1000; round += 1) {
      pushed += 2;
      given += stream.push(Buffer.from('ab')).length;
    }
    expect(given).toBe(CONCEALED.length);
    expect(Buffer.from(stream.push(Buffer.from('. '))).toString()).toBe('. ');
    expect(pushed).toBe(2000);
  });
});
