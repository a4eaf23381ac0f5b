/** The signals that ask a server on stdio to stop. */

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Settles `caught` with the first signal to stop; later ones change nothing, as the end is near by then. */
export function catchSignals(): { readonly caught: Promise<void>; readonly release: () => void } {
  let settle: () => void = () => undefined;
  const caught = new Promise<void>((resolve) => (settle = resolve));
  for (const signal of STOP_SIGNALS) process.on(signal, settle);
  return {
    caught,
    release: () => {
      for (const signal of STOP_SIGNALS) process.off(signal, settle);
    },
  };
}
