/** The verbs that only `agent` has: `instructions` and `monitor`. */
import { printQuery } from '../../core/query.js';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import { writeInstructions } from '../instruction-file.js';
import {
  agentInstructions,
  formatOfFile,
  INSTRUCTION_FORMATS,
  parseInstructionFormat,
  type InstructionFormat,
} from '../instructions.js';
import { addAuditFlags, listAudit, type AuditFlags } from './audit-list.js';
import { selectionOf } from './audit-selection.js';
import { tailAudit } from './audit-tail.js';
import { addTokenFlags, tokenOf, type TokenFlags } from './naming.js';
import { referTo, resolveToken, type Noun } from './noun.js';
import { isGiven, pageOf } from './option-alias.js';

interface InstructionFlags extends TokenFlags {
  readonly format?: string;
  readonly write?: string;
}

/** Adds `instructions` to the noun. */
export function registerInstructions(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('instructions [token]'))
    .description('what to paste for an agent: how it asks for credentials here')
    .option('--format <format>', `${INSTRUCTION_FORMATS.join(', ')} (agents-md, or what the file's name says)`)
    .option('--write <file>', 'into this file, in place of the instructions that it has; the rest of it stays');
  withExamples(command, [
    'vouchsafe agent instructions deploy-bot --write AGENTS.md',
    'vouchsafe agent instructions deploy-bot --write .claude/skills/vouchsafe/SKILL.md',
    'vouchsafe agent instructions deploy-bot --format plain',
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: InstructionFlags) => {
      const named = tokenOf(flags, argument);
      const format = formatOf(flags);
      const door = await context.owner();
      const token = await resolveToken(noun, door, named);
      const instructions = agentInstructions({ token, grants: await door.listAccess(referTo(token)) }, format);
      const facts = { id: token.id, name: token.name, format, instructions };
      if (flags.write === undefined) context.out.one(facts, instructions);
      else writeTo(context, flags.write, facts);
    }),
  );
}

/** Throws `invalid_request`, also for text without markers that is to go into a file: it would not be found again. */
function formatOf({ format, write }: InstructionFlags): InstructionFormat {
  const given = format === undefined ? undefined : parseInstructionFormat(format);
  if (write === undefined) return given ?? 'agents-md';
  if (given !== 'plain') return given ?? formatOfFile(write);
  throw new Refusal('invalid_request', {
    message: 'Plain text has no markers, so it could not be replaced in a file later.',
    next: 'Use another --format, or --to FILE for a file with nothing else in it.',
  });
}

function writeTo({ out }: Context, file: string, facts: { readonly instructions: string }): void {
  const result = writeInstructions(file, facts.instructions);
  const words = { created: 'Made', updated: 'Updated', unchanged: 'Nothing to change in' };
  out.say({ ...facts, file, result }, `${words[result]} ${escapeText(file)}.`);
}

interface MonitorFlags extends TokenFlags, AuditFlags {
  readonly follow?: boolean;
}

/** Adds `monitor` to the noun: the log of one agent. */
export function registerMonitor(noun: Noun): void {
  const command = noun.command
    .command('monitor [token]')
    .description("an agent's entries in the log")
    .option('-f, --follow', 'the newest ones, oldest first, and those that come, until Ctrl-C');
  withExamples(addAuditFlags(addTokenFlags(command)), [
    'vouchsafe agent monitor deploy-bot --since 24h',
    'vouchsafe agent monitor deploy-bot -f',
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: MonitorFlags) => {
      const { text } = tokenOf(flags, argument);
      const query = printQuery([{ kind: 'name', qualifier: 'agent', not: false, values: [text] }]);
      if (flags.follow === true) await follow(context, query, flags);
      else await listAudit(context, query, flags);
    }),
  );
}

const DEFAULT_LINES = '10';

async function follow(context: Context, query: string, flags: MonitorFlags): Promise<void> {
  if (isGiven(flags.cursor) || flags.until !== undefined) {
    throw new Refusal('invalid_request', {
      message: 'What is followed has no end and no pages: --until and --cursor do not go with --follow.',
      next: 'Leave one of them out.',
    });
  }
  const { limit: last } = pageOf({ limit: isGiven(flags.limit) ? flags.limit : DEFAULT_LINES });
  await tailAudit(context, selectionOf(context.out, query, flags), { last, isFollowing: true });
}
