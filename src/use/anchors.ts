/** The first bytes that a pattern can have in a text: what is searched for before anything is compared. */
import { CR, IS_ALPHANUMERIC, LF } from './ascii.js';
import type { Pattern } from './pattern.js';

/** The first bytes of everything that a pattern stands for, as latin1; null if there are more than `most`. */
export function anchorsOf(pattern: Pattern, { size, most }: { size: number; most: number }): Set<string> | null {
  const anchors = new Set<string>();
  for (const writing of writingsOf(pattern, size)) {
    if (!spread({ writing, size, most, anchors })) return null;
  }
  return anchors;
}

/** About how many there are at the least, without making them: most are of line breaks at every place. */
export function aboutAnchors({ gap }: Pattern, size: number): number {
  if (gap === 'base64') return 7 * (size - 1);
  return gap === 'hex' ? 5 * (size - 1) : 1;
}

/** The parts of a text one after the other, each in one of several forms. */
type Writing = readonly (readonly string[])[];

interface Spread {
  readonly writing: Writing;
  readonly size: number;
  readonly most: number;
  readonly anchors: Set<string>;
}

/** Adds every beginning of that many bytes; false if that makes too many. */
function spread({ writing, size, most, anchors }: Spread): boolean {
  const go = (from: number, begun: string): boolean => {
    let text = begun;
    for (let at = from; text.length < size; at += 1) {
      const forms = writing[at];
      if (forms === undefined) return true;
      if (forms.length > 1) return forms.every((form) => go(at + 1, text + form));
      text += forms[0] ?? '';
    }
    return anchors.add(text.slice(0, size)).size <= most;
  };
  return go(0, '');
}

/**
 * An encoder writes letters and digits as they are and other characters in one of several ways, or everything in the
 * same way. A part of a writing has at least as many bytes as what it stands for, so `size` bytes are looked at.
 */
function writingsOf(pattern: Pattern, size: number): Writing[] {
  if (pattern.isLiteral) return [[[latin1(pattern.bytes, size)]]];
  if (pattern.gap === 'hex') return hexWritings(pattern, size).map((text) => [[text]]);
  const sparse = sparsely(pattern, size);
  if (pattern.gap !== 'base64') return [merged(sparse), ...densely(pattern, size).map((text) => [[text]])];
  return [merged(sparse), ...WRAPS.flatMap((wrap) => broken(sparse, wrap))];
}

function latin1(bytes: Uint8Array, size: number): string {
  return String.fromCharCode(...bytes.subarray(0, size));
}

const WRAPS = ['\n', '\r\n', '\\n', '\\r\\n', '\n  ', '\n    ', '\n      ', '\n        '];

/** With a line break before each part but the first, in turn. */
function broken(writing: Writing, wrap: string): Writing[] {
  const places = writing.slice(1).map((_, i) => i + 1);
  if (writing.some((forms) => forms.length > 1)) {
    return places.map((at) => merged([...writing.slice(0, at), [wrap], ...writing.slice(at)]));
  }
  const text = writing.map(([form = '']) => form).join('');
  return places.map((at) => [[text.slice(0, at) + wrap + text.slice(at)]]);
}

/** With parts of one form that follow each other as one. */
function merged(writing: Writing): Writing {
  const parts: (readonly string[])[] = [];
  let run = '';
  for (const forms of writing) {
    if (forms.length === 1) run += forms[0] ?? '';
    else {
      parts.push([run], forms);
      run = '';
    }
  }
  return [...parts, [run]];
}

const HEX_SEPARATORS = ['', ':', ' ', '-', ',', ', ', ', 0x', ',0x', ' 0x'];

