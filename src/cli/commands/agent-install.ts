/** `agent install`. What it does is in `agent-setup.ts`. */
import { Option } from 'commander';
import { withExamples } from '../help.js';
import { addWhereFlags, KNOWN_CLIENTS, type InstallFlags } from './install-flags.js';
import { addTokenFlags } from './naming.js';
import type { Noun } from './noun.js';

/** Adds `install` to the noun. */
export function registerInstall(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('install [token]'))
    .description('set up a client for an agent: its configuration, the token file, the instructions')
    .requiredOption('--client <client>', KNOWN_CLIENTS);
  addWhereFlags(command)
    .option('--token-file <file>', 'the file with its token (~/.config/vouchsafe/NAME.token)')
    .addOption(new Option('--token-stdin', 'take the token from stdin into that file').conflicts('renew'))
    .option('--renew', 'put a new token into that file; the old one stops working')
    .addOption(
      new Option('--print', 'only show what would stand in the configuration').conflicts(['dryRun', 'uninstall']),
    )
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
