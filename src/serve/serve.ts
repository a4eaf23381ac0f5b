/** `vouchsafe serve`: one safe for many agents, until a signal ends it. */
import { setFaultReporter } from '../gate/fault.js';
import type { AgentDoor } from '../gate/call.js';
import type { AgentService } from '../gate/service.js';
import { createMcpServer, statelessServers } from '../mcp/server.js';
import { exchange } from './facts.js';
import type { Hosting } from './guest.js';
import { HttpServer } from './server.js';
import type { Log, ServeOptions } from './options.js';

export interface Serving {
  readonly options: ServeOptions;
  readonly log: Log;
  /** The program's version. */
  readonly version: string;
  /** Told where it listens, once it does. */
  readonly onListening: (places: readonly string[]) => void;
}

/** What serves a door: the same server as on stdio. */
export function hosting({ version, log }: Pick<Serving, 'version' | 'log'>): (door: AgentDoor) => Hosting {
  const report = (error: Error): void => log.warn({ request: exchange.getStore()?.requestId }, error.message);
  return (door) => ({
    stateless: (tell) => statelessServers(door, { version, report }, tell),
    session: () => createMcpServer(door, { version, report }),
    report,
  });
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Serves until SIGTERM or SIGINT; running calls finish then. Throws a `Refusal` where it cannot listen. */
export async function serveAgentHttp(service: AgentService, serving: Serving): Promise<void> {
  const { options, log, version, onListening } = serving;
  setFaultReporter((text) => log.error({ request: exchange.getStore()?.requestId }, text));
  const server = new HttpServer({ service, log, host: hosting({ version, log }) }, options);
  const stopped = new Promise<string>((resolve) => {
    for (const signal of STOP_SIGNALS) process.once(signal, resolve);
  });
  const renew = (): void => renewCertificate(server, log);
  process.on('SIGHUP', renew);
  try {
    onListening(await server.listen());
    log.info({ signal: await stopped }, 'ending');
    await server.close();
  } finally {
    process.off('SIGHUP', renew);
  }
}

function renewCertificate(server: HttpServer, log: Log): void {
  try {
    const isRead = server.renewCertificate();
    log.info({}, isRead ? 'the certificate was read again' : 'there is no certificate to read again');
  } catch (error) {
    log.error({ error: String(error) }, 'the certificate cannot be read; the old one stays');
  }
}
