/** How far long work is, on stderr: `Verifying  ██████▌               31 %  310,000 of 1,000,000`. */
import type { Progress } from '../gate/log-door.js';
import { drawBar, glyphsOf, grouped } from './chart.js';
import type { Output } from './output.js';
import { cut } from './width.js';

/** What a bar has to know of the output. */
export type BarPlace = Pick<Output, 'status' | 'isUtf8'>;

/** Work that is done sooner shows nothing. */
const FIRST_AFTER_MS = 400;
const BETWEEN_MS = 100;

/**
 * Does the work, which is given what to call with its progress, and shows that where stderr is a terminal. Nothing is
 * left of it at the end, however that comes. The result, or what was thrown, is the work's own.
 */
export async function withProgress<T>(
  out: BarPlace,
  label: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const { status } = out;
  if (status === undefined) return work(() => undefined);
  let next = performance.now() + FIRST_AFTER_MS;
  const progress: Progress = (done, total) => {
    if (performance.now() < next) return;
    status.show(progressText({ label, done, total }, status.width, out.isUtf8));
    next = performance.now() + BETWEEN_MS;
  };
  try {
    return await work(progress);
  } finally {
    status.erase();
  }
}

/** How far work is. */
export interface Reached {
  readonly label: string;
  readonly done: number;
  readonly total: number;
}

const WIDEST = 30;
const NARROWEST = 5;

/** The line for people, of at most `width` columns; without the bar where there is no room for it. */
export function progressText({ label, done, total }: Reached, width: number, isUtf8: boolean): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const facts = `${String(Math.floor(share * 100)).padStart(3)} %  ${grouped(done)} of ${grouped(total)}`;
  const room = Math.min(WIDEST, width - label.length - facts.length - 4);
  if (room < NARROWEST) return cut(`${label}  ${facts.trim()}`, width);
  const bar = drawBar({ granted: share, other: 0 }, { max: 1, width: room }, glyphsOf(isUtf8));
  return `${label}  ${bar.padEnd(room)}  ${facts}`;
}
