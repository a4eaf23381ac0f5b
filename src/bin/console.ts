/** Wiring of the console: its pages, and what they take from the command line. */
import { clientSetups, exportFormats, instructions } from '../cli/console-ports.js';
import type { StartConsole } from '../cli/console-server.js';
import { startConsole } from '../console/console.js';

/** Starts a console over a safe. */
export const start: StartConsole = async ({ places, env, at }) => {
  const ports = { instructions, setups: (agent: string) => clientSetups(env, agent), exportFormats };
  return startConsole({ places, ports }, at);
};
