/** What a client may learn of the server's tokens: RFC 9728 (the resource) and RFC 8414 (what gives tokens). Published only where the owner said so. */
import type { ServerResponse } from 'node:http';
import { SCOPES } from '../core/model.js';
import { answerJson } from './http-error.js';
import { GRANT_TYPE } from './oauth.js';

/** Where the metadata of the resource are, below the server's URL (RFC 9728 section 3.1). */
export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource/mcp';

/** What stands at each path, for a server that is known under `url`. */
export function metadataAt(url: string): ReadonlyMap<string, (response: ServerResponse) => void> {
  const resource = {
    resource: `${url}/mcp`,
    resource_name: 'Vouchsafe',
    authorization_servers: [url],
    bearer_methods_supported: ['header'],
    scopes_supported: SCOPES,
  };
  const server = {
    issuer: url,
    token_endpoint: `${url}/oauth/token`,
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint: `${url}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: ['none'],
    grant_types_supported: [GRANT_TYPE],
    response_types_supported: [],
    scopes_supported: SCOPES,
  };
  const answer =
    (body: unknown) =>
    (response: ServerResponse): void =>
      answerJson(response, { status: 200, body });
  return new Map([
    [RESOURCE_METADATA, answer(resource)],
    ['/.well-known/oauth-protected-resource', answer(resource)],
    ['/.well-known/oauth-authorization-server', answer(server)],
  ]);
}
