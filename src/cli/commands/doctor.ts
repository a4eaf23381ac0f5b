/** `doctor`: what is wrong here, and how to mend it. */
import type { Command } from 'commander';
import { EXIT_STATUS } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import { counted } from '../chart.js';
import type { Context, Runner } from '../context.js';
import { clientFiles } from '../doctor/client-files.js';
import { checkClients } from '../doctor/clients.js';
import { ofRefusal, type Finding, type Status } from '../doctor/finding.js';
import { checkNode } from '../doctor/machine.js';
import { checkAsOwner } from '../doctor/owner.js';
import { checkAnchor, checkFileTimes, checkHostShare, checkModes, describe } from '../doctor/safe.js';
import { withExamples } from '../help.js';
import type { Output, Style } from '../output.js';

/** Adds `doctor` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program.command('doctor').description('what is wrong here or with your clients, and how to mend it');
  withExamples(command, [
    'vouchsafe doctor',
    'vouchsafe unlock -- vouchsafe doctor   also the log and when tokens end',
    'vouchsafe doctor --output json',
  ]).action(
    run(async (context) => {
      const findings = await examine(context);
      print(context.out, findings);
      if (findings.some(({ status }) => status === 'error')) process.exitCode = EXIT_STATUS.unavailable;
    }),
  );
}

async function examine(context: Context): Promise<readonly Finding[]> {
  const { places, env } = context;
  const now = Date.now();
  const { finding, safe } = await describe(places);
  const owned = safe === null ? [] : await asOwner(context, now);
  const looser = safe === null ? [] : [checkFileTimes(places, safe, now), checkAnchor(places, safe, now)];
  return [
    checkNode(env),
    finding,
    ...checkModes(places, safe),
    ...(safe === null ? [] : [checkHostShare(places, safe)]),
    // What the owner's door tells is closer than what the times of files do.
    ...looser.filter(({ check }) => !owned.some((other) => other.check === check)),
    ...owned,
    ...(await checkClients(clientFiles(env, process.cwd()), env)),
  ];
}

/** Only where the owner is there already: nobody is asked for a password. */
async function asOwner(context: Context, now: number): Promise<readonly Finding[]> {
  const { env, flags } = context;
  const isThere = [env['VOUCHSAFE_SESSION'], env['VOUCHSAFE_PASSWORD_FILE']].some((value) => (value ?? '') !== '');
  if (!isThere && !flags.passwordStdin) return [];
  try {
    return await checkAsOwner(await context.owner(), now);
  } catch (error) {
    const found = ofRefusal('owner', 'warning', error);
    const isBroken = error instanceof Error && 'code' in error && error.code === 'integrity';
    return [isBroken ? { ...found, check: 'log', status: 'error' } : found];
  }
}

const STYLES: Readonly<Record<Status, Style | undefined>> = { ok: undefined, warning: 'yellow', error: 'red' };
const STATUS_WIDTH = 9;
const CHECK_WIDTH = 12;

function print(out: Output, findings: readonly Finding[]): void {
  const lines = findings.flatMap(({ check, status, message, next }) => {
    const style = STYLES[status];
    const word = status.padEnd(STATUS_WIDTH);
    const first = `${style === undefined ? word : out.style(style, word)}${check.padEnd(CHECK_WIDTH)}${escapeText(message)}`;
    return next === null ? [first] : [first, `${' '.repeat(STATUS_WIDTH + CHECK_WIDTH)}${escapeText(next)}`];
  });
  const sum = `${count(findings, 'error')}, ${count(findings, 'warning')}`;
  out.list(findings, null, out.fold([...lines, '', sum].join('\n')));
}

function count(findings: readonly Finding[], status: Status): string {
  const number = findings.filter((finding) => finding.status === status).length;
  return counted(number, status);
}
