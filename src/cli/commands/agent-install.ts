/** `agent install`, and the flags of it that `agent create` has too. What they do is in `agent-setup.ts`. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { withExamples } from '../help.js';
import { CLIENT_NAMES } from '../install/clients.js';
import type { WhereFlags } from '../install/setup.js';
import { addTokenFlags, type TokenFlags } from './naming.js';
import type { Noun } from './noun.js';

export interface InstallFlags extends TokenFlags, WhereFlags {
  readonly client: string;
  readonly tokenFile?: string;
  readonly tokenStdin?: boolean;
  readonly renew?: boolean;
  readonly print?: boolean;
  readonly dryRun?: boolean;
  readonly uninstall?: boolean;
}

/** What `agent create` says of a client to set up. */
export interface CreateInstallFlags extends WhereFlags {
  readonly install?: string;
}

const KNOWN = CLIENT_NAMES.join(', ');

/** Adds `install` to the noun. */
export function registerInstall(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('install [token]'))
    .description('set up a client for an agent: its configuration, the token file, the instructions')
    .requiredOption('--client <client>', KNOWN);
  addWhereFlags(command)
    .option('--token-file <file>', 'the file with its token (~/.config/vouchsafe/NAME.token)')
    .addOption(new Option('--token-stdin', 'take the token from stdin into that file').conflicts('renew'))
    .option('--renew', 'put a new token into that file; the old one stops working')
    .addOption(new Option('--print', 'only show what would stand in the configuration').conflicts(['dryRun', 'uninstall']))
    .option('--dry-run', 'only show what would change in which file')
    .addOption(new Option('--uninstall', 'take it out again').conflicts(['renew', 'tokenStdin']));
  withExamples(command, [
    'vouchsafe agent install deploy-bot --client claude-code',
    'vouchsafe agent install deploy-bot --client codex --user --renew',
    'vouchsafe agent install deploy-bot --client cursor --dry-run',
    'vouchsafe agent install deploy-bot --client zed --uninstall',
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: InstallFlags) => {
      const { installAgent } = await import('./agent-setup.js');
      await installAgent(noun, context, { argument, flags });
    }),
  );
}

/** Adds `--install` and what goes with it to `agent create`. */
export function addInstallFlags(command: Command): Command {
  return addWhereFlags(command.option('--install <client>', `set up a client for it at once: ${KNOWN}`));
}

function addWhereFlags(command: Command): Command {
  return command
    .addOption(new Option('--project', 'set it up for the project in this folder, where the client can').conflicts('user'))
    .option('--user', 'set it up for all that you do with the client')
    .option('--instructions <file>', "the file that gets the instructions (the client's own)")
    .option('--no-instructions', 'write no instructions');
}

/** Throws `invalid_request` where it is said how to set up a client, but not which. */
export function checkInstall({ install, project, user, instructions }: CreateInstallFlags): void {
  const isSaid = [project, user].includes(true) || typeof instructions === 'string';
  if (install !== undefined || !isSaid) return;
  throw new Refusal('invalid_request', {
    message: 'It is not said which client is to be set up.',
    next: `Add --install with one of ${KNOWN}.`,
  });
}
