/** The key hierarchy: how each key is derived, named and wrapped. Every context names what the key is for. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { foldName } from '../core/text.js';
import { concat, randomBytes, sha256, toUtf8 } from './bytes.js';
import { deriveKey } from './envelope.js';
import { context } from './record.js';
import type { TokenParts } from './token-string.js';

export const KEY_SIZE = 32;
export const newKey = (): Uint8Array => randomBytes(KEY_SIZE);

const NO_SALT = new Uint8Array(32);

/** Names a vault or item key without telling it: SHA-256(purpose ‖ key), 16 bytes. */
export function keyId(key: Uint8Array): Uint8Array {
  return sha256(context('vouchsafe key-id 1'), key).subarray(0, 16);
}

/** The two keys that a vault key gives: one seals names, one tags titles. */
export interface VaultKeys {
  readonly key: Uint8Array;
  readonly nameKey: Uint8Array;
  readonly titleTagKey: MacKey;
}

/** A key of HMAC-SHA-256, imported once: importing costs as much as a tag. */
export type MacKey = KeyObject;

/** Imports a MAC key. */
export function macKey(key: Uint8Array): MacKey {
  return createSecretKey(key);
}

export function vaultKeys(key: Uint8Array): VaultKeys {
  const derive = (purpose: string): Uint8Array => deriveKey(key, NO_SALT, context(purpose));
  return {
    key,
    nameKey: derive('vouchsafe vault-name-key 1'),
    titleTagKey: macKey(derive('vouchsafe title-tag-key 1')),
  };
}

/** HMAC-SHA-256 (RFC 2104) over the folded title, 16 bytes: finds a title without opening every overview. */
export function titleTag(titleTagKey: MacKey, title: string): Uint8Array {
  return hmac(titleTagKey, 'vouchsafe title-tag 1', foldName(title)).subarray(0, 16);
}

/** HMAC-SHA-256 under a token's tag key, 8 bytes: shows repeats in the log without telling what repeats. */
export function logTag(
  tagKey: MacKey,
  purpose: 'reason' | 'template' | 'client' | 'request',
  text: string,
): Uint8Array {
  return hmac(tagKey, `vouchsafe log-tag-${purpose} 1`, text).subarray(0, 8);
}

function hmac(key: MacKey, purpose: string, text: string): Uint8Array {
  return createHmac('sha256', key).update(context(purpose)).update(toUtf8(text)).digest();
}

/** TK, which opens a token's bundle: both halves of the token and the host share are needed. */
export function tokenKey(parts: TokenParts, hostShare: Uint8Array, epoch: number): Uint8Array {
  const material = concat(toUtf8(parts.secret), parts.keyHalf, hostShare);
  return deriveKey(material, toUtf8(parts.lookupId), context('vouchsafe token 1', epoch));
}

/** The key of a token's bundle as it is wrapped once more for what the token was exchanged for. */
export function exchangeKey(parts: TokenParts, hostShare: Uint8Array, epoch: number): Uint8Array {
  const material = concat(toUtf8(parts.secret), parts.keyHalf, hostShare);
  return deriveKey(material, toUtf8(parts.lookupId), context('vouchsafe exchange-key 1', epoch));
}

/** A vault at one epoch. */
export interface VaultAt {
  readonly safeId: string;
  readonly vault: string;
  readonly epoch: number;
}

/** An item key at one epoch, inside a vault at one epoch. */
export interface ItemKeyAt extends VaultAt {
  readonly item: string;
  readonly itemEpoch: number;
}

/** A revision of an item or (with an item key epoch of zero) of a vault. */
export interface RevisionAt extends ItemKeyAt {
  readonly number: number;
}

/** The contexts of all envelopes and sealed boxes. */
export const contexts = {
  rootKey: (safeId: string, kind: string, parameters: Uint8Array) =>
    context('vouchsafe root-key 1', safeId, kind, parameters),
  ownerKeys: (safeId: string) => context('vouchsafe owner-keys 1', safeId),
  ownerVaultKey: (at: VaultAt) => context('vouchsafe vault-key 1', at.safeId, at.vault, at.epoch),
  itemKey: (at: ItemKeyAt) => context('vouchsafe item-key 1', at.safeId, at.vault, at.epoch, at.item, at.itemEpoch),
  overview: (at: RevisionAt) => revisionContext('vouchsafe overview 1', at),
  secret: (at: RevisionAt) => revisionContext('vouchsafe secret 1', at),
  vaultName: (at: RevisionAt) => revisionContext('vouchsafe vault-name 1', at),
  bundle: (safeId: string, token: string, epoch: number) => context('vouchsafe bundle 1', safeId, token, epoch),
  exchangedBundle: (safeId: string, of: { readonly id: string; readonly token: string; readonly epoch: number }) =>
    context('vouchsafe exchanged-bundle 1', safeId, of.id, of.token, of.epoch),
  ownerTagKey: (safeId: string, token: string) => context('vouchsafe tag-key 1', safeId, token),
  certificatePrivate: (safeId: string, token: string, epoch: number) =>
    context('vouchsafe certificate-private 1', safeId, token, epoch),
  grantPrivate: (safeId: string, grant: string) => context('vouchsafe grant-private 1', safeId, grant),
  grantKey: (safeId: string, documentHash: Uint8Array) => context('vouchsafe grant-key 1', safeId, documentHash),
  decisionPrivate: (safeId: string, request: string) => context('vouchsafe decision-private 1', safeId, request),
  rule: (at: VaultAt, subject: string) => context('vouchsafe rule 1', at.safeId, at.vault, at.epoch, subject),
  rulePrivate: (safeId: string, subject: string) => context('vouchsafe rule-private 1', safeId, subject),
  usePrivate: (safeId: string, request: string) => context('vouchsafe use-private 1', safeId, request),
  notifyKey: (safeId: string) => context('vouchsafe notify-key 1', safeId),
  sessionKey: (safeId: string, session: string) => context('vouchsafe session-key 1', safeId, session),
  sessionFacts: (safeId: string, session: string) => context('vouchsafe session-facts 1', safeId, session),
  payload: (safeId: string, sessionHash: Uint8Array, seq: number) =>
    context('vouchsafe payload 1', safeId, sessionHash, seq),
  ownerSession: (safeId: string, expiresAt: number) => context('vouchsafe owner-session 1', safeId, expiresAt),
} as const;

function revisionContext(purpose: string, at: RevisionAt): Uint8Array {
  return context(purpose, at.safeId, at.vault, at.epoch, at.item, at.itemEpoch, at.number);
}
