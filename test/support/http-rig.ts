/** A real server over HTTP in this process, on a real safe. No mocks but the clock. */
import type { AgentDoor } from '../../src/gate/call.js';
import { openService, type ServiceOptions } from '../../src/gate/service.js';
import type { AgentService } from '../../src/gate/service.js';
import { hosting } from '../../src/serve/serve.js';
import { HttpServer } from '../../src/serve/server.js';
import type { ServeOptions } from '../../src/serve/options.js';
import type { EntryDetail } from '../../src/gate/log-door.js';
import type { Json } from './line-client.js';
import type { TestSafe } from './safe.js';

export interface Rig {
  readonly server: HttpServer;
  readonly service: AgentService;
  /** The port of 127.0.0.1 at which it listens, if it does. */
  readonly port: number;
  /** What it told its operator. */
  readonly logs: Json[];
  close(): Promise<void>;
}

const OPTIONS: ServeOptions = {
  places: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
  certificate: null,
  hosts: [],
  origins: [],
  proxies: { networks: [], unix: false },
  tokenRate: { count: 60_000, windowMs: 60_000 },
  addressRate: { count: 120_000, windowMs: 60_000 },
  metricsFrom: [],
  metadataFor: null,
};

/** Serves a safe under its clock; `slowly` may put something before the doors of its tokens. */
export async function serveSafe(
  safe: TestSafe,
  options: Partial<ServeOptions> = {},
  { slowly = (door) => door, ...service }: ServiceOptions & { slowly?: (door: AgentDoor) => AgentDoor } = {},
): Promise<Rig> {
  const logs: Json[] = [];
  const note = (fields: Readonly<Record<string, unknown>>, message: string): void =>
    void logs.push({ ...fields, message });
  const log = { info: note, warn: note, error: note };
  const opened = await openService(safe.places, {
    clock: safe.options.clock,
    verifyAfterMs: 3_600_000,
    ...service,
  });
  const admit = opened.admit.bind(opened);
  opened.admit = async (...asked) => {
    const admitted = await admit(...asked);
    return admitted.ok ? { ...admitted, door: slowly(admitted.door) } : admitted;
  };
  const server = new HttpServer(
    { service: opened, host: hosting({ version: '0.0.0', log }), log },
    { ...OPTIONS, ...options },
  );
  const [place = ''] = await server.listen();
  const port = Number(/:([0-9]+)\/mcp$/.exec(place)?.[1] ?? 0);
  let closed: Promise<void> | undefined;
  return { server, service: opened, port, logs, close: async () => (closed ??= server.close()) };
}

/** The entries after one, oldest first, as the owner reads them. */
export async function detailsAfter(safe: TestSafe, seq: number): Promise<readonly EntryDetail[]> {
  const { data } = await safe.owner.listEntries({ query: '', limit: 1_000 });
  const found = data.filter((entry) => entry.seq > seq).reverse();
  return Promise.all(found.map(async (entry) => safe.owner.showEntry(entry.seq)));
}
