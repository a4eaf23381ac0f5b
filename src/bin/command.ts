/** Wiring of the commands: the servers that some of them start, which they cannot name themselves. */
import { provideConsole } from '../cli/console-server.js';
import { provideHttpServer } from '../cli/http-server.js';
import { plainMcpFlags, runMcpServer } from '../cli/mcp-server.js';
import { takeEnvironment } from '../cli/places.js';
import { provideShim } from '../cli/shim-server.js';
import { provideStdioServer } from '../cli/stdio-server.js';

provideHttpServer(async () => (await import('./serve.js')).serve);
provideConsole(async () => (await import('./console.js')).start);
provideShim(async () => (await import('../mcp/shim/shim.js')).serveShim);
provideStdioServer(async () => (await import('../mcp/stdio.js')).serveAgentStdio);

/** Runs a command line; its exit status. A server starts without the rest of the command line, which takes longer to load. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const server = plainMcpFlags(argv);
  if (server === undefined) return (await import('../cli/program.js')).run(argv);
  await runMcpServer({ env: takeEnvironment(), ...server });
  return 0;
}
