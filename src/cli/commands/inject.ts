/** `inject`: a file from a template, with values in the place of references. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { checkTarget, parseFileMode, PRIVATE_MODE, writeAtomic } from '../atomic-file.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { lend } from '../lending.js';
import { fillTemplate, readTemplate, referencesIn } from '../template.js';

interface InjectFlags {
  readonly inFile?: string;
  readonly to?: string;
  readonly fileMode?: string;
}

/** Adds `inject` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('inject')
    .description('fill {{ vouchsafe://… }} in a template; all of it or nothing')
    .option('-i, --in-file <template>', 'the template (stdin)')
    .option('-o, --to <file>', 'the file that is written, in place of one that is there (stdout)')
    .option('--file-mode <mode>', 'the mode of the file (0600)');
  withExamples(command, [
    'vouchsafe inject -i config.yml.tpl -o config.yml',
    'vouchsafe inject -i app.env.tpl -o app.env --file-mode 0640 --reason "Start the staging service"',
  ]).action(run(async (context, flags: InjectFlags) => inject(context, flags)));
}

async function inject(context: Context, { inFile = '-', to, fileMode }: InjectFlags): Promise<void> {
  const mode = fileMode === undefined ? PRIVATE_MODE : parseFileMode(fileMode);
  const file = to === undefined || to === '-' ? null : to;
  if (file !== null) checkTarget(file);
  const template = readTemplate(await bytesOf(context, inFile));
  const references = referencesIn(template);
  const name = file ?? 'stdout';
  if (references.length === 0) {
    put(context, { file, mode, text: template });
    return;
  }
  const lent = await lend(context, references, { exposure: 'shown', purpose: `inject ${name}` });
  try {
    put(context, { file, mode, text: fillTemplate(template, (one) => lent.valueOf(one)) });
  } catch (error) {
    await lent.end('it could not be written');
    throw error;
  }
  await lent.end(`written to ${name}`);
}

async function bytesOf({ input }: Context, file: string): Promise<Uint8Array> {
  return file === '-' ? Buffer.from(await input.stdin('Pipe the template to it, or use -i FILE.')) : readFileSync(file);
}

function put({ out }: Context, { file, mode, text }: { file: string | null; mode: number; text: string }): void {
  if (file === null) {
    out.data(text);
    return;
  }
  writeAtomic(file, text, mode);
  out.note(`Wrote ${file} (mode ${mode.toString(8).padStart(4, '0')}).`);
}
