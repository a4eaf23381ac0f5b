/** The program's commands as they are registered, without running any. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Help } from 'commander';
import type { Runner } from '../../src/cli/context.js';
import { addGlobalOptions } from '../../src/cli/global-options.js';
import { root } from './pages.js';

interface Module {
  register?: (program: Command, run: Runner) => void;
}

const nothing: Runner = () => () => Promise.resolve();

export async function commandTree(): Promise<Command> {
  const program = new Command('vouchsafe').enablePositionalOptions().helpCommand(false);
  const folder = join(root, 'src', 'cli', 'commands');
  for (const file of readdirSync(folder).sort()) {
    const { register } = (await import(join(folder, file))) as Module;
    register?.(program, nothing);
  }
  program.option('-V, --version').option('-h, --help');
  addGlobalOptions(program);
  return program;
}

/** The commands below one that its help lists. */
export function children(command: Command): Command[] {
  command.helpCommand(false);
  return new Help().visibleCommands(command);
}

/** The command that the words begin with, and the words that are left; undefined if they name none. */
export function findCommand(program: Command, words: readonly string[]): { command: Command; rest: readonly string[] } {
  let command = program;
  let rest = words;
  for (;;) {
    const next = children(command).find((child) => [child.name(), ...child.aliases()].includes(rest[0] ?? ''));
    if (next === undefined) return { command, rest };
    command = next;
    rest = rest.slice(1);
  }
}
