/**
 * A request that carries a credential which whoever asked for it never sees: the address is resolved once, checked and
 * held to, no redirect takes the credential elsewhere, and everything that comes back is masked.
 */
import { Client } from 'undici';
import type { CheckedRequest } from '../core/http-check.js';
import type { HttpPolicy } from '../core/http-policy.js';
import { type BodySink, headersOf, type HttpAnswer, readAnswer } from './http-answer.js';
import { checkedAddresses, pinnedConnector, type ResolvedAddress, type Resolve, resolveName } from './http-connect.js';
import { loadRequest, type LoadedRequest } from './http-credential.js';
import { requestFault, TimeOver } from './http-fault.js';
import { followUp, MOST_REDIRECTS } from './http-redirect.js';
import type { Masker } from './masker.js';

export interface HttpLimits {
  /** For the whole of it, from resolving the name to the last byte. */
  readonly timeoutMs: number;
  /** The most bytes of a text body that are given. */
  readonly bodyCap: number;
  /** The most bytes that are written to a sink. */
  readonly sinkCap: number;
}

/** 30 s, 256 KiB, 1 GiB. */
export const HTTP_LIMITS: HttpLimits = { timeoutMs: 30_000, bodyCap: 256 * 1024, sinkCap: 1024 ** 3 };

/** The most bytes that the headers of an answer may have. */
const MAX_ANSWER_HEADERS = 32 * 1024;

export interface SendOptions {
  readonly request: CheckedRequest;
  readonly policy: HttpPolicy;
  /** By field, as `secretFieldsOf` names it. */
  readonly values: ReadonlyMap<string, string>;
  /** Fields whose values agents may read anyway, such as a user name: these are not masked by themselves. */
  readonly shown?: ReadonlySet<string>;
  /** Makes the mask of the secrets that went out, those made of others among them. */
  readonly mask: (secrets: readonly string[]) => Masker;
  /** Unix ms. */
  readonly now: number;
  readonly limits?: Partial<HttpLimits>;
  /** Gets the body in place of the answer. */
  readonly to?: BodySink;
  /** In place of the operating system's resolver. */
  readonly resolve?: Resolve;
  /** Certificates in PEM that are trusted in place of the usual ones. */
  readonly ca?: string;
}

/**
 * Sends the request with its credential and gives the answer, masked. Throws `forbidden` where the host's address is not
 * allowed; `not_found` and `invalid_request` where the item's values can't be sent; `unavailable`, in plain words, where
 * the server can't be reached, is not who it should be, takes too long or sends what is no answer.
 */
export async function sendRequest(options: SendOptions): Promise<HttpAnswer> {
  const limits = { ...HTTP_LIMITS, ...options.limits };
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(new TimeOver()), limits.timeoutMs);
  try {
    const { policy, resolve = resolveName } = options;
    const addresses = await inTime(clock.signal, checkedAddresses(options.request, policy, resolve));
    return await inTime(clock.signal, follow({ ...options, limits, addresses, signal: clock.signal }));
  } catch (error) {
    throw requestFault(clock.signal.aborted ? clock.signal.reason : error);
  } finally {
    clearTimeout(timer);
  }
}

/** What is still under way when the time is over ends by itself, and nobody waits for it. */
function inTime<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new TimeOver()), { once: true });
    work.then(resolve, reject);
  });
}

interface Sending extends SendOptions {
  readonly limits: HttpLimits;
  readonly addresses: readonly ResolvedAddress[];
  readonly signal: AbortSignal;
}

/** The last answer; a redirect that is followed goes to the same addresses. */
async function follow(sending: Sending): Promise<HttpAnswer> {
  const secrets = new Set<string>();
  let { request } = sending;
  for (let followed = 0; ; followed += 1) {
    const loaded = loadRequest(request, sending);
    for (const secret of loaded.secrets) secrets.add(secret);
    const isLast = followed === MOST_REDIRECTS;
    const answer = await sendOnce({ sending, request, loaded, isLast, secrets: [...secrets] });
    if (!('next' in answer)) return answer;
    request = answer.next;
  }
}

interface Hop {
  readonly sending: Sending;
  readonly request: CheckedRequest;
  readonly loaded: LoadedRequest;
  readonly isLast: boolean;
  readonly secrets: readonly string[];
}

async function sendOnce(hop: Hop): Promise<HttpAnswer | { readonly next: CheckedRequest }> {
  const { sending, request, loaded, isLast, secrets } = hop;
  const { limits, policy, signal, to } = sending;
  const client = clientFor(sending, request.origin);
  try {
    const answer = await client.request({
      method: request.method,
      path: loaded.target,
      headers: loaded.headers.flat(),
      body: request.body ?? null,
      responseHeaders: 'raw',
      signal,
    });
    // Whoever reads the body hears of its faults; nobody does where it is not read.
    answer.body.on('error', () => undefined);
    const location = headersOf(answer).get('location')?.[0];
    const next = isLast ? undefined : followUp(request, { policy, status: answer.statusCode, location });
    if (next !== undefined) return { next };
    const longestSecret = Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)));
    return await readAnswer(answer, { ...limits, mask: sending.mask(secrets), longestSecret, to });
  } finally {
    await client.destroy();
  }
}

/** One connection for one request; nothing of the environment, such as a proxy, is heeded. */
function clientFor({ addresses, limits, ca }: Sending, origin: string): Client {
  const { timeoutMs } = limits;
  return new Client(origin, {
    connect: pinnedConnector({ addresses, timeoutMs, ca }),
    pipelining: 0,
    maxHeaderSize: MAX_ANSWER_HEADERS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    allowH2: false,
  });
}
