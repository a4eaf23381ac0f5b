/** Examples under a command's help. */
import type { Command } from 'commander';

/** Adds the lines as examples, each one a command line as it is typed. */
export function withExamples(command: Command, lines: readonly string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples';
  return command.addHelpText('after', ['', `${title}:`, ...lines.map((line) => `  ${line}`)].join('\n'));
}
