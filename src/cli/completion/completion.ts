/** Answers a shell that asks what may stand at the cursor. It never asks, and says nothing where anything goes wrong. */
import { readGrammar, type CommandGrammar } from '../grammar.js';
import { printAnswer } from './answer.js';
import { complete, type LiveNames } from './candidates.js';
import { isShell, requestOfLine, requestOfWords, type CompletionRequest } from './request.js';
import { completionScript } from './scripts.js';

/**
 * What is printed for `completion SHELL` or `complete SHELL -- WORDS…`, where the command line is one of these and
 * nothing more. Undefined for every other one, and where the build wrote no grammar. Never throws.
 */
export async function completionAsked(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const [command, shell, mark, ...words] = argv;
  if (!isShell(shell)) return undefined;
  if (command === 'completion' && argv.length === 2) return completionScript(shell);
  if (command !== 'complete' || mark !== '--') return undefined;
  const grammar = readGrammar();
  return grammar === undefined ? undefined : answerShell(grammar, { argv: [shell, ...words], env });
}

/** The answer to a shell; empty where anything goes wrong. `argv` is the shell and what it says. Never throws. */
export async function answerShell(
  grammar: CommandGrammar,
  { argv: [shell, ...words], env }: { argv: readonly string[]; env: NodeJS.ProcessEnv },
): Promise<string> {
  try {
    if (!isShell(shell)) return '';
    const request = shell === 'bash' ? requestOfLine(words[0] ?? '') : requestOfWords(shell, words);
    return printAnswer(await complete(grammar, request, namesFor(request, env)), request);
  } catch {
    return '';
  }
}

/** The names in the safe are loaded when first needed; what would not open it at all loads nothing. */
function namesFor({ words }: CompletionRequest, env: NodeJS.ProcessEnv): LiveNames {
  const isToken = words.some((word) => /^--token-file(?:=|$)/.test(word));
  return async (question) => {
    if (isToken || (env['VOUCHSAFE_SESSION'] ?? '') === '') return [];
    const { sessionNames } = await import('./live-names.js');
    const names = sessionNames(env);
    return names === undefined ? [] : names(question);
  };
}
