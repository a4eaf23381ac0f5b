/** Requests of an agent to a server, with nothing but the HTTP client of Node: what any program could send. */
import { request, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { type Json, REASON } from './station.js';

/** Where a server is, as `http.request` takes it; `ca` where it is reached with TLS. */
export type Where = Pick<RequestOptions, 'socketPath' | 'host' | 'port'> & { readonly ca?: string };

export interface Answered {
  readonly status: number;
  readonly body: Json;
}

const VERSION = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientInfo': { name: 'plain', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** One call of a tool, over a connection of its own; without a token where there is none. */
export function callTool(
  where: Where,
  { token, name, input = {} }: { token?: string; name: string; input?: Readonly<Record<string, unknown>> },
): Promise<Answered> {
  const params = { name, arguments: { reason: REASON, ...input }, _meta: META };
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': VERSION,
    'mcp-method': 'tools/call',
    'mcp-name': name,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  return send(where, { method: 'POST', path: '/mcp', headers }, body);
}

/** Reads an endpoint. */
export function read(where: Where, path: string): Promise<Answered> {
  return send(where, { method: 'GET', path }, '');
}

function send({ ca, ...where }: Where, what: RequestOptions, body: string): Promise<Answered> {
  const options = { ...where, ...what, agent: false, timeout: 30_000 };
  return new Promise((resolve, reject) => {
    const sent = ca === undefined ? request(options) : tlsRequest({ ...options, ca });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject).on('end', () => {
        const isJson = response.headers['content-type']?.startsWith('application/json') === true;
        resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
      });
    });
    sent.end(body);
  });
}
