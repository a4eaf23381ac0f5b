/** What follows the entry of a use: a request or a program with a secret, whose answer comes back masked. */
import type { CheckedRequest } from '../core/http-check.js';
import type { HttpPolicy } from '../core/http-policy.js';
import { utf8Length } from '../core/text.js';
import { sha256, toHex, toUtf8 } from '../crypto/bytes.js';
import type { Effect, RequestSide } from './call-ground.js';

const SHOWN_BODY = 2_000;

/** A request in words, all of it: what the owner approves is this. A long body stands as its SHA-256. */
export function requestText({ method, origin, path, query, headers, body }: CheckedRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${origin}${path}${query}`, ...lines, ...(body === undefined ? [] : [bodyText(body)])].join('\n');
}

function bodyText(body: string | Uint8Array): string {
  if (typeof body === 'string' && utf8Length(body) <= SHOWN_BODY) return `\n${body}`;
  const bytes = typeof body === 'string' ? toUtf8(body) : body;
  return `a body of ${String(bytes.length)} bytes, SHA-256 ${toHex(sha256(bytes))}`;
}

/** A request that may be made, with what it carries. `shown` are fields that the caller may read anyway. */
export interface Brokered {
  readonly request: CheckedRequest;
  readonly policy: HttpPolicy;
  readonly values: ReadonlyMap<string, string>;
  readonly shown: ReadonlySet<string>;
  readonly side: RequestSide;
  readonly now: number;
}

/** Makes the request. */
export function requestEffect({ side, ...sending }: Brokered): Effect {
  return async () => {
    const { sendRequest } = await import('../use/http-request.js');
    const { Mask } = await import('../use/mask.js');
    const answer = await sendRequest({ ...sending, ...side, mask: (secrets) => new Mask(secrets) });
    const detail = `status ${String(answer.status)}, ${String(answer.body_bytes)} bytes`;
    return { result: { ...answer }, detail };
  };
}
