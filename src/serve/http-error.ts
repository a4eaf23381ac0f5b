/** What a request is answered that never reached a tool. Nothing that was sent is repeated. */
import type { ServerResponse } from 'node:http';

/** A request that is not served. `status` is that of HTTP (RFC 9110 section 15). */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Besides the message, for whoever reads it by machine. */
  readonly data: Readonly<Record<string, unknown>> | undefined;
  /** The code of JSON-RPC, where it is not the one that goes with the status. */
  readonly code: number | undefined;

  constructor(
    status: number,
    message: string,
    more: { headers?: Readonly<Record<string, string>>; data?: Readonly<Record<string, unknown>>; code?: number } = {},
  ) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.headers = more.headers ?? {};
    this.data = more.data;
    this.code = more.code;
  }
}

/** Codes of JSON-RPC for what HTTP says in other words; the rest is the server's own (JSON-RPC 2.0 section 5.1). */
const RPC_CODES: Readonly<Record<number, number>> = { 400: -32600, 415: -32600 };
const OWN_CODE = -32000;

/** An error in the form of JSON-RPC, without an id. */
function rpcError({ status, message, data, code = RPC_CODES[status] ?? OWN_CODE }: HttpError): unknown {
  return { jsonrpc: '2.0', id: null, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** Answers with an error. */
export function answerError(response: ServerResponse, error: HttpError): void {
  answerJson(response, { status: error.status, headers: error.headers, body: rpcError(error) });
}

/** The same as a response of the Fetch standard. Whatever else was thrown is thrown again. */
export function responseOf(error: unknown): Response {
  if (!(error instanceof HttpError)) throw error;
  return Response.json(rpcError(error), { status: error.status, headers: error.headers });
}

/** Answers with JSON that nobody may keep. */
export function answerJson(
  response: ServerResponse,
  of: { status: number; headers?: Readonly<Record<string, string>>; body: unknown },
): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(of.body);
  response.writeHead(of.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...of.headers,
  });
  response.end(text);
}
