/** The server over HTTP, as the command line sees it: it may start one, but not name it. The wiring provides it. */
import type { Network } from '../core/network.js';
import type { Places } from '../gate/door.js';

/** So many within a time. */
export interface Rate {
  readonly count: number;
  readonly windowMs: number;
}

/** Where to listen; `fd` is a socket that systemd holds. */
export type ListenPlace =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };

export interface HttpServerOptions {
  readonly places: readonly ListenPlace[];
  /** Reads the certificate and its key, as PEM; null without TLS. */
  readonly certificate: (() => { readonly cert: string; readonly key: string }) | null;
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly proxies: { readonly networks: readonly Network[]; readonly unix: boolean };
  readonly tokenRate: Rate;
  readonly addressRate: Rate;
  readonly metricsFrom: readonly Network[];
  readonly metadataFor: string | null;
}

export interface HttpServing {
  readonly options: HttpServerOptions;
  readonly logLevel: 'error' | 'warn' | 'info';
  readonly onListening: (places: readonly string[]) => void;
}

/** Serves the safe until a signal ends it. Throws a `Refusal` where it cannot. */
export type ServeHttp = (places: Places, serving: HttpServing) => Promise<void>;

let load: (() => Promise<ServeHttp>) | undefined;

/** Says how to load the server; nothing is loaded before it is asked for. */
export function provideHttpServer(loader: () => Promise<ServeHttp>): void {
  load = loader;
}

/** The server that was provided. */
export function loadHttpServer(): Promise<ServeHttp> {
  if (load === undefined) throw new Error('no server was provided');
  return load();
}
