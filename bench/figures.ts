/** What was measured, against what was promised. */

export interface Figure {
  readonly name: string;
  /** As it is printed; with its unit. */
  readonly got: string;
  readonly target: string;
  /** Null where nothing was promised. */
  readonly isMet: boolean | null;
}

/** A figure that may be at most so much. */
export function atMost(name: string, value: number, [limit, unit]: readonly [number, string]): Figure {
  return { name, got: `${show(value)} ${unit}`, target: `≤ ${String(limit)} ${unit}`, isMet: value <= limit };
}

/** A figure that must be at least so much. */
export function atLeast(name: string, value: number, [limit, unit]: readonly [number, string]): Figure {
  return { name, got: `${show(value)} ${unit}`, target: `≥ ${String(limit)} ${unit}`, isMet: value >= limit };
}

/** A figure that nothing was promised of. */
export function noted(name: string, value: number, unit: string): Figure {
  return { name, got: `${show(value)} ${unit}`, target: 'no target', isMet: null };
}

export function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How long each of `count` runs of the work takes, in milliseconds. */
export async function time(count: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const startedAt = performance.now();
    await work(i);
    times.push(performance.now() - startedAt);
  }
  return times;
}

/**
 * The medians of several kinds of work, `count` runs of each, done in turns so that all meet the same machine. Some runs
 * before are not counted.
 */
export async function inTurns(
  count: number,
  kinds: readonly ((index: number) => Promise<unknown>)[],
): Promise<number[]> {
  const times = kinds.map((): number[] => []);
  for (const work of kinds) await time(WARM_UPS, work);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [kind, work] of kinds.entries()) times[kind]?.push(...(await time(count / ROUNDS, work)));
  }
  return times.map(median);
}

const WARM_UPS = 50;
const ROUNDS = 20;

export function printFigures(figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, got, target, isMet } of figures) {
    console.log(`${mark(isMet)}  ${name.padEnd(width)}  ${got.padStart(10)}  (${target})`);
  }
}

function mark(isMet: boolean | null): string {
  if (isMet === null) return 'noted ';
  return isMet ? 'ok    ' : 'MISSED';
}
