/**
 * Token exchange (RFC 8693): a personal access token gives a short-lived one of itself, narrowed if asked for. The bundle
 * is wrapped once more under a new secret, and the token's own key signs the narrowing: no key of a server is in it.
 */
import { SCOPES, type Scope } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import type { Receipt } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import { sha256 } from '../crypto/bytes.js';
import { bundle as bundleRecord } from '../crypto/certificates.js';
import { seal } from '../crypto/envelope.js';
import { type Exchange, exchange as exchangeRecord } from '../crypto/exchange.js';
import { contexts, exchangeKey } from '../crypto/keys.js';
import { hashSecret, newTokenParts, printToken, type TokenParts } from '../crypto/token-string.js';
import type { Handle } from '../store/database.js';
import { eraseExchange, putExchange, sweepExchanges } from '../store/exchanges.js';
import type { Call, Refused } from './call.js';
import type { CallLog } from './call-log.js';
import { type Entered, type Entrance, lookAgain } from './entrance.js';
import type { Draft } from './entry-draft.js';
import { readHostShare } from './host-share.js';
import { isLive, type OpenedToken, tokenRing } from './opened-token.js';
import type { Recorded } from './recorder.js';
import type { Safe } from './safe.js';
import type { Shelf } from './shelf.js';

/** How long a short-lived token is good for where nothing is said, and at most. */
export const EXCHANGE_FOR = { defaultMs: 3_600_000, mostMs: 12 * 3_600_000 } as const;

/** What is asked for. */
export interface ExchangeAsked extends Pick<Call, 'client' | 'requestId' | 'address'> {
  /** For so long at most; the default where it is left out. More than the most is the most. */
  readonly forMs?: number;
  /** No more than these; all that the token has where it is left out. */
  readonly scopes?: readonly string[];
  /** Nothing but this vault, by id or name. */
  readonly vault?: string;
}

/** The parameter that a refusal is about. */
export type ExchangePart = 'token' | 'scope' | 'vault' | 'other';

