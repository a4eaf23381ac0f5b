/** `/oauth/token` (RFC 8693, token exchange) and `/oauth/revoke` (RFC 7009). The token that is presented is the only proof. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Credential, Refused } from '../gate/call.js';
import type { ExchangeAsked, ExchangePart } from '../gate/exchange.js';
import type { AgentService } from '../gate/service.js';
import { adviceOverHttp } from './bearer.js';
import { readBody } from './body.js';
import type { HttpFacts } from './facts.js';
import { answerJson, HttpError } from './http-error.js';

/** RFC 8693 section 2.1. */
export const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

const FORM_BYTES = 16_384;
const CLIENT = { name: 'oauth', version: '' };

/** RFC 6749 section 5.2, RFC 8693 section 2.2.2, RFC 7009 section 2.2.1. */
type OAuthCode =
  | 'invalid_request'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_token_type'
  | 'temporarily_unavailable';

/** An answer of OAuth that gives nothing. */
class OAuthFault extends Error {
  readonly code: OAuthCode;

  constructor(code: OAuthCode, description: string) {
    super(description);
    this.name = 'OAuthFault';
    this.code = code;
  }
}

export interface OAuthExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: HttpFacts;
}

/**
 * Answers `POST /oauth/token`. Throws {@link HttpError} for what is no form at all; `check` is asked before the token that
 * is presented is looked at, and may throw one too.
 */
export async function serveToken(
  service: AgentService,
  on: OAuthExchange,
  check: (token: string) => void,
): Promise<void> {
  await answering(on, async () => {
    const form = await readForm(on.request);
    const asked = askedOf(form, on.facts);
    const credential = credentialOf(form, 'subject_token');
    check(credential.text);
    const answer = await service.exchange(credential, asked);
    if (!answer.ok) throw faultOf(answer);
    return {
      access_token: answer.token,
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: Math.floor((answer.expiresAt - answer.issuedAt) / 1_000),
      scope: answer.scopes.join(' '),
    };
  });
}

/** Answers `POST /oauth/revoke`. A token that there is not, or not any more, is no error (RFC 7009 section 2.2). */
export async function serveRevocation(service: AgentService, on: OAuthExchange): Promise<void> {
  await answering(on, async () => {
    const form = await readForm(on.request);
    const answer = await service.endExchange(credentialOf(form, 'token'), { client: CLIENT, ...placeOf(on.facts) });
    if (answer.ok || answer.error.code === 'unauthenticated') return {};
    const code = answer.error.code === 'invalid_request' ? 'unsupported_token_type' : 'temporarily_unavailable';
    throw new OAuthFault(code, wordsOf(answer));
  });
}

async function answering({ request, response }: OAuthExchange, work: () => Promise<unknown>): Promise<void> {
  if (request.method !== 'POST') throw new HttpError(405, 'Use POST.', { headers: { allow: 'POST' } });
  if (request.url?.includes('?') === true) throw new HttpError(400, 'Nothing may stand behind a ? here; send a form.');
  try {
    answerJson(response, { status: 200, headers: { pragma: 'no-cache' }, body: await work() });
  } catch (error) {
    if (!(error instanceof OAuthFault)) throw error;
    const status = error.code === 'temporarily_unavailable' ? 503 : 400;
    answerJson(response, { status, body: { error: error.code, error_description: error.message } });
  }
}

/** The parameters of a form; none may stand twice (RFC 6749 section 3.2), and an empty one is none. */
async function readForm(request: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  const text = await readBody(request, 'application/x-www-form-urlencoded', FORM_BYTES);
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) throw new OAuthFault('invalid_request', 'A parameter may be sent once.');
    form.set(name, value);
  }
  return new Map([...form].filter(([, value]) => value !== ''));
}

function credentialOf(form: ReadonlyMap<string, string>, name: string): Extract<Credential, { kind: 'token' }> {
  const text = form.get(name);
  if (text === undefined) throw new OAuthFault('invalid_request', `The parameter ${name} is missing.`);
  return { kind: 'token', text };
}

function askedOf(form: ReadonlyMap<string, string>, facts: HttpFacts): ExchangeAsked {
  if (form.get('grant_type') !== GRANT_TYPE)
    throw new OAuthFault('unsupported_grant_type', `The parameter grant_type has to be ${GRANT_TYPE}`);
  for (const name of ['subject_token_type', 'requested_token_type'])
    if ((form.get(name) ?? (name === 'subject_token_type' ? '' : ACCESS_TOKEN)) !== ACCESS_TOKEN)
      throw new OAuthFault('invalid_request', `The parameter ${name} has to be ${ACCESS_TOKEN}`);
  if (form.has('actor_token')) throw new OAuthFault('invalid_request', 'The parameter actor_token is not taken.');
  if (form.has('audience')) throw new OAuthFault('invalid_target', 'Name a vault with resource, and no audience.');
  const scope = form.get('scope');
  const resource = form.get('resource');
  const forMs = forMsOf(form.get('expires_in'));
  return {
    client: CLIENT,
    ...placeOf(facts),
    ...(forMs === undefined ? {} : { forMs }),
    ...(scope === undefined ? {} : { scopes: scope.split(' ').filter((one) => one !== '') }),
    ...(resource === undefined ? {} : { vault: vaultIn(resource) }),
  };
}

/** How long it is to be good for; a parameter of this server's. */
function forMsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text))
    throw new OAuthFault('invalid_request', 'The parameter expires_in takes a number of seconds.');
  return Number(text) * 1_000;
}

/** `vouchsafe://VAULT`, or the id or name of a vault alone. */
function vaultIn(resource: string): string {
  const [, named] = /^vouchsafe:\/\/([^/?#]+)\/?$/.exec(resource) ?? [];
  if (named === undefined) return resource;
  try {
    return decodeURIComponent(named);
  } catch {
    throw new OAuthFault('invalid_target', 'The parameter resource is no vouchsafe://VAULT');
  }
}

function placeOf({ requestId, address }: HttpFacts): { requestId: string; address?: string } {
  return { requestId, ...(address === null ? {} : { address }) };
}

const SEND_TOKEN = 'Send a token of the owner’s in the form.';

const CODES: Readonly<Record<ExchangePart, OAuthCode>> = {
  token: 'invalid_request',
  scope: 'invalid_scope',
  vault: 'invalid_target',
  other: 'temporarily_unavailable',
};

function faultOf(refused: Refused & { readonly about: ExchangePart }): OAuthFault {
  const isOurs = refused.error.code === 'unavailable' || refused.error.code === 'limit_reached';
  return new OAuthFault(isOurs ? 'temporarily_unavailable' : CODES[refused.about], wordsOf(refused));
}

function wordsOf({ error }: Refused): string {
  return `${error.message} ${adviceOverHttp(error.next, SEND_TOKEN)}`;
}
