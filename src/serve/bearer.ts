/** The token of a request: RFC 6750 section 2.1, and in no other way. */
import type { IncomingMessage } from 'node:http';
import type { Credential } from '../gate/call.js';
import { HttpError } from './http-error.js';

const ABSENT = 'no Authorization header';

/** What is presented. Throws {@link HttpError} where the address of the request carries anything but its path. */
export function bearerOf({ url, headers }: IncomingMessage): Credential {
  if (url?.includes('?') === true)
    throw new HttpError(400, 'Nothing may stand behind a ? here. A token goes into the header Authorization: Bearer.');
  const { authorization } = headers;
  if (authorization === undefined) return { kind: 'absent', problem: ABSENT };
  const [, text] = /^bearer +([^\s]+) *$/i.exec(authorization) ?? [];
  return text === undefined
    ? { kind: 'absent', problem: 'the Authorization header is not “Bearer TOKEN”' }
    : { kind: 'token', text };
}
