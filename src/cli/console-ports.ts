/** What the command line makes that pages show too, in the form that the console asks for. */
import type { EntryShape, GrantShape } from '../core/shapes.js';
import { shellWord } from './commands/naming.js';
import { formatterOf, type ExportFormat } from './export/formats.js';
import { CLIENTS, type Client } from './install/clients.js';
import { snippet } from './install/document.js';
import { entryFor } from './install/entry.js';
import { targetOf } from './install/setup.js';
import { usualTokenFile } from './install/token-file.js';
import { agentInstructions, formatOfFile, INSTRUCTION_FORMATS, parseInstructionFormat } from './instructions.js';

/** The instructions of `agent instructions`. */
export const instructions = {
  formats: INSTRUCTION_FORMATS,
  text: (subject: { token: { readonly name: string }; grants: readonly GrantShape[] }, format: string): string =>
    agentInstructions(subject, parseInstructionFormat(format)),
};

/** What `agent install` would do for each client, for this user. */
export function clientSetups(env: NodeJS.ProcessEnv, agent: string) {
  const tokenFile = usualTokenFile(env, agent);
  return CLIENTS.map((client) => setupOf(client, { env, agent, tokenFile }));
}

interface For {
  readonly env: NodeJS.ProcessEnv;
  readonly agent: string;
  readonly tokenFile: string;
}

function setupOf(client: Client, { env, agent, tokenFile }: For) {
  const { name, title, paste, next } = client;
  const target = targetOf(name, { user: true }, { env, folder: process.cwd() });
  return {
    name,
    title,
    command: `vouchsafe agent install ${shellWord(agent)} --client ${name} --user --token-stdin`,
    configuration: snippet(client, entryFor(target, tokenFile, env)),
    configurationFile: target.config.path,
    tokenFile,
    instructionFormat: formatOfFile(target.instructions?.path ?? ''),
    paste,
    next,
  };
}

const FILES: Readonly<Record<ExportFormat, { readonly mediaType: string; readonly extension: string }>> = {
  jsonl: { mediaType: 'application/jsonl; charset=utf-8', extension: 'jsonl' },
  csv: { mediaType: 'text/csv; charset=utf-8', extension: 'csv' },
  ocsf: { mediaType: 'application/jsonl; charset=utf-8', extension: 'ocsf.jsonl' },
  cef: { mediaType: 'text/plain; charset=utf-8', extension: 'cef' },
};

/** The formats of `audit export`. */
export const exportFormats = (Object.keys(FILES) as ExportFormat[]).map((name) => {
  const formatter = formatterOf(name);
  return { name, ...FILES[name], head: formatter.head, line: (entry: EntryShape) => formatter.line(entry) };
});
