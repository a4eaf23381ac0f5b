/** One line of input, read as a JSON-RPC 2.0 message, and the answers to lines that are none. */
import { isUtf8 } from 'node:buffer';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/server';
import type { CutLine } from './line-cutter.js';

/** The most bytes that a line may have: more than any tool takes, with every character escaped. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** JSON-RPC 2.0 section 5.1. `id` is null where none could be read. */
export interface Fault {
  readonly jsonrpc: '2.0';
  readonly id: RequestId | null;
  readonly error: { readonly code: -32700 | -32600; readonly message: string };
}

export type ReadLine =
  | { readonly kind: 'message'; readonly message: JSONRPCMessage }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'blank' };

/** Whether a value is a message, by the rule of whoever is to handle it. */
export type IsMessage = (value: unknown) => value is JSONRPCMessage;

/** The message of a line, exactly as it was sent; or the one error that answers it, which never repeats the line. */
export function readLine(line: CutLine, isMessage: IsMessage): ReadLine {
  if (line === 'overlong') return invalid(null, `a line may have ${String(MAX_LINE_BYTES)} bytes at most`);
  if (!isUtf8(line)) return unreadable('the line is not UTF-8');
  const text = line.toString('utf8');
  if (text.trim() === '') return { kind: 'blank' };
  const value = parseJson(text);
  if (value === undefined) return unreadable('the line is not JSON');
  if (Array.isArray(value)) return invalid(null, 'batches are not taken; send one message a line');
  return isMessage(value)
    ? { kind: 'message', message: value }
    : invalid(idOf(value), 'this is no JSON-RPC 2.0 message');
}

function unreadable(what: string): ReadLine {
  return {
    kind: 'fault',
    fault: { jsonrpc: '2.0', id: null, error: { code: -32700, message: `Parse error: ${what}.` } },
  };
}

function invalid(id: RequestId | null, what: string): ReadLine {
  return {
    kind: 'fault',
    fault: { jsonrpc: '2.0', id, error: { code: -32600, message: `Invalid request: ${what}.` } },
  };
}

/** JSON has no `undefined`, so that it can say that the text is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function idOf(value: unknown): RequestId | null {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  return typeof id === 'string' || Number.isSafeInteger(id) ? (id as RequestId) : null;
}
