/**
 * Makes the vector files next to it, with fixed inputs and none of the program's code: `security.md` and the comments of
 * `src/crypto/` were its only source. Files that are committed are kept for ever; a new format version gets new files.
 *
 *     node test/vectors/make.ts && prettier --write test/vectors/*.json
 */
import {
  argon2Sync,
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

// ---- the canonical encoding ----

type Value =
  | readonly ['absent']
  | readonly ['bytes', Uint8Array]
  | readonly ['text', string]
  | readonly ['integer', number]
  | readonly ['boolean', boolean]
  | readonly ['list', readonly Value[]]
  | readonly ['struct', Fields];
type Fields = readonly (readonly [string, Value])[];

const absent: Value = ['absent'];
const b = (value: Uint8Array): Value => ['bytes', value];
const t = (value: string): Value => ['text', value];
const i = (value: number): Value => ['integer', value];
const z = (value: boolean): Value => ['boolean', value];
const l = (...values: readonly Value[]): Value => ['list', values];
const s = (...fields: Fields): Value => ['struct', fields];

function element(type: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head[0] = type;
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function u64(value: bigint): Buffer {
  const body = Buffer.alloc(8);
  body.writeBigUInt64BE(value);
  return body;
}

function encode(value: Value): Buffer {
  switch (value[0]) {
    case 'absent':
      return element(0, Buffer.alloc(0));
    case 'bytes':
      return element(1, value[1]);
    case 'text':
      return element(2, Buffer.from(value[1], 'utf8'));
    case 'integer':
      return element(3, u64(BigInt(value[1])));
    case 'boolean':
      return element(4, Buffer.of(value[1] ? 1 : 0));
    case 'list':
      return element(5, Buffer.concat(value[1].map(encode)));
    case 'struct':
      return element(5, Buffer.concat(value[1].map(([, field]) => encode(field))));
  }
}

const record = (purpose: string, safe: string, fields: Fields): Buffer =>
  Buffer.concat([encode(t(purpose)), encode(t(safe)), ...fields.map(([, field]) => encode(field))]);
const context = (purpose: string, ...parts: readonly Value[]): Buffer =>
  Buffer.concat([encode(t(purpose)), ...parts.map(encode)]);

/** A value as JSON: bytes are `{ "hex": … }`, all else is itself. */
function plain(value: Value): unknown {
  switch (value[0]) {
    case 'absent':
      return null;
    case 'bytes':
      return { hex: hex(value[1]) };
    case 'list':
      return value[1].map(plain);
    case 'struct':
      return named(value[1]);
    default:
      return value[1];
  }
}
const named = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(fields.map(([name, value]) => [name, plain(value)]));

// ---- primitives ----

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
/** `size` fixed bytes, different for each name. */
const fixed = (name: string, size = 32): Buffer =>
  Buffer.concat([sha256(Buffer.from(`vector ${name}`)), sha256(Buffer.from(`vector ${name} more`))]).subarray(0, size);
const hkdf = (key: Uint8Array, salt: Uint8Array, info: Uint8Array, size = 32): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, info, size));

function gcm(key: Uint8Array, nonce: Uint8Array, of: { aad: Uint8Array; data: Uint8Array }): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(of.aad);
  return Buffer.concat([cipher.update(of.data), cipher.final(), cipher.getAuthTag()]);
}

const NO_NONCE = Buffer.alloc(12);

function pad(data: Uint8Array): Buffer {
  const size = Math.ceil((data.length + 4) / 64) * 64;
  const out = Buffer.alloc(size);
  out.writeUInt32BE(data.length);
  out.set(data, 4);
  return out;
}

