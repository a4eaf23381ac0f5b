/** Which clients there are, and what `main.ts` hands to `play.ts`. */
import { claudeCode } from './claude-code.ts';
import type { Client, Way } from './client.ts';
import { codex } from './codex.ts';
import { geminiCli } from './gemini-cli.ts';

/** The same client, with the safe served. */
const over = (client: Client, way: Way): Client => ({ ...client, name: `${client.name}-${way}`, way });

export const CLIENTS: readonly Client[] = [
  ...[claudeCode, codex, geminiCli],
  ...[claudeCode, codex, geminiCli].map((client) => over(client, 'shim')),
  over(claudeCode, 'http'),
];

export interface Plan {
  readonly folder: string;
  readonly isIsolated: boolean;
  /** The script that starts a client, by its name; null where it could not be fetched. */
  readonly scripts: Readonly<Record<string, string | null>>;
}
