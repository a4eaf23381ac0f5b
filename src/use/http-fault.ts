/** Faults of the network in plain words: never what the server sent, never what was sent to it. */
import { errors } from 'undici';
import { Refusal } from '../core/refusal.js';

const NO_ANSWER = 'The server broke off, or sent what is no answer of HTTP.';

const WORDS: readonly (readonly [codes: RegExp, message: string])[] = [
  [/^UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/, 'The server did not answer in time.'],
  [/^UND_ERR_HEADERS_OVERFLOW$/, 'The answer is too large: its headers alone are.'],
  [/^(?:ENOTFOUND|ENODATA|EAI_)/, 'The host was not found.'],
  [
    /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(?:CA|PURPOSE)$/,
    'The certificate of the server is not valid for this host.',
  ],
  [/^EPROTO$|^ERR_(?:SSL|TLS|OSSL)_/, 'The server does not speak TLS as it should.'],
  [/^HPE_|^UND_ERR_(?:SOCKET|RES_|RESPONSE|INFO|ABORTED|DESTROYED|CLOSED)|^ECONNRESET$|^EPIPE$/, NO_ANSWER],
  [/^E[A-Z]+$/, 'No connection to the server could be made.'],
];

/** What ends a request when its time is over. */
export class TimeOver extends Error {}

/** The refusal that says what went wrong; what is no fault of the network comes back as it is. */
export function requestFault(error: unknown): unknown {
  if (error instanceof TimeOver) return refusal('The server did not answer in time.', 'time over');
  // It holds what the server sent, and may have no code.
  if (error instanceof errors.HTTPParserError) return refusal(NO_ANSWER, error.code);
  const code = codeOf(error);
  const found = code === undefined ? undefined : WORDS.find(([codes]) => codes.test(code));
  return found === undefined ? error : refusal(found[1], code ?? '');
}

/** An answer that is larger than is taken. */
export function tooLarge(): Refusal {
  return refusal('The answer is too large.', 'too large');
}

/** A refusal `unavailable`. It is not marked as one to send again: the server may have acted on the request. */
export function refusal(message: string, detail: string): Refusal {
  const next = 'Look whether the request has taken effect before you send it again, or tell your user.';
  return new Refusal('unavailable', { message, next, detail: `http: ${detail}` });
}

/** Of several tries to connect, the first tells. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof Refusal) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined;
}
