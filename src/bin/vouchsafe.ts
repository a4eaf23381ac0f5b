/** Wiring: the program, its exit status, and what must hold before anything else runs. */
import { run } from '../cli/program.js';
import { provideStdioServer } from '../cli/stdio-server.js';

// Otherwise this signal opens an inspector, through which anyone of this user reads memory.
process.on('SIGUSR1', () => undefined);
process.umask(0o077);
provideStdioServer(async () => (await import('../mcp/stdio.js')).serveAgentStdio);

void run(process.argv.slice(2)).then((status) => {
  // Output that could not be written has set it already.
  if (status !== 0 || process.exitCode === undefined) process.exitCode = status;
});
