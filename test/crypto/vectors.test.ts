/**
 * Reads the committed vectors of every format (made by `test/vectors/make.ts`, without the program's code). A vector
 * that fails means that safes which exist can no longer be read: then the format needs a new version, not a new vector.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/core/refusal.js';
import { fromHex, sha256, toHex } from '../../src/crypto/bytes.js';
import * as archives from '../../src/crypto/archive.js';
import * as certificates from '../../src/crypto/certificates.js';
import * as chain from '../../src/crypto/chain.js';
import { decrypt, open, pad, seal, unpad } from '../../src/crypto/envelope.js';
import { isSignedBy, signer } from '../../src/crypto/key-pair.js';
import { contexts, exchangeKey, keyId, logTag, macKey, titleTag, tokenKey, vaultKeys } from '../../src/crypto/keys.js';
import * as decisions from '../../src/crypto/decision.js';
import * as exchanges from '../../src/crypto/exchange.js';
import { notifyKey, notifySignature } from '../../src/crypto/notification.js';
import { recoveryKey, unlockKey } from '../../src/crypto/password.js';
import type { RecordFormat } from '../../src/crypto/record.js';
import * as revisions from '../../src/crypto/revision.js';
import * as rules from '../../src/crypto/rule.js';
import { openSealed, sealTo } from '../../src/crypto/sealed-box.js';
import * as states from '../../src/crypto/state.js';
import { hashSecret, isSecretOf, parseToken, printToken } from '../../src/crypto/token-string.js';
import { changedOwnerKeysRecord, ownerKeysRecord } from '../../src/gate/owner-keys.js';
import { CHEAP_BOUNDS } from '../support/safe.js';

type Vector = Readonly<Record<string, unknown>> & { readonly name: string; readonly fails?: string };
interface VectorFile {
  readonly good: readonly Vector[];
  readonly bad: readonly Vector[];
}

const FOLDER = join(import.meta.dirname, '..', 'vectors');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const vectorsOf = (name: string): VectorFile =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as VectorFile;

/** All that declares a record. */
const FORMATS = new Map<string, RecordFormat<unknown>>();
for (const [name, exported] of Object.entries({
  ...archives,
  ...certificates,
  ...chain,
  ...decisions,
  ...exchanges,
  ...revisions,
  ...rules,
  ...states,
  changedOwnerKeysRecord,
  ownerKeysRecord,
})) {
  if (typeof exported === 'object') FORMATS.set(name, exported);
}

function text(vector: Vector, name: string): string {
  const value = vector[name];
  if (typeof value !== 'string') throw new Error(`the vector "${vector.name}" lacks ${name}`);
  return value;
}
const bytes = (vector: Vector, name: string): Uint8Array => fromHex(text(vector, name));
const integer = (vector: Vector, name: string): number => Number(vector[name]);

/** `{ "hex": … }` as bytes, at any depth. */
function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== 'object' || value === null) return value;
  if ('hex' in value && typeof value.hex === 'string') return new Uint8Array(fromHex(value.hex));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, revived(one)]));
}

/** Bytes as hexadecimal text, at any depth: to compare whatever class of bytes it is. */
function told(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: toHex(value) };
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, told(one)]));
}

function formatOf(vector: Vector): RecordFormat<unknown> {
  const format = FORMATS.get(text(vector, 'record'));
  if (format === undefined) throw new Error(`no record ${text(vector, 'record')}`);
  return format;
}

const partsOf = (vector: Vector): Parameters<typeof tokenKey>[0] => ({
  ...{
    kind: 'personal' as const,
    lookupId: text(vector, 'lookupId'),
    secret: text(vector, 'secret'),
    keyHalf: bytes(vector, 'keyHalf'),
  },
});
const pairOf = (vector: Vector): Parameters<typeof signer>[0] => ({
  ...{ publicKey: bytes(vector, 'public'), privateKey: bytes(vector, 'private') },
});
const stretchOf = (vector: Vector): Parameters<typeof unlockKey>[1] => ({
  ...{ salt: bytes(vector, 'salt'), bounds: CHEAP_BOUNDS },
  cost: vector['cost'] as Parameters<typeof unlockKey>[1]['cost'],
});
const entryOf = (vector: Vector): chain.Entry => revived(vector['entry']) as chain.Entry;

/** How one file is read: what a vector gives, the same members of the vector, and what the writing side must keep. */
interface Reading {
  /** What the program makes of the vector's inputs, as JSON of the members that are results. */
  readonly read: (vector: Vector) => unknown;
  /** For good vectors of what has randomness or a second direction. */
  readonly also?: (vector: Vector) => void;
}

