/** The errors of requests that have no result to be refused in. They say a code and what to do, and repeat nothing. */
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { AgentError } from '../gate/call.js';

/** What is told of a fault of ours: nothing of it. */
export function faultError(): ProtocolError {
  const next = 'Try once more; if it fails again, tell the owner to look at what the server wrote to its error output.';
  return new ProtocolError(ProtocolErrorCode.InternalError, `unavailable: ${next}`);
}

/** The gate's refusal as an error of the protocol. */
export function refusalError({ code, next }: AgentError): ProtocolError {
  const number = code === 'unavailable' ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidRequest;
  return new ProtocolError(number, `${code}: ${next}`);
}

/** Parameters that are not as they have to be; `next` says how. */
export function invalidParams(next: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, `invalid_request: ${next}`);
}

/** No such resource, or not for this token: the same words. */
export function noResource(): ProtocolError {
  const next = 'Read vouchsafe-safe:///grants, or call whoami, to see what you may reach.';
  return new ProtocolError(ProtocolErrorCode.InvalidParams, `not_found: ${next}`);
}