export interface Exchanged {
  readonly ok: true;
  /** The text of the short-lived token. */
  readonly token: string;
  /** Unix ms. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly scopes: readonly Scope[];
  readonly receipt: Receipt;
}

/** What a token, or a short-lived one, is exchanged or ended with. */
export interface ExchangeGround {
  readonly safe: Safe;
  readonly log: CallLog;
  readonly entrance: Entrance;
  readonly shelf: Shelf;
}

/** Exchanges the credential; one entry, whatever becomes of it. Never throws. */
export async function exchangeToken(
  ground: ExchangeGround,
  draft: Draft,
  asked: ExchangeAsked,
): Promise<Exchanged | (Refused & { readonly about: ExchangePart })> {
  let about: ExchangePart = 'token';
  const narrowing = { at: (part: ExchangePart) => (about = part) };
  try {
    const parts = ground.entrance.parts();
    if (parts.kind === 'exchanged')
      throw new Refusal('invalid_request', {
        message: 'A short-lived token cannot be exchanged again.',
        next: 'Send the personal access token itself, vsp_….',
      });
    const made: { given?: Omit<Exchanged, 'ok' | 'receipt'> } = {};
    const exchange = async (handle: Handle): Promise<Recorded> => {
      const entered = await ground.entrance.enter(handle, parts, draft);
      const said = await sayExchange(handle, ground, { entered, asked, narrowing });
      about = 'other';
      const { recorded, token } = await putSigned(handle, ground, { entered, said, draft });
      const scopes = said.hasScopes ? scopesIn(said.scopes) : (entered.token.scopes ?? SCOPES);
      made.given = { token, issuedAt: said.issuedAt, expiresAt: said.notAfter, scopes };
      return recorded;
    };
    const receipt = await lookAgain(async () => ground.log.record(draft, exchange));
    if (made.given === undefined) throw new Error('nothing was exchanged');
    return { ok: true, ...made.given, receipt };
  } catch (error) {
    return { ...(await ground.log.refuse(draft, error)), about };
  }
}

interface Saying {
  readonly entered: Entered;
  readonly asked: ExchangeAsked;
  readonly narrowing: { readonly at: (part: ExchangePart) => void };
}

/** What the token says of its exchange. Throws where it does not have what is asked for. */
async function sayExchange(handle: Handle, ground: ExchangeGround, on: Saying): Promise<Exchange> {
  const { entered, asked, narrowing } = on;
  const { token, now } = entered;
  narrowing.at('scope');
  const scopes = asked.scopes === undefined ? null : narrowedScopes(token, asked.scopes);
  narrowing.at('vault');
  const vault = asked.vault === undefined ? null : await vaultNamed(handle, ground, { entered, name: asked.vault });
  const forMs = Math.min(asked.forMs ?? EXCHANGE_FOR.defaultMs, EXCHANGE_FOR.mostMs);
  return {
    id: '',
    token: token.id,
    epoch: token.certificate.epoch,
    issuedAt: now,
    notAfter: Math.min(now + forMs, token.certificate.notAfter ?? Infinity),
    hasScopes: scopes !== null,
    scopes: scopes ?? [],
    vault,
    extensions: [],
  };
}

function narrowedScopes({ scopes }: OpenedToken, asked: readonly string[]): readonly string[] {
  const has: readonly string[] = scopes ?? SCOPES;
  const wanted = asked.includes('*') ? has : [...new Set(asked)];
  if (wanted.length > 0 && wanted.every((scope) => has.includes(scope))) return wanted;
  throw new Refusal('forbidden', {
    message: 'The token does not have a scope that is asked for.',
    next: `It has: ${has.join(' ')}`,
    detail: 'a scope beyond those of the token',
  });
}

function scopesIn(texts: readonly string[]): readonly Scope[] {
  return SCOPES.filter((scope) => texts.includes(scope));
}

/** The one vault of the token's grants that a text means. Others and those that are not there are told alike. */
async function vaultNamed(
  handle: Handle,
  { shelf }: ExchangeGround,
  { entered, name }: { entered: Entered; name: string },
): Promise<string> {
  const { token, state, now } = entered;
  const at = { handle, state, ring: tokenRing(token, now) };
  const vaults = new Set(token.grants.filter((grant) => isLive(grant, now)).map(({ vault }) => vault));
  if (vaults.has(name.toLowerCase())) return name.toLowerCase();
  for (const vault of vaults) {
    const found = await shelf.name(at, vault);
    if (found !== null && foldName(found.name) === foldName(name)) return vault;
  }
  throw new Refusal('forbidden', {
    message: 'The token does not reach a vault of that name or id, or there is none.',
    next: 'Call whoami to see which vaults it reaches.',
    detail: 'a vault that the token does not reach',
  });
}

interface Signing {
  readonly entered: Entered;
  readonly said: Exchange;
  readonly draft: Draft;
}

async function putSigned(
  handle: Handle,
  { safe, log }: ExchangeGround,
  { entered, said, draft }: Signing,
): Promise<{ recorded: Recorded; token: string }> {
  const { token, bundle, state, now } = entered;
  if (token.actor.kind !== 'token') throw new Error('a token without a key');
  const parts = newTokenParts('exchanged');
  const signed = exchangeRecord.encode(safe.id, { ...said, id: parts.lookupId });
  await sweepExchanges(handle, now);
  await putExchange(handle, {
    lookupId: parts.lookupId,
    secretHash: hashSecret(safe.id, parts.secret),
    token: said.token,
    epoch: said.epoch,
    notAfter: said.notAfter,
    signed,
    signature: token.actor.sign(signed),
    bundle: wrapped(safe, parts, { said, bundle }),
  });
  const change = { kind: 'exchange', id: parts.lookupId, revision: 1, hash: sha256(signed), before: null };
  draft.changes.push(change);
  Object.assign(draft, { outcome: 'granted', detail: narrowingText(said, now) });
  return { recorded: await log.grant(handle, draft, { state, now }), token: printToken(parts) };
}

function wrapped(
  safe: Safe,
  parts: TokenParts,
  { said, bundle }: { said: Exchange; bundle: Entered['bundle'] },
): Uint8Array {
  const hostShare = readHostShare(safe.places, safe.id);
  if (hostShare === null) throw new Refusal('unavailable', { detail: 'the host share is missing' });
  const context = contexts.exchangedBundle(safe.id, { ...said, id: parts.lookupId });
  return seal(exchangeKey(parts, hostShare, said.epoch), context, bundleRecord.encode(safe.id, bundle));
}

/** For how long, and what it is narrowed to, in words for the owner. */
function narrowingText({ notAfter, hasScopes, scopes, vault }: Exchange, now: number): string {
  const seconds = String(Math.round((notAfter - now) / 1_000));
  const parts = [`for ${seconds} s`, ...(hasScopes ? [`scopes ${scopes.join(' ')}`] : [])];
  return [...parts, ...(vault === null ? [] : [`vault ${vault}`])].join(', ');
}

/** Ends a short-lived token (RFC 7009), by its own word; one entry, whatever becomes of it. Never throws. */
export async function endExchange(
  { entrance, log }: ExchangeGround,
  draft: Draft,
): Promise<{ readonly ok: true; readonly receipt: Receipt } | Refused> {
  try {
    const parts = entrance.parts();
    if (parts.kind !== 'exchanged')
      throw new Refusal('invalid_request', {
        message: 'A personal access token is ended by its owner.',
        next: 'vouchsafe pat delete NAME',
      });
    const end = async (handle: Handle): Promise<Recorded> => {
      const { token, state, now } = await entrance.enter(handle, parts, draft);
      const { exchange } = token;
      if (exchange === null) throw new Error('a short-lived token without its exchange');
      await eraseExchange(handle, exchange.id);
      draft.changes.push({ kind: 'exchange', id: exchange.id, revision: 2, hash: null, before: exchange.hash });
      draft.outcome = 'granted';
      return log.grant(handle, draft, { state, now });
    };
    return { ok: true, receipt: await lookAgain(async () => log.record(draft, end)) };
  } catch (error) {
    return log.refuse(draft, error);
  }
}
