/** The noun `audit`, and `log`. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { Progress, Verification } from '../../gate/door.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { addAuditFlags, listAudit, type AuditFlags } from './audit-list.js';
import { detailShape, detailText, verificationText } from './audit-text.js';

/** Adds `audit` and `log` to the program. */
export function register(program: Command, run: Runner): void {
  const audit = program.command('audit').description('the log: who did what, where, and why');
  registerList(audit.command('list [query...]'), run);
  registerList(program.command('log [query...]'), run);
  registerShow(audit, run);
  registerVerify(audit, run);
  registerCheckpoint(audit, run);
}

function registerList(command: Command, run: Runner): void {
  addAuditFlags(command).description(
    'entries, newest first; terms are agent: vault: item: action: outcome: code:, - before one is not',
  );
  withExamples(command, [
    "vouchsafe audit list 'agent:deploy-bot outcome:refused' --since 24h",
    "vouchsafe audit list 'action:item.read -vault:Personal' --output csv -o reads.csv",
  ]).action(
    run(async (context, words: readonly string[], flags: AuditFlags) => {
      await listAudit(context, words.join(' '), flags);
    }),
  );
}

function registerShow(audit: Command, run: Runner): void {
  const command = audit
    .command('show <entry>')
    .description('one entry and its proof, by number, or as a receipt SEQ:HASH');
  withExamples(command, ['vouchsafe audit show 42']).action(
    run(async (context, text: string) => {
      const { seq, hash } = readReceipt(text);
      const door = await context.owner();
      const detail = await door.showEntry(seq, hash);
      context.out.one(detailShape(detail), detailText(detail, context.out));
    }),
  );
}

/** The number and the hash of `SEQ[:HASH]`. Throws `invalid_request`. */
export function readReceipt(text: string): { readonly seq: number; readonly hash?: string } {
  const [, seq, hash] = /^([1-9][0-9]{0,14})(?::([0-9a-f]{64}))?$/i.exec(text.trim()) ?? [];
  if (seq !== undefined) return { seq: Number(seq), ...(hash === undefined ? {} : { hash: hash.toLowerCase() }) };
  throw new Refusal('invalid_request', {
    message: 'That is not the number of an entry, nor a receipt SEQ:HASH with 64 hexadecimal digits.',
    next: 'For example: vouchsafe audit show 42',
  });
}

interface VerifyFlags {
  readonly full?: boolean;
}

function registerVerify(audit: Command, run: Runner): void {
  const command = audit
    .command('verify')
    .description('recompute the log and compare it with the safe; exit 8 and the first bad entry if it was changed')
    .option('--full', 'all signatures, also those before the last checkpoint');
  withExamples(command, ['vouchsafe audit verify --full']).action(
    run(async (context, flags: VerifyFlags) => {
      const isFull = flags.full === true;
      const door = await context.owner();
      const found = await door.verify({ full: isFull }, reportVerified(context));
      context.out.one(found, verificationText(found, isFull));
      refuseFault(found);
    }),
  );
}

const PROGRESS_STEP = 50_000;

function reportVerified({ out }: Context): Progress {
  return (done, total) => {
    if (done > 0 && done < total && done % PROGRESS_STEP === 0)
      out.note(`Verified: ${String(done)} of ${String(total)}`);
  };
}

/** Throws `integrity`, naming the first bad entry, unless everything was right. */
function refuseFault({ ok, fault }: Verification): void {
  if (ok && fault === null) return;
  const where = fault?.seq === null || fault === null ? '' : `Entry ${String(fault.seq)}: `;
  throw new Refusal('integrity', {
    message: `${where}${fault?.message ?? 'the log does not verify.'}`,
    next: 'Keep a copy of the safe as it is, compare it with a backup, and revoke what should not have been used.',
  });
}

function registerCheckpoint(audit: Command, run: Runner): void {
  const command = audit.command('checkpoint').description('verify what is new, then sign where the log stands');
  withExamples(command, ['vouchsafe audit checkpoint']).action(
    run(async (context) => {
      const door = await context.owner();
      const receipt = await door.checkpoint();
      context.out.one(receipt, `Checkpoint: ${String(receipt.seq)}:${receipt.hash}`);
    }),
  );
}
