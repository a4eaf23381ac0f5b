/** `vouchsafe mcp`: the server that an AI agent's client starts. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { escapeText, scrub } from '../../core/text.js';
import type { AgentDoor, Credential } from '../../gate/call.js';
import type { Context, Runner } from '../context.js';
import { loadStdioServer } from '../stdio-server.js';
import { givenToken, TOKEN_VARIABLE } from '../token-source.js';

const HELP = `
The token comes from ${TOKEN_VARIABLE} or from --token-file, and from nowhere else: a session of the owner's and the
token kept by \`vouchsafe login\` are not used. Without a usable token the server starts all the same, and every call is
answered with what to do.

Example, in a client's configuration:
  {"mcpServers": {"vouchsafe": {"command": "vouchsafe", "args": ["mcp", "--token-file", "/home/me/.config/agent.token"]}}}`;

/** Adds `mcp` to the program. */
export function register(program: Command, run: Runner): void {
  program
    .command('mcp')
    .description('the MCP server on standard input and output')
    .addHelpText('after', HELP)
    .action(run(serve));
}

async function serve(context: Context): Promise<void> {
  Reflect.deleteProperty(process.env, 'VOUCHSAFE_PASSWORD_FILE');
  const report = (message: string): void => context.out.note(`vouchsafe mcp: ${escapeText(scrub(message))}`);
  const credential = credentialIn(context);
  const serveStdio = await loadStdioServer();
  const { openAgent } = await import('../../gate/open-agent.js');
  const { VERSION } = await import('../../gate/version.js');
  const opening = openAgent(context.places, credential, { transport: 'stdio' });
  void warn(opening, credential, report);
  const { stdin: input, stdout: output, stderr: errors } = process;
  await serveStdio(opening, { input, output, errors, version: VERSION, report });
}

/** The token that was given, or why there is none: no fault of a token keeps the server from starting. */
function credentialIn({ env, flags }: Context): Credential {
  try {
    const given = givenToken(env, flags.tokenFile);
    if (given !== undefined) return given.credential;
    return { kind: 'absent', problem: `${TOKEN_VARIABLE} is not set, and there is no --token-file.` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: 'absent', problem: [error.facts.message, error.facts.next].join(' ') };
  }
}

/** Tells the owner, who may look at the client's log, why every call will be refused. */
async function warn(
  opening: Promise<AgentDoor>,
  credential: Credential,
  report: (message: string) => void,
): Promise<void> {
  if (credential.kind === 'absent') {
    report(`${credential.problem} Every call will be refused.`);
    return;
  }
  const identity = await opening.then((door) => door.identity()).catch(() => undefined);
  if (identity === null) report('The token cannot be used, or there is no safe here. Every call will be refused.');
}
