/** `vouchsafe mcp`: the server that an AI agent's client starts. */
import type { Command } from 'commander';
import { readConnect } from '../connect-target.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { runMcpServer } from '../mcp-server.js';
import { TOKEN_VARIABLE } from '../token-source.js';

const HELP = `
The token comes from ${TOKEN_VARIABLE} or from --token-file, and
from nowhere else: a session of the owner's and the token kept by \`vouchsafe
login\` are not used. Without a usable token the server starts all the same, and
every call is answered with what to do.

With --connect there need be no safe here: what the client says goes to a
\`vouchsafe serve\`, with the token, and its answers come back. A server on
another machine is reached over https alone. NODE_EXTRA_CA_CERTS=FILE names an
authority of certificates to trust besides.

In a client's configuration:
  {"mcpServers": {"vouchsafe": {"command": "vouchsafe",
    "args": ["mcp", "--token-file", "/home/me/.config/agent.token"]}}}`;

interface Flags {
  readonly connect?: string;
}

/** Adds `mcp` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('mcp')
    .description('the MCP server on standard input and output')
    .option('--connect <url|unix:path>', 'pass everything through to a `vouchsafe serve`')
    .addHelpText('after', HELP);
  withExamples(command, [
    'vouchsafe mcp --token-file /home/me/.config/agent.token',
    'vouchsafe mcp --connect https://safe.example.com/mcp --token-file agent.token',
    'vouchsafe mcp --connect unix:/run/vouchsafe/mcp.sock --token-file agent.token',
  ]).action(run(serve));
}

async function serve({ env, flags }: Context, { connect }: Flags): Promise<void> {
  const target = connect === undefined ? undefined : readConnect(connect);
  await runMcpServer({ env, tokenFile: flags.tokenFile, connect: target });
}
