/** What the owner says of a server, read and checked. */
import type { Network } from '../core/network.js';
import type { Rate } from './rate.js';
import type { Certificate, Place } from './listener.js';
import type { Patience } from './patience.js';
import type { Proxies } from './guard.js';

export interface ServeOptions {
  readonly places: readonly Place[];
  /** Read at the start, and again at each SIGHUP; null without TLS. */
  readonly certificate: (() => Certificate) | null;
  /** Names under which it is asked for besides its own addresses. */
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly proxies: Proxies;
  readonly tokenRate: Rate;
  readonly addressRate: Rate;
  /** From where the figures may be read besides this machine. */
  readonly metricsFrom: readonly Network[];
  /** The URL under which the server is known outside, where OAuth metadata are published; null where they are not. */
  readonly metadataFor: string | null;
  /** In place of the usual one; the program has no way to set it. */
  readonly patience?: Patience;
}

/** The server's own log. Fields that every entry of it has are added by it. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
