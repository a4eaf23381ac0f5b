/** The safe itself: `init`, `unlock`, `lock`, `passwd` and `rekey`. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { checkNoToken, checkSafe, cliOrigin } from '../access.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { firstPassword, nextPassword } from '../new-password.js';
import { withRecoveryFile } from '../recovery-file.js';
import type { Reserved } from '../sink.js';
import { registerRekey } from './rekey.js';
import { registerUnlock } from './unlock.js';

/** Adds the five commands to the program. */
export function register(program: Command, run: Runner): void {
  registerInit(program, run);
  registerUnlock(program, run);
  registerLock(program, run);
  registerPasswd(program, run);
  registerRekey(program, run);
}

interface InitFlags {
  readonly recoveryCode?: string;
}

function registerInit(program: Command, run: Runner): void {
  const command = program
    .command('init')
    .description('make the safe; asks for a master password twice')
    .option(
      '--recovery-code <file>',
      'also make a code that opens it without the password, in a new file (- for stdout)',
    );
  withExamples(command, [
    'vouchsafe init --recovery-code code.txt   print it, then delete the file',
    'vouchsafe init --password-stdin < password.txt',
  ]).action(run((context, flags: InitFlags) => init(context, flags.recoveryCode)));
}

async function init(context: Context, recovery: string | undefined): Promise<void> {
  await checkNoToken(context.asked());
  await checkNoSafe(context);
  const { done, reserved } = await withRecoveryFile(recovery, async () => makeSafe(context, recovery !== undefined));
  printSafe(context, { ...done, reserved, recovery });
}

async function checkNoSafe({ places }: Context): Promise<void> {
  const { safeExists } = await import('../../gate/safe.js');
  if (!safeExists(places)) return;
  throw new Refusal('conflict', {
    message: `There is a safe in ${places.home} already.`,
    next: 'See it with `vouchsafe info`, or set VOUCHSAFE_HOME to another folder.',
  });
}

interface Made {
  readonly safeId: string;
  readonly fingerprint: string;
  readonly code: string | null;
}

async function makeSafe(context: Context, withRecovery: boolean): Promise<Made> {
  const { initSafe } = await import('../../gate/open.js');
  const password = await firstPassword(context);
  const made = await initSafe(context.places, { password, withRecovery, origin: await cliOrigin() });
  context.onEnd(() => made.owner.close());
  return { safeId: made.owner.safeId, fingerprint: made.fingerprint, code: made.recoveryCode };
}

interface Printed extends Made {
  readonly reserved: Reserved | undefined;
  /** The file for the recovery code, or `-`. */
  readonly recovery: string | undefined;
}

/** The recovery code goes to its file, or is all of stdout; it is shown nowhere else. */
function printSafe({ out, places }: Context, { safeId, fingerprint, code, reserved, recovery }: Printed): void {
  reserved?.write(`${code ?? ''}\n`);
  const isOnStdout = recovery === '-' && code !== null;
  const text = [`Made the safe in ${places.home}.`, `Id:           ${safeId}`, `Fingerprint:  ${fingerprint}`].join(
    '\n',
  );
  if (isOnStdout && out.format === 'human') out.note(text);
  const facts = { safe_id: safeId, fingerprint, home: places.home, vault: 'Personal' };
  out.one(isOnStdout ? { ...facts, recovery_code: code } : facts, isOnStdout ? code : text);
  if (out.format !== 'human') return;
  if (recovery === undefined) out.note('There is no recovery code: nothing but the password opens this safe.');
  else out.note('Keep the recovery code away from this machine: it opens everything.');
  out.note('Next: vouchsafe item create login --vault Personal');
}

function registerLock(program: Command, run: Runner): void {
  const command = program.command('lock').description("end all of the owner's sessions, at once");
  withExamples(command, ['vouchsafe lock']).action(
    run(async ({ places, out }) => {
      const { lockSessions } = await import('../../gate/open.js');
      await checkSafe(places);
      const ended = await lockSessions(places);
      out.one({ sessions_ended: ended }, `Locked. Sessions ended: ${String(ended)}`);
    }),
  );
}

function registerPasswd(program: Command, run: Runner): void {
  const command = program.command('passwd').description('change the master password (asked for twice)');
  withExamples(command, [
    'vouchsafe passwd',
    'cat old-and-new.txt | vouchsafe passwd --password-stdin   the old one, then the new one, a line each',
  ]).action(
    run(async (context) => {
      const door = await context.owner();
      await door.changePassword(await nextPassword(context));
      context.out.one({ safe_id: door.safeId, changed: true }, 'The master password is changed.');
    }),
  );
}
