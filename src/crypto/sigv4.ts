/**
 * AWS Signature Version 4, in the header: `AWS4-HMAC-SHA256` of the AWS documentation, "Create a signed AWS API request"
 * (IAM User Guide, "AWS Signature Version 4 for API requests"; for S3, "Authenticating Requests (AWS Signature Version
 * 4)"). Every given header is signed, and the host, the date and the session token.
 */
import { createHmac } from 'node:crypto';
import { sha256, toHex, toUtf8 } from './bytes.js';

/** What is signed, and with what. The URL is as it is sent: percent-encoded, without a fragment. */
export interface AwsRequest {
  readonly method: string;
  readonly url: string;
  /** Those that are sent and not changed on the way, without the host. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array;
  /** Unix ms. */
  readonly now: number;
  readonly key: string;
  readonly secret: string;
  readonly sessionToken?: string | undefined;
  readonly region: string;
  readonly service: string;
}

export interface AwsSignature {
  /** What is to be added to the request, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The signature and the signing key, in hexadecimal, so that an answer can be kept from repeating them. */
  readonly derived: readonly string[];
}

/** The signature of the request. Pure: the same request at the same time has the same one. */
export function signAws(request: AwsRequest): AwsSignature {
  const { now, key, region, service, secret } = request;
  const time = new Date(now).toISOString().replace(/[-:]|\.[0-9]{3}/g, '');
  const date = time.slice(0, 8);
  const bodyHash = toHex(sha256(typeof request.body === 'string' ? toUtf8(request.body) : request.body));
  const added: [string, string][] = [
    ['x-amz-date', time],
    ...(request.sessionToken === undefined ? [] : [['x-amz-security-token', request.sessionToken] as [string, string]]),
    ...(isS3(service) ? [['x-amz-content-sha256', bodyHash] as [string, string]] : []),
  ];
  const signed = canonicalHeaders([['host', new URL(request.url).host], ...request.headers, ...added]);
  const names = [...signed.keys()].join(';');
  const canonical = canonicalRequest(request, { signed, names, bodyHash });
  const scope = [date, region, service, 'aws4_request'];
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), toHex(sha256(toUtf8(canonical)))].join('\n');
  const signingKey = scope.reduce<Uint8Array>(hmac, toUtf8(`AWS4${secret}`));
  const signature = toHex(hmac(signingKey, toSign));
  const credential = [key, ...scope].join('/');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { headers: [...added, ['authorization', authorization]], derived: [signature, toHex(signingKey)] };
}

/** The services that take a path as it is, and want the hash of the body as a header. */
function isS3(service: string): boolean {
  return /^s3(?:-|$)|^s3express$/.test(service);
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

interface CanonicalParts {
  readonly signed: ReadonlyMap<string, string>;
  readonly names: string;
  readonly bodyHash: string;
}

function canonicalRequest({ method, url, service }: AwsRequest, { signed, names, bodyHash }: CanonicalParts): string {
  const { pathname, search } = new URL(url);
  const lines = [...signed].map(([name, value]) => `${name}:${value}\n`).join('');
  return [method, canonicalPath(pathname, service), canonicalQuery(search), lines, names, bodyHash].join('\n');
}

/** Names in lower case and sorted; values of one name joined by commas, their runs of spaces made one. */
function canonicalHeaders(headers: AwsRequest['headers']): ReadonlyMap<string, string> {
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    values.set(key, [...(values.get(key) ?? []), value.trim().replace(/ +/g, ' ')]);
  }
  return new Map([...values].sort(byFirst).map(([name, list]) => [name, list.join(',')]));
}

/** S3 encodes each segment once, every other service encodes once more what is sent. */
function canonicalPath(path: string, service: string): string {
  const segments = path.split('/');
  return segments.map((segment) => encode(isS3(service) ? decodeURIComponent(segment) : segment)).join('/');
}

/** Names and values encoded anew, sorted by name and then by value, by bytes; a `+` is a plus. */
function canonicalQuery(search: string): string {
  const pairs = search
    .slice(1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.includes('=') ? part.indexOf('=') : part.length;
      const [name, value] = [part.slice(0, at), part.slice(at + 1)];
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))] as const;
    });
  return pairs
    .sort((a, b) => byFirst(a, b) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function byFirst(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return compare(a[0], b[0]);
}

/** By code unit, which for ASCII is by byte. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Percent-encoding of all but the unreserved characters of RFC 3986 section 2.3, in upper case. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
