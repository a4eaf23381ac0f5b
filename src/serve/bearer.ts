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

/** The gate’s advice to an agent whose program was started with a token, which nobody did who asks over HTTP. */
const OF_A_PROGRAM = /--token-file/;

/** What to do about a token that is not usable, in the gate’s words but where they are not about HTTP. */
export function adviceOverHttp(next: string, instead: string): string {
  return OF_A_PROGRAM.test(next) ? instead : next;
}