const READINGS: Readonly<Record<string, Reading>> = {
  record: {
    read: (vector) => ({ value: formatOf(vector).decode(text(vector, 'safe'), bytes(vector, 'encoded')) }),
    also(vector) {
      const format = formatOf(vector);
      const encoded = format.encode(text(vector, 'safe'), revived(vector['value']));
      expect(toHex(encoded)).toBe(vector['encoded']);
      expect(toHex(sha256(encoded))).toBe(vector['sha256']);
      expect(format.purpose).toBe(vector['purpose']);
    },
  },
  context: {
    read(vector) {
      const maker = Object.entries(contexts).find(([name]) => name === vector['maker'])?.[1];
      if (maker === undefined) throw new Error(`no context ${text(vector, 'maker')}`);
      const make = maker as (...parts: readonly unknown[]) => Uint8Array;
      return { encoded: toHex(make(...(revived(vector['arguments']) as readonly unknown[]))) };
    },
  },
  padding: {
    read: (vector) => ({ data: toHex(unpad(bytes(vector, 'padded'))) }),
    also: (vector) => {
      expect(toHex(pad(bytes(vector, 'data')))).toBe(vector['padded']);
    },
  },
  envelope: {
    read: (vector) => ({
      data: toHex(open(bytes(vector, 'key'), bytes(vector, 'context'), bytes(vector, 'envelope'))),
    }),
    also(vector) {
      const [key, context, data] = [bytes(vector, 'key'), bytes(vector, 'context'), bytes(vector, 'data')];
      const sealed = seal(key, context, data);
      expect(sealed).toHaveLength(bytes(vector, 'envelope').length);
      expect(toHex(sealed)).not.toBe(vector['envelope']);
      expect(toHex(open(key, context, sealed))).toBe(vector['data']);
    },
  },
  'sealed-box': {
    read: (vector) => ({ data: toHex(openSealed(pairOf(vector), bytes(vector, 'context'), bytes(vector, 'box'))) }),
    also(vector) {
      const sealed = sealTo(bytes(vector, 'public'), bytes(vector, 'context'), bytes(vector, 'data'));
      expect(sealed).toHaveLength(bytes(vector, 'box').length);
      expect(toHex(openSealed(pairOf(vector), bytes(vector, 'context'), sealed))).toBe(vector['data']);
    },
  },
  token: {
    read(vector) {
      const parts = parseToken(text(vector, 'text'));
      if (parts === null) return null;
      const { lookupId, secret, keyHalf } = parts;
      return told({ lookupId, secret, keyHalf: toHex(keyHalf) });
    },
    also(vector) {
      expect(printToken(partsOf(vector))).toBe(vector['text']);
      const exchanged = printToken({ ...partsOf(vector), kind: 'exchanged' });
      expect(exchanged).toMatch(/^vsx_/);
      expect(parseToken(exchanged)?.kind).toBe('exchanged');
      expect(parseToken(text(vector, 'text').replace('vsp_', 'vsx_'))).toBeNull();
      const [safe, secret, stored] = [text(vector, 'safe'), text(vector, 'secret'), bytes(vector, 'secretHash')];
      expect(toHex(hashSecret(safe, secret))).toBe(vector['secretHash']);
      expect(isSecretOf(safe, secret, stored)).toBe(true);
      expect(isSecretOf(`${safe}x`, secret, stored)).toBe(false);
      expect(isSecretOf(safe, `${secret}x`, stored)).toBe(false);
      expect(isSecretOf(safe, secret, stored.subarray(1))).toBe(false);
    },
  },
  'key-id': { read: (vector) => ({ id: toHex(keyId(bytes(vector, 'key'))) }) },
  'vault-keys': {
    read(vector) {
      const { nameKey, titleTagKey } = vaultKeys(bytes(vector, 'key'));
      return { nameKey: toHex(nameKey), titleTagKey: toHex(titleTagKey.export()) };
    },
  },
  'title-tag': { read: (vector) => ({ tag: toHex(titleTag(macKey(bytes(vector, 'key')), text(vector, 'title'))) }) },
  'log-tag': {
    read: (vector) => ({
      tag: toHex(logTag(macKey(bytes(vector, 'key')), text(vector, 'purpose') as 'reason', text(vector, 'text'))),
    }),
  },
  notification: {
    read: (vector) => ({
      signature: notifySignature(
        notifyKey(bytes(vector, 'rootKey'), text(vector, 'safe')),
        text(vector, 'body'),
        integer(vector, 'seconds'),
      ),
    }),
  },
  'token-key': {
    read: (vector) => ({
      key: toHex(tokenKey(partsOf(vector), bytes(vector, 'hostShare'), integer(vector, 'epoch'))),
    }),
  },
  'exchange-key': {
    read: (vector) => ({
      key: toHex(exchangeKey(partsOf(vector), bytes(vector, 'hostShare'), integer(vector, 'epoch'))),
    }),
  },
  entry: {
    read: (vector) => ({ hash: toHex(chain.entryHash(text(vector, 'safe'), entryOf(vector))) }),
    also(vector) {
      const [safe, hash] = [text(vector, 'safe'), bytes(vector, 'hash')];
      const signature = vector['signature'] === null ? null : bytes(vector, 'signature');
      expect(toHex(chain.linkOf(hash, signature))).toBe(vector['link']);
      expect(toHex(chain.firstLink(safe))).toBe(vector['firstLink']);
      if (signature === null) return;
      const message = chain.entrySignature.encode(safe, { hash });
      expect(isSignedBy(bytes(vector, 'signer'), message, signature)).toBe(true);
    },
  },
  signature: {
    read: (vector) => isSignedBy(bytes(vector, 'public'), bytes(vector, 'message'), bytes(vector, 'signature')),
    also: (vector) => {
      expect(toHex(signer(pairOf(vector))(bytes(vector, 'message')))).toBe(vector['signature']);
    },
  },
  'unlock-key': {
    read: async (vector) => ({ key: toHex(await unlockKey(text(vector, 'password'), stretchOf(vector))) }),
  },
  'recovery-key': { read: (vector) => ({ key: toHex(recoveryKey(bytes(vector, 'code'), bytes(vector, 'salt'))) }) },
  payload: {
    read(vector) {
      const sealed = bytes(vector, 'sealed');
      const how = { key: bytes(vector, 'key'), nonce: sealed.subarray(0, 12), aad: bytes(vector, 'context') };
      return { data: toHex(unpad(decrypt(how, sealed.subarray(12)))) };
    },
  },
};

