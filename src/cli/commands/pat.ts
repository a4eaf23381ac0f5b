/** The nouns `pat` (`personal-access-token`) and `agent`. */
import type { Command } from 'commander';
import type { Runner } from '../context.js';
import { registerInstructions, registerMonitor } from './agent.js';
import { registerInstall } from './agent-install.js';
import type { Noun } from './noun.js';
import { registerAccess } from './token-access.js';
import { registerCompromised } from './token-compromised.js';
import { registerDelete, registerFreeze, registerRename } from './token-change.js';
import { registerCreate, registerRenew } from './token-create.js';
import { registerTighten } from './token-explain.js';
import { registerList } from './token-list.js';

/** Adds both nouns to the program. */
export function register(program: Command, run: Runner): void {
  const pat = program.command('pat').alias('personal-access-token').description('personal access tokens');
  registerVerbs({ command: pat, run, name: 'pat', isAgent: false });
  const agent: Noun = {
    command: program.command('agent').description('agents: tokens that must give a reason for everything'),
    run,
    name: 'agent',
    isAgent: true,
  };
  registerVerbs(agent);
  registerInstructions(agent);
  registerMonitor(agent);
  registerInstall(agent);
}

function registerVerbs(noun: Noun): void {
  registerCreate(noun);
  registerList(noun);
  registerRenew(noun);
  registerDelete(noun);
  registerRename(noun);
  registerFreeze(noun);
  registerCompromised(noun);
  registerAccess(noun);
  registerTighten(noun);
}
