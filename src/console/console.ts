/** A running console: its listener, the link to it, and its end. */
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { isLoopback } from '../core/network.js';
import { Refusal } from '../core/refusal.js';
import { AREAS, createApp } from './app.js';
import type { Area } from './area.js';
import { BrowserTie } from './browser.js';
import { clockOf, type ConsoleSetting, idleOf } from './setting.js';

/** Where it listens: an address of this machine alone. Port 0 is any that is free. */
export interface ConsolePlace {
  readonly host: string;
  readonly port: number;
}

export interface RunningConsole {
  /** As it is typed: `http://127.0.0.1:7778`. */
  readonly origin: string;
  /** A new link; the browser that came with an earlier one is locked out. */
  newLink(): string;
  /** Locks it, and ends when the answers that are being sent are. */
  close(): Promise<void>;
}

/** How often it looks whether its owner is still there. */
const LOOK_EVERY_MS = 5_000;
const CLOSE_WITHIN_MS = 5_000;

/** Starts to listen. Throws a `Refusal` for an address that others reach, or one that cannot be had. */
export async function startConsole(
  setting: ConsoleSetting,
  place: ConsolePlace,
  areas: readonly Area[] = AREAS,
): Promise<RunningConsole> {
  if (!isLoopback(place.host))
    throw new Refusal('invalid_request', {
      message: 'The console listens on this machine alone.',
      next: 'Use 127.0.0.1 or [::1]. From elsewhere, come through ssh -L 7778:127.0.0.1:7778.',
    });
  const tie = new BrowserTie();
  const app = createApp(setting, tie, areas);
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16_384, requireHostHeader: true },
    // a listener is told nothing by its promise: answers to faults are the app's
    (request, response) => void listener(request, response),
  );
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  await opened(server, place);
  const clock = clockOf(setting);
  const looking = setInterval(() => tie.lockIdle(clock(), idleOf(setting)), LOOK_EVERY_MS);
  looking.unref();
  const origin = originOf(server, place);
  return {
    origin,
    newLink: () => `${origin}/open/${tie.newLink()}`,
    close: async () => {
      clearInterval(looking);
      tie.forget();
      await closed(server);
    },
  };
}

function originOf(server: Server, { host }: ConsolePlace): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function opened(server: Server, place: ConsolePlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(place, error)));
    server.listen({ host: place.host, port: place.port }, () => resolve());
  });
}

function cannotListen({ host, port }: ConsolePlace, error: NodeJS.ErrnoException): Refusal {
  const isTaken = error.code === 'EADDRINUSE';
  return new Refusal('unavailable', {
    message: isTaken
      ? `Another program listens at ${host}:${String(port)}, maybe another console.`
      : `The console cannot listen at ${host}:${String(port)} (${error.code ?? 'unknown'}).`,
    next: 'End that one, or give another place, for example 127.0.0.1:7779.',
    cause: error,
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
