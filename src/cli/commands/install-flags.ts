/** The flags of setting up a client, which `agent install` and `agent create` share. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { CLIENT_NAMES } from '../install/clients.js';
import type { WhereFlags } from '../install/setup.js';
import type { TokenFlags } from './naming.js';

/** What `agent install` says. */
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

/** The names of the clients, for help. */
export const KNOWN_CLIENTS = CLIENT_NAMES.join(', ');

/** Adds `--install` and what goes with it to `agent create`. */
export function addInstallFlags(command: Command): Command {
  return addWhereFlags(command.option('--install <client>', `set up a client for it at once: ${KNOWN_CLIENTS}`));
}

/** Adds what says where: the scope, and the file for the instructions. */
export function addWhereFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--project', 'set it up for the project in this folder, where the client can').conflicts('user'),
    )
    .option('--user', 'set it up for all that you do with the client')
    .option('--instructions <file>', "the file that gets the instructions (the client's own)")
    .option('--no-instructions', 'write no instructions')
    .option('--connect <url|unix:path>', 'have it pass through to a `vouchsafe serve`');
}

/** Throws `invalid_request` where it is said how to set up a client, but not which. */
export function checkInstall({ install, project, user, instructions, connect }: CreateInstallFlags): void {
  const isSaid = [project, user].includes(true) || typeof instructions === 'string' || connect !== undefined;
  if (install !== undefined || !isSaid) return;
  throw new Refusal('invalid_request', {
    message: 'It is not said which client is to be set up.',
    next: `Add --install with one of ${KNOWN_CLIENTS}.`,
  });
}
