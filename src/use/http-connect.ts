/** Where a request goes: a name is resolved once, and the connection is held to the addresses that were checked. */
import { lookup as lookUp } from 'node:dns/promises';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { CheckedRequest } from '../core/http-check.js';
import type { HttpPolicy } from '../core/http-policy.js';
import { Refusal } from '../core/refusal.js';
import { addressKind, isAllowedAddress, plainAddress } from './http-address.js';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly ResolvedAddress[]>;

/** As the operating system resolves it. */
export const resolveName: Resolve = (name) => lookUp(name, { all: true, order: 'verbatim' });

/**
 * The addresses of the host of a request. One that is not allowed refuses the whole answer (`forbidden`), since no honest
 * name is half public and half not. What is sent without TLS goes to this machine alone.
 */
export async function checkedAddresses(
  request: Pick<CheckedRequest, 'name' | 'scheme'>,
  policy: HttpPolicy,
  resolve: Resolve,
): Promise<readonly ResolvedAddress[]> {
  const host = request.name.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  const isAllowed = addresses.every(
    ({ address }) =>
      isAllowedAddress(address, policy) && (request.scheme === 'https' || addressKind(address) === 'loopback'),
  );
  if (isAllowed && addresses.length > 0) return addresses;
  throw new Refusal(isAllowed ? 'unavailable' : 'forbidden', {
    message: isAllowed
      ? 'The host has no address.'
      : 'The host has an address that this credential may not be sent to: of this machine, a private network or a special range.',
    next: 'Tell your user; the owner can allow this machine or private networks for the item, and no other.',
    detail: `addresses: ${addresses.map(({ address }) => addressKind(address)).join(', ')}`,
  });
}

/** What a connection is held to. */
export interface Pin {
  readonly addresses: readonly ResolvedAddress[];
  readonly timeoutMs: number;
  /** Certificates in PEM that are trusted in place of the usual ones. */
  readonly ca?: string | undefined;
}

/**
 * A connector that goes to the given addresses whatever the name means by now, and looks again at where it got. The
 * certificate is checked against the name, also where the environment says otherwise. TLS 1.2 at least, HTTP/1.1.
 */
export function pinnedConnector({ addresses, timeoutMs, ca }: Pin): buildConnector.connector {
  const lookup = fixedLookup(addresses);
  const connect = buildConnector({
    ...(ca === undefined ? {} : { ca }),
    lookup,
    autoSelectFamily: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    allowH2: false,
    maxCachedSessions: 0,
    timeout: timeoutMs,
  });
  return (options, callback) => {
    connect(options, (...[error, socket]) => {
      if (error !== null) callback(error, null);
      else if (isPinned(socket, addresses)) callback(null, socket);
      else {
        socket.destroy();
        callback(Object.assign(new Error('another address'), { code: 'EADDRNOTAVAIL' }), null);
      }
    });
  };
}

function fixedLookup(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_name, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

function isPinned({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>, to: readonly ResolvedAddress[]): boolean {
  return to.some(({ address }) => plainAddress(address) === plainAddress(remoteAddress));
}