function privateKey(curve: 'ed25519' | 'x25519', seed: Uint8Array): KeyObject {
  const oid = curve === 'ed25519' ? '70' : '6e';
  const der = Buffer.concat([Buffer.from(`302e020100300506032b65${oid}04220420`, 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

const publicKey = (curve: 'ed25519' | 'x25519', seed: Uint8Array): Buffer =>
  createPublicKey(privateKey(curve, seed)).export({ format: 'der', type: 'spki' }).subarray(-32);

function publicObject(raw: Uint8Array): KeyObject {
  const der = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), raw]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

// ---- the files ----

type Json = Readonly<Record<string, unknown>>;

function write(name: string, about: string, vectors: { good: readonly Json[]; bad: readonly Json[] }): void {
  const file = join(import.meta.dirname, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ about, ...vectors }, null, 2)}\n`);
}

const SAFE = 'vectorsafe000001';
const VAULT = 'vectorvault00001';
const ITEM = `${VAULT}vectoritem000001`;
const AT = 1_767_225_600_000;
const extension = (name: string): Value => s(['name', t(name)], ['value', t('a value')]);

const certificate: Fields = [
  ['token', t('steady-amber-otter')],
  ['epoch', i(2)],
  ['agreementKey', b(fixed('agreement'))],
  ['signingKey', b(fixed('signing'))],
  ['createdAt', i(AT)],
  ['issuedAt', i(AT + 1)],
  ['notAfter', i(AT + 86_400_000)],
  ['isAgent', z(true)],
  ['scopes', l(t('read'), t('reveal'))],
  ['privateHash', b(fixed('private hash'))],
  ['extensions', l()],
];
const grant: Fields = [
  ['grant', t('vectorgrant00001')],
  ['token', t('steady-amber-otter')],
  ['epoch', i(2)],
  ['vault', t(VAULT)],
  ['item', t(ITEM)],
  ['role', t('viewer')],
  ['keyEpoch', i(3)],
  ['keyId', b(fixed('key id', 16))],
  ['since', i(7)],
  ['sinceSeq', i(12)],
  ['notAfter', absent],
  ['privateHash', b(fixed('private hash'))],
  ['extensions', l(extension('later'))],
];
const leaf: Fields = [
  ['token', t('steady-amber-otter')],
  ['epoch', i(2)],
  ['certificate', b(fixed('certificate hash'))],
  ['grants', l(s(['id', t('vectorgrant00001')], ['hash', b(fixed('grant hash'))]))],
  ['approvals', l(b(fixed('approval')))],
  ['frozenSeq', absent],
  ['liftedSeq', i(0)],
  ['extensions', l()],
];
const vaultHead: Fields = [
  ['id', t(VAULT)],
  ['epoch', i(3)],
  ['keyId', b(fixed('key id', 16))],
  ['leastEpochs', l(s(['item', t(ITEM)], ['epoch', i(4)]))],
];
const state: Fields = [
  ['version', i(9)],
  ['logSeq', i(41)],
  ['logHash', b(fixed('log hash'))],
  ['at', i(AT)],
  ['agreementKey', b(fixed('owner agreement'))],
  ['signingKey', b(fixed('owner signing'))],
  ['vaults', l(s(...vaultHead))],
  ['tokens', l(s(['id', t('steady-amber-otter')], ['leaf', b(fixed('leaf'))]))],
  ['policies', l(s(['item', t(ITEM)], ['name', t('approve')], ['value', t('yes')]))],
  ['recipes', l(s(['id', t('deploy')], ['hash', b(fixed('recipe'))]))],
  ['settings', l(extension('item.keep_revisions'))],
];
const earlier: Fields = [['earlier', l(s(['key', b(fixed('first owner signing'))], ['last', i(40)]))]];
const ownerPublic: Fields = [
  ['agreementKey', b(fixed('owner agreement'))],
  ['signingKey', b(fixed('owner signing'))],
  ...earlier,
];
const revision: Fields = [
  ['vault', t(VAULT)],
  ['vaultEpoch', i(3)],
  ['item', t(ITEM)],
  ['number', i(5)],
  ['before', b(fixed('before'))],
  ['keyEpoch', i(4)],
  ['keyId', b(fixed('key id', 16))],
  ['overviewHash', b(fixed('overview'))],
  ['secretHash', b(fixed('secret'))],
  ['isTrashed', z(false)],
  ['isDeleted', z(false)],
  ['isCopy', z(true)],
  ['titleTag', b(fixed('title tag', 16))],
  ['at', i(AT)],
  ['createdAt', i(AT - 1)],
  ['author', t('steady-amber-otter')],
  ['authorEpoch', i(2)],
];
const change = s(
  ['kind', t('item')],
  ['id', t(ITEM)],
  ['revision', i(5)],
  ['hash', b(fixed('hash'))],
  ['before', absent],
);
const entry: Fields = [
  ['seq', i(42)],
  ['at', i(AT)],
  ['actorKind', t('token')],
  ['actor', t('steady-amber-otter')],
  ['actorEpoch', i(2)],
  ['session', b(fixed('session'))],
  ['action', t('item.update')],
  ['outcome', t('granted')],
  ['code', absent],
  ['vault', t(VAULT)],
  ['item', t(ITEM)],
  ['grant', t('vectorgrant00001')],
  ['uses', i(3)],
  ['stateVersion', i(9)],
  ['stateHash', absent],
  ['fieldsCount', i(1)],
  ['suppressed', i(0)],
  ['reasonTag', b(fixed('reason', 8))],
  ['templateTag', absent],
  ['clientTag', b(fixed('client', 8))],
  ['payload', b(fixed('payload', 40))],
  ['prev', b(fixed('prev'))],
  ['changes', l(change)],
];
const hashed = (id: string): Value => s(['id', t(id)], ['hash', b(fixed(id))]);
const base: Fields = [
  ['seq', i(42)],
  ['hash', b(fixed('entry hash'))],
  ['link', b(fixed('link'))],
  ['at', i(AT)],
  ['stateVersion', i(9)],
  [
    'tokens',
    l(
      s(
        ['id', t('steady-amber-otter')],
        ['epoch', i(2)],
        ['key', b(fixed('signing'))],
        ['notAfter', absent],
        ['leaf', b(fixed('leaf'))],
      ),
    ),
  ],
  ['grants', l(hashed('vectorgrant00001'))],
  ['heads', l(hashed(VAULT))],
  ['settings', l(hashed('item.keep_revisions'))],
  [
    'subjects',
    l(
      s(
        ['kind', t('item')],
        ['id', t(ITEM)],
        ['revision', i(5)],
        ['hash', b(fixed('hash'))],
        ['keptFrom', i(0)],
        ['author', absent],
        ['key', b(fixed('owner signing'))],
      ),
    ),
  ],
];
const stub: Fields = [
  ['after', i(0)],
  ['base', b(fixed('base', 48))],
  ['at', i(AT)],
  ['kept', l(s(['seq', i(41)], ['hash', b(fixed('kept'))], ['prev', b(fixed('prev'))]))],
  ['marks', l(s(['seq', i(42)], ['hash', b(fixed('entry hash'))]))],
  ['sessions', l(b(fixed('session')))],
  ['profiles', l(s(['token', t('steady-amber-otter')], ['hash', b(fixed('profile'))]))],
  ['counts', s(['entries', i(42)], ['granted', i(40)], ['refused', i(1)], ['error', i(1)])],
];
const profile: Fields = [
  ['seq', i(42)],
  ['token', t('steady-amber-otter')],
  ['firstAt', i(AT)],
  ['lastAt', i(AT + 1)],
  [
    'recent',
    l(
      s(
        ['at', i(AT)],
        ['action', t('item.read')],
        ['outcome', t('refused')],
        ['code', t('forbidden')],
        ['item', absent],
        ['reasonTag', b(fixed('reason', 8))],
        ['templateTag', b(fixed('template', 8))],
        ['clientTag', absent],
      ),
    ),
  ],
  ['hours', l(s(['hour', i(490_896)], ['count', i(7)]))],
  ['items', l(s(['id', t(ITEM)], ['isRead', z(true)], ['lastAt', i(AT)]))],
  ['grants', l(t('vectorgrant00001'))],
];
const part = (name: string, value: string): Value => s(['name', t(name)], ['value', t(value)]);
const rule: Fields = [
  ['subject', t(ITEM)],
  ['vault', t(VAULT)],
  ['privateHash', b(fixed('private hash'))],
  ['extensions', l(extension('later'))],
];
const use: Fields = [
  ['token', t('steady-amber-otter')],
  ['tool', t('get_item')],
  ['subject', t(ITEM)],
  ['secrets', l(t('password'), t('Grüße/PIN'))],
  ['reason', t('Run the nightly tests')],
  ['purpose', t('')],
];
const emptied = (fields: Fields, name: string): Fields =>
  fields.map(([field, value]) => [field, field === name ? l() : value]);
const withoutExtensions = (fields: Fields): Fields => emptied(fields, 'extensions');
const withoutSecrets = (fields: Fields): Fields => emptied(fields, 'secrets');
const bundleFields = ['agreementPublic', 'agreementPrivate', 'signingPublic', 'signingPrivate'] as const;
const pairs: Fields = bundleFields.map((name) => [name, b(fixed(name))]);
const RECORDS: Readonly<Record<string, { purpose: string; fields: Fields; others?: readonly Fields[] }>> = {
  certificate: { purpose: 'vouchsafe certificate 1', fields: certificate },
  certificatePrivate: {
    purpose: 'vouchsafe certificate-private 1',
    fields: [
      ['random', b(fixed('random'))],
      ['name', t('deploy-bot')],
      ['description', t('Grüße 🔑')],
      ['policy', l()],
    ],
  },
  grantDocument: { purpose: 'vouchsafe grant 1', fields: grant },
  grantPrivate: {
    purpose: 'vouchsafe grant-private 1',
    fields: [
      ['random', b(fixed('random'))],
      ['purpose', t('')],
      ['limits', l(extension('rate'), extension('uses'))],
    ],
  },
  grantKeys: {
    purpose: 'vouchsafe grant-keys 1',
    fields: [
      ['key', b(fixed('key'))],
      ['nameKey', absent],
    ],
  },
  bundle: {
    purpose: 'vouchsafe bundle 1',
    fields: [
      ...pairs,
      ['ownerAgreementKey', b(fixed('owner agreement'))],
      ['ownerSigningKey', b(fixed('owner signing'))],
      ['tagKey', b(fixed('tag key'))],
    ],
  },
  tokenLeaf: { purpose: 'vouchsafe token-leaf 1', fields: leaf },
  exchange: {
    purpose: 'vouchsafe exchange 1',
    fields: [
      ['id', t('0aZ9bY8cX7dW6eV5')],
      ['token', t('otter')],
      ['epoch', i(2)],
      ['issuedAt', i(AT)],
      ['notAfter', i(AT + 3_600_000)],
      ['hasScopes', z(true)],
      ['scopes', l(t('read'))],
      ['vault', absent],
      ['extensions', l()],
    ],
  },
  decision: {
    purpose: 'vouchsafe decision 1',
    fields: [
      ['request', t('law-hotel-shape-community')],
      ['token', t('otter')],
      ['verdict', t('denied')],
      ['at', i(AT)],
      ['privateHash', b(fixed('private'))],
      ['extensions', l()],
    ],
  },
  decisionPrivate: {
    purpose: 'vouchsafe decision-private 1',
    fields: [
      ['random', b(fixed('random'))],
      ['because', t('Use the staging vault')],
      ['grant', absent],
    ],
  },
  state: { purpose: 'vouchsafe state 1', fields: state },
  rekeyedState: { purpose: 'vouchsafe state 2', fields: [...state, ...earlier] },
  ownerPublic: { purpose: 'vouchsafe owner-public 1', fields: ownerPublic },
  vaultHead: { purpose: 'vouchsafe vault-head 1', fields: vaultHead },
  revision: {
    purpose: 'vouchsafe revision 1',
    fields: revision,
    others: [
      revision.map(([name, value]) =>
        ['item', 'before', 'titleTag', 'author', 'authorEpoch'].includes(name) ? [name, absent] : [name, value],
      ),
    ],
  },
  entry: { purpose: 'vouchsafe entry 1', fields: entry },
  entrySignature: { purpose: 'vouchsafe entry-signature 1', fields: [['hash', b(fixed('entry hash'))]] },
  logSession: {
    purpose: 'vouchsafe log-session 1',
    fields: [
      ['id', t('vectorsession001')],
      ['at', i(AT)],
      ['key', b(fixed('sealed key', 64))],
      ['facts', b(fixed('facts', 64))],
    ],
  },
  checkpoint: {
    purpose: 'vouchsafe checkpoint 1',
    fields: [
      ['seq', i(Number.MAX_SAFE_INTEGER)],
      ['hash', b(fixed('entry hash'))],
      ['at', i(0)],
    ],
  },
  ownerKeysRecord: { purpose: 'vouchsafe owner-keys 1', fields: pairs },
  changedOwnerKeysRecord: {
    purpose: 'vouchsafe owner-keys 2',
    fields: [
      ...pairs,
      ['earlierAgreements', l(s(['publicKey', b(fixed('first public'))], ['privateKey', b(fixed('first private'))]))],
    ],
  },
  logBase: { purpose: 'vouchsafe log-base 1', fields: base },
  archiveStub: { purpose: 'vouchsafe archive 1', fields: stub },
  logProfile: { purpose: 'vouchsafe log-profile 1', fields: profile },
  proofEnd: {
    purpose: 'vouchsafe proof-end 1',
    fields: [
      ['first', i(1)],
      ['seq', i(42)],
      ['hash', b(fixed('entry hash'))],
      ['at', i(AT)],
    ],
  },
  rule: { purpose: 'vouchsafe rule 1', fields: rule, others: [withoutExtensions(rule)] },
  rulePrivate: {
    purpose: 'vouchsafe rule-private 1',
    fields: [
      ['random', b(fixed('random'))],
      ['parts', l(part('approve', 'yes'), part('http', '{"hosts":["api.example.com"],"auth":"bearer:Schlüssel 🔑"}'))],
    ],
    others: [
      [
        ['random', b(fixed('random'))],
        ['parts', l()],
      ],
    ],
  },
  usePrivate: {
    purpose: 'vouchsafe use-private 1',
    fields: [
      ['random', b(fixed('random'))],
      ['because', t('')],
      ['use', b(fixed('use'))],
      ['uses', i(3)],
      ['until', i(AT + 600_000)],
    ],
  },
  useRecord: { purpose: 'vouchsafe use 1', fields: use, others: [withoutSecrets(use)] },
};

function badRecords(name: string, purpose: string, fields: Fields): readonly Json[] {
  const whole = record(purpose, SAFE, fields);
  const [, first = absent] = fields[0] ?? [];
  const head = record(purpose, SAFE, []);
  const rest = whole.subarray(head.length + encode(first).length);
  const cases: Readonly<Record<string, Buffer>> = {
    'another format version': record(purpose.replace(/\d$/, (format) => String(Number(format) + 1)), SAFE, fields),
    'another purpose': record('vouchsafe nothing 1', SAFE, fields),
    'another safe': record(purpose, 'vectorsafe000002', fields),
    'a byte missing at the end': whole.subarray(0, -1),
    'the last field missing': record(purpose, SAFE, fields.slice(0, -1)),
    'a byte more': Buffer.concat([whole, Buffer.of(0)]),
    'a field more': Buffer.concat([whole, encode(absent)]),
    'the first field absent': Buffer.concat([head, encode(absent), rest]),
    'the first field of an unknown type': Buffer.concat([head, element(6, Buffer.alloc(8)), rest]),
    'the first field longer than all': Buffer.concat([head, flipped(encode(first), 1), rest]),
    'nothing at all': Buffer.alloc(0),
  };
  return Object.entries(cases).map(([why, encoded]) => ({
    ...{ name: `${name}: ${why}`, record: name, safe: SAFE, encoded: hex(encoded), fails: 'integrity' },
  }));
}

/** Bad elements inside a record that is otherwise whole. */
function badElements(): readonly Json[] {
  const head = record('vouchsafe checkpoint 1', SAFE, []);
  const hash = encode(b(fixed('entry hash')));
  const at = encode(i(0));
  const seq = (body: Uint8Array): Buffer => Buffer.concat([head, element(3, body), hash, at]);
  const certificateWith = (name: string, value: Buffer): Buffer =>
    Buffer.concat([
      record('vouchsafe certificate 1', SAFE, []),
      ...certificate.map(([field, kept]) => (field === name ? value : encode(kept))),
    ]);
  const cases: readonly (readonly [string, string, Buffer])[] = [
    ['checkpoint', 'an integer of 2^53', seq(u64(2n ** 53n))],
    ['checkpoint', 'an integer of 2^64 - 1', seq(u64(2n ** 64n - 1n))],
    ['checkpoint', 'an integer of 7 bytes', seq(Buffer.alloc(7))],
    ['checkpoint', 'an integer of 9 bytes', seq(Buffer.alloc(9))],
    ['checkpoint', 'an integer of no bytes', seq(Buffer.alloc(0))],
    ['certificate', 'a boolean of 2', certificateWith('isAgent', element(4, Buffer.of(2)))],
    ['certificate', 'a boolean of two bytes', certificateWith('isAgent', element(4, Buffer.of(0, 1)))],
    ['certificate', 'an absence that is filled', certificateWith('notAfter', element(0, Buffer.of(0)))],
    ['certificate', 'text that is not UTF-8', certificateWith('token', element(2, Buffer.of(0xc3, 0x28)))],
    ['certificate', 'text in overlong UTF-8', certificateWith('token', element(2, Buffer.of(0xc0, 0xaf)))],
    ['certificate', 'a surrogate as UTF-8', certificateWith('token', element(2, Buffer.of(0xed, 0xa0, 0x80)))],
    ['certificate', 'a list with half an element', certificateWith('scopes', element(5, Buffer.of(2, 0, 0)))],
    ['certificate', 'a list with another type', certificateWith('scopes', encode(l(i(1))))],
    ['certificate', 'bytes in the place of text', certificateWith('token', encode(b(Buffer.from('otter'))))],
  ];
  return cases.map(([name, why, encoded]) => ({
    ...{ name: `${name}: ${why}`, record: name, safe: SAFE, encoded: hex(encoded), fails: 'integrity' },
  }));
}

function records(): void {
  const good = Object.entries(RECORDS).flatMap(([name, { purpose, fields, others = [] }]) =>
    [fields, ...others].map((one, n) => ({
      ...{ name: `${name} ${String(n + 1)}`, record: name, purpose, safe: SAFE, value: named(one) },
      ...{ encoded: hex(record(purpose, SAFE, one)), sha256: hex(sha256(record(purpose, SAFE, one))) },
    })),
  );
  const bad = Object.entries(RECORDS).flatMap(([name, { purpose, fields }]) => badRecords(name, purpose, fields));
  write('record', 'Canonical records: bytes to sign, hash and store.', { good, bad: [...bad, ...badElements()] });
}

const VAULT_AT = { safeId: SAFE, vault: VAULT, epoch: 3 };
const ITEM_AT = { ...VAULT_AT, item: ITEM, itemEpoch: 4 };
const REVISION_AT = { ...ITEM_AT, number: 5 };
const revisionParts = [t(SAFE), t(VAULT), i(3), t(ITEM), i(4), i(5)];

function contexts(): void {
  const parameters = fixed('parameters', 24);
  const hash = fixed('document');
  const bytes = (value: Uint8Array): Json => ({ hex: hex(value) });
  const of = (maker: string, args: readonly unknown[], encoded: Buffer): Json => ({
    ...{ name: maker, maker, arguments: args, encoded: hex(encoded) },
  });
  const good = [
    of(
      'rootKey',
      [SAFE, 'password', bytes(parameters)],
      context('vouchsafe root-key 1', t(SAFE), t('password'), b(parameters)),
    ),
    of('ownerKeys', [SAFE], context('vouchsafe owner-keys 1', t(SAFE))),
    of('ownerVaultKey', [VAULT_AT], context('vouchsafe vault-key 1', t(SAFE), t(VAULT), i(3))),
    of('itemKey', [ITEM_AT], context('vouchsafe item-key 1', t(SAFE), t(VAULT), i(3), t(ITEM), i(4))),
    of('overview', [REVISION_AT], context('vouchsafe overview 1', ...revisionParts)),
    of('secret', [REVISION_AT], context('vouchsafe secret 1', ...revisionParts)),
    of('vaultName', [REVISION_AT], context('vouchsafe vault-name 1', ...revisionParts)),
    of('bundle', [SAFE, 'otter', 2], context('vouchsafe bundle 1', t(SAFE), t('otter'), i(2))),
    of(
      'exchangedBundle',
      [SAFE, { id: LOOKUP, token: 'otter', epoch: 2 }],
      context('vouchsafe exchanged-bundle 1', t(SAFE), t(LOOKUP), t('otter'), i(2)),
    ),
    of('ownerTagKey', [SAFE, 'otter'], context('vouchsafe tag-key 1', t(SAFE), t('otter'))),
    of(
      'certificatePrivate',
      [SAFE, 'otter', 2],
      context('vouchsafe certificate-private 1', t(SAFE), t('otter'), i(2)),
    ),
    of('grantPrivate', [SAFE, 'grant'], context('vouchsafe grant-private 1', t(SAFE), t('grant'))),
    of('grantKey', [SAFE, bytes(hash)], context('vouchsafe grant-key 1', t(SAFE), b(hash))),
    of('decisionPrivate', [SAFE, 'request'], context('vouchsafe decision-private 1', t(SAFE), t('request'))),
    of('notifyKey', [SAFE], context('vouchsafe notify-key 1', t(SAFE))),
    of('sessionKey', [SAFE, 'session'], context('vouchsafe session-key 1', t(SAFE), t('session'))),
    of('sessionFacts', [SAFE, 'session'], context('vouchsafe session-facts 1', t(SAFE), t('session'))),
    of('payload', [SAFE, bytes(hash), 42], context('vouchsafe payload 1', t(SAFE), b(hash), i(42))),
    of('ownerSession', [SAFE, AT], context('vouchsafe owner-session 1', t(SAFE), i(AT))),
    of('rule', [VAULT_AT, ITEM], context('vouchsafe rule 1', t(SAFE), t(VAULT), i(3), t(ITEM))),
    of('rulePrivate', [SAFE, ITEM], context('vouchsafe rule-private 1', t(SAFE), t(ITEM))),
    of('usePrivate', [SAFE, 'request'], context('vouchsafe use-private 1', t(SAFE), t('request'))),
  ];
  const bad = [
    { name: 'a negative epoch', maker: 'bundle', arguments: [SAFE, 'otter', -1], fails: 'range' },
    { name: 'half an epoch', maker: 'bundle', arguments: [SAFE, 'otter', 0.5], fails: 'range' },
    { name: 'an epoch of 2^53', maker: 'bundle', arguments: [SAFE, 'otter', 2 ** 53], fails: 'range' },
    {
      ...{ name: 'a letter that moves from one part to the next', maker: 'ownerTagKey', arguments: [`${SAFE}o`, 'tter'] },
      ...{ encoded: hex(context('vouchsafe tag-key 1', t(SAFE), t('otter'))), fails: 'different' },
    },
    ...otherRules(),
  ];
  write('context', 'Contexts of keys, envelopes and sealed boxes.', { good, bad });
}

/** Contexts of rules that must not be those of another subject, vault or epoch, or of the other half. */
function otherRules(): readonly Json[] {
  const encoded = hex(context('vouchsafe rule 1', t(SAFE), t(VAULT), i(3), t(ITEM)));
  const is = (name: string, args: readonly unknown[], maker = 'rule'): Json => ({
    ...{ name, maker, arguments: args, encoded, fails: 'different' },
  });
  return [
    is('a rule of another item', [VAULT_AT, `${VAULT}vectoritem000002`]),
    is('a rule in another vault', [{ ...VAULT_AT, vault: 'vectorvault00002' }, ITEM]),
    is('a rule of an earlier epoch of the vault', [{ ...VAULT_AT, epoch: 2 }, ITEM]),
    is('what the owner is sealed of a rule', [SAFE, ITEM], 'rulePrivate'),
    {
      ...{ name: 'a use in the place of a decision', maker: 'usePrivate', arguments: [SAFE, 'request'] },
      ...{ encoded: hex(context('vouchsafe decision-private 1', t(SAFE), t('request'))), fails: 'different' },
    },
  ];
}

function paddings(): void {
  const good = [0, 1, 59, 60, 61, 124, 125].map((size) => {
    const data = fixed(`padding ${String(size)}`, 64).subarray(0, Math.min(size, 64));
    const filled = Buffer.concat([data, Buffer.alloc(size - data.length, 0x61)]);
    return { name: `${String(size)} bytes`, data: hex(filled), padded: hex(pad(filled)) };
  });
  const whole = pad(Buffer.from('secret'));
  const long = Buffer.from(whole);
  long.writeUInt32BE(61);
  const short = Buffer.from(whole);
  short.writeUInt32BE(5);
  const huge = Buffer.from(whole);
  huge.writeUInt32BE(0xffff_ffff);
  const bad = Object.entries({
    'nothing': Buffer.alloc(0),
    'a byte missing': whole.subarray(0, -1),
    'a byte more': Buffer.concat([whole, Buffer.alloc(1)]),
    'a block more': Buffer.concat([whole, Buffer.alloc(64)]),
    'a length beyond the end': long,
    'a length of 2^32 - 1': huge,
    'a padding of other bytes': flipped(whole, -1),
    'a length that is too short': short,
  }).map(([name, padded]) => ({ name, padded: hex(padded), fails: 'integrity' }));
  write('padding', 'Padding to 64 bytes with the length in front.', { good, bad });
}

function envelopeOf(key: Uint8Array, info: Uint8Array, padded: Uint8Array, head = Buffer.of(1, 1)): Buffer {
  const salt = fixed('salt');
  const okm = hkdf(key, salt, info, 64);
  const sealed = gcm(okm.subarray(0, 32), NO_NONCE, { aad: info, data: padded });
  return Buffer.concat([head, salt, okm.subarray(32), sealed]);
}

function envelopes(): void {
  const key = fixed('envelope key');
  const info = context('vouchsafe overview 1', ...revisionParts);
  const of = (data: Uint8Array): Json => ({
    ...{ key: hex(key), context: hex(info), envelope: hex(envelopeOf(key, info, pad(data))), data: hex(data) },
  });
  const good = [
    { name: 'a password', ...of(Buffer.from('correct horse 🔋 battery')) },
    { name: 'no data', ...of(Buffer.alloc(0)) },
    { name: 'three blocks', ...of(Buffer.alloc(160, 7)) },
  ];
  const made = envelopeOf(key, info, pad(Buffer.from('secret')));
  const other = context('vouchsafe overview 1', ...revisionParts.slice(0, -1), i(6));
  const swapped = context('vouchsafe secret 1', ...revisionParts);
  const is = (name: string, envelope: Buffer, opened: { key?: Buffer; context?: Buffer } = {}): Json => ({
    ...{ name, key: hex(opened.key ?? key), context: hex(opened.context ?? info), envelope: hex(envelope) },
    fails: 'integrity',
  });
  const longer = pad(Buffer.from('secret'));
  longer.writeUInt32BE(61);
  const bad = [
    is('another key', made, { key: fixed('another key') }),
    is('another number', made, { context: other }),
    is('another purpose', made, { context: swapped }),
    is('version 0', envelopeOf(key, info, pad(Buffer.from('secret')), Buffer.of(0, 1))),
    is('version 2', envelopeOf(key, info, pad(Buffer.from('secret')), Buffer.of(2, 1))),
    is('algorithm 2', envelopeOf(key, info, pad(Buffer.from('secret')), Buffer.of(1, 2))),
    is('another salt', flipped(made, 2)),
    is('another commitment', flipped(made, 34)),
    is('a changed ciphertext', flipped(made, 66)),
    is('a changed tag', flipped(made, -1)),
    is('a byte missing', made.subarray(0, -1)),
    is('a tag of 15 bytes at the least length', made.subarray(0, 145)),
    is('a byte more', Buffer.concat([made, Buffer.alloc(1)])),
    is('the header alone', made.subarray(0, 66)),
    is('nothing', Buffer.alloc(0)),
    is('sealed well, padded with other bytes', envelopeOf(key, info, flipped(pad(Buffer.from('secret')), -1))),
    is('sealed well, a length beyond the end', envelopeOf(key, info, longer)),
    is('sealed well, no padding', envelopeOf(key, info, Buffer.from('secret'))),
  ];
  write('envelope', 'Envelopes, format 1.', { good, bad });
}

function boxOf(
  recipient: Uint8Array,
  info: Uint8Array,
  of: { data: Uint8Array; version?: number; ephemeral?: Uint8Array; shared?: Uint8Array },
): Buffer {
  const seed = fixed('ephemeral');
  const epk = of.ephemeral ?? publicKey('x25519', seed);
  const shared =
    of.shared ??
    diffieHellman({ privateKey: privateKey('x25519', seed), publicKey: publicObject(recipient) });
  const okm = hkdf(shared, Buffer.concat([epk, recipient]), info, 64);
  const sealed = gcm(okm.subarray(0, 32), NO_NONCE, { aad: info, data: pad(of.data) });
  return Buffer.concat([Buffer.of(of.version ?? 1), epk, okm.subarray(32), sealed]);
}

function sealedBoxes(): void {
  const seed = fixed('recipient');
  const recipient = publicKey('x25519', seed);
  const info = context('vouchsafe grant-key 1', t(SAFE), b(fixed('document')));
  const with_ = (box: Buffer, opened: { seed?: Buffer; info?: Buffer } = {}): Json => ({
    private: hex(opened.seed ?? seed),
    public: hex(publicKey('x25519', opened.seed ?? seed)),
    context: hex(opened.info ?? info),
    box: hex(box),
  });
  const good = ['a vault key', ''].map((data) => ({
    ...{ name: data === '' ? 'no data' : data, ...with_(boxOf(recipient, info, { data: Buffer.from(data) })) },
    data: hex(Buffer.from(data)),
  }));
  const data = Buffer.from('secret');
  const made = boxOf(recipient, info, { data });
  const zeros = { data, shared: Buffer.alloc(32) };
  const cases: Readonly<Record<string, Json>> = {
    'another recipient': with_(made, { seed: fixed('another recipient') }),
    'another context': with_(made, { info: context('vouchsafe grant-key 1', t(SAFE), b(fixed('another'))) }),
    'version 2': with_(boxOf(recipient, info, { data, version: 2 })),
    'another ephemeral key': with_(flipped(made, 1)),
    'another commitment': with_(flipped(made, 33)),
    'a changed ciphertext': with_(flipped(made, 65)),
    'a changed tag': with_(flipped(made, -1)),
    'a byte missing': with_(made.subarray(0, -1)),
    'a byte more': with_(Buffer.concat([made, Buffer.alloc(1)])),
    'an ephemeral key of zeros (low order)': with_(boxOf(recipient, info, { ...zeros, ephemeral: Buffer.alloc(32) })),
    'an ephemeral key of one (low order)': with_(
      boxOf(recipient, info, { ...zeros, ephemeral: Buffer.concat([Buffer.of(1), Buffer.alloc(31)]) }),
    ),
    'an ephemeral key of order eight': with_(
      boxOf(recipient, info, {
        ...zeros,
        ephemeral: Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex'),
      }),
    ),
    'nothing': with_(Buffer.alloc(0)),
  };
  const bad = Object.entries(cases).map(([name, json]) => ({ name, ...json, fails: 'integrity' }));
  write('sealed-box', 'Sealed boxes, format 1.', { good, bad });
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function printed(lookupId: string, secret: string, half: Uint8Array): string {
  const head = `vsp_${lookupId}${secret}`;
  let rest = crc32(head);
  let sum = '';
  for (let n = 0; n < 6; n += 1) {
    sum = BASE62.charAt(rest % 62) + sum;
    rest = Math.floor(rest / 62);
  }
  return `${head}${sum}::${Buffer.from(half).toString('base64url')}`;
}

const LOOKUP = '0aZ9bY8cX7dW6eV5';
const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP';

function tokens(): void {
  const halves = [fixed('half'), Buffer.alloc(32), Buffer.alloc(32, 0xff)];
  const good = halves.map((half, n) => ({
    ...{ name: `token ${String(n + 1)}`, lookupId: LOOKUP, secret: SECRET, keyHalf: hex(half) },
    ...{ text: printed(LOOKUP, SECRET, half), safe: SAFE },
    secretHash: hex(sha256(context('vouchsafe token-secret 1', t(SAFE)), Buffer.from(SECRET))),
  }));
  const whole = printed(LOOKUP, SECRET, Buffer.alloc(32));
  const swap = (at: number, letter: string): string => whole.slice(0, at) + letter + whole.slice(at + 1);
  const cases: Readonly<Record<string, string>> = {
    'another letter of the lookup id': swap(4, '1'),
    'another letter of the secret': swap(30, '1'),
    'another checksum': swap(67, whole[67] === '0' ? '1' : '0'),
    'two letters swapped': whole.replace('abc', 'acb'),
    'a key half that is not canonical': `${whole.slice(0, -1)}B`,
    'a key half of 42 letters': whole.slice(0, -1),
    'a key half of 44 letters': `${whole}A`,
    'padded base64': `${whole}=`,
    'base64 of the other alphabet': `${whole.slice(0, -2)}+A`,
    'one colon': whole.replace('::', ':'),
    'three colons': whole.replace('::', ':::'),
    'another prefix': whole.replace('vsp_', 'vss_'),
    'a prefix in upper case': whole.replace('vsp_', 'VSP_'),
    'a space in front': ` ${whole}`,
    'a newline at the end': `${whole}\n`,
    'a hyphen in the secret': swap(30, '-'),
    'a letter beyond ASCII': swap(30, 'é'),
    'the first half alone': whole.slice(0, 68),
    'nothing': '',
  };
  const bad = Object.entries(cases).map(([name, text]) => ({ name, text, fails: 'null' }));
  write('token', 'Personal access tokens as text, and what is stored of their secret.', { good, bad });
}

function keyIds(): void {
  const of = (key: Uint8Array): string => hex(sha256(context('vouchsafe key-id 1'), key).subarray(0, 16));
  const [key, other] = [fixed('vault key'), Buffer.alloc(32)];
  const good = [
    { name: 'a key', key: hex(key), id: of(key) },
    { name: 'zeros', key: hex(other), id: of(other) },
  ];
  const plainHash = hex(sha256(key).subarray(0, 16));
  const bad = [
    { name: 'another key', key: hex(flipped(key, 0)), id: of(key), fails: 'different' },
    { name: 'a hash without purpose', key: hex(key), id: plainHash, fails: 'different' },
  ];
  write('key-id', 'Names of keys.', { good, bad });
}

const vaultDerived = (key: Uint8Array, purpose: string): Buffer => hkdf(key, Buffer.alloc(32), context(purpose));

function vaultKeys(): void {
  const of = (key: Uint8Array): Json => ({
    nameKey: hex(vaultDerived(key, 'vouchsafe vault-name-key 1')),
    titleTagKey: hex(vaultDerived(key, 'vouchsafe title-tag-key 1')),
  });
  const key = fixed('vault key');
  const { nameKey, titleTagKey } = of(key);
  const good = [{ name: 'a vault key', key: hex(key), ...of(key) }];
  const bad = [
    { name: 'another key', key: hex(flipped(key, 31)), ...of(key), fails: 'different' },
    { name: 'the two swapped', key: hex(key), nameKey: titleTagKey, titleTagKey: nameKey, fails: 'different' },
  ];
  write('vault-keys', 'The two keys that a vault key gives.', { good, bad });
}

const fold = (text: string): string =>
  text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
const hmac = (key: Uint8Array, purpose: string, text: string): Buffer =>
  createHmac('sha256', key).update(context(purpose)).update(Buffer.from(text)).digest();

function titleTags(): void {
  const key = fixed('title key');
  const of = (title: string): string => hex(hmac(key, 'vouchsafe title-tag 1', fold(title)).subarray(0, 16));
  const titles = ['DB password', 'db PASSWORD', 'Straße', 'STRASSE', 'ﬁle', 'FILE', 'K', 'Ａ', 'İ', '日本 🔑', ''];
  const good = titles.map((title) => ({ name: `title ${title}`, key: hex(key), title, tag: of(title) }));
  const bad = [
    { name: 'another title', key: hex(key), title: 'DB-password', tag: of('DB password'), fails: 'different' },
    { name: 'a space more', key: hex(key), title: 'DB password ', tag: of('DB password'), fails: 'different' },
    { name: 'another key', key: hex(fixed('other')), title: 'DB password', tag: of('DB password'), fails: 'different' },
  ];
  write('title-tag', 'Tags of titles.', { good, bad });
}

function logTags(): void {
  const key = fixed('tag key');
  const of = (purpose: string, text: string): string =>
    hex(hmac(key, `vouchsafe log-tag-${purpose} 1`, text).subarray(0, 8));
  const reason = 'Run the nightly tests';
  const good = ['reason', 'template', 'client', 'request'].map((purpose) => ({
    ...{ name: purpose, key: hex(key), purpose, text: reason, tag: of(purpose, reason) },
  }));
  const is = (name: string, facts: Json): Json => ({
    ...{ name, key: hex(key), purpose: 'reason', text: reason, tag: of('reason', reason), fails: 'different' },
    ...facts,
  });
  const bad = [
    is('another text', { text: 'run the nightly tests' }),
    is('another purpose', { purpose: 'template' }),
    is('another key', { key: hex(fixed('other')) }),
  ];
  write('log-tag', 'Tags in the log.', { good, bad });
}

function tokenKeys(): void {
  bundleKeys('token-key', 'The key that opens the bundle of a token.', 'vouchsafe token 1');
  bundleKeys('exchange-key', 'The key that opens the bundle of an exchanged token.', 'vouchsafe exchange-key 1');
}

function bundleKeys(file: string, about: string, purpose: string): void {
  const [half, share] = [fixed('half'), fixed('host share')];
  const material = Buffer.concat([Buffer.from(SECRET), half, share]);
  const of = (epoch: number): string =>
    hex(hkdf(material, Buffer.from(LOOKUP), context(purpose, i(epoch))));
  const inputs = { lookupId: LOOKUP, secret: SECRET, keyHalf: hex(half), hostShare: hex(share) };
  const good = [1, 2].map((epoch) => ({ name: `epoch ${String(epoch)}`, ...inputs, epoch, key: of(epoch) }));
  const is = (name: string, facts: Json): Json => ({ name, ...inputs, epoch: 1, key: of(1), ...facts, fails: 'different' });
  const bad = [
    is('another epoch', { epoch: 3 }),
    is('another host share', { hostShare: hex(flipped(share, 0)) }),
    is('another key half', { keyHalf: hex(flipped(half, 0)) }),
    is('another secret', { secret: SECRET.toLowerCase() }),
    is('another lookup id', { lookupId: LOOKUP.toLowerCase() }),
    is('halves swapped', { keyHalf: hex(share), hostShare: hex(half) }),
  ];
  write(file, about, { good, bad });
}

function links(): void {
  const seed = fixed('entry signer');
  const of = (name: string, fields: Fields, isSigned: boolean): Json => {
    const hash = sha256(record('vouchsafe entry 1', SAFE, fields));
    const message = record('vouchsafe entry-signature 1', SAFE, [['hash', b(hash)]]);
    const signature = isSigned ? sign(null, message, privateKey('ed25519', seed)) : null;
    return {
      ...{ name, safe: SAFE, entry: named(fields), hash: hex(hash), signer: hex(publicKey('ed25519', seed)) },
      signature: signature === null ? null : hex(signature),
      link: hex(sha256(hash, signature ?? Buffer.alloc(0))),
      firstLink: hex(sha256(record('vouchsafe log 1', SAFE, []))),
    };
  };
  const first: Fields = entry.map(([name, value]): readonly [string, Value] => {
    if (name === 'prev') return [name, b(sha256(record('vouchsafe log 1', SAFE, [])))];
    if (name === 'seq') return [name, i(1)];
    return name === 'changes' ? [name, l()] : [name, value];
  });
  const good = [of('signed', entry, true), of('unsigned', entry, false), of('the first one', first, true)];
  const replaced = (name: string, value: Value): Fields => entry.map(([field, kept]) => [field, field === name ? value : kept]);
  const hash = hex(sha256(record('vouchsafe entry 1', SAFE, entry)));
  const is = (name: string, fields: Fields, safe = SAFE): Json => ({
    ...{ name, safe, entry: named(fields), hash, fails: 'different' },
  });
  const bad = [
    is('another outcome', replaced('outcome', t('refused'))),
    is('another number', replaced('seq', i(43))),
    is('another predecessor', replaced('prev', b(fixed('other')))),
    is('a change left out', replaced('changes', l())),
    is('a change twice', replaced('changes', l(change, change))),
    is('absent in the place of empty', replaced('code', t(''))),
    is('another safe', entry, 'vectorsafe000002'),
  ];
  write('entry', 'Hashes, signatures and links of entries.', { good, bad });
}

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature with S + L in the place of S: the same equation, another encoding. */
function malleated(signature: Uint8Array): Buffer {
  const little = Buffer.from(signature.subarray(32)).reverse();
  const sum = BigInt(`0x${hex(little)}`) + ORDER;
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(sum.toString(16).padStart(64, '0'), 'hex').reverse()]);
}

function signatures(): void {
  // RFC 8032, 7.1, TEST 1 and TEST 2
  const rfc = [
    {
      ...{ name: 'RFC 8032 test 1', message: '' },
      public: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      private: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    },
    {
      ...{ name: 'RFC 8032 test 2', message: '72' },
      public: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      private: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      signature:
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    },
  ];
  const seed = fixed('owner signer');
  const message = record('vouchsafe state 1', SAFE, state);
  const made = sign(null, message, privateKey('ed25519', seed));
  const own = { message: hex(message), public: hex(publicKey('ed25519', seed)) };
  const good = [...rfc, { name: 'a state', ...own, private: hex(seed), signature: hex(made) }];
  const is = (name: string, signature: Uint8Array, facts: Json = {}): Json => ({
    ...{ name, ...own, signature: hex(signature), ...facts, fails: 'false' },
  });
  const bad = [
    is('another message', made, { message: hex(flipped(message, -1)) }),
    is('another key', made, { public: hex(publicKey('ed25519', fixed('another signer'))) }),
    is('a changed R', flipped(made, 0)),
    is('a changed S', flipped(made, 33)),
    is('S + L', malleated(made)),
    is('63 bytes', made.subarray(0, 63)),
    is('65 bytes', Buffer.concat([made, Buffer.alloc(1)])),
    is('nothing', Buffer.alloc(0)),
    is('zeros', Buffer.alloc(64)),
    is('a key of 31 bytes', made, { public: own.public.slice(2) }),
    is('a key that is no point', made, { public: `02${'00'.repeat(31)}` }),
  ];
  write('signature', 'Ed25519.', { good, bad });
}

function unlockKeys(): void {
  const salt = fixed('unlock salt');
  const cost = { memoryKiB: 1024, passes: 1, lanes: 1 };
  const of = (password: string, { memoryKiB, passes, lanes } = cost): string => {
    const stretched = argon2Sync('argon2id', {
      ...{ message: Buffer.from(password.normalize('NFKC')), nonce: salt, parallelism: lanes },
      ...{ tagLength: 32, memory: memoryKiB, passes },
    });
    return hex(hkdf(stretched, salt, context('vouchsafe unlock 1')));
  };
  const dearer = { memoryKiB: 2048, passes: 2, lanes: 2 };
  const good = [
    { name: 'a password', password: 'quiet harbour lantern 7 orchard', salt: hex(salt), cost },
    { name: 'composed letters', password: 'Zürich ﬁle', salt: hex(salt), cost },
    { name: 'the same letters decomposed', password: 'Zu\u0308rich file', salt: hex(salt), cost },
    { name: 'a dearer one', password: 'quiet harbour lantern 7 orchard', salt: hex(salt), cost: dearer },
  ].map((vector) => ({ ...vector, key: of(vector.password, vector.cost) }));
  const password = 'quiet harbour lantern 7 orchard';
  const is = (name: string, facts: Json): Json => ({
    ...{ name, password, salt: hex(salt), cost, key: of(password), ...facts },
  });
  const bad = [
    is('another password', { password: 'quiet harbour lantern 7 Orchard', fails: 'different' }),
    is('another salt', { salt: hex(flipped(salt, 0)), fails: 'different' }),
    is('too little memory', { cost: { ...cost, memoryKiB: 512 }, fails: 'integrity' }),
    is('too much memory', { cost: { ...cost, memoryKiB: 2 ** 22 }, fails: 'integrity' }),
    is('no passes', { cost: { ...cost, passes: 0 }, fails: 'integrity' }),
    is('eleven passes', { cost: { ...cost, passes: 11 }, fails: 'integrity' }),
    is('no lanes', { cost: { ...cost, lanes: 0 }, fails: 'integrity' }),
    is('nine lanes', { cost: { ...cost, lanes: 9 }, fails: 'integrity' }),
  ];
  write('unlock-key', 'Unlock keys of master passwords.', { good, bad });
}

function recoveryKeys(): void {
  const [code, salt] = [fixed('recovery', 20), fixed('recovery salt')];
  const key = hex(hkdf(code, salt, context('vouchsafe unlock-recovery 1')));
  const good = [{ name: '160 bits', code: hex(code), salt: hex(salt), key }];
  const bad = [
    { name: 'another code', code: hex(flipped(code, 0)), salt: hex(salt), key, fails: 'different' },
    { name: 'another salt', code: hex(code), salt: hex(flipped(salt, 0)), key, fails: 'different' },
  ];
  write('recovery-key', 'Unlock keys of recovery codes.', { good, bad });
}

function payloads(): void {
  const [key, nonce] = [fixed('session key'), fixed('nonce', 12)];
  const aad = context('vouchsafe payload 1', t(SAFE), b(fixed('session hash')), i(42));
  const data = Buffer.from('{"v":1,"reason":"Run the tests"}');
  const made = Buffer.concat([nonce, gcm(key, nonce, { aad, data: pad(data) })]);
  const of = (sealed: Uint8Array, context_ = aad): Json => ({ key: hex(key), context: hex(context_), sealed: hex(sealed) });
  const other = context('vouchsafe payload 1', t(SAFE), b(fixed('session hash')), i(43));
  const bad = [
    { name: 'another nonce', ...of(flipped(made, 0)) },
    { name: 'another number', ...of(made, other) },
    { name: 'a changed ciphertext', ...of(flipped(made, 12)) },
    { name: 'a changed tag', ...of(flipped(made, -1)) },
    { name: 'a byte missing', ...of(made.subarray(0, -1)) },
    { name: 'the nonce alone', ...of(nonce) },
  ].map((vector) => ({ ...vector, fails: 'integrity' }));
  write('payload', 'Payloads of the log: nonce, AES-256-GCM.', { good: [{ name: 'a payload', ...of(made), data: hex(data) }], bad });
}

function notifications(): void {
  const rootKey = fixed('root key');
  const body = '{"event":"access.request","seq":42}';
  const key = hkdf(rootKey, Buffer.alloc(32), context('vouchsafe notify-key 1', t(SAFE)));
  const mac = createHmac('sha256', key).update(`1764064373.${body}`).digest();
  const of = { rootKey: hex(rootKey), safe: SAFE, body, seconds: 1_764_064_373 };
  const signature = `t=1764064373,v1=${hex(mac)}`;
  const is = (name: string, facts: Json): Json => ({ name, ...of, signature, fails: 'different', ...facts });
  const bad = [
    is('another body', { body: body.replace('42', '43') }),
    is('another time', { seconds: 1_764_064_374 }),
    is('another safe', { safe: 'vectorsafe000002' }),
    is('another key', { rootKey: hex(flipped(rootKey, 31)) }),
  ];
  write('notification', 'Signatures of messages to a webhook.', { good: [{ name: 'a message', ...of, signature }], bad });
}

for (const make of [
  notifications,
  ...[records, contexts, paddings, envelopes, sealedBoxes, tokens, keyIds, vaultKeys],
  ...[titleTags, logTags, tokenKeys, links, signatures, unlockKeys, recoveryKeys, payloads],
])
  make();
