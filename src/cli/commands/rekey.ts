/** `rekey`: every key of the safe anew. */
import type { Command } from 'commander';
import { escapeText } from '../../core/text.js';
import type { Rekeyed } from '../../gate/door.js';
import { counted } from '../chart.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { nextPassword } from '../new-password.js';
import { withProgress } from '../progress-bar.js';
import { withRecoveryFile } from '../recovery-file.js';
import { confirmForGood } from './noun.js';

interface RekeyFlags {
  readonly recoveryCode?: string;
  readonly force?: boolean;
}

/** Adds the command to the program. */
export function registerRekey(program: Command, run: Runner): void {
  const command = program
    .command('rekey')
    .description('change every key, the master password with them; each token needs a new text then')
    .option('--recovery-code <file>', 'also make a new recovery code, in a new file (- for stdout)')
    .option('--force', 'do not ask');
  withExamples(command, [
    'vouchsafe rekey --recovery-code code.txt   the old code opens nothing any more',
    'cat old-and-new.txt | vouchsafe rekey --force --password-stdin',
  ]).action(run((context, flags: RekeyFlags) => rekey(context, flags)));
}

async function rekey(context: Context, { recoveryCode: recovery, force }: RekeyFlags): Promise<void> {
  const { out } = context;
  const door = await context.owner();
  await confirmForGood(
    context,
    'Change every key? All tokens, sessions and the recovery code stop working.',
    force === true,
  );
  const password = await nextPassword(context);
  const { done, reserved } = await withRecoveryFile(recovery, async () =>
    withProgress(out, 'Changing keys', async (progress) =>
      door.rekey({ password, withRecovery: recovery !== undefined }, progress),
    ),
  );
  const { recoveryCode: code, ...facts } = done;
  reserved?.write(`${code ?? ''}\n`);
  const isOnStdout = recovery === '-' && code !== null;
  const text = rekeyedText(done);
  if (isOnStdout && out.format === 'human') out.note(text);
  const shape = { safe_id: door.safeId, ...facts };
  out.one(isOnStdout ? { ...shape, recovery_code: code } : shape, isOnStdout ? code : text);
  if (recovery === undefined) out.note('There is no recovery code now: nothing but the new password opens this safe.');
  out.note('Copies and backups from before open with what leaked: change the secrets in them at their services.');
}

function rekeyedText({ fingerprint, rotated, tokens, ended, skipped }: Rekeyed): string {
  const items = rotated.reduce((sum, vault) => sum + vault.items, 0);
  const lines = [
    `Changed every key: ${counted(rotated.length, 'vault')}, ${counted(items, 'item')}, ${counted(tokens.length, 'token')}.`,
    `Fingerprint:  ${fingerprint}`,
    ...skipped.map((id) => `Left as it was, since it could not be verified: ${escapeText(id)}`),
    ...ended.map((id) => `Ended, since its rows were changed: token ${escapeText(id)}`),
  ];
  if (tokens.length === 0) return lines.join('\n');
  lines.push('', 'Each token needs a new text; what its holder has opens nothing any more:');
  return [...lines, ...tokens.map(({ id, name }) => `  vouchsafe pat renew --pat-id ${id}   ${escapeText(name)}`)].join(
    '\n',
  );
}
