/** What calls that use a secret need around them: a server on loopback, and a program for recipes. */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { byName, type TestSafe } from './safe.js';

export interface LoopbackServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The `authorization` headers that came, oldest first. */
  readonly seen: readonly (string | undefined)[];
  close(): Promise<void>;
}

/** A server that answers every request, and says again what credential it was sent. */
export async function loopbackServer(): Promise<LoopbackServer> {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    request.resume();
    response.end(`you sent ${request.headers.authorization ?? 'nothing'}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${String(port)}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A host on loopback where nobody listens any more. */
export async function deadHost(): Promise<string> {
  const server = await loopbackServer();
  await server.close();
  return server.host;
}

/** Lets requests carry an item's password to a host on loopback. */
export async function allowRequests(safe: TestSafe, item: string, host: string): Promise<void> {
  const http = { hosts: [host], auth: 'bearer:password', allowLoopback: true };
  await safe.owner.changeItemRules({ item: byName(item) }, { http });
}

/** A recipe whose program prints the password of an item and its one value. It lies beside the safe and goes with it. */
export async function scriptRecipe(
  safe: TestSafe,
  of: { name: string; vault: string; item: string; approve?: boolean },
): Promise<string> {
  const { name, vault, item, approve = false } = of;
  const folder = dirname(safe.places.home);
  const program = join(folder, `${name}.sh`);
  writeFileSync(program, '#!/bin/sh\nprintf "%s to %s" "$PASSWORD" "$2"\n');
  chmodSync(program, 0o700);
  const environment = { PASSWORD: `vouchsafe://${vault}/${item}/password` };
  await safe.owner.createRecipe({
    ...{ name, vault: byName(vault), approve, allow: ['env=staging,production'] },
    command: { argv: [program, '--to', '{env}'], environment, folder, path: '/usr/bin:/bin' },
  });
  return program;
}
