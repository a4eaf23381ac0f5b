/** Whether a request that an agent wants made with a credential is one that the owner allows. */
import type { HttpAuth } from './http-auth.js';
import { checkHeaders, type HeaderLines, isToken } from './http-header.js';
import { type HttpPolicy, splitHost } from './http-policy.js';
import { originOf, type PlainUrl, readUrl } from './http-url.js';
import { Refusal } from './refusal.js';
import { escapeText, utf8Length } from './text.js';

/** The most bytes that the body of a request may have. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** A request as an agent gives it. */
export interface WantedRequest {
  readonly method?: string | undefined;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
}

/** A request that the policy allows. It holds no credential yet. */
export interface CheckedRequest extends PlainUrl {
  readonly method: string;
  /** `https://host[:port]`. */
  readonly origin: string;
  readonly headers: HeaderLines;
  readonly body?: string | Uint8Array;
}

/**
 * The request in the form in which it is sent, if the policy allows it. Throws `forbidden` with what is allowed where the
 * host, the method or the path is not, and `invalid_request`, without what was given, where it is malformed, too large or
 * sets what is not the agent's to set.
 */
export function checkRequest(policy: HttpPolicy, wanted: WantedRequest): CheckedRequest {
  const url = readUrl(wanted.url);
  const method = checkMethod(wanted.method ?? 'GET');
  const headers = checkHeaders(wanted.headers ?? {}, (name) => isTaken(policy.auth, name));
  checkBody(method, wanted.body);
  checkQuery(policy.auth, url.query);
  const isAllowed =
    policy.hosts.some((host) => isHost(host, url)) &&
    (url.scheme === 'https' || policy.allowLoopback) &&
    policy.methods.includes(method) &&
    policy.paths.some((glob) => matchesGlob(glob, url.plainPath));
  if (!isAllowed) throw new Refusal('forbidden', { message: allowedWords(policy), next: NEXT_FORBIDDEN });
  const body = wanted.body === undefined || wanted.body.length === 0 ? {} : { body: wanted.body };
  return { ...url, method, origin: originOf(url), headers, ...body };
}

const NEXT_FORBIDDEN = 'Ask for something that is allowed, or tell your user what you would need and stop.';

/** One sentence for the agent and the owner: "This item's credential may be sent to … with … under …." */
export function allowedWords({ hosts, methods, paths }: HttpPolicy): string {
  const [to, by, under] = [hosts, methods, paths].map((texts) => escapeText(texts.join(', ')));
  return `This item's credential may be sent to ${to ?? ''} with ${by ?? ''} under ${under ?? ''}.`;
}

function checkMethod(text: string): string {
  const method = typeof text === 'string' ? text.toUpperCase() : '';
  if (!isToken(method) || method.length > 32) refuse('The method is not one word', 'Use one such as GET or POST.');
  return method;
}

function checkBody(method: string, body: string | Uint8Array | undefined): void {
  if (body === undefined || body.length === 0) return;
  if (method === 'GET' || method === 'HEAD')
    refuse(`A ${method} request has no body`, 'Leave the body out, or use another method.');
  const isText = typeof body === 'string';
  if (isText && !body.isWellFormed()) refuse('The body is not valid Unicode', 'Correct it.');
  if ((isText ? utf8Length(body) : body.length) > MAX_BODY_BYTES)
    refuse('The body is larger than 1 MiB', 'Send less at once.');
}

/** Whether the header is the one that the credential goes into, or signs. */
function isTaken(auth: HttpAuth, name: string): boolean {
  // The target is which action is asked for: JSON services of AWS need it, and it is signed.
  if (auth.kind === 'aws-sigv4') return name.startsWith('x-amz-') && name !== 'x-amz-target';
  return auth.kind === 'header' && auth.name === name;
}

function checkQuery(auth: HttpAuth, query: string): void {
  const isOwn = queryNames(query).some((name) => {
    if (auth.kind === 'query') return name === auth.name.toLowerCase();
    return auth.kind === 'aws-sigv4' && name.startsWith('x-amz-');
  });
  if (isOwn) refuse('The query has the parameter that the credential goes into', 'Leave it out: it is put in for you.');
}

/** Names in lower case; some servers take `;` for `&`. */
function queryNames(query: string): readonly string[] {
  return query
    .slice(1)
    .split(/[&;]/)
    .flatMap((part) => [...new URLSearchParams(part.replace(/^\?/, '%3F')).keys()])
    .map((name) => name.trim().toLowerCase());
}

function isHost(host: string, { scheme, name, port }: PlainUrl): boolean {
  const allowed = splitHost(host);
  if (port !== (allowed.port ?? (scheme === 'https' ? 443 : 80))) return false;
  if (!allowed.name.startsWith('*.')) return allowed.name === name;
  const rest = allowed.name.slice(1);
  return name.endsWith(rest) && /^[^.]+$/.test(name.slice(0, -rest.length));
}

/**
 * Whether the glob matches the whole path: `*` is any number of characters but `/`, `**` any number of any. In
 * steps of the length of one times that of the other, whatever they are.
 */
export function matchesGlob(glob: string, path: string): boolean {
  let reached = Array.from({ length: path.length + 1 }, (_, at) => at === 0);
  for (const token of glob.match(/\*\*|[^]/g) ?? []) {
    const next = Array.from(reached, () => false);
    for (let at = 0; at <= path.length; at += 1) next[at] = isReached({ token, path, at, reached, next });
    reached = next;
  }
  return reached[path.length] === true;
}

interface Step {
  readonly token: string;
  readonly path: string;
  readonly at: number;
  readonly reached: readonly boolean[];
  readonly next: readonly boolean[];
}

function isReached({ token, path, at, reached, next }: Step): boolean {
  const before = path[at - 1];
  if (token === '**') return reached[at] === true || next[at - 1] === true;
  if (token === '*') return reached[at] === true || (next[at - 1] === true && before !== '/');
  return reached[at - 1] === true && before === token;
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}
