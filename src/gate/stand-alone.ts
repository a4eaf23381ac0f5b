/** The stand-alone verifier, run on a file as anyone else would run it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Refusal } from '../core/refusal.js';

/** Beside the compiled program, and beside its source. */
const VERIFIER = fileURLToPath(new URL('../../bin/vouchsafe-verify-log.js', import.meta.url));

/** What the verifier found of a proof that it found right. */
export interface Verified {
  readonly from: number;
  readonly to: number;
  readonly hash: string;
}

/** Has a proof verified against the owner's fingerprint. Throws `integrity` with the verifier's own words. */
export async function verifyProof(path: string, fingerprint: string): Promise<Verified> {
  const run = promisify(execFile);
  const args = [VERIFIER, path, '--owner', fingerprint, '--json'];
  try {
    const { stdout } = await run(process.execPath, args, { env: {}, maxBuffer: 2 ** 20 });
    return readResult(stdout);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('integrity', {
      message: `The file does not verify: ${wordsOf(cause)}`,
      next: `vouchsafe-verify-log ${path} --owner "${fingerprint}"`,
      cause,
    });
  }
}

function wordsOf(cause: unknown): string {
  const text = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : '';
  return text.split('\n', 1)[0]?.trim() ?? '';
}

function readResult(stdout: string): Verified {
  const said = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  const { verified, from, to, hash } = said;
  if (verified === true && typeof from === 'number' && typeof to === 'number' && typeof hash === 'string')
    return { from, to, hash };
  throw new Refusal('integrity', { message: 'The file does not verify.', next: 'Export it again to another file.' });
}
