/**
 * JSON-RPC 2.0 messages, and what HTTP has to know of them. Not with the SDK: to load it takes longer than to pass a
 * first call through, and the server checks every message by the SDK's rule anyway.
 */
import type {
  JSONRPCErrorResponse,
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  RequestId,
} from '@modelcontextprotocol/server';

export type { JSONRPCErrorResponse, JSONRPCMessage, JSONRPCRequest, RequestId };

export type JSONRPCResponse = Exclude<JSONRPCMessage, JSONRPCRequest | JSONRPCNotification>;

/** Whether the value has the form of JSON-RPC 2.0 (sections 4 and 5); `params` and `result` are an object, as MCP says. */
export function isMessage(value: unknown): value is JSONRPCMessage {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return false;
  const { id, method, params } = value;
  if (method !== undefined) {
    const hasParams = params === undefined || isObject(params);
    return typeof method === 'string' && hasParams && (id === undefined || isId(id));
  }
  if ('result' in value) return isId(id) && isObject(value['result']) && !('error' in value);
  return (id === undefined || id === null || isId(id)) && errorOf(value) !== undefined;
}

/** Whether a message asks for an answer. */
export function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'method' in message && 'id' in message;
}

/** Whether a message is an answer. */
export function isResponse(message: JSONRPCMessage): message is JSONRPCResponse {
  return !('method' in message);
}

/** JSON-RPC 2.0 section 5.1. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The error of an answer, or of what looks like one; undefined where there is none. */
export function errorOf(value: unknown): RpcError | undefined {
  const error = isObject(value) ? value['error'] : undefined;
  if (!isObject(error)) return undefined;
  const { code, message, data } = error;
  if (typeof code !== 'number' || typeof message !== 'string') return undefined;
  return { code, message, ...(data === undefined ? {} : { data }) };
}

/** Whether a value of JSON is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** The protocol that a message says itself it is of, as those of 2026-07-28 do; undefined for the older ones. */
export function claimedVersion(message: JSONRPCMessage): string | undefined {
  const params: unknown = 'method' in message ? message.params : undefined;
  const meta = isObject(params) ? params['_meta'] : undefined;
  const version = isObject(meta) ? meta[VERSION_KEY] : undefined;
  return typeof version === 'string' ? version : undefined;
}

/** Which parameter `Mcp-Name` repeats (MCP 2026-07-28, Transports, Standard Request Headers). */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/** The headers that repeat what a message of that protocol says, for what stands between the two ends. */
export function standardHeaders(message: JSONRPCMessage, version: string): Record<string, string> {
  const { method, params } = 'method' in message ? message : {};
  const key = NAMED_BY.get(method ?? '');
  const name: unknown = key === undefined ? undefined : params?.[key];
  return {
    'mcp-protocol-version': headerValue(version),
    ...(method === undefined ? {} : { 'mcp-method': headerValue(method) }),
    ...(typeof name === 'string' ? { 'mcp-name': headerValue(name) } : {}),
  };
}

/** A text as a header's value, by the same section: Base64 where it could not stand there as it is. */
function headerValue(text: string): string {
  const isPlain = /^[!-~](?:[\t -~]*[!-~])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}
