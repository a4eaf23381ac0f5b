/** `vouchsafe mcp`: the server that an AI agent's client starts. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { escapeText, scrub } from '../../core/text.js';
import type { AgentDoor, Credential } from '../../gate/call.js';
import { claimOutput } from '../../mcp/output-port.js';
import type { Context, Runner } from '../context.js';
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

/** What the server needs is loaded here, after the output belongs to the protocol. */
async function serve(context: Context): Promise<void> {
  const output = claimOutput(process.stdout, process.stderr);
  Reflect.deleteProperty(process.env, 'VOUCHSAFE_PASSWORD_FILE');
  const report = (message: string): void => context.out.note(`vouchsafe mcp: ${escapeText(scrub(message))}`);
  const credential = credentialIn(context);
  const { openAgent } = await import('../../gate/open.js');
  const { serveAgentStdio } = await import('../../mcp/stdio.js');
  const { VERSION } = await import('../../gate/version.js');
  const door = await openAgent(context.places, credential, 'stdio');
  void warn(door, credential, report);
  await serveAgentStdio(door, { input: process.stdin, output, version: VERSION, report });
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
async function warn(door: AgentDoor, credential: Credential, report: (message: string) => void): Promise<void> {
  if (credential.kind === 'absent') {
    report(`${credential.problem} Every call will be refused.`);
  } else if ((await door.identity().catch(() => null)) === null) {
    report(
      'The token cannot be used, or there is no safe here. Every call will be refused, and recorded where it can be.',
    );
  }
}
