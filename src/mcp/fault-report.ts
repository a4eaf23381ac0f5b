/** What a server on stdio tells its owner of faults. */

/** Faults that are reported; a client that sends nothing else must not fill a disk. */
const MOST_REPORTS = 20;

/** Reports errors by their message, the first ones only, and one that repeats itself once. */
export function limitedReport(report: (message: string) => void): (error: Error) => void {
  let count = 0;
  let last: string | undefined;
  return (error) => {
    if (error.message === last) return;
    last = error.message;
    count += 1;
    if (count <= MOST_REPORTS) report(error.message);
    if (count === MOST_REPORTS) report('More faults are not reported.');
  };
}
