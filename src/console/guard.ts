/**
 * What is checked of every request before anything is read of it: that it comes from this machine, was meant for this
 * console (Host, against DNS rebinding), and that no page of another origin sent it. And the headers of every answer.
 */
import { createMiddleware } from 'hono/factory';
import { isLoopback } from '../core/network.js';
import { Refusal } from '../core/refusal.js';
import type { ConsoleEnv } from './area.js';

/** The whole policy: nothing inline, nothing from elsewhere, in no frame. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Puts the headers on every answer; it is kept nowhere, unless it says so itself. */
export const securityHeaders = createMiddleware<ConsoleEnv>(async (c, next) => {
  await next();
  const { headers } = c.res;
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
});

const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]'];
const METHODS = ['GET', 'HEAD', 'POST'];

/** Refuses what another machine, another name or another origin's page sent. */
export const guard = createMiddleware<ConsoleEnv>(async (c, next) => {
  const { socket } = c.env.incoming;
  const isHere = socket.remoteAddress !== undefined && isLoopback(socket.remoteAddress);
  const hosts = OWN_NAMES.map((name) => `${name}:${String(socket.localPort)}`);
  const host = c.req.header('host') ?? '';
  if (!isHere || !hosts.includes(host)) refuse('The console answers on this machine alone, at its own address.');
  if (!METHODS.includes(c.req.method)) refuse('The console does not know that method.');
  const site = c.req.header('sec-fetch-site');
  if (!isOwnOrigin(c.req.header('origin'), host, site)) refuse('Another site’s page asked for this.');
  if (!isOwnSite(site, c.req.header('sec-fetch-mode'), c.req.method)) refuse('Another site’s page asked for this.');
  checkSize(c.req.header('content-length'), c.req.header('transfer-encoding'));
  await next();
});

/** More than any form of ours holds. */
const BODY_AT_MOST = 1 << 20;

/** Browsers say how long a form is; nothing longer, and nothing that does not say it, is read. */
function checkSize(length: string | undefined, encoding: string | undefined): void {
  if (encoding === undefined && Number(length ?? 0) <= BODY_AT_MOST) return;
  throw new Refusal('invalid_request', { message: 'The form is larger than 1 MiB.', next: 'Send less at once.' });
}

/** The referrer policy makes browsers send `null` with our own forms: then their word on the site must stand beside it. */
function isOwnOrigin(origin: string | undefined, host: string, site: string | undefined): boolean {
  if (origin === undefined) return true;
  return origin === 'null' ? site === 'same-origin' : origin === `http://${host}`;
}

/** A page of another site may lead here, as a link does, but load and send nothing. */
function isOwnSite(site: string | undefined, mode: string | undefined, method: string): boolean {
  if (site === undefined || site === 'same-origin' || site === 'none') return true;
  return method !== 'POST' && mode === 'navigate';
}

function refuse(message: string): never {
  throw new Refusal('forbidden', { message, next: 'Open the console with the link that it printed.' });
}
