/** Why a request got no answer from the server, in the words that whoever asked is told. */
import { cleanText, scrub } from '../../core/text.js';
import type { Receipt } from '../../core/shapes.js';
import type { AgentError } from '../../gate/call.js';
import { toolResult } from '../result.js';
import {
  claimedVersion,
  isObject,
  type JSONRPCResponse,
  type JSONRPCErrorResponse,
  type JSONRPCRequest,
} from './message.js';

/**
 * `lost`: the server does not know the session. `passing`: it may be over soon, and nothing was done. `broken`: nobody
 * knows what was done. `final`: asking again changes nothing.
 */
export type FaultKind = 'lost' | 'passing' | 'broken' | 'final';

/** What a fault tells: `detail` to the owner alone. */
export interface FaultFacts {
  readonly kind: FaultKind;
  readonly error: AgentError;
  readonly receipt?: Receipt | null;
  readonly detail: string;
}

/** A request without an answer. The message is for the owner. */
export class Fault extends Error {
  readonly kind: FaultKind;
  readonly error: AgentError;
  readonly receipt: Receipt | null;

  constructor({ kind, error, receipt = null, detail }: FaultFacts) {
    super(`${error.message} (${detail})`);
    this.name = 'Fault';
    this.kind = kind;
    this.error = error;
    this.receipt = receipt;
  }
}

const [INTERNAL_ERROR, INVALID_REQUEST] = [-32603, -32600];

/** The answer to a request that has none: a call is refused as the gate refuses one, anything else is an error. */
export function faultAnswer(request: JSONRPCRequest, { error, receipt }: Fault): JSONRPCResponse {
  const head = { jsonrpc: '2.0', id: request.id } as const;
  if (request.method === 'tools/call') {
    // Required since 2026-07-28, and not known before.
    const type = claimedVersion(request) === undefined ? {} : { resultType: 'complete' };
    return { ...head, result: { ...toolResult({ ok: false, error, receipt }), ...type } };
  }
  const code = error.code === 'unauthenticated' ? INVALID_REQUEST : INTERNAL_ERROR;
  const data = { error, ...(receipt === null ? {} : { receipt }) };
  return { ...head, error: { code, message: `${error.code}: ${error.message} ${error.next}`, data } };
}

/** The server's own error as the answer to a request that it could not name. */
export function passedError(request: JSONRPCRequest, error: { code: number; message: string }): JSONRPCErrorResponse {
  return { jsonrpc: '2.0', id: request.id, error: { code: error.code, message: clean(error.message) } };
}

const LONGEST_WORDS = 1_000;

/** Words of a server on one line, not too many, and without a token, whoever it is that sent them. */
export function clean(text: string): string {
  return cleanText(scrub(text.slice(0, 2 * LONGEST_WORDS)))
    .slice(0, LONGEST_WORDS)
    .toWellFormed();
}

/** A refusal in the server's own words (`error.data` of what it answered); undefined where it gave none. */
export function toldRefusal(data: unknown): { error: AgentError; receipt: Receipt | null } | undefined {
  if (!isObject(data) || !isObject(data['error'])) return undefined;
  const { code, message, next, ref } = data['error'];
  if (typeof code !== 'string' || typeof message !== 'string' || typeof next !== 'string') return undefined;
  const error = { code: clean(code), message: clean(message), next: adviceHere(clean(next)) };
  return {
    error: typeof ref === 'string' ? { ...error, ref: clean(ref) } : error,
    receipt: receiptIn(data['receipt']),
  };
}

/** What a server says to those who ask it themselves: the client behind this program sends no header. */
const OF_HTTP = /Authorization: Bearer/;

function adviceHere(next: string): string {
  if (!OF_HTTP.test(next)) return next;
  return 'Ask the owner of the safe for a token: set VOUCHSAFE_PERSONAL_ACCESS_TOKEN or start with --token-file.';
}

function receiptIn(value: unknown): Receipt | null {
  if (!isObject(value)) return null;
  const { seq, hash } = value;
  return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash: clean(hash) } : null;
}

/** `unavailable`, with what to do; everything else of it is for the owner. */
export function unavailable(
  kind: FaultKind,
  { message, next, detail }: Pick<AgentError, 'message' | 'next'> & { readonly detail: string },
): Fault {
  return new Fault({ kind, error: { code: 'unavailable', message, next }, detail });
}

/** Whatever was thrown as a fault. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return unavailable('broken', {
    message: 'The call could not be passed on.',
    next: `Try once more. ${TELL}`,
    detail: error instanceof Error ? error.message : 'something else was thrown',
  });
}

const TELL = 'If it stays so, tell the user, who can ask the owner of the Vouchsafe server.';

/** What is answered by something that does not speak as this server does. */
export function notUnderstood(detail: string): Fault {
  return unavailable('final', {
    message: 'What answers at the address of the Vouchsafe server is none, or is out of order.',
    next: 'Do not repeat the call. Tell the user, who can look at the address behind --connect.',
    detail,
  });
}

/** The connection ended, or nothing more came, after the request had left. */
export function brokenOff(detail: string): Fault {
  return unavailable('broken', {
    message: 'The connection to the Vouchsafe server ended before the answer; the call may have been carried out.',
    next: `Look at what there is now before you repeat a change; reading again is safe. ${TELL}`,
    detail,
  });
}

const CODES_OF_TLS =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_CA$)/;

/** A connection that could not be made: nothing of the request has left. */
export function notReached(error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection';
  if (CODES_OF_TLS.test(code)) {
    return unavailable('final', {
      message: 'The certificate of the Vouchsafe server is not trusted here, so nothing was sent.',
      next: 'Tell the user: NODE_EXTRA_CA_CERTS=FILE names an authority of certificates to trust.',
      detail: code,
    });
  }
  return unavailable('passing', {
    message: 'The Vouchsafe server cannot be reached, so nothing was done.',
    next: `Try once more after a moment. ${TELL}`,
    detail: code,
  });
}
