/**
 * The program's own HTTP stack, as compiled, for the conformance suite, which presents no token: everybody is let in
 * here. Nothing in the program knows of it.
 */
import type { AgentDoor, Call, Credential } from '../../src/gate/call.js';
import type { Places } from '../../src/gate/door.js';
import type * as Service from '../../src/gate/service.js';
import type * as Mcp from '../../src/mcp/server.js';
import type * as Serving from '../../src/serve/server.js';
import { createFixtureServer } from './fixture-server.ts';

/** Computed, since the type checker has no declarations of what is compiled. */
const compiled = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
const { openService } = (await import(compiled('gate/service.js'))) as typeof Service;
const { createMcpServer, statelessServers } = (await import(compiled('mcp/server.js'))) as typeof Mcp;
const { HttpServer } = (await import(compiled('serve/server.js'))) as typeof Serving;

const silent = (): void => undefined;

/** Of no weight here: the suite asks as fast as it can. */
const RATE = { count: 1_000_000, windowMs: 60_000 };

const noSafe = (): Promise<never> => Promise.reject(new Error('there is no safe behind the fixtures'));

const NO_DOOR: AgentDoor = {
  call: noSafe,
  tools: () => Promise.resolve([]),
  identity: () => Promise.resolve(null),
  close: () => Promise.resolve(),
};

const NO_SAFE: Service.AgentService = {
  admit: () => Promise.resolve({ ok: true, key: 'everybody', door: NO_DOOR }),
  turnedAway: silent,
  isReady: () => Promise.resolve(true),
  health: { fault: null, isVerified: true },
  onLeft: silent,
  exchange: noSafe,
  endExchange: noSafe,
  close: () => Promise.resolve(),
};

export interface Stack {
  /** Of the MCP endpoint. */
  readonly url: string;
  close(): Promise<void>;
}

/** In front of the suite's fixtures. */
export function startFixtures(): Promise<Stack> {
  return start({
    service: NO_SAFE,
    host: () => ({
      stateless: (tell) => () => createFixtureServer(tell),
      session: () => createFixtureServer(),
      report: silent,
    }),
  });
}

/** In front of the program's own server and a safe, as if everybody presented this token. */
export async function startProgram(places: Places, token: string): Promise<Stack> {
  const service = await openService(places, { verifyAfterMs: 3_600_000 });
  const admit = service.admit.bind(service);
  const options = { version: '0', report: silent };
  return start({
    service: Object.assign(service, {
      admit: (_credential: Credential, call: Call) => admit({ kind: 'token', text: token }, call),
    }),
    host: (door) => ({
      stateless: (tell) => statelessServers(door, options, tell),
      session: () => createMcpServer(door, options),
      report: silent,
    }),
  });
}

/** Starts it on a free port of the loopback address. */
async function start(served: Pick<Serving.Served, 'service' | 'host'>): Promise<Stack> {
  const log: Serving.Served['log'] = {
    info: silent,
    warn: silent,
    error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  };
  const server = new HttpServer(
    { ...served, log },
    {
      places: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      certificate: null,
      hosts: [],
      origins: [],
      proxies: { networks: [], unix: false },
      tokenRate: RATE,
      addressRate: RATE,
      metricsFrom: [],
      metadataFor: null,
    },
  );
  const [url = ''] = await server.listen();
  return { url, close: () => server.close() };
}
