/** The verbs that only `agent` has: `instructions` and `monitor`. */
import { printQuery } from '../../core/query.js';
import { withExamples } from '../help.js';
import { agentInstructions, parseInstructionFormat } from '../instructions.js';
import { addAuditFlags, listAudit, type AuditFlags } from './audit-list.js';
import { addTokenFlags, tokenOf, type TokenFlags } from './naming.js';
import { referTo, resolveToken, type Noun } from './noun.js';

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

/** Adds `monitor` to the noun: the log of one agent. */
export function registerMonitor(noun: Noun): void {
  const command = noun.command.command('monitor [token]').description("an agent's entries in the log");
  withExamples(addAuditFlags(addTokenFlags(command)), ['vouchsafe agent monitor deploy-bot --since 24h']).action(
    noun.run(async (context, argument: string | undefined, flags: TokenFlags & AuditFlags) => {
      const { text } = tokenOf(flags, argument);
      await listAudit(context, printQuery([{ qualifier: 'agent', not: false, values: [text] }]), flags);
    }),
  );
}