/** Lower and upper case, with each separator; without one, and with a blank, wrapped once too. */
function hexWritings({ bytes, others }: Pattern, size: number): string[] {
  const wraps = Array.from({ length: Math.floor((Math.min(size, bytes.length) - 1) / 2) }, (_, i) => 2 * (i + 1));
  return [bytes, others]
    .map((each) => latin1(each, size + 1))
    .flatMap((digits) => {
      const spaced = paired(digits, ' ');
      return [
        ...HEX_SEPARATORS.map((separator) => paired(digits, separator)),
        ...wraps.flatMap((at) => ['\n', '\r\n', '\\n'].map((wrap) => digits.slice(0, at) + wrap + digits.slice(at))),
        ...wraps.flatMap((at) =>
          ['\n', '\n ', ' \n', ' \n '].map((wrap) => spaced.slice(0, 1.5 * at - 1) + wrap + spaced.slice(1.5 * at)),
        ),
      ];
    });
}

/** Pairs of digits with something between them. */
function paired(digits: string, separator: string): string {
  return (digits.match(/..?/g) ?? []).join(separator);
}

/** The forms of each character, of so many bytes. */
function sparsely(pattern: Pattern, size: number): Writing {
  const parts: (readonly string[])[] = [];
  const end = Math.min(size, pattern.bytes.length);
  for (let place = 0; place < end;) {
    const isLetter = (pattern.bytes[place] ?? 0) >= 0x80 && (pattern.points[place] ?? -1) >= 0;
    parts.push(isLetter ? letterForms(pattern, place) : byteForms(pattern, place));
    place += isLetter ? (pattern.sizes[place] ?? 1) : 1;
  }
  return parts;
}

function byteForms({ bytes, others, gap }: Pattern, place: number): string[] {
  const [byte = 0, other = 0] = [bytes[place], others[place]];
  return byte === other ? asciiForms(byte, gap) : [...asciiForms(byte, gap), ...asciiForms(other, gap)];
}

/** Characters that no encoder touches but one that touches all, or puts a backslash before all but letters and digits. */
const UNTOUCHED = new Set(Buffer.from('-._'));

function asciiForms(byte: number, gap: Pattern['gap']): string[] {
  const raw = String.fromCharCode(byte);
  if (IS_ALPHANUMERIC[byte] === 1) return [raw];
  if (UNTOUCHED.has(byte)) return [raw, `\\${raw}`];
  const percent = percents([byte]);
  const forms = [raw, ...percent, ...unicode(byte), `\\x${hex(byte)}`, `\\x${hex(byte).toUpperCase()}`];
  if (gap === 'base64') return [raw, ...percent, `\\${raw}`, `\\\\${raw}`];
  if (byte >= 0x20 && byte !== 0x7f) return [...forms, ...printableForms(raw)];
  return [...forms, ...controlForms(byte), ...(raw === '\n' && gap === 'lines' ? LINE_BREAKS : [])];
}

