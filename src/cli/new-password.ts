/** A master password that is to be set: asked for twice, hidden, or read where nobody can be asked. */
import type { Context } from './context.js';
import { readPasswordFile } from './access.js';
import { Refusal } from '../core/refusal.js';

const NEXT = 'Run it at a terminal, or pipe the password to it with --password-stdin, or set VOUCHSAFE_PASSWORD_FILE.';

/** The password of a new safe, strong enough. */
export async function firstPassword({ env, flags, input, out }: Context): Promise<string> {
  const file = env['VOUCHSAFE_PASSWORD_FILE'] ?? '';
  if (flags.passwordStdin) return checked((await input.stdinLine()) ?? '');
  if (file !== '') return checked(readPasswordFile(file));
  return askTwice({ input, out }, 'Master password:');
}

/** The password that takes the old one's place: asked for, else the next line of stdin. */
export async function nextPassword({ input, out }: Context): Promise<string> {
  if (input.isInteractive) return askTwice({ input, out }, 'New master password:');
  const line = await input.stdinLine();
  if (line !== undefined) return checked(line);
  throw new Refusal('invalid_request', {
    message: 'The new password is missing.',
    next: 'Run it at a terminal, or pipe the old and the new one, a line each, with --password-stdin.',
  });
}

async function checked(password: string): Promise<string> {
  const { checkMasterPassword } = await import('../gate/open.js');
  await checkMasterPassword(password);
  return password;
}

const TRIES = 3;

/** A password that is too weak, or not the same twice, can be typed again. */
async function askTwice({ input, out }: Pick<Context, 'input' | 'out'>, message: string): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const fault = await weakness(await input.secret(message, NEXT), tries === TRIES);
    if (fault.weak !== undefined) out.note(fault.weak);
    else if ((await input.secret('Once more:', NEXT)) === fault.password) return fault.password;
    else if (tries === TRIES) throw differ();
    else out.note('These were not the same. Try again.');
  }
}

function differ(): Refusal {
  return new Refusal('invalid_request', { message: 'The two passwords were not the same.', next: 'Try again.' });
}

async function weakness(password: string, isLast: boolean): Promise<{ password: string; weak?: string }> {
  try {
    return { password: await checked(password) };
  } catch (error) {
    if (isLast || !(error instanceof Refusal) || error.code !== 'invalid_request') throw error;
    return { password, weak: `${error.message} ${error.facts.next ?? ''}`.trim() };
  }
}
