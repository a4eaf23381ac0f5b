/** Which redirects a request with a credential follows: RFC 9110 section 15.4, to the same origin alone. */
import { checkRequest, type CheckedRequest } from '../core/http-check.js';
import type { HttpPolicy } from '../core/http-policy.js';
import { Refusal } from '../core/refusal.js';

/** How many redirects are followed. */
export const MOST_REDIRECTS = 3;

interface Redirect {
  readonly policy: HttpPolicy;
  readonly status: number;
  readonly location: string | undefined;
}

/**
 * The request that the redirect asks for, checked anew; undefined where it is none, leads to another scheme, host or port,
 * or to what the policy does not allow.
 */
export function followUp(request: CheckedRequest, { policy, status, location }: Redirect): CheckedRequest | undefined {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const url = URL.parse(location, `${request.origin}${request.path}${request.query}`);
  if (url?.origin !== request.origin) return undefined;
  url.search = withoutOwn(url.search, policy);
  try {
    return checkRequest(policy, { ...sentAs(request, status), url: url.href });
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** A server that sends the query back sends our parameter with it, and it is put in anew. */
function withoutOwn(search: string, { auth }: HttpPolicy): string {
  if (auth.kind !== 'query') return search;
  const own = encodeURIComponent(auth.name);
  const parts = search.slice(1).split('&');
  return parts.filter((part) => ![own, auth.name].includes(part.split('=')[0] ?? '')).join('&');
}

/** 303 turns all but HEAD into GET; 301 and 302 turn POST into GET, as every client does; 307 and 308 keep all. */
function sentAs(
  request: CheckedRequest,
  status: number,
): Pick<CheckedRequest, 'method' | 'body'> & {
  readonly headers: Readonly<Record<string, string>>;
} {
  const { method, headers, body } = request;
  const isGet = (status === 303 && method !== 'HEAD') || ([301, 302].includes(status) && method === 'POST');
  if (!isGet) return { method, headers: Object.fromEntries(headers), ...(body === undefined ? {} : { body }) };
  const rest = headers.filter(([name]) => !name.startsWith('content-'));
  return { method: 'GET', headers: Object.fromEntries(rest) };
}
