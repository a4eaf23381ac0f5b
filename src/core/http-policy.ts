/**
 * What a request that carries an item's credential may be: where it may go and how the credential is put in. The owner
 * sets it, never an agent; what this version does not know reads as null, and then nothing is allowed.
 */
import { z } from 'zod';
import { authSchema, checkAuth, type HttpAuth, parseAuth } from './http-auth.js';
import { isToken } from './http-header.js';
import { Refusal } from './refusal.js';

export interface HttpPolicy {
  /** `name` or `name:port`, lower case, as the URL standard writes names; `*.name` stands for one more label. */
  readonly hosts: readonly string[];
  readonly methods: readonly string[];
  /** Globs over the decoded path: `*` within a segment, `**` across segments. */
  readonly paths: readonly string[];
  readonly auth: HttpAuth;
  /** Loopback addresses, and plain http to them. */
  readonly allowLoopback: boolean;
  /** Addresses of private networks. */
  readonly allowPrivate: boolean;
}

/** As the owner types it. */
export interface HttpPolicyText {
  readonly hosts: readonly string[];
  readonly methods?: readonly string[] | undefined;
  readonly paths?: readonly string[] | undefined;
  readonly auth: string;
  readonly allowLoopback?: boolean | undefined;
  readonly allowPrivate?: boolean | undefined;
}

/** As JSON shows it and as it is stored. */
export interface HttpPolicyShape {
  readonly hosts: readonly string[];
  readonly methods: readonly string[];
  readonly paths: readonly string[];
  readonly auth: HttpAuth;
  readonly allow_loopback: boolean;
  readonly allow_private: boolean;
}

const MOST = 50;
const LONGEST = 256;
const names = z.array(z.string()).min(1);

const shape: z.ZodType<HttpPolicyShape> = z.strictObject({
  hosts: names,
  methods: names,
  paths: names,
  auth: authSchema,
  allow_loopback: z.boolean(),
  allow_private: z.boolean(),
});

/** What the texts say. Throws `invalid_request` that names the option and the next step, and not what was given. */
export function parseHttpPolicy(text: HttpPolicyText): HttpPolicy {
  const { methods = [], paths = [], allowLoopback = false, allowPrivate = false } = text;
  return checkPolicy({
    hosts: text.hosts,
    methods: methods.length === 0 ? ['GET', 'HEAD'] : methods,
    paths: paths.length === 0 ? ['/**'] : paths,
    auth: parseAuth(text.auth),
    allowLoopback,
    allowPrivate,
  });
}

/** As {@link HttpPolicyShape} in JSON; {@link readHttpPolicy} of it is the policy. */
export function printHttpPolicy(policy: HttpPolicy): HttpPolicyShape {
  const { hosts, methods, paths, auth, allowLoopback, allowPrivate } = policy;
  return { hosts, methods, paths, auth, allow_loopback: allowLoopback, allow_private: allowPrivate };
}

/** The policy that a stored form says; null where anything in it is not known or can't be. */
export function readHttpPolicy(json: unknown): HttpPolicy | null {
  const read = shape.safeParse(json);
  if (!read.success) return null;
  const { allow_loopback: allowLoopback, allow_private: allowPrivate, auth, ...rest } = read.data;
  try {
    return checkPolicy({ ...rest, auth: checkAuth(auth), allowLoopback, allowPrivate });
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function checkPolicy(policy: HttpPolicy): HttpPolicy {
  const { hosts, methods, paths } = policy;
  if (hosts.length === 0) refuse('--http-host is missing', NEXT_HOST);
  if (Math.max(hosts.length, methods.length, paths.length) > MOST)
    refuse(`--http-host, --http-method or --http-path stands more than ${String(MOST)} times`, 'Leave some out.');
  const checked = unique(hosts.map(checkHost));
  if (!policy.allowLoopback && checked.some((host) => isLoopbackName(splitHost(host).name)))
    refuse('--http-host names this machine', 'Add --http-allow-loopback if that is meant.');
  return { ...policy, hosts: checked, methods: unique(methods.map(checkMethod)), paths: unique(paths.map(checkGlob)) };
}

const NEXT_HOST = 'For example --http-host api.example.com, --http-host 127.0.0.1:8080 or --http-host *.example.com.';

/** The host as it is compared; throws for what is no exact host, with a wildcard anywhere but as the first label. */
function checkHost(text: string): string {
  const [, star = '', rest = '', port] = /^(\*\.)?(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?$/.exec(text.trim()) ?? [];
  const name = hostName(rest);
  if (name === undefined || (port !== undefined && !isPort(port))) refuse('--http-host is no host', NEXT_HOST);
  // `*.com` would let a credential go to nearly everybody.
  if (star !== '' && (isAddress(name) || !name.includes('.')))
    refuse('--http-host has a wildcard that is too wide', NEXT_HOST);
  return `${star}${name}${port === undefined ? '' : `:${String(Number(port))}`}`;
}

function isPort(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 65_535;
}

/**
 * The name of a host as the URL standard writes it: lower case, punycode, IPv6 in brackets. Undefined for what is no name:
 * a port, a user, a dot at the end, a label over 63 characters, an IPv4 address in any form but four decimal numbers.
 */
export function hostName(text: string): string | undefined {
  if (!/^(?:\[[0-9a-f:.]+\]|[^\s/\\?#@:%*[\]]+)$/i.test(text)) return undefined;
  const name = URL.parse(`https://${text}/`)?.hostname;
  if (name === undefined || name.length > 253) return undefined;
  if (name.startsWith('[')) return name;
  if (/^[0-9.]+$/.test(name)) return name === text ? name : undefined;
  return /^[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/.test(name) ? name : undefined;
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || /^[0-9.]+$/.test(name);
}

/** Whether the name, as {@link hostName} writes it, is this machine's by itself (RFC 1122, RFC 4291, RFC 6761 6.3). */
export function isLoopbackName(name: string): boolean {
  return name === '[::1]' || /^127(?:\.[0-9]+){3}$/.test(name) || /^(?:.+\.)?localhost$/.test(name);
}

/** The parts of a host of a policy. */
export function splitHost(host: string): { readonly name: string; readonly port: number | null } {
  const at = host.lastIndexOf(':');
  if (at < 0 || host.endsWith(']')) return { name: host, port: null };
  return { name: host.slice(0, at), port: Number(host.slice(at + 1)) };
}

/** Methods that make a server say what it was sent, or a tunnel of the connection. */
const NEVER_METHODS = ['CONNECT', 'TRACE', 'TRACK'];

function checkMethod(text: string): string {
  const method = text.trim().toUpperCase();
  if (!isToken(method) || method.length > 32 || NEVER_METHODS.includes(method))
    refuse('--http-method is no method that can be allowed', 'For example --http-method GET --http-method POST.');
  return method;
}

function checkGlob(text: string): string {
  const glob = text.trim();
  const isPlain = /^\/[^\p{C}\p{Z}\\?#%]*(?: [^\p{C}\p{Z}\\?#%]+)*$/u.test(glob) && glob.length <= LONGEST;
  const isExact = glob.split('/').every((segment) => !['.', '..'].includes(segment) && !/\*{3}/.test(segment));
  if (!isPlain || !isExact || glob.includes('//'))
    refuse(
      '--http-path is no pattern of a path',
      'For example --http-path "/v1/**": * within a part, ** across parts.',
    );
  return glob;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}
