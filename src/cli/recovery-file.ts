/** The new file that a recovery code goes to: taken before the code is made, and gone again where none was made. */
import { reserveFile, type Reserved } from './sink.js';

/** Does the work with the file taken (none where it is left out or `-`); whoever stops it can begin again with the same. */
export async function withRecoveryFile<T>(
  recovery: string | undefined,
  work: () => Promise<T>,
): Promise<{ readonly done: T; readonly reserved: Reserved | undefined }> {
  const reserved = recovery === undefined || recovery === '-' ? undefined : reserveFile(recovery);
  const release = dropAtSignal(reserved);
  try {
    return { done: await work(), reserved };
  } catch (error) {
    reserved?.drop();
    throw error;
  } finally {
    release();
  }
}

/** Returns what ends this. */
function dropAtSignal(reserved: Reserved | undefined): () => void {
  const signals: readonly NodeJS.Signals[] = reserved === undefined ? [] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const release = (): void => signals.forEach((signal) => process.off(signal, stop));
  const stop = (signal: NodeJS.Signals): void => {
    reserved?.drop();
    release();
    process.kill(process.pid, signal);
  };
  signals.forEach((signal) => process.on(signal, stop));
  return release;
}
