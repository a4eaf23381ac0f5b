/** A mistyped word is answered with the nearest one that there is. */
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { parseExportFormat } from '../../src/cli/export/formats.js';
import { usageRefusal } from '../../src/cli/failure.js';
import { parseInstructionFormat } from '../../src/cli/instructions.js';
import { parseFormat } from '../../src/cli/output.js';
import { didYouMean } from '../../src/cli/suggestion.js';
import { Refusal } from '../../src/core/refusal.js';

function nextOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.facts.next ?? '';
    throw error;
  }
  return 'nothing was thrown';
}

test('formats', () => {
  expect(nextOf(() => parseFormat('jsn'))).toBe(
    'Did you mean json? Use --output with one of human, json, ndjson, csv.',
  );
  expect(nextOf(() => parseFormat('xml'))).toBe('Use --output with one of human, json, ndjson, csv.');
  expect(nextOf(() => parseExportFormat('cvs'))).toMatch(/^Did you mean csv\? /);
  expect(nextOf(() => parseInstructionFormat('skil'))).toMatch(/^Did you mean skill\? /);
});

test('choices of an option and of an argument', () => {
  const next = (message: string) =>
    usageRefusal(new CommanderError(1, 'commander.invalidArgument', message), 'x').facts.next;
  const option = "error: option '--shell <shell>' argument 'fihs' is invalid. Allowed choices are sh, fish, pwsh, env.";
  const argument =
    "error: command-argument value 'bahs' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish, pwsh.";
  expect(next(option)).toBe('Did you mean fish? `x --help` lists what there is.');
  expect(next(argument)).toBe('Did you mean bash? `x --help` lists what there is.');
  expect(next(option.replace('fihs', 'powershell'))).toBe('`x --help` lists what there is.');
});

test('nothing is guessed where nothing is near', () => {
  expect(didYouMean('prodution', ['Production'])).toBe('Did you mean Production? ');
  expect(didYouMean('x', ['Production'])).toBe('');
});
