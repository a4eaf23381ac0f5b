/** A request of an agent with a credential, as the tests send it. */
import { checkRequest, type WantedRequest } from '../../src/core/http-check.js';
import { type HttpPolicyText, parseHttpPolicy } from '../../src/core/http-policy.js';
import type { HttpAnswer } from '../../src/use/http-answer.js';
import { sendRequest, type SendOptions } from '../../src/use/http-request.js';
import { exactMask } from '../support/masker.js';

/** Secrets of the item; whatever is told to an agent must not hold any. */
export const TOKEN = 'canary+Tok/en=7"q\'z$w';
export const PASSWORD = 'canary pässwörd & co';
export const USER = 'canary-user';
export const VALUES = new Map([
  ['token', TOKEN],
  ['user', USER],
  ['password', PASSWORD],
  ['key', 'AKIDCANARYKEY'],
  ['secret', 'canary/secret+of/aws'],
  ['session', 'canary//session=='],
  ['broken', 'two\nlines'],
  ['umlaut', 'cänary'],
  ['colon', 'canary:colon'],
  ['empty', ''],
]);

export const NOW = Date.UTC(2026, 10, 25, 12);

export interface Sent extends Omit<WantedRequest, 'url'> {
  readonly url: string;
  readonly policy?: Partial<HttpPolicyText>;
  readonly options?: Partial<SendOptions>;
}

/** Sends it, the host of the URL being the one that the owner allowed where nothing else is said. */
export async function send({ policy, options, ...wanted }: Sent): Promise<HttpAnswer> {
  const read = parseHttpPolicy({
    hosts: [new URL(wanted.url).host],
    auth: 'bearer:token',
    methods: ['GET', 'HEAD', 'POST', 'PUT'],
    allowLoopback: true,
    ...policy,
  });
  return sendRequest({
    request: checkRequest(read, wanted),
    policy: read,
    values: VALUES,
    mask: exactMask,
    now: NOW,
    ...options,
  });
}
