/** Puts a credential into a request that was checked. */
import { secretFieldsOf } from '../core/http-auth.js';
import type { CheckedRequest } from '../core/http-check.js';
import type { HttpPolicy } from '../core/http-policy.js';
import { Refusal } from '../core/refusal.js';
import { signAws } from '../crypto/sigv4.js';

type Lines = readonly (readonly [name: string, value: string])[];

/** What the credential is made of. */
export interface CredentialValues {
  readonly policy: HttpPolicy;
  /** By field, as `secretFieldsOf` names it. */
  readonly values: ReadonlyMap<string, string>;
  /** Fields whose values agents may read anyway, such as a user name: these are not masked by themselves. */
  readonly shown?: ReadonlySet<string> | undefined;
  /** Unix ms. */
  readonly now: number;
}

/** A request with its credential. */
export interface LoadedRequest {
  /** Path and query as they are sent. */
  readonly target: string;
  readonly headers: Lines;
  /** The values that were put in, and what was made of them and sent: no answer may repeat these. */
  readonly secrets: readonly string[];
}

/** Ours, unless the agent says what it is. No coding of the body: what is compressed can't be masked. */
const USUAL: Lines = [
  ['accept', '*/*'],
  ['user-agent', 'vouchsafe'],
];

/**
 * The request with its credential put in where the policy says. Throws `not_found` where the item has no such value, and
 * `invalid_request` where the value can't stand there; neither tells the value.
 */
export function loadRequest(request: CheckedRequest, { policy, values, shown, now }: CredentialValues): LoadedRequest {
  const { auth } = policy;
  const valueOf = (field: string) => present(values.get(field));
  const secrets = secretFieldsOf(auth).flatMap((field) => (shown?.has(field) === true ? [] : variants(valueOf(field))));
  const loaded = load(request, { policy, valueOf, now });
  const given = new Set(request.headers.map(([name]) => name));
  const usual = USUAL.filter(([name]) => !given.has(name) && !loaded.added.some(([own]) => own === name));
  return {
    target: loaded.target ?? `${request.path}${request.query}`,
    headers: [...request.headers, ...loaded.added, ...usual, ['accept-encoding', 'identity']],
    secrets: [...new Set([...secrets, ...loaded.derived])],
  };
}

/** The value, and how a form writes it where that differs from percent-encoding. */
function variants(value: string): readonly string[] {
  return [value, formEncoded(value)];
}

function formEncoded(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

interface Loading {
  readonly policy: HttpPolicy;
  readonly valueOf: (field: string) => string;
  readonly now: number;
}

interface Loaded {
  readonly added: Lines;
  readonly derived: readonly string[];
  readonly target?: string;
}

function load(request: CheckedRequest, { policy: { auth }, valueOf, now }: Loading): Loaded {
  switch (auth.kind) {
    case 'bearer':
      return headerLine('authorization', `Bearer ${valueOf(auth.field)}`);
    case 'header':
      return headerLine(auth.name, `${auth.prefix ?? ''}${valueOf(auth.field)}`);
    case 'basic':
      return basic(auth.username === null ? '' : valueOf(auth.username), valueOf(auth.password));
    case 'cookie':
      return headerLine('cookie', `${auth.name}=${cookieValue(valueOf(auth.field))}`);
    case 'query': {
      const pair = `${encodeURIComponent(auth.name)}=${encodeURIComponent(valueOf(auth.field))}`;
      const query = request.query.length > 1 ? `${request.query}&${pair}` : `?${pair}`;
      return { added: [], derived: [pair], target: `${request.path}${query}` };
    }
    case 'aws-sigv4':
      return signed(request, {
        now,
        key: headerValue(valueOf(auth.key)),
        secret: valueOf(auth.secret),
        sessionToken: auth.session === undefined ? undefined : headerValue(valueOf(auth.session)),
        region: auth.region,
        service: auth.service,
      });
  }
}

function headerLine(name: string, value: string): Loaded {
  return { added: [[name, headerValue(value)]], derived: [value] };
}

/** RFC 7617: the user name has no colon, both are UTF-8. */
function basic(username: string, password: string): Loaded {
  if (username.includes(':')) unfit('a user name with a colon');
  const pair = `${username}:${password}`;
  const encoded = Buffer.from(pair).toString('base64');
  return { added: [['authorization', `Basic ${encoded}`]], derived: [pair, encoded, encoded.replace(/=+$/, '')] };
}

type AwsValues = Omit<Parameters<typeof signAws>[0], 'method' | 'url' | 'headers' | 'body'>;

/** A plus in the query is sent as the space that it means to most, so that it is signed as it is read. */
function signed(request: CheckedRequest, aws: AwsValues): Loaded {
  const target = `${request.path}${request.query.replaceAll('+', '%20')}`;
  const { method, origin, headers, body = '' } = request;
  const { headers: added, derived } = signAws({ ...aws, method, url: `${origin}${target}`, headers, body });
  const authorization = added.filter(([name]) => name === 'authorization').map(([, value]) => value);
  return { added, derived: [...derived, ...authorization], target };
}

function present(value: string | undefined): string {
  if (value !== undefined && value !== '') return value;
  throw new Refusal('not_found', {
    message: 'The item has no value for a field that its http policy names.',
    next: 'Tell your user which item it is and stop.',
  });
}

function headerValue(value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value) || value.trim() !== value) unfit('a value that no header can hold');
  return value;
}

/** RFC 6265 section 4.1.1. */
function cookieValue(value: string): string {
  if (!/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(value)) unfit('a value that no cookie can hold');
  return value;
}

function unfit(what: string): never {
  throw new Refusal('invalid_request', {
    message: `The item has ${what}, such as one with a line break.`,
    next: 'Tell your user which item it is and stop.',
  });
}
