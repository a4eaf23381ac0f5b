/** The resident memory of a process over a long run. */

interface Point {
  /** How many calls were answered by then. */
  readonly calls: number;
  readonly mib: number;
}

const BARS = '▁▂▃▄▅▆▇█';
const COLUMNS = 72;

export class MemoryCurve {
  readonly #points: Point[] = [];

  add(calls: number, mib: number): void {
    this.#points.push({ calls, mib });
  }

  get peak(): number {
    return Math.max(...this.#points.map(({ mib }) => mib));
  }

  /** At the end of the run, in MiB: the mean of the last tenth. */
  get last(): number {
    return mean(this.#points.slice(-Math.max(1, Math.floor(this.#points.length / 10))).map(({ mib }) => mib));
  }

  /** By how many MiB it rose over the last half: the slope of the line that fits best, times the calls of that half. */
  get growth(): number {
    const half = this.#points.slice(Math.floor(this.#points.length / 2));
    const [calls, mib] = [mean(half.map((point) => point.calls)), mean(half.map((point) => point.mib))];
    const spread = half.reduce((sum, point) => sum + (point.calls - calls) ** 2, 0);
    const common = half.reduce((sum, point) => sum + (point.calls - calls) * (point.mib - mib), 0);
    const span = (half.at(-1)?.calls ?? 0) - (half[0]?.calls ?? 0);
    return spread === 0 ? 0 : (common / spread) * span;
  }

  /** The curve in one line, with its least and its most. */
  print(): string {
    const size = Math.max(1, Math.ceil(this.#points.length / COLUMNS));
    const columns = Array.from({ length: Math.ceil(this.#points.length / size) }, (_, i) =>
      mean(this.#points.slice(i * size, (i + 1) * size).map(({ mib }) => mib)),
    );
    const [least, most] = [Math.min(...columns), Math.max(...columns)];
    const bar = (mib: number): string =>
      BARS[Math.round(((mib - least) / (most - least || 1)) * (BARS.length - 1))] ?? '';
    return `${least.toFixed(0)} MiB ${columns.map(bar).join('')} ${most.toFixed(0)} MiB`;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