/** The members of the vector that a reading gives. */
function stated(vector: Vector, given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return true;
  return Object.fromEntries(Object.keys(given).map((name) => [name, vector[name]]));
}

/** What must happen with a bad vector. */
const FAILURES: Readonly<Record<string, (read: () => unknown, vector: Vector) => Promise<void>>> = {
  async integrity(read) {
    const error: unknown = await Promise.resolve()
      .then(read)
      .then(
        () => 'nothing was thrown',
        (thrown: unknown) => thrown,
      );
    expect(error).toBeInstanceOf(Refusal);
    expect(error instanceof Refusal && error.code).toBe('integrity');
  },
  async range(read) {
    await expect(Promise.resolve().then(read)).rejects.toThrow(RangeError);
  },
  async null(read) {
    expect(await read()).toBeNull();
  },
  async false(read) {
    expect(await read()).toBe(false);
  },
  async different(read, vector) {
    const given = await read();
    const same = stated(vector, given);
    expect(Object.values(same as object).every((value) => typeof value === 'string')).toBe(true);
    expect(given).not.toEqual(same);
  },
};

test('every file of vectors is read, and every format has one', () => {
  expect(FILES.map((name) => name.slice(0, -5)).sort()).toEqual(Object.keys(READINGS).sort());
});

test('every declared record has good and bad vectors', () => {
  const { good, bad } = vectorsOf('record');
  const names = [...FORMATS.keys()].sort();
  expect(names.length).toBeGreaterThan(13);
  expect([...new Set(good.map((vector) => text(vector, 'record')))].sort()).toEqual(names);
  expect([...new Set(bad.map((vector) => text(vector, 'record')))].sort()).toEqual(names);
  const purposes = [...FORMATS.values()].map(({ purpose }) => purpose);
  expect(new Set(purposes).size).toBe(purposes.length);
});

test('every context has a vector, and no two are alike', () => {
  const { good } = vectorsOf('context');
  expect(good.map((vector) => text(vector, 'maker')).sort()).toEqual(Object.keys(contexts).sort());
  expect(new Set(good.map((vector) => vector['encoded'])).size).toBe(good.length);
});

describe.each(Object.entries(READINGS))('%s', (file, { read, also }) => {
  const { good, bad } = vectorsOf(file);

  test('has vectors of both kinds, each with a name of its own', () => {
    expect(good.length).toBeGreaterThan(0);
    expect(bad.length).toBeGreaterThan(1);
    const names = [...good, ...bad].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(good.map((vector) => [vector.name, vector] as const))('good: %s', async (_name, vector) => {
    const given = told(await read(vector));
    expect(given).not.toBeNull();
    expect(given).toEqual(stated(vector, given));
    also?.(vector);
  });

  test.each(bad.map((vector) => [vector.name, vector] as const))('bad: %s', async (_name, vector) => {
    const fails = FAILURES[vector.fails ?? ''];
    if (fails === undefined) throw new Error(`a bad vector that says not what must happen: ${String(vector.fails)}`);
    await fails(() => read(vector), vector);
  });
});
