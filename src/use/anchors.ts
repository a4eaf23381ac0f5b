/** The first bytes that a pattern can have in a text: what is searched for before anything is compared. */
import { CR, IS_ALPHANUMERIC, LF } from './ascii.js';
import type { Pattern } from './pattern.js';

/** The first bytes of everything that a pattern stands for, as latin1; null if there are more than `most`. */
export function anchorsOf(pattern: Pattern, { size, most }: { size: number; most: number }): Set<string> | null {
  const anchors = new Set<string>();
  for (const spell of spellingsOf(pattern, size)) {
    if (!spread({ pattern, spell, size, most, anchors })) return null;
  }
  return anchors;
}

/** How an element of a pattern may be written, and how many bytes of the pattern it is. */
interface Spelling {
  readonly forms: readonly string[];
  readonly bytes: number;
}
type Spell = (place: number) => Spelling;

interface Spread {
  readonly pattern: Pattern;
  readonly spell: Spell;
  readonly size: number;
  readonly most: number;
  readonly anchors: Set<string>;
}

/** Adds every beginning of that many bytes; false if that makes too many. */
function spread({ pattern, spell, size, most, anchors }: Spread): boolean {
  const go = (from: number, begun: string): boolean => {
    let [place, text] = [from, begun];
    while (text.length < size && place < pattern.bytes.length) {
      const { forms, bytes } = spell(place);
      const [only = '', ...more] = forms;
      if (more.length > 0) return forms.every((form) => go(place + bytes, text + form));
      text += only;
      place += bytes;
    }
    return text.length < size || anchors.add(text.slice(0, size)).size <= most;
  };
  return go(0, '');
}

/**
 * An encoder writes letters and digits as they are and other characters in one of several ways, or everything in the
 * same way.
 */
function spellingsOf(pattern: Pattern, size: number): Spell[] {
  if (pattern.isLiteral) return [rawly(pattern.bytes)];
  if (pattern.gap === 'hex') return hexSpellings(pattern, size);
  const known: Spelling[] = [];
  const sparse: Spell = (place) => (known[place] ??= sparsely(pattern, place));
  if (pattern.gap !== 'base64') return [sparse, ...densely(pattern)];
  const wraps = Array.from({ length: Math.min(size, pattern.bytes.length) - 1 }, (_, i) => i + 1);
  return [sparse, ...wraps.map((at) => broken(sparse, at))];
}

const WRAPS = ['\n', '\r\n', '\\n', '\\r\\n', '\n  ', '\n    ', '\n      ', '\n        '];

function broken(spell: Spell, at: number): Spell {
  return (place) => (place === at ? preceded(spell(place), WRAPS) : spell(place));
}

function preceded({ forms, bytes }: Spelling, before: readonly string[]): Spelling {
  return { forms: before.flatMap((text) => forms.map((form) => text + form)), bytes };
}

function rawly(bytes: Uint8Array): Spell {
  return (place) => ({ forms: [String.fromCharCode(bytes[place] ?? 0)], bytes: 1 });
}

const HEX_SEPARATORS = ['', ':', ' ', '-', ',', ', ', ', 0x', ',0x', ' 0x'];

/** Lower and upper case, with each separator; without one, and with a blank, wrapped once too. */
function hexSpellings({ bytes, others }: Pattern, size: number): Spell[] {
  const wraps = Array.from({ length: Math.floor((Math.min(size, bytes.length) - 1) / 2) }, (_, i) => 2 * (i + 1));
  return [bytes, others]
    .map(rawly)
    .flatMap((digits) => [
      ...HEX_SEPARATORS.map((separator) => separate(digits, () => [separator])),
      ...wraps.map((wrap) => separate(digits, (place) => (place === wrap ? ['\n', '\r\n', '\\n'] : ['']))),
      ...wraps.map((wrap) => separate(digits, (place) => (place === wrap ? ['\n', '\n ', ' \n', ' \n '] : [' ']))),
    ]);
}

function separate(digits: Spell, separators: (place: number) => readonly string[]): Spell {
  return (place) => (place > 0 && place % 2 === 0 ? preceded(digits(place), separators(place)) : digits(place));
}

function sparsely(pattern: Pattern, place: number): Spelling {
  const [byte = 0, other = 0, point = -1] = [pattern.bytes[place], pattern.others[place], pattern.points[place]];
  if (byte >= 0x80 && point >= 0) return { forms: letterForms(pattern, place), bytes: pattern.sizes[place] ?? 1 };
  const forms = [...(byte === other ? [byte] : [byte, other])].flatMap((each) => asciiForms(each, pattern.gap));
  return { forms, bytes: 1 };
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
function densely(pattern: Pattern): Spell[] {
  return DENSE.map((write): Spell => (place) => {
    const bytes = pattern.sizes[place] ?? 1;
    return { forms: [write([...pattern.bytes.subarray(place, place + bytes)], pattern.points[place] ?? 0)], bytes };
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
