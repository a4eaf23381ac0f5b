/** Wiring: the program, its exit status, and what must hold before anything else runs. */
import { plainMcpFlags, runMcpServer } from '../cli/mcp-server.js';
import { takeEnvironment } from '../cli/places.js';
import { provideConsole } from '../cli/console-server.js';
import { provideHttpServer } from '../cli/http-server.js';
import { provideShim } from '../cli/shim-server.js';
import { provideStdioServer } from '../cli/stdio-server.js';

// Otherwise this signal opens an inspector, through which anyone of this user reads memory.
process.on('SIGUSR1', () => undefined);
process.umask(0o077);
provideHttpServer(async () => (await import('./serve.js')).serve);
provideConsole(async () => (await import('./console.js')).start);
provideShim(async () => (await import('../mcp/shim/shim.js')).serveShim);
provideStdioServer(async () => (await import('../mcp/stdio.js')).serveAgentStdio);

void start(process.argv.slice(2)).then((status) => {
  // Output that could not be written has set it already.
  if (status !== 0 || process.exitCode === undefined) process.exitCode = status;
});

/** A server starts without the rest of the command line, which takes longer to load. */
async function start(argv: readonly string[]): Promise<number> {
  const server = plainMcpFlags(argv);
  if (server === undefined) return (await import('../cli/program.js')).run(argv);
  await runMcpServer({ env: takeEnvironment(), ...server });
  return 0;
}
