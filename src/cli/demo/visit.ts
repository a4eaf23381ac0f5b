/** What follows the demo on a terminal: its safe, served and open in the console, until Ctrl-C. */
import type { OwnerDoor } from '../../gate/door.js';
import { loadConsole } from '../console-server.js';
import { type HttpServerOptions, loadHttpServer } from '../http-server.js';
import type { Output } from '../output.js';
import { prepareRuntime } from '../places.js';
import { named } from './cast.js';
import { WORK } from './items.js';
import type { Workshop } from './workshop.js';

export interface Visit {
  readonly workshop: Workshop;
  readonly owner: OwnerDoor;
  readonly masterPassword: string;
  readonly out: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted where somebody interrupts the demo before the server runs, which then ends by itself. */
  readonly signal: AbortSignal;
}

/** Who the visitor's own agent is. */
const VISITOR = 'my-agent';

/** A port that is free: the demo takes none that a safe of the user's own may have. */
const ANY = { host: '127.0.0.1', port: 0 } as const;

const SERVING: HttpServerOptions = {
  places: [{ kind: 'tcp', ...ANY }],
  ...{ certificate: null, hosts: [], origins: [], proxies: { networks: [], unix: false }, metricsFrom: [] },
  tokenRate: { count: 60_000, windowMs: 60_000 },
  addressRate: { count: 120_000, windowMs: 60_000 },
  metadataFor: null,
};

/** Prints the link, the master password and how to add the server to a client; ends with SIGINT or SIGTERM. */
export async function receive({ workshop, owner, masterPassword, out, env, signal }: Visit): Promise<void> {
  prepareRuntime(workshop.places);
  const { token } = await owner.createToken({
    ...{ name: VISITOR, description: 'Made for whoever tries the demo', expiration: '1d', isAgent: true },
    ...{ vaults: [named(WORK)], role: 'viewer' },
  });
  const [startConsole, serve] = await Promise.all([loadConsole(), loadHttpServer()]);
  const console = await startConsole({ places: workshop.places, env, at: ANY });
  // the server reads its certificate again at SIGHUP; here it means that the terminal is gone
  const end = (): void => void process.kill(process.pid, 'SIGTERM');
  process.once('SIGHUP', end);
  try {
    signal.throwIfAborted();
    await serve(workshop.places, {
      options: SERVING,
      logLevel: 'error',
      onListening: ([url = '']) => out.data(invitation({ link: console.newLink(), masterPassword, url, token, out })),
    });
  } finally {
    process.off('SIGHUP', end);
    await console.close();
  }
}

function invitation(of: { link: string; masterPassword: string; url: string; token: string; out: Output }): string {
  const { out } = of;
  const client = `claude mcp add --transport http vouchsafe-demo ${of.url} --header "Authorization: Bearer ${of.token}"`;
  return `
${out.style('bold', 'Now look at it yourself: the safe of the demo is open until you press Ctrl-C.')}

The console, by a link that works once, and the master password that it asks for:

  ${of.link}
  ${of.masterPassword}

For an agent of yours, which may then read ${WORK} (all of it is made up); watch in the console what it asks:

  ${client}

`;
}
