/** `completion`, and the command that its scripts call back. */
import { Argument, type Command } from 'commander';
import { answerShell } from '../completion/completion.js';
import { isShell, SHELLS } from '../completion/request.js';
import { completionScript } from '../completion/scripts.js';
import type { Runner } from '../context.js';
import { wholeGrammar, withExamples } from '../help.js';

/** Adds both commands to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('completion')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .description('a script that completes commands, options and names in a shell');
  withExamples(command, [
    'eval "$(vouchsafe completion bash)"      in ~/.bashrc',
    'source <(vouchsafe completion zsh)       in ~/.zshrc, below compinit',
    'vouchsafe completion fish | source       in ~/.config/fish/config.fish',
    'vouchsafe completion pwsh | Out-String | Invoke-Expression   in your $PROFILE',
  ]).action(
    run(({ out }, shell: string) => {
      if (isShell(shell)) out.data(completionScript(shell));
      return Promise.resolve();
    }),
  );
  program
    .command('complete <shell> [words...]', { hidden: true })
    .description('what may stand at the cursor; the script of `completion` asks it')
    .action(
      run(async ({ out, env }, ...[shell, words]: [string, readonly string[]]) => {
        // The word `complete` belongs to no file of commands, so the program has loaded them all.
        out.data(await answerShell(wholeGrammar(program), { argv: [shell, ...words], env }));
      }),
    );
}
