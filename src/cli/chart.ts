/**
 * Charts made of characters. Everything here is pure, and as wide as it is told to be. Each kind of mark differs from the
 * others by its texture, never by colour alone.
 */

/** The characters that charts are made of. */
export interface Glyphs {
  /** What was granted, and what was not. */
  readonly granted: string;
  readonly other: string;
  /** Parts of {@link Glyphs.granted}, the smallest first; none where there are only whole ones. */
  readonly parts: readonly string[];
  /** Heights of a spark line: nothing, then the least to the most. */
  readonly sparks: readonly string[];
  /** Darkness of a cell: nothing, then the least to the most. */
  readonly shades: readonly string[];
}

const BLOCKS: Glyphs = {
  granted: '█',
  other: '░',
  parts: ['▏', '▎', '▍', '▌', '▋', '▊', '▉'],
  sparks: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  shades: [' ', '░', '▒', '▓', '█'],
};

const ASCII: Glyphs = {
  granted: '#',
  other: '.',
  parts: [],
  sparks: ['_', '.', ':', '-', '=', '+', '*', '#'],
  shades: [' ', '.', ':', '+', '#'],
};

/** Block elements of Unicode, or ASCII where the locale has no more. */
export function glyphsOf(isUtf8: boolean): Glyphs {
  return isUtf8 ? BLOCKS : ASCII;
}

/** What a bar shows: its first part and its second. Both at least 0. */
export interface BarParts {
  readonly granted: number;
  readonly other: number;
}

/** The value that fills the whole `width` columns, which are at least 2. */
export interface Scale {
  readonly max: number;
  readonly width: number;
}

/** A bar of at most `width` columns; what is not zero is seen, however small it is. */
export function drawBar({ granted, other }: BarParts, { max, width }: Scale, glyphs: Glyphs): string {
  if (max <= 0 || granted + other <= 0) return '';
  if (other === 0) return wholeBar((granted / max) * width, glyphs);
  const least = granted > 0 ? 2 : 1;
  const length = Math.min(width, Math.max(least, Math.round(((granted + other) / max) * width)));
  const second = Math.min(length - least + 1, Math.max(1, Math.round((other / (granted + other)) * length)));
  return glyphs.granted.repeat(length - second) + glyphs.other.repeat(second);
}

function wholeBar(length: number, { granted, parts }: Glyphs): string {
  const steps = Math.max(1, Math.round(length * (parts.length + 1)));
  const whole = Math.floor(steps / (parts.length + 1));
  return granted.repeat(whole) + (parts[(steps % (parts.length + 1)) - 1] ?? '');
}

/**
 * The values as a line of marks, as high as they are beside the largest of them; zero is a mark of its own. Of more than
 * `width` values neighbours are added up.
 */
export function drawSparks(values: readonly number[], width: number, { sparks }: Glyphs): string {
  const sums = sumNeighbours(values, width);
  const max = Math.max(0, ...sums);
  return sums.map((sum) => sparks[level(sum, max, sparks.length - 1)] ?? '').join('');
}

/** How many neighbours are added up so that at most `width` sums are left; at least 1. */
export function neighbours(count: number, width: number): number {
  return Math.max(1, Math.ceil(count / Math.max(1, width)));
}

function sumNeighbours(values: readonly number[], width: number): readonly number[] {
  const size = neighbours(values.length, width);
  const sums: number[] = [];
  // from the end: the newest is a whole one, and the oldest may be of fewer
  for (let end = values.length; end > 0; end -= size) {
    sums.unshift(values.slice(Math.max(0, end - size), end).reduce((sum, value) => sum + value, 0));
  }
  return sums;
}

/** 0 for zero, else 1 to `levels` in equal steps up to `max`. */
function level(value: number, max: number, levels: number): number {
  return value <= 0 || max <= 0 ? 0 : Math.min(levels, Math.max(1, Math.ceil((value / max) * levels)));
}

/** The values as shades, each `cell` columns wide. */
export function drawShades(values: readonly number[], { max, cell }: ShadeScale, { shades }: Glyphs): string {
  return values.map((value) => (shades[level(value, max, shades.length - 1)] ?? '').repeat(cell)).join('');
}

export interface ShadeScale {
  /** The value of the darkest shade. */
  readonly max: number;
  /** Columns of each value. */
  readonly cell: number;
}

/** What each shade but the first stands for, in whole numbers up to `max`: `░ 1–5`, `▒ 6–10` …; those that occur. */
export function shadeLegend(max: number, { shades }: Glyphs): readonly string[] {
  const levels = shades.length - 1;
  return shades.slice(1).flatMap((shade, i) => {
    const [from, to] = [Math.floor((max * i) / levels) + 1, Math.floor((max * (i + 1)) / levels)];
    if (from > to) return [];
    return [`${shade} ${from === to ? grouped(from) : `${grouped(from)}-${grouped(to)}`}`];
  });
}

/** `1,234,567`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:[0-9]{3})+$)/g, ',');
}

/** `1 item`, `1,234 items`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

const UNITS = ['', 'k', 'M', 'G', 'T'];

/** The count in at most four columns, rounded: `999`, `1.2k`, `45k`, `1.2M`. */
export function compact(count: number): string {
  let [scaled, unit] = [count, 0];
  while (scaled >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || scaled >= 9.95 ? String(Math.round(scaled)) : scaled.toFixed(1);
  return digits + (UNITS[unit] ?? '');
}
