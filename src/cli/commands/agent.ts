/** The verbs that only `agent` has: `instructions` and `monitor`. */
import { printQuery } from '../../core/query.js';
import { Refusal } from '../../core/refusal.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import { agentInstructions, parseInstructionFormat } from '../instructions.js';
import { addAuditFlags, listAudit, type AuditFlags } from './audit-list.js';
import { selectionOf } from './audit-selection.js';
import { tailAudit } from './audit-tail.js';
import { addTokenFlags, tokenOf, type TokenFlags } from './naming.js';
import { referTo, resolveToken, type Noun } from './noun.js';
import { isGiven, pageOf } from './option-alias.js';

interface InstructionFlags extends TokenFlags {
  readonly format: string;
}

/** Adds `instructions` to the noun. */
export function registerInstructions(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('instructions [token]'))
    .description('what to paste for an agent: how it asks for credentials here')
    .option('--format <format>', 'agents-md or plain', 'agents-md');
  withExamples(command, ['vouchsafe agent instructions deploy-bot >> AGENTS.md']).action(
    noun.run(async (context, argument: string | undefined, flags: InstructionFlags) => {
      const named = tokenOf(flags, argument);
      const format = parseInstructionFormat(flags.format);
      const door = await context.owner();
      const token = await resolveToken(noun, door, named);
      const instructions = agentInstructions({ token, grants: await door.listAccess(referTo(token)) }, format);
      context.out.one({ id: token.id, name: token.name, format, instructions }, instructions);
    }),
  );
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
