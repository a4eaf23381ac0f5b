/** Where the credential of an item goes in a request that is made for an agent. */
import { z } from 'zod';
import { isForeignHeader, isToken } from './http-header.js';
import { checkName } from './reason.js';
import { Refusal } from './refusal.js';

/** Fields are named as NAME or SECTION/NAME. `prefix` is put before the value as it stands: `Token `. */
export type HttpAuth =
  | { readonly kind: 'bearer'; readonly field: string }
  | { readonly kind: 'basic'; readonly username: string | null; readonly password: string }
  | { readonly kind: 'header'; readonly name: string; readonly field: string; readonly prefix?: string }
  | { readonly kind: 'query'; readonly name: string; readonly field: string }
  | { readonly kind: 'cookie'; readonly name: string; readonly field: string }
  | AwsAuth;

/** AWS Signature Version 4. `session` is the field of the session token of temporary credentials. */
export interface AwsAuth {
  readonly kind: 'aws-sigv4';
  readonly key: string;
  readonly secret: string;
  readonly session?: string;
  readonly region: string;
  readonly service: string;
}

/** The stored form, read strictly; what the texts in it may be is what {@link checkAuth} says. */
export const authSchema: z.ZodType<HttpAuth> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), field: z.string() }),
  z.strictObject({ kind: z.literal('basic'), username: z.string().nullable(), password: z.string() }),
  z.strictObject({
    kind: z.literal('header'),
    name: z.string(),
    field: z.string(),
    prefix: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('query'), name: z.string(), field: z.string() }),
  z.strictObject({ kind: z.literal('cookie'), name: z.string(), field: z.string() }),
  z.strictObject({
    kind: z.literal('aws-sigv4'),
    key: z.string(),
    secret: z.string(),
    session: z.string().exactOptional(),
    region: z.string(),
    service: z.string(),
  }),
]);

/** What `--http-auth` takes. */
export const AUTH_FORMS: readonly string[] = [
  'bearer:FIELD',
  'basic:USERFIELD:PASSWORDFIELD',
  'header:NAME:FIELD[:PREFIX]',
  'query:NAME:FIELD',
  'cookie:NAME:FIELD',
  'aws-sigv4:KEYFIELD:SECRETFIELD:REGION:SERVICE[:SESSIONFIELD]',
];

const NEXT_AUTH = `One of ${AUTH_FORMS.join(', ')}.`;

/** How many parts may follow the kind; of `header` all that follows the field is the prefix, with its colons. */
const PARTS: Readonly<Record<HttpAuth['kind'], readonly [least: number, most: number]>> = {
  bearer: [1, 1],
  basic: [2, 2],
  header: [2, Infinity],
  query: [2, 2],
  cookie: [2, 2],
  'aws-sigv4': [4, 5],
};

/**
 * Where the credential goes, as the owner types it: one of {@link AUTH_FORMS}; `basic::FIELD` sends no user name. Throws
 * `invalid_request` that names the option and never what was given.
 */
export function parseAuth(text: string): HttpAuth {
  const [word = '', ...parts] = text.trimStart().split(':');
  const kind = word.toLowerCase();
  if (!isKind(kind)) refuse('--http-auth does not begin with a way that is known');
  const [least, most] = PARTS[kind];
  if (parts.length < least || parts.length > most) refuse('--http-auth has too few or too many parts');
  return checkAuth(AS_TYPED[kind](parts));
}

function isKind(word: string): word is HttpAuth['kind'] {
  return Object.hasOwn(PARTS, word);
}

const AS_TYPED: Readonly<Record<HttpAuth['kind'], (parts: readonly string[]) => HttpAuth>> = {
  bearer: ([field = '']) => ({ kind: 'bearer', field }),
  basic: ([username = '', password = '']) => ({
    kind: 'basic',
    username: username.trim() === '' ? null : username,
    password,
  }),
  header: ([name = '', field = '', ...prefix]) => ({
    kind: 'header',
    name,
    field,
    ...(prefix.length === 0 ? {} : { prefix: prefix.join(':') }),
  }),
  query: ([name = '', field = '']) => ({ kind: 'query', name, field }),
  cookie: ([name = '', field = '']) => ({ kind: 'cookie', name, field }),
  'aws-sigv4': ([key = '', secret = '', region = '', service = '', session]) => ({
    kind: 'aws-sigv4',
    key,
    secret,
    ...(session === undefined ? {} : { session }),
    region,
    service,
  }),
};

/** The same with its names trimmed; throws `invalid_request` where one of them can't be what it is for. */
export function checkAuth(auth: HttpAuth): HttpAuth {
  switch (auth.kind) {
    case 'bearer':
      return { ...auth, field: fieldOf(auth.field) };
    case 'basic':
      return {
        ...auth,
        username: auth.username === null ? null : fieldOf(auth.username),
        password: fieldOf(auth.password),
      };
    case 'header':
      return checkHeaderAuth({ ...auth, name: auth.name.trim().toLowerCase(), field: fieldOf(auth.field) });
    case 'query':
      if (!/^[\w.~[\]$-]{1,64}$/.test(auth.name.trim())) refuse('--http-auth names no usable query parameter');
      return { ...auth, name: auth.name.trim(), field: fieldOf(auth.field) };
    case 'cookie':
      if (!isToken(auth.name.trim())) refuse('--http-auth names no usable cookie');
      return { ...auth, name: auth.name.trim(), field: fieldOf(auth.field) };
    case 'aws-sigv4':
      return checkAws(auth);
  }
}

function checkHeaderAuth(auth: HttpAuth & { readonly kind: 'header' }): HttpAuth {
  const isUsable = auth.name === 'authorization' || !isForeignHeader(auth.name);
  if (!isToken(auth.name) || !isUsable) refuse('--http-auth names a header that a credential can not stand in');
  if (!/^[\x20-\x7e]{0,64}$/.test(auth.prefix ?? '')) refuse('--http-auth has a prefix that no header can hold');
  return auth;
}

function checkAws(auth: AwsAuth): AwsAuth {
  const { region, service, session } = auth;
  if (![region, service].every((name) => /^[a-z0-9-]{1,64}$/.test(name.trim())))
    refuse('--http-auth names no AWS region and service, such as eu-west-1 and s3');
  return {
    ...auth,
    key: fieldOf(auth.key),
    secret: fieldOf(auth.secret),
    ...(session === undefined ? {} : { session: fieldOf(session) }),
    region: region.trim(),
    service: service.trim(),
  };
}

function fieldOf(name: string): string {
  return checkName('name of a field in --http-auth', name);
}

function refuse(fault: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next: NEXT_AUTH });
}

/** The fields whose values go into the request, each once, as NAME or SECTION/NAME. */
export function secretFieldsOf(auth: HttpAuth): readonly string[] {
  switch (auth.kind) {
    case 'basic':
      return unique(auth.username === null ? [auth.password] : [auth.username, auth.password]);
    case 'aws-sigv4':
      return unique([auth.key, auth.secret, ...(auth.session === undefined ? [] : [auth.session])]);
    default:
      return [auth.field];
  }
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
