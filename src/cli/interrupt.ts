/** Work that goes on until the user ends it. */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Does the work until it ends, or Ctrl-C or SIGTERM aborts it; then the process will exit with the status that a shell
 * gives to that signal (130, 143). A second signal ends the process at once. Gives whether there was one.
 */
export async function untilInterrupted(work: (stop: AbortController) => Promise<void>): Promise<boolean> {
  const stop = new AbortController();
  let isInterrupted = false;
  const onSignal = (signal: (typeof SIGNALS)[number]): void => {
    process.exitCode = 128 + constants.signals[signal];
    isInterrupted = true;
    stop.abort();
    forget();
  };
  const forget = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await work(stop);
  } finally {
    forget();
  }
  return isInterrupted;
}