const PRINTABLE: Record<string, readonly string[]> = {
  ' ': ['+', '&nbsp;'],
  "'": ["'\\''", "'\"'\"'", "'\\\\''", "'\\\"'\\\"'", '&#39;', '&#039;', '&apos;'],
  '"': ['&quot;', '\\42', '\\042'],
  '&': ['&amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
};

function printableForms(raw: string): string[] {
  const reference = raw.charCodeAt(0);
  const escaped = [`\\${raw}`, `\\\\${raw}`, `\\\\\\${raw}`];
  return [...escaped, ...(PRINTABLE[raw] ?? []), `&#${String(reference)};`, `&#x${hex(reference)};`];
}

/** Besides the forms of the one character: other line ends, and what often stands before each line. */
const LINE_BREAKS = [
  ...[' ', '\r', '\r\n', '\\r\\n', '\\\\r\\\\n', '%0D%0A', '%0d%0a'],
  ...['\n', '\r\n'].flatMap((end) =>
    ['  ', '    ', '      ', '        ', '\t', '> ', '# ', '| '].map((text) => end + text),
  ),
];

const CONTROL_LETTERS: Record<number, readonly string[]> = {
  7: ['a'],
  8: ['b'],
  9: ['t'],
  10: ['n'],
  11: ['v'],
  12: ['f'],
  13: ['r'],
  27: ['e', 'E'],
};

function controlForms(byte: number): string[] {
  const escapes = [byte.toString(8), octal(byte)];
  const raw = byte === LF || byte === CR ? [] : [`\\${String.fromCharCode(byte)}`];
  const letters = [...escapes, ...(CONTROL_LETTERS[byte] ?? [])].flatMap((escape) => [
    `\\${escape}`,
    `\\\\${escape}`,
    `\\\\\\\\${escape}`,
  ]);
  return [...raw, ...letters];
}

/** A character outside ASCII. */
function letterForms({ bytes, points, sizes }: Pattern, place: number): string[] {
  const own = [...bytes.subarray(place, place + (sizes[place] ?? 1))];
  const point = points[place] ?? 0;
  const raw = Buffer.from(own).toString('latin1');
  const bytewise = own.map((byte) => `\\x${hex(byte)}`).join('');
  const octals = own.map((byte) => `\\${octal(byte)}`).join('');
  const long = `\\U${point.toString(16).padStart(8, '0')}`;
  return [
    raw,
    ...percents(own),
    ...unicode(point),
    ...[bytewise, bytewise.replace(/[a-f]/g, (digit) => digit.toUpperCase()), octals, long].flatMap(nested),
    long.slice(0, 2) + long.slice(2).toUpperCase(),
    `\\${raw}`,
    `&#${String(point)};`,
    `&#x${point.toString(16)};`,
    `&#x${point.toString(16).toUpperCase()};`,
  ];
}

/** Every character in one and the same way. */
function densely({ bytes, sizes, points }: Pattern, size: number): string[] {
  return DENSE.map((write) => {
    let text = '';
    for (let place = 0; text.length < size && place < bytes.length; place += sizes[place] ?? 1) {
      text += write([...bytes.subarray(place, place + (sizes[place] ?? 1))], points[place] ?? 0);
    }
    return text;
  });
}

type Write = (bytes: readonly number[], point: number) => string;

const each =
  (write: (byte: number) => string): Write =>
  (bytes) =>
    bytes.map(write).join('');
const digits = (value: number, count: number): string => value.toString(16).padStart(count, '0');
const hex = (byte: number): string => digits(byte, 2);
const octal = (byte: number): string => byte.toString(8).padStart(3, '0');
const units = (point: number): number[] =>
  point > 0xffff ? [0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff)] : [point];
const inUnits = (point: number, write: (unit: number) => string): string => units(point).map(write).join('');
const upper = (write: (value: number) => string) => (value: number) =>
  write(value).replace(/[0-9a-f]+$/, (found) => found.toUpperCase());
const utf16 = (unit: number): string => `\\u${digits(unit, 4)}`;
const nested = (text: string): string[] => [text, text.replaceAll('\\', '\\\\')];

/** As a percent-encoder writes it, and one that encodes what was encoded before. */
function percents(bytes: readonly number[]): string[] {
  return ['%', '%25', '%2525'].flatMap((sign) => {
    const text = bytes.map((byte) => sign + hex(byte)).join('');
    return text.toUpperCase() === text ? [text] : [text, text.toUpperCase()];
  });
}

function unicode(point: number): string[] {
  const forms = [inUnits(point, utf16), inUnits(point, upper(utf16)), `\\u{${point.toString(16)}}`];
  return forms.flatMap(nested);
}

const DENSE: readonly Write[] = [
  ...['%', '%25'].flatMap((sign) => [each((byte) => sign + hex(byte)), each((byte) => sign + hex(byte).toUpperCase())]),
  ...[utf16, upper(utf16)].flatMap((write): Write[] => [
    (_, point) => inUnits(point, write),
    (_, point) => inUnits(point, write).replaceAll('\\', '\\\\'),
  ]),
  ...['\\x', '\\\\x'].flatMap((sign) => [
    each((byte) => sign + hex(byte)),
    each((byte) => sign + hex(byte).toUpperCase()),
  ]),
  ...['\\', '\\\\'].map((sign) => each((byte) => sign + octal(byte))),
  (_, point) => `&#${String(point)};`,
  (_, point) => `&#x${point.toString(16)};`,
  (_, point) => `&#x${point.toString(16).toUpperCase()};`,
];
