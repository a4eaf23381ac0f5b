/**
 * A git server on the loopback address: `git http-backend` (git-http-backend(1)) as CGI (RFC 3875), behind a password.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface LocalServer {
  readonly port: number;
  close(): void;
}

/** Serves the bare repositories below `root` to that user alone; `seen` gets the value of each Authorization header. */
export async function serveRepositories(root: string, user: string, seen: string[]): Promise<LocalServer> {
  const expected = `Basic ${Buffer.from(user).toString('base64')}`;
  return listen((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) seen.push(authorization);
    if (authorization === expected) runBackend(root, request, response);
    else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
  });
}

/** An HTTP server on a free port of the loopback address. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<LocalServer> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function runBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'test',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => passOn(Buffer.concat(chunks), response));
}

function passOn(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  const headers = output.subarray(0, end).toString('latin1').split('\r\n').map(splitHeader);
  const status = headers.find(([name]) => name === 'Status')?.[1];
  response.writeHead(
    status === undefined ? 200 : Number.parseInt(status, 10),
    Object.fromEntries(headers.filter(([name]) => name !== 'Status')),
  );
  response.end(output.subarray(end + 4));
}

function splitHeader(line: string): readonly [string, string] {
  const at = line.indexOf(':');
  return [line.slice(0, at), line.slice(at + 1).trim()];
}
