/** `vouchsafe mcp`: the server that an AI agent's client starts. */
import type { Command } from 'commander';
import type { Runner } from '../context.js';
import { runMcpServer } from '../mcp-server.js';
import { TOKEN_VARIABLE } from '../token-source.js';

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
    .action(run(({ env, flags }) => runMcpServer({ env, tokenFile: flags.tokenFile })));
}
