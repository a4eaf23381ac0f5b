/**
 * The verifier that stands alone, run as a program: what it finds right, and each way of tampering with a proof, with
 * the entry that it names. `docs/proof.md` is what it is held against.
 */
import { execFileSync, fork } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { randomBytes, sha256, toHex } from '../../src/crypto/bytes.js';
import { newSigningPair, signer } from '../../src/crypto/key-pair.js';
import { type BuiltToken, type Deed, type Line, ProofBuilder, resigned, textOf } from '../support/proof-builder.js';
import { execute, type Json, type Ran, Station } from './station.js';

const VERIFIER = join(import.meta.dirname, '..', '..', 'bin', 'vouchsafe-verify-log.js');
const VAULT = 'vault00000000000';
const ITEM = `${VAULT}item000000000000`;
const OTHER_VAULT = 'vault11111111111';
const OTHER_ITEM = `${OTHER_VAULT}item000000000000`;

const station = new Station('verify-log');
afterAll(() => station.end());

type Proof = string | Buffer | readonly Line[];
const inputOf = (proof: Proof): string | Buffer =>
  Array.isArray(proof) ? textOf(proof as readonly Line[]) : (proof as string | Buffer);

/** Runs the verifier as a person does; `proof` is the file's text, read from standard input. */
async function verifyAlone(proof: Proof, ...args: readonly string[]): Promise<Ran> {
  return execute(process.execPath, [VERIFIER, '-', ...args], { env: station.env, input: inputOf(proof) });
}

const child = fork(join(import.meta.dirname, '..', 'support', 'verifier-child.mjs'), [VERIFIER], {
  ...{ env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
});
afterAll(() => child.kill());
let proofs = 0;

/** The same, with the proof in a file and the verifier run anew in a process that stays, which is quicker. */
async function verify(proof: Proof, ...args: readonly string[]): Promise<Ran> {
  const file = station.file(`proof-${String((proofs += 1))}`, inputOf(proof));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('message', resolve).once('exit', reject);
  });
  child.send([file, ...args]);
  const ran = await ended;
  child.removeAllListeners('exit');
  rmSync(file);
  return ran;
}

interface Story {
  readonly log: ProofBuilder;
  readonly lines: () => Line[];
  readonly agent: BuiltToken;
  readonly grant: string;
}

const hash = (): Uint8Array => randomBytes(32);
const [R1, R2, R3, R4] = [hash(), hash(), hash(), hash()];
const [NAME, RENAMED, HEAD, SETTING] = [hash(), hash(), hash(), hash()];
const item = (revision: number, of: Uint8Array | null, before: Uint8Array | null, id = ITEM) => ({
  ...{ kind: 'item', id, revision, hash: of, before },
});
const vault = (revision: number, of: Uint8Array, before: Uint8Array | null) => ({
  ...{ kind: 'vault', id: VAULT, revision, hash: of, before },
});

/** Up to entry 8: a vault, a token with an editor's grant, and an item that it made and changed. */
function beginning(options: ConstructorParameters<typeof ProofBuilder>[0] = {}): Story {
  const log = new ProofBuilder(options);
  log.append('owner', { action: 'safe.init', decides: true, process: 'owner' });
  const head = { kind: 'vault-head', id: VAULT, revision: 1, hash: HEAD, before: null };
  log.append('owner', { action: 'vault.create', decides: true, vault: VAULT, changes: [vault(1, NAME, null), head] });
  const { token, document } = log.grant(log.token({ notAfter: log.now + 30 * 60_000 }), {
    ...{ vault: VAULT, role: 'editor', notAfter: log.now + 20 * 60_000 },
  });
  const on: Deed = { grant: document.grant, vault: VAULT, item: ITEM };
  log.append(token, { action: 'session.whoami', reasonTag: randomBytes(8), clientTag: randomBytes(8) });
  log.append(token, { ...on, action: 'item.create', changes: [item(1, R1, null)] });
  log.append(token, { ...on, action: 'item.update', changes: [item(2, R2, R1)], templateTag: randomBytes(8) });
  log.append(token, { ...on, outcome: 'refused', code: 'forbidden', uses: 1, suppressed: 2 });
  return { log, lines: () => log.proof(), agent: token, grant: document.grant };
}

/** A log of 24 entries in which everything happens that a log can hold. */
function story(options: ConstructorParameters<typeof ProofBuilder>[0] = {}): Story {
  const { log, agent, grant } = beginning(options);
  log.append('none', { action: 'call.unknown', code: 'unauthenticated' });
  log.checkpoint();
  const manager = log.grant(log.token(), { vault: VAULT, role: 'manager' });
  const by: Deed = { grant: manager.document.grant, vault: VAULT, process: 'manager' };
  log.append(manager.token, { ...by, action: 'vault.update', changes: [vault(2, RENAMED, NAME)] });
  const prune = { kind: 'prune', id: ITEM, revision: 2, hash: null, before: null };
  log.append(manager.token, { ...by, action: 'item.update', item: ITEM, changes: [item(3, R3, R2), prune] });
  log.append('owner', { action: 'item.update', item: ITEM, changes: [item(3, R3, R3)] });
  const renewed = log.renew(manager.token, [manager]);
  log.append(renewed, { ...by, fieldsCount: 1, process: 'renewed' });
  log.append('none', {
    ...{ action: 'token.freeze', outcome: 'granted' },
    changes: [{ kind: 'freeze', id: agent.id, revision: 0, hash: null, before: null }],
  });
  const setting = { kind: 'setting', id: 'vault.default', revision: 0 };
  log.append('owner', {
    action: 'settings.set',
    decides: true,
    changes: [{ ...setting, hash: SETTING, before: null }],
  });
  log.append('owner', {
    action: 'settings.set',
    decides: true,
    changes: [{ ...setting, hash: null, before: SETTING }],
  });
  const ended = { kind: 'token', id: agent.id, revision: 1, hash: null, before: agent.leaf };
  log.append('owner', { action: 'token.delete', decides: true, changes: [ended] });
  log.append(renewed, { ...by, action: 'item.trash', item: ITEM, changes: [item(4, R4, R3)] });
  log.append('owner', { action: 'item.read', fieldsCount: 1 });
  log.checkpoint();
  return { log, lines: () => log.proof(), agent, grant };
}

const told = story();
const LAST = told.log.last;

/** The lines with the entry of this number replaced by what `edit` makes of it. */
function editing(lines: readonly Line[], seq: number, edit: (line: Line) => Line | readonly Line[]): Line[] {
  return lines.flatMap((line) => (line.type === 'entry' && line['seq'] === seq ? edit({ ...line }) : [line]));
}

/** The lines with the first of a type replaced; `nth` is for a later one. */
function editingType(lines: readonly Line[], type: string, edit: (line: Line) => Line | readonly Line[], nth = 0) {
  let left = nth;
  return lines.flatMap((line) => (line.type === type && left-- === 0 ? edit({ ...line }) : [line]));
}

const entryOf = (lines: readonly Line[], seq: number): Line =>
  lines.find((line) => line.type === 'entry' && line['seq'] === seq)!;

/** Another value of the same form. */
function other(value: unknown): unknown {
  if (value === null) return 'aa';
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string') return [];
  const end = value.endsWith('0') ? '1' : '0';
  return value === '' ? 'x' : value.slice(0, -1) + end;
}

async function expectFault(ran: Ran | Promise<Ran>, seq: number | null, words: RegExp): Promise<void> {
  const { status, stdout, stderr } = await ran;
  const [first = '', next = '', ...rest] = stderr.split('\n');
  expect(first).toMatch(words);
  expect(first).toMatch(seq === null ? /^Integrity failure: / : new RegExp(`^Integrity failure at entry ${seq}: `));
  expect([status, rest]).toEqual([8, ['']]);
  expect(next).not.toBe('');
  expect(stdout).not.toMatch(/Verified|Consistent/);
}

const FINGERPRINT = ['--owner', told.log.fingerprint];

describe('a proof that is right', () => {
  test('is verified with the owner’s fingerprint, however that is written', async () => {
    const plain = told.log.fingerprint.replaceAll(' ', '');
    for (const fingerprint of [told.log.fingerprint, plain, plain.toUpperCase()]) {
      const { status, stdout, stderr } = await verifyAlone(told.lines(), '--owner', fingerprint);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toBe(
        `Verified: entries 1 to ${LAST} of safe ${told.log.safe} (${LAST - 2} signatures).\n` +
          `The last is ${LAST}:${told.log.hashOf(LAST)}\n` +
          `The owner’s key has the fingerprint ${told.log.fingerprint}\n`,
      );
    }
  });

  test('is only consistent without it, and says how to get it', async () => {
    const { status, stdout, stderr } = await verifyAlone(told.lines());
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Consistent: entries 1 to ${LAST} `));
    expect(stdout).toMatch(/not “verified”/);
    expect(stdout).toMatch(/vouchsafe info/);
    expect(stdout).toContain(told.log.fingerprint);
    expect(stdout).not.toContain('Verified');
  });

  test('may be a file, and may lack the last end of line', async () => {
    const file = station.file('whole.jsonl', textOf(told.lines()).trimEnd());
    const ran = await execute(process.execPath, [VERIFIER, file, ...FINGERPRINT], { env: station.env });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
  });

  test.each(Array.from({ length: LAST - 1 }, (_, i) => i + 2))(
    'may begin at entry %i, over its base',
    async (first) => {
      expect(await verify(told.log.proof({ first }), ...FINGERPRINT)).toMatchObject({ status: 0, stderr: '' });
    },
  );

  test.each([1, 3, 11, 20])('may end at entry %i', async (last) => {
    const { status, stdout } = await verifyAlone(told.log.proof({ last }), ...FINGERPRINT);
    expect(status).toBe(0);
    expect(stdout).toContain(`entries 1 to ${last} `);
  });

  test('gives one object with --json', async () => {
    const { status, stdout, stderr } = await verifyAlone(told.log.proof({ first: 5 }), ...FINGERPRINT, '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      ...{ ok: true, verified: true, safe: told.log.safe, fingerprint: told.log.fingerprint, from: 5, to: LAST },
      ...{ entries: LAST - 4, signatures: LAST - 6, unreadable: 0, hash: told.log.hashOf(LAST) },
      ...{ fault: null, anchor: null },
    });
  });
});

describe('a member of an entry that was changed is found at its entry:', () => {
  const changed = entryOf(told.lines(), 7);
  const members = Object.keys(changed).filter((name) => name !== 'type');
  const changes = changed['changes'] as readonly Record<string, unknown>[];

  test.each(members.filter((name) => name !== 'changes'))('%s', async (name) => {
    const lines = editing(told.lines(), 7, (line) => ({ ...line, [name]: other(line[name]) }));
    await expectFault(verify(lines, ...FINGERPRINT), 7, /./);
  });
  test.each(members)('%s, left out', async (name) => {
    const lines = editing(told.lines(), 7, (one) => {
      Reflect.deleteProperty(one, name);
      return one;
    });
    await expectFault(verify(lines, ...FINGERPRINT), 7, new RegExp(`the member .${name}. is missing`));
  });
  test.each(members)('%s, of another type', async (name) => {
    for (const value of [true, {}, -1, 'AB']) {
      const lines = editing(told.lines(), 7, (line) => ({ ...line, [name]: value }));
      await expectFault(verify(lines, ...FINGERPRINT), 7, /./);
    }
  });
  test.each(Object.keys(changes[0]!))('%s of a change', async (name) => {
    for (const value of [other(changes[0]![name]), true, []]) {
      const lines = editing(told.lines(), 7, (line) => ({ ...line, changes: [{ ...changes[0], [name]: value }] }));
      await expectFault(verify(lines, ...FINGERPRINT), 7, /./);
    }
  });
  test.each([
    ['none', []],
    ['two', [changes[0], changes[0]]],
    ['another member in one', [{ ...changes[0], extra: 1 }]],
    ['one that is no object', [null]],
  ])('the list of changes: %s', async (_, list) => {
    const lines = editing(told.lines(), 7, (line) => ({ ...line, changes: list }));
    await expectFault(verify(lines, ...FINGERPRINT), 7, /./);
  });
  test.each([
    ['no list', 'x', /.changes. is not a list/],
    ['a list of lists', [[]], /.changes. holds what is not an object/],
  ])('the list of changes: %s', async (_, list, words) => {
    const lines = editing(told.lines(), 7, (line) => ({ ...line, changes: list }));
    await expectFault(verify(lines, ...FINGERPRINT), 7, words);
  });
  test('one that it should not have', async () => {
    const lines = editing(told.lines(), 7, (line) => ({ ...line, note: 'x' }));
    await expectFault(verifyAlone(lines, ...FINGERPRINT), 7, /the member “note” is not known/);
  });
});

type Case = readonly [name: string, tamper: (lines: Line[], log: ProofBuilder) => unknown, number | null, RegExp];

/** Gives what is wrong with the lines of the story. */
async function expectTold([, tamper, seq, words]: Case): Promise<void> {
  const made = tamper(told.lines(), told.log);
  await expectFault(verify(made as Line[], ...FINGERPRINT), seq, words);
}

const stranger = newSigningPair();
const strange = story({ safe: told.log.safe });
const elsewhere = story({ owner: told.log.owner });
const line = (lines: readonly Line[], type: string): Line => lines.find((one) => one.type === type)!;
const without = (lines: readonly Line[], type: string): Line[] => lines.filter((one) => one.type !== type);
const swapped = (lines: Line[], seq: number): Line[] =>
  editing(
    editing(lines, seq + 1, () => []),
    seq,
    (one) => [entryOf(lines, seq + 1), one],
  );

const WHOLE: readonly Case[] = [
  ['entries are swapped', (lines) => swapped(lines, 7), 7, /the entry is missing: number 8/],
  ['the numbers of swapped entries are put right', renumbered, 7, /was changed/],
  ['an entry is removed', (lines) => editing(lines, 9, () => []), 9, /the entry is missing: number 10/],
  ['the first entry is removed', (lines) => editing(lines, 1, () => []), 1, /the entry is missing/],
  ['an entry stands twice', (lines) => editing(lines, 9, (one) => [one, one]), 10, /number 9 stands in its place/],
  [
    'an entry of another log of this owner is inserted',
    (lines) => editing(lines, 9, (one) => [one, entryOf(elsewhere.lines(), 10)]),
    10,
    /changed/,
  ],
  ['an entry is signed anew by another key', (lines, log) => signedAnew(lines, log, 7), 7, /not signed by its actor/],
  ['an owner’s entry is signed anew', (lines, log) => signedAnew(lines, log, 3), 3, /not signed by its actor/],
  ['a signature is taken away', (lines) => editing(lines, 7, (e) => ({ ...e, signature: null })), 7, /not signed/],
  ['nobody’s entry gets a signature', (lines, log) => signedAnew(lines, log, 9), 9, /an actor that is none/],
  ['the tail is cut', (lines) => lines.slice(0, -3), LAST - 1, /the file ends here/],
  ['the tail is cut before the end', (lines) => [...lines.slice(0, -3), lines.at(-1)], LAST - 1, /entry is missing/],
  ['the end is cut', (lines) => lines.slice(0, -1), null, /without its last line/],
  ['only the first line is left', (lines) => lines.slice(0, 1), 1, /the file ends here/],
  ['nothing is left', () => '', null, /empty/],
  [
    'the tail is cut, and the first line says so',
    (lines) => [{ ...lines[0], last: LAST - 2 }, ...lines.slice(1, -3), lines.at(-1)],
    null,
    /the end is of another proof/,
  ],
  [
    'the first line promises more',
    (lines) => [{ ...lines[0], last: LAST + 1 }, ...lines.slice(1)],
    LAST + 1,
    /missing/,
  ],
  [
    'the first line promises less',
    (lines) => [{ ...lines[0], last: LAST - 1 }, ...lines.slice(1)],
    LAST,
    /more entries/,
  ],
  ['the end is not the owner’s', (lines, log) => ended(lines, log.signedEnd({}, stranger)), null, /end is not signed/],
  [
    'the end is of a shorter log',
    (lines, log) => ended(lines, log.signedEnd({ last: LAST - 1 })),
    null,
    /another proof/,
  ],
  ['the end is of another part', (lines, log) => ended(lines, log.signedEnd({ first: 2 })), null, /another proof/],
  ['the end is of another safe', (lines) => ended(lines, elsewhere.log.signedEnd({})), null, /of another safe/],
  ['the end is a checkpoint', (lines, log) => ended(lines, inHex(log.sign(LAST))), null, /not what its line says/],
  ['it was a fault', (lines) => ended(lines, { fault: { seq: 5, message: 'bad \u001b[2J' } }), 5, /bad \\u\{1b\}\[2J/],
  ['it was a fault in words', (lines) => ended(lines, { fault: 'bad' }), null, /did not verify when .*: bad/],
  ['a fault is written beside the end', (lines) => ended(lines, { ...lines.at(-1), fault: null }), null, /not verify/],
  ['a line follows the end', (lines) => [...lines, lines.at(-1)], null, /lines after the end/],
  ['an entry follows the end', (lines) => [...lines, lines.at(-2)], null, /lines after the end/],

  ['the owner is another', () => strange.lines(), null, /of another owner/],
  ['another owner’s key stands in the first line', (lines) => owned(lines, stranger.publicKey), null, /another owner/],
  [
    'another safe stands in the first line',
    (lines) => [{ ...lines[0], safe: 'x' }, ...lines.slice(1)],
    null,
    /another safe/,
  ],
  ['the format is another', (lines) => [{ ...lines[0], format: 2 }, ...lines.slice(1)], null, /format/],
  ['the range is none', (lines) => [{ ...lines[0], first: 0 }, ...lines.slice(1)], null, /range that is none/],
  ['the range is turned', (lines) => [{ ...lines[0], last: 0 }, ...lines.slice(1)], null, /range that is none/],
  ['the base is missing', (lines) => [{ ...lines[0], first: 2 }, ...lines.slice(1)], null, /has a base if/],
  ['a second first line', (lines) => [lines[0], ...lines], null, /out of its order/],
  ['no first line', (lines) => lines.slice(1), null, /does not begin as a proof/],
  ['a certificate after a grant', (lines) => moved(lines, 'certificate', 'grant'), null, /out of its order/],
  [
    'a certificate among the entries',
    (lines) => [...lines.slice(0, -1), line(lines, 'certificate')],
    LAST + 1,
    /order/,
  ],
  [
    'a line of an unknown type',
    (lines) => editing(lines, 9, (one) => [{ type: 'x\u001b' }, one]),
    9,
    /“x\\u\{1b\}” is not/,
  ],
  ['a line of a type of objects', (lines) => editing(lines, 9, (one) => [{ type: 'toString' }, one]), 9, /not known/],

  ['a session is missing', (lines) => editingType(lines, 'session', () => [], 1), 2, /session .* is missing/],
  ['a session stands after its first entry', (lines) => late(lines), 2, /session .* is missing/],
  ['a session stands twice', (lines) => editingType(lines, 'session', (one) => [one, one], 1), 2, /stands twice/],
  ['a session has another key', (lines) => keyed(lines, toHex(hash())), 2, /do not open under its key/],
  ['a session has a key of another size', (lines) => keyed(lines, 'aa'), 2, /.key. is not of its type/],
  ['a session was changed', (lines) => editingType(lines, 'session', changed('signed'), 1), 2, /session/],
  ['a session belongs to no entry', (lines) => idle(lines), null, /belongs to no entry/],

  ['a certificate is missing', (lines) => editingType(lines, 'certificate', () => []), 3, /certificate .* is missing/],
  ['a certificate was changed', (lines) => editingType(lines, 'certificate', changed('signed')), null, /not signed by/],
  [
    'a certificate has another signature',
    (lines) => editingType(lines, 'certificate', changed('signature')),
    null,
    /not signed/,
  ],
  ['a grant is missing', (lines) => editingType(lines, 'grant', () => []), 4, /grant .* is missing/],
  ['a grant was changed', (lines) => editingType(lines, 'grant', hashed), 4, /grant .* is missing/],
  ['a grant was cut', (lines) => editingType(lines, 'grant', changed('signed')), null, /another form: it ends early/],
  ['a grant stands twice', (lines) => editingType(lines, 'grant', (one) => [one, one]), null, /stands twice/],
  ['a checkpoint is missing', (lines) => editingType(lines, 'checkpoint', () => []), 10, /checkpoint .* is missing/],
  ['all checkpoints are missing', (lines) => without(lines, 'checkpoint'), 10, /checkpoint .* is missing/],
  [
    'a checkpoint was changed',
    (lines) => editingType(lines, 'checkpoint', changed('signed')),
    null,
    /checkpoint is not/,
  ],
  [
    'a checkpoint names another hash',
    (lines, log) => checkpointed(lines, log.sign(10, { hash: R1 })),
    10,
    /another one/,
  ],
  [
    'a checkpoint is not the owner’s',
    (lines, log) => checkpointed(lines, log.sign(10, { by: stranger })),
    null,
    /not signed/,
  ],
  [
    'an entry without a change of it has a checkpoint of another hash',
    (lines, log) => editingType(lines, 'checkpoint', (c) => [c, { type: c.type, ...inHex(log.sign(6, { hash: R1 })) }]),
    6,
    /checkpoint .* names another/,
  ],
];

describe('a proof that was tampered with is refused:', () => {
  test.each(WHOLE.map((one) => [one[0], one] as const))('%s', async (_, one) => expectTold(one));

  test('and nothing about it is called verified in JSON', async () => {
    const lines = editing(told.lines(), 7, changed('payload'));
    const { status, stdout, stderr } = await verifyAlone(lines, ...FINGERPRINT, '--json');
    expect(status).toBe(8);
    expect(stderr).toMatch(/^Integrity failure at entry 7: .*\n.+\n$/);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ ok: false, verified: false, from: 1, to: 6, entries: 6, hash: told.log.hashOf(6) },
      fault: { seq: 7, message: 'the entry, its changes or the entry before it was changed' },
    });
  });

  test('one byte of the file is another', async () => {
    const whole = Buffer.from(textOf(told.lines()));
    const program = whole.indexOf('"program":"') + '"program":"'.length;
    const places = fc.nat({ max: whole.length - 2 }).filter((at) => at < program || at >= program + '0.1.0'.length);
    const flip = fc.tuple(places, fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bits]) => {
        const copy = Buffer.from(whole);
        copy[at]! ^= bits;
        const { status, stderr } = await verify(copy, ...FINGERPRINT);
        expect(status).toBe(8);
        expect(stderr).toMatch(/^Integrity failure.*\n.+\n$/);
      }),
      { numRuns: 60 },
    );
  });
});

function renumbered(lines: Line[]): Line[] {
  const [seventh, eighth] = [entryOf(lines, 7), entryOf(lines, 8)];
  const first = editing(lines, 8, () => ({ ...seventh, seq: 8 }));
  return editing(first, 7, () => ({ ...eighth, seq: 7 }));
}

function signedAnew(lines: Line[], log: ProofBuilder, seq: number): Line[] {
  return editing(lines, seq, (one) => resigned(log.safe, one, stranger));
}

function ended(lines: Line[], end: object): Line[] {
  return [...lines.slice(0, -1), { type: 'end', ...end }];
}

function owned(lines: Line[], key: Uint8Array): unknown[] {
  return [{ ...lines[0], owner: toHex(key) }, ...lines.slice(1)];
}

function moved(lines: Line[], type: string, after: string): Line[] {
  const one = line(lines, type);
  return editingType(
    editingType(lines, type, () => []),
    after,
    (other) => [other, one],
  );
}

function late(lines: Line[]): Line[] {
  const session = lines.filter(({ type }) => type === 'session')[1]!;
  const early = lines.filter((one) => one !== session);
  return editing(early, 2, (one) => [one, session]);
}

function keyed(lines: Line[], key: string): Line[] {
  return editingType(lines, 'session', (one) => ({ ...one, key }), 1);
}

function idle(lines: Line[]): Line[] {
  const { log } = told;
  const other = new ProofBuilder({ safe: log.safe, owner: log.owner });
  other.append('owner', {});
  return editing(lines, 9, (one) => [line(other.proof(), 'session'), one]);
}

function changed(name: string): (line: Line) => Line {
  return (one) => ({ ...one, [name]: other(one[name]) });
}

/** The record with another private hash, which stands just before its empty list of extensions. */
function hashed(one: Line): Line {
  const signed = String(one['signed']);
  return { ...one, signed: String(other(signed.slice(0, -10))) + signed.slice(-10) };
}

function inHex({ signed, signature }: { signed: Uint8Array; signature: Uint8Array }): Record<string, string> {
  return { signed: toHex(signed), signature: toHex(signature) };
}

function checkpointed(lines: Line[], signed: { signed: Uint8Array; signature: Uint8Array }): Line[] {
  return editingType(lines, 'checkpoint', ({ type }) => ({ type, ...inHex(signed) }));
}

/** What a log could say, well signed and chained, that it may not: built on the beginning of the story. */
const DEEDS: readonly (readonly [string, (story: Story) => number, RegExp])[] = [
  ['a token that never was', ({ log }) => log.append(log.certify()), /not in force/],
  ['a token of the next epoch', ({ log, agent }) => log.append({ ...agent, epoch: 2 }), /not in force/],
  ['a token of an epoch that ended', ({ log, agent }) => (log.renew(agent), log.append(agent)), /not in force/],
  ['a token under the key of another', ({ log, agent }) => log.append(agent, { signedBy: stranger }), /not signed/],
  ['a token that ended', ({ log, agent }) => (end(log, agent), log.append(agent)), /not in force/],
  [
    'a token that is certified and not listed',
    ({ log }) => {
      const token = log.certify();
      log.append('owner', { changes: log.changesOf(token).slice(0, 1), decides: true });
      return log.append(token);
    },
    /not in force/,
  ],
  ['a token without an id', ({ log, agent }) => log.append(agent, { actor: null }), /not in force/],
  ['a token that had expired', ({ log, agent }) => log.append(agent, { at: log.now + 3_600_000 }), /had expired/],
  [
    'a grant that had expired',
    ({ log, agent, grant }) => log.append(agent, { grant, at: log.now + 15 * 60_000 }),
    /under a grant that had expired/,
  ],
  ['a grant that never was', ({ log, agent }) => log.append(agent, { grant: 'none' }), /grant that its token did not/],
  ['a grant of another token', ({ log, grant }) => log.append(log.token(), { grant }), /grant that its token did not/],
  [
    'a grant that ended',
    ({ log, agent, grant }) => {
      log.append('owner', { changes: [grantEnd(log, grant)] });
      return log.append(agent, { grant });
    },
    /grant that its token did not/,
  ],
  [
    'a refusal under a grant that never was',
    ({ log, agent }) => log.append(agent, { grant: 'x', outcome: 'refused' }),
    /did not hold/,
  ],
  [
    'a change in a refusal',
    ({ log, agent, grant }) => log.append(agent, { grant, outcome: 'refused', changes: [item(3, R3, R2)] }),
    /was not granted and names a change/,
  ],
  [
    'a decision of a token',
    ({ log, agent }) => log.append(agent, { changes: log.changesOf(log.certify(), null) }),
    /decision of the owner/,
  ],
  [
    'a freeze of a token’s',
    ({ log, agent }) => log.append(agent, { changes: [freeze('safe')] }),
    /decision of the owner/,
  ],
  [
    'a change of an item in another vault',
    ({ log, agent }) => log.append(agent, { changes: [item(1, R3, null, OTHER_ITEM)] }),
    /could not write/,
  ],
  [
    'a vault’s name by an editor',
    ({ log, agent }) => log.append(agent, { changes: [vault(2, RENAMED, NAME)] }),
    /could not write/,
  ],
  [
    'the names of a vault erased by an editor',
    ({ log, agent }) => log.append(agent, { changes: [{ ...vault(1, NAME, null), kind: 'prune' }] }),
    /could not write/,
  ],
  [
    'a vault’s id as an item',
    ({ log, agent }) => log.append(agent, { changes: [item(2, R3, NAME, VAULT)] }),
    /could not write/,
  ],
  ['a change by a viewer', ({ log }) => viewing(log, 'viewer', null), /could not write/],
  ['a change by a role that is none', ({ log }) => viewing(log, 'owner', null), /could not write/],
  ['a change under a grant of another item', ({ log }) => viewing(log, 'manager', OTHER_ITEM), /could not write/],
  ['an actor of no kind', ({ log }) => log.append('owner', { actorKind: 'root' }), /of a kind that there is not/],
  ['nobody with a name', ({ log }) => log.append('none', { actor: 'x' }), /an actor that is none/],
  ['nobody with an epoch', ({ log }) => log.append('none', { actorEpoch: 1 }), /an actor that is none/],
  ['nobody who signs', ({ log }) => log.append('none', { signedBy: stranger }), /an actor that is none/],
  ['an access that is granted to nobody', ({ log }) => log.append('none', { outcome: 'granted' }), /granted to nobody/],
  ['a change by nobody', ({ log }) => log.append('none', { changes: [item(3, R3, R2)] }), /nobody changed/],
  ['a freeze in a call of nobody’s', ({ log }) => log.append('none', { changes: [freeze('safe')] }), /nobody changed/],
  [
    'more than a freeze in nobody’s lockdown',
    ({ log }) => log.append('none', { action: 'safe.lockdown', outcome: 'granted', changes: [item(3, R3, R2)] }),
    /nobody changed/,
  ],
  [
    'an unsigned entry of a token',
    ({ log, agent }) => log.append(agent, { signedBy: null }),
    /not signed by its actor/,
  ],
  ['an unsigned entry of the owner', ({ log }) => log.append('owner', { signedBy: null }), /not signed by its actor/],
  [
    'an entry of the owner by a token',
    ({ log, agent }) => log.append('owner', { signedBy: agent.keys }),
    /not signed by/,
  ],

  ['a state version that jumps', ({ log }) => log.append('owner', { stateVersion: 9, stateHash: hash() }), /may not/],
  ['a state version without a state', ({ log }) => log.append('owner', { stateVersion: 5 }), /version out of order/],
  [
    'a state without a version',
    ({ log }) => log.append('owner', { stateHash: hash() }),
    /carries a state that it may not/,
  ],
  ['a state version that goes back', ({ log }) => log.append('owner', { stateVersion: 3 }), /version out of order/],
  ['a token’s state', ({ log, agent }) => log.append(agent, { decides: true }), /carries a state that it may not/],
  ['nobody’s state version', ({ log }) => log.append('none', { stateVersion: 5 }), /version out of order/],

  [
    'a certificate of another token',
    ({ log }) => decided(log, { ...certifying(log), id: 'x' }),
    /certificate .* another/,
  ],
  ['a certificate of another epoch', ({ log }) => decided(log, { ...certifying(log), revision: 2 }), /certificate/],
  ['a certificate that is none', ({ log }) => decided(log, { ...certifying(log), hash: null }), /certificate/],
  [
    'a leaf that does not follow',
    ({ log, agent }) => decided(log, { kind: 'token', id: agent.id, revision: 1, hash: R3, before: R4 }),
    /token does not follow/,
  ],
  [
    'a leaf without a certificate',
    ({ log }) => decided(log, { kind: 'token', id: 'x', revision: 1, hash: R3, before: null }),
    /no certificate/,
  ],
  [
    'an ended token that is listed again',
    ({ log, agent }) => (end(log, agent), relisted(log, agent)),
    /no certificate/,
  ],
  [
    'a grant without a document',
    ({ log }) => decided(log, { kind: 'grant', id: 'x', revision: 1, hash: R3, before: null }),
    /grant/,
  ],
  ['a grant by another id', ({ log, agent }) => granting(log, agent, { id: 'x' }), /grant .* another one/],
  ['a grant that does not follow', ({ log, agent }) => granting(log, agent, { before: R3 }), /grant does not follow/],
  ['a grant over another', ({ log, agent, grant }) => granting(log, agent, { id: grant }), /grant does not follow/],
  ['a head that does not follow', ({ log }) => decided(log, headed({ before: null })), /decision does not follow/],
  [
    'a head that ends another',
    ({ log }) => decided(log, headed({ hash: null, before: R3 })),
    /decision does not follow/,
  ],
  [
    'a setting that does not follow',
    ({ log }) => decided(log, headed({ kind: 'setting' })),
    /decision does not follow/,
  ],
  ['a revision that does not follow', ({ log }) => decided(log, item(3, R3, R1)), /does not follow the one before/],
  ['a first revision after another', ({ log }) => decided(log, item(3, R3, null)), /does not follow the one before/],
  ['a revision of nothing', ({ log }) => decided(log, item(3, null, R2)), /does not follow the one before/],
  [
    'a new item that follows another',
    ({ log }) => decided(log, item(1, R3, R2, OTHER_ITEM)),
    /does not follow the one/,
  ],
  ['a revision of two hashes', ({ log }) => decided(log, item(2, R3, R2)), /a revision was named twice/],
  ['an old revision of another hash', ({ log }) => decided(log, item(3, R3, R2), item(1, R4, R3)), /named twice/],
  ['an item as a vault', ({ log }) => decided(log, { ...item(3, R3, R2), kind: 'vault' }), /named as a vault/],
  ['an item erased too far', ({ log }) => decided(log, { ...item(3, null, null), kind: 'prune' }), /still current/],
  [
    'an item erased that is none',
    ({ log }) => decided(log, { ...item(1, null, null, 'x'), kind: 'prune' }),
    /still current/,
  ],
  [
    'a checkpoint without its record',
    ({ log }) => decided(log, { ...freeze('x'), kind: 'checkpoint' }),
    /checkpoint .* missing/,
  ],

  ['an owner’s payload of no form', ({ log }) => log.append('owner', { payload: randomBytes(120) }), /does not open/],
  ['an owner’s payload of no length', ({ log }) => log.append('owner', { payload: new Uint8Array(0) }), /not open/],
  ['an owner’s payload that is no JSON', ({ log }) => log.append('owner', { said: Buffer.from('x') }), /does not open/],
  ['an owner’s payload that is no object', ({ log }) => log.append('owner', { said: null }), /does not open/],
  ['a session of no form', ({ log }) => log.append('owner', { session: R1 }), /session .* is missing/],
];

const freeze = (id: string) => ({ kind: 'freeze', id, revision: 0, hash: null, before: null });
const headed = (other: object) => ({ kind: 'vault-head', id: VAULT, revision: 2, hash: R3, before: HEAD, ...other });

function decided(log: ProofBuilder, ...changes: readonly NonNullable<Deed['changes']>[number][]): number {
  return log.append('owner', { decides: true, changes });
}

function end(log: ProofBuilder, token: BuiltToken): void {
  decided(log, { kind: 'token', id: token.id, revision: token.epoch, hash: null, before: token.leaf });
}

function relisted(log: ProofBuilder, token: BuiltToken): number {
  return decided(log, { kind: 'token', id: token.id, revision: token.epoch, hash: token.leaf, before: null });
}

function certifying(log: ProofBuilder): NonNullable<Deed['changes']>[number] {
  return log.changesOf(log.certify())[0]!;
}

/** The end of a grant, whose hash is that of its line. */
function grantEnd(log: ProofBuilder, id: string): NonNullable<Deed['changes']>[number] {
  const signed = line(log.proof(), 'grant')['signed'];
  return { kind: 'grant', id, revision: 1, hash: null, before: sha256(Buffer.from(String(signed), 'hex')) };
}

function granting(log: ProofBuilder, token: BuiltToken, other: object): number {
  const { document, hash: named } = log.document(token, { vault: VAULT });
  return decided(log, { kind: 'grant', id: document.grant, revision: 1, hash: named, before: null, ...other });
}

function viewing(log: ProofBuilder, role: string, on: string | null): number {
  const { token, document } = log.grant(log.token(), { vault: VAULT, item: on, role });
  return log.append(token, { grant: document.grant, changes: [item(3, R3, R2)] });
}

describe('what a log may not say is found, however well it is chained and signed:', () => {
  test.each(DEEDS)('%s', async (_, deed, words) => {
    const made = beginning();
    const seq = deed(made);
    made.log.append('owner', { action: 'safe.unlock' });
    await expectFault(verify(made.lines(), '--owner', made.log.fingerprint), seq, words);
  });

  test.each([
    [
      'a refusal after the end of a grant',
      (log: ProofBuilder, by: BuiltToken) => log.append(by, { outcome: 'error', at: log.now + 3_600_000 }),
    ],
    [
      'a change under a grant that expired and was not ended',
      (log: ProofBuilder, by: BuiltToken) => log.append(by, { changes: [item(3, R3, R2)], at: log.now + 15 * 60_000 }),
    ],
    ['a kind that decides nothing', (log: ProofBuilder) => decided(log, { ...freeze('x'), kind: 'archive', hash: R3 })],
    [
      'a token that begins again',
      (log: ProofBuilder, by: BuiltToken) => (end(log, by), decided(log, ...log.changesOf(log.certify({ id: by.id })))),
    ],
    ['a change under a grant of the item', (log: ProofBuilder) => viewing(log, 'editor', ITEM)],
  ])('but not %s', async (_, deed) => {
    const { log, agent } = beginning();
    deed(log, agent);
    expect(await verify(log.proof(), '--owner', log.fingerprint)).toMatchObject({ status: 0, stderr: '' });
  });

  test('of another safe: all of its entries', async () => {
    const lines = elsewhere.lines();
    const taken = [
      { ...lines[0], safe: told.log.safe },
      ...lines.filter(({ type }) => /entry|end/.test(type)).slice(0),
    ];
    await expectFault(verify(taken as Line[], ...FINGERPRINT), 1, /was changed/);
  });
});

describe('a part of the log', () => {
  const first = 14;
  const part = (base: unknown): unknown[] => {
    const lines = told.log.proof({ first });
    return [{ ...lines[0], base }, ...lines.slice(1)];
  };
  const signed = (other: object): unknown => told.log.signedBase(first - 1, other);
  const named = { id: 'x', hash: R1 };
  const twice = <T>(one: T): readonly T[] => [one, one];
  const granted = { id: told.grant, hash: grantEnd(told.log, told.grant).before! };
  const subject = { kind: 'item', id: ITEM, revision: 2, hash: R2, keptFrom: 0, author: null, key: R1 };
  const kept = [{ ...subject, revision: 1, hash: R1 }, subject];

  test.each([
    ['not signed by the owner', told.log.signedBase(first - 1, {}, stranger), null, /base is not signed/],
    ['of another entry', told.log.signedBase(first - 2), null, /base is of another entry/],
    ['of another safe', elsewhere.log.signedBase(first - 1), null, /of another safe/],
    ['missing', null, null, /has a base if/],
    ['no object', 'x', null, /is not an object/],
    ['with a member too many', { ...told.log.signedBase(first - 1), extra: 1 }, null, /“extra” is not known/],
    ['another record', told.log.signedEnd({}), null, /not what its line says/],
    ['with another link', signed({ link: R1 }), first, /entry before it was changed/],
    ['with another state version', signed({ stateVersion: 1 }), first, /version out of order/],
    ['without tokens', signed({ tokens: [] }), first, /not in force/],
    ['without grants', signed({ grants: [] }), first, /grant that its token did not hold/],
    [
      'with a grant that is none',
      signed({ grants: [{ id: 'x', hash: R1 }] }),
      null,
      /grant that was in force is missing/,
    ],
    ['without subjects', signed({ subjects: [] }), first, /does not follow/],
    [
      'with a token twice',
      signed({ tokens: twice({ ...named, epoch: 1, key: R2, notAfter: null, leaf: R3 }) }),
      null,
      /twice/,
    ],
    ['with a grant twice', signed({ grants: [granted, granted] }), null, /names a grant twice/],
    ['with a head twice', signed({ heads: twice(named) }), null, /twice/],
    ['with a setting twice', signed({ settings: twice(named) }), null, /twice/],
    [
      'with another subject',
      signed({ subjects: [{ ...subject, kind: 'token' }] }),
      null,
      /neither an item nor a vault/,
    ],
    ['with a subject of two kinds', signed({ subjects: [subject, { ...subject, kind: 'vault' }] }), null, /as a vault/],
    ['with a revision of two hashes', signed({ subjects: [subject, { ...subject, hash: R4 }] }), null, /named twice/],
    ['with its newest revision first', signed({ subjects: [...kept].reverse() }), first, /does not follow/],
  ])('under a base that is %s', async (_, base, seq, words) => {
    await expectFault(verify(part(base) as Line[], ...FINGERPRINT), seq, words);
  });

  test('begins where a checkpoint says', async () => {
    const [head, ...rest] = told.log.proof({ first: 11 });
    const lines = [{ ...head, base: told.log.signedBase(10, { hash: R1 }) }, ...rest] as Line[];
    await expectFault(verify(lines, ...FINGERPRINT), null, /a checkpoint names another entry than the base/);
  });

  test('begins under the link of a base, not of the log', async () => {
    const [head, ...rest] = told.lines();
    const lines = [{ ...head, base: told.log.signedBase(1) }, ...rest] as Line[];
    await expectFault(verify(lines, ...FINGERPRINT), null, /has a base if/);
  });
});

describe('an anchor', () => {
  const anchored = (text: string): readonly string[] => ['--anchor', station.file(`anchor-${toHex(hash())}`, text)];
  const rolledBack = story({ safe: told.log.safe, owner: told.log.owner });

  test('inside the proof is compared', async () => {
    const ran = await verify(told.lines(), ...FINGERPRINT, ...anchored(told.log.anchor(10)));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toMatch(/Anchor: entry 10 is the one that the anchor names/);
    const { stdout } = await verify(told.lines(), '--json', ...anchored(told.log.anchor(LAST)));
    expect(JSON.parse(stdout)).toMatchObject({ anchor: { seq: LAST, hash: told.log.hashOf(LAST), compared: true } });
  });

  test('at the base is compared; before it, that it was not is said', async () => {
    const lines = told.log.proof({ first: 12 });
    const at = await verify(lines, ...FINGERPRINT, ...anchored(told.log.anchor(11)));
    expect([at.status, at.stdout]).toEqual([0, expect.stringMatching(/entry 11 is the one/)]);
    const before = await verify(lines, ...FINGERPRINT, ...anchored(told.log.anchor(10)));
    expect([before.status, before.stdout]).toEqual([0, expect.stringMatching(/entry 10 lies before .* not compared/)]);
    const other = verify(lines, ...FINGERPRINT, ...anchored(rolledBack.log.anchor(11)));
    await expectFault(other, 11, /another one than its anchor/);
  });

  test('shows that the log went back', async () => {
    const shorter = verify(told.log.proof({ last: 20 }), ...FINGERPRINT, ...anchored(told.log.anchor(LAST)));
    await expectFault(shorter, 21, new RegExp(`shorter than its anchor, which names entry ${LAST}`));
    const other = verify(rolledBack.lines(), ...FINGERPRINT, ...anchored(told.log.anchor(LAST)));
    await expectFault(other, LAST, /another one than its anchor/);
  });

  const anchor = JSON.parse(told.log.anchor(10)) as Record<string, unknown>;
  test.each([
    ['of another safe', elsewhere.log.anchor(10)],
    ['of another owner', strange.log.anchor(10)],
    ['signed by another', told.log.anchor(10, told.log.sign(10, { by: stranger }))],
    ['that says another number', JSON.stringify({ ...anchor, seq: 9 })],
    ['that says another hash', JSON.stringify({ ...anchor, hash: toHex(R1) })],
    ['that says another safe', JSON.stringify({ ...anchor, safe: 'x' })],
    ['without a signature', JSON.stringify({ ...anchor, signature: '' })],
    ['with more', JSON.stringify({ ...anchor, more: 1 })],
    ['that is another record', JSON.stringify({ ...anchor, ...told.log.signedEnd({}) })],
    ['that is no JSON', '{'],
    ['that is null', 'null'],
    ['that is nothing', ''],
  ])('%s is refused', async (_, text) => {
    const ran = verify(told.lines(), ...FINGERPRINT, ...anchored(text));
    await expectFault(ran, null, /the anchor is not one of this safe and owner/);
  });
});

describe('a file that is none of a proof', () => {
  const text = textOf(told.lines());
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const first = JSON.stringify(told.lines()[0]);
  const rest = text.slice(text.indexOf('\n'));
  const insert = (junk: string | Buffer): Buffer => {
    const at = text.indexOf('{"type":"entry","seq":9,');
    return Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from(junk), Buffer.from(text.slice(at))]);
  };

  test.each<[string, string | Buffer, number | null, RegExp]>([
    ['an empty line', insert('\n'), 9, /not a JSON object/],
    ['a space', insert(' \n'), 9, /not a JSON object/],
    ['a word', insert('junk\n'), 9, /not a JSON object/],
    ['a number', insert('1\n'), 9, /not a JSON object/],
    ['null', insert('null\n'), 9, /not a JSON object/],
    ['a list', insert('[]\n'), 9, /not a JSON object/],
    ['an empty object', insert('{}\n'), 9, /begin with its .type/],
    ['a type that is a number', insert('{"type":1}\n'), 9, /begin with its .type/],
    ['a type that comes late', insert('{"seq":9,"type":"entry"}\n'), 9, /begin with its .type/],
    ['a member of all objects', insert('{"type":"entry","__proto__":{"seq":9}}\n'), 9, /“__proto__” is not known/],
    ['a constructor', insert('{"type":"entry","constructor":{}}\n'), 9, /“constructor” is not known/],
    ['deep lists', insert(`{"type":"entry","seq":${deep}}\n`), 9, /not written as a proof is|not of its type/],
    ['deep lists alone', insert(`${deep}\n`), 9, /not a JSON object/],
    ['a member twice', text.replace('{"type":"entry","seq":9,', '{"type":"entry","seq":8,"seq":9,'), 9, /member twice/],
    ['a space between', text.replace('{"type":"entry","seq":9,', '{"type":"entry", "seq":9,'), 9, /not written as/],
    ['a number with a point', text.replace('"entry","seq":9,', '"entry","seq":9.0,'), 9, /not written as/],
    ['a number with an exponent', text.replace('"entry","seq":9,', '"entry","seq":9e0,'), 9, /not written as/],
    ['a number without end', text.replace('"entry","seq":9,', '"entry","seq":1e400,'), 9, /not written as/],
    ['a number below nothing', text.replace('"entry","seq":9,', '"entry","seq":-0,'), 9, /not written as/],
    ['a number too large', text.replace('"entry","seq":9,', '"entry","seq":9007199254740992,'), 9, /not of its type/],
    ['half a character', text.replace('"item.trash"', '"item.\\ud800"'), LAST - 2, /.action. is not of its type/],
    ['an escape', text.replace('"item.trash"', '"item.tr\\u0061sh"'), LAST - 2, /not written as/],
    [
      'bytes in capitals',
      text.replace(/"hash":"[0-9a-f]+"/, (hex) => hex.toUpperCase().replace('HASH', 'hash')),
      1,
      /type/,
    ],
    ['ends of line of another system', text.replaceAll('\n', '\r\n'), null, /not written as/],
    ['a mark at the front', `\ufeff${text}`, null, /not a JSON object/],
    ['bytes that are no text', insert(Buffer.from([0xff, 0x0a])), 9, /not UTF-8/],
    ['zeros', insert('\0\n'), 9, /not a JSON object/],
    ['a line without end', insert(`"${'x'.repeat(17 * 2 ** 20)}`), 9, /longer than any of a proof/],
    ['a long line', insert(`"${'x'.repeat(17 * 2 ** 20)}"\n`), 9, /longer than any of a proof/],
    ['a long member', insert(`{"type":"entry","seq":"${'x'.repeat(15 * 2 ** 20)}"}\n`), 9, /./],
    [
      'a key that is none',
      first.replace(/"owner":"[0-9a-f]+"/, '"owner":""') + rest,
      null,
      /.owner. is not of its type/,
    ],
    ['a key of zeros', first.replace(/"owner":"[0-9a-f]+"/, `"owner":"${'0'.repeat(64)}"`) + rest, null, /./],
    ['another program’s file', 'SQLite format 3\0', null, /not a JSON object/],
    ['a log of another program', '{"type":"log"}\n', null, /“log” is not known/],
  ])('such as one with %s is refused', async (_, bytes, seq, words) => {
    await expectFault(verify(bytes), seq, words);
  });

  test.each(['certificate', 'grant', 'checkpoint', 'session', 'end'])(
    'cut records of a %s are refused',
    async (type) => {
      const signed = String(line(told.lines(), type)['signed']);
      const cuts = [
        '',
        signed.slice(0, 2),
        signed.slice(0, -2),
        `${signed}00`,
        `${signed}0000000000`,
        signed.replace(/^02/, '01'),
        signed.replace(/^0200/, '02ff'),
      ];
      for (const cut of cuts) {
        const lines = editingType(told.lines(), type, (one) => ({ ...one, signed: cut }));
        expect(await verify(lines, ...FINGERPRINT)).toMatchObject({ status: 8, stdout: '' });
      }
    },
  );
});

describe('a record has one form alone:', () => {
  const element = (type: number, bytes: Uint8Array | string): Buffer => {
    const body = Buffer.from(bytes);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(body.length);
    return Buffer.concat([Buffer.of(type), size, body]);
  };
  const [absent, words, yes, none] = [element(0, ''), element(2, 'x'), element(4, Buffer.of(1)), element(5, '')];
  const number = element(3, Buffer.of(0, 0, 0, 0, 0, 0, 0, 1));
  const key = element(1, randomBytes(32));
  const grant = [words, words, number, words, absent, words, number, key, number, number, absent, key, none];
  const certificate = [words, number, key, key, number, number, absent, yes, none, key, none];
  const purposes = { grant: 'vouchsafe grant 1', certificate: 'vouchsafe certificate 1' };

  /** A proof with one more document, which nothing names; the owner signed it. */
  function withRecord(type: 'grant' | 'certificate', fields: readonly Buffer[]): Line[] {
    const { log } = told;
    const signed = Buffer.concat([element(2, purposes[type]), element(2, log.safe), ...fields]);
    const both = inHex({ signed, signature: signer(log.owner)(signed) });
    const more = type === 'grant' ? { type, signed: both['signed'] } : { type, ...both };
    return editingType(log.proof(), type, (one) => [one, more]);
  }

  test.each([
    ['grant', grant],
    ['certificate', certificate],
  ] as const)('a %s', async (type, fields) => {
    const ran = await verify(withRecord(type, fields), ...FINGERPRINT);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
  });

  test.each([
    ['a field too many', 'grant', 13, absent, /more fields/],
    ['an absence that is filled', 'grant', 4, element(0, 'x'), /filled absence/],
    ['an absence that may not be', 'grant', 5, absent, /another type/],
    ['text in place of a number', 'grant', 2, words, /another type/],
    ['bytes in place of text', 'grant', 4, key, /another type/],
    ['no further field', 'grant', 12, Buffer.alloc(0), /another type, or none/],
    ['half the head of a field', 'grant', 12, none.subarray(0, 3), /another type, or none/],
    ['text that is none', 'grant', 3, element(2, Buffer.of(0xc0, 0x80)), /not UTF-8/],
    ['half a character', 'grant', 3, element(2, Buffer.of(0xed, 0xa0, 0x80)), /not UTF-8/],
    ['a hash of another size', 'grant', 11, element(1, randomBytes(31)), /no hash/],
    ['a number of 7 bytes', 'grant', 2, element(3, Buffer.alloc(7)), /out of range/],
    ['a number of 9 bytes', 'grant', 2, element(3, Buffer.alloc(9)), /out of range/],
    ['a number too large', 'grant', 2, element(3, Buffer.of(0, 32, 0, 0, 0, 0, 0, 0)), /out of range/],
    ['a list that ends early', 'grant', 12, element(5, Buffer.of(5, 0)), /another type/],
    ['a list of other things', 'grant', 12, element(5, words), /another type/],
    ['a structure with more', 'grant', 12, element(5, element(5, Buffer.concat([words, words, words]))), /more fields/],
    ['a boolean of 2', 'certificate', 7, element(4, Buffer.of(2)), /boolean that is neither/],
    ['a boolean of no byte', 'certificate', 7, element(4, ''), /boolean that is neither/],
    ['a boolean of two bytes', 'certificate', 7, element(4, Buffer.of(1, 1)), /boolean that is neither/],
  ] as const)('%s is refused', async (_, type, at, field, said) => {
    const fields = [...(type === 'grant' ? grant : certificate)];
    fields[at] = field;
    await expectFault(verify(withRecord(type, fields), ...FINGERPRINT), null, said);
  });
});

describe('what a token sealed so that nobody can read it', () => {
  const count = (stdout: string): Json => JSON.parse(stdout).unreadable;

  test('is counted, and is no fault', async () => {
    const { log, agent } = beginning();
    for (const payload of [randomBytes(120), new Uint8Array(0), randomBytes(92)]) log.append(agent, { payload });
    for (const said of [Buffer.from('reason'), null, 7, Buffer.from('"\u00ff"', 'latin1')]) log.append(agent, { said });
    log.append('none', { payload: randomBytes(92) });
    const ran = await verify(log.proof(), '--owner', log.fingerprint, '--json');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(count(ran.stdout)).toBe(8);
    const told = await verify(log.proof(), '--owner', log.fingerprint);
    expect(told.stdout).toMatch(/^Verified: [^]*\nUnreadable: 8\. /);
    const { stdout } = await verifyAlone(log.proof(), '--print');
    const printed: Json = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(printed).toMatchObject({ reason: null, fields: [], signals: ['unreadable'] });
  });

  test('is all that stands in a session without a key', async () => {
    const lines = editingType(told.lines(), 'session', (one) => ({ ...one, key: null }), 2);
    const ran = await verifyAlone(lines, ...FINGERPRINT, '--json');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(count(ran.stdout)).toBe(3);
  });

  test('is never the owner’s', async () => {
    const lines = editingType(told.lines(), 'session', (one) => ({ ...one, key: null }));
    await expectFault(verify(lines, ...FINGERPRINT), 1, /payload of an entry of the owner does not open/);
  });
});

describe('what is printed', () => {
  const hidden = 'see \u202egnihton\u001b[31m \u{e0041}\n';
  const said = {
    ...{
      v: 1,
      reason: hidden,
      signals: ['repeat', 7, '\u0007'],
      fields: ['pass\u009bword'],
      vault: 'V\u200b',
      title: 9,
    },
    ['__proto__']: 1,
  };
  const facts = new Map<string, unknown>([['evil', { client: { name: 'agent\u001b]0;x\u0007', version: ['1'] } }]]);

  function evil(): ProofBuilder {
    const { log, agent, grant } = beginning({ facts });
    log.append(agent, { ...{ said, process: 'evil', grant, vault: VAULT, item: ITEM, action: 'item.read\u001b' } });
    log.append(agent, { ...{ said: {}, at: 8.65e15, outcome: 'refused', process: 'evil' } });
    return log;
  }

  test('are the entries, each on a line, as data and escaped; the result stands on stderr', async () => {
    const log = evil();
    const { status, stdout, stderr } = await verify(log.proof(), '--owner', log.fingerprint, '--print');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^Verified: entries 1 to 10 /);
    expect(stdout).not.toMatch(/[^\n\x20-\x7e]/);
    const printed = stdout
      .trimEnd()
      .split('\n')
      .map((one): Json => JSON.parse(one));
    expect(printed.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(printed[8]).toMatchObject({
      ...{ actor: { kind: 'token' }, action: 'item.read\u001b', outcome: 'granted', code: null, reason: hidden },
      ...{ vault: { id: VAULT, name: 'V\u200b' }, item: { id: ITEM, title: null }, fields: ['pass\u009bword'] },
      ...{ signals: ['repeat', '\u0007'], client: { name: 'agent\u001b]0;x\u0007', version: null }, transport: null },
    });
    expect(printed[9]).toMatchObject({ at: '9999-12-31T00:00:00.000Z', reason: null, fields: [], signals: [] });
    expect(stdout).toContain(String.raw`see \u202egnihton\u001b[31m \udb40\udc41\n`);
  });

  test('is what was checked before the fault, and no more', async () => {
    const lines = editing(told.lines(), 7, changed('payload'));
    const { status, stdout, stderr } = await verifyAlone(lines, '--print', '--json');
    const printed = stdout
      .trimEnd()
      .split('\n')
      .map((one): Json => JSON.parse(one));
    expect(status).toBe(8);
    expect(printed.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, undefined]);
    expect(printed[6]).toMatchObject({ ok: false, fault: { seq: 7 } });
    expect(stderr).toMatch(/entry 7/);
  });

  test('may be read in part', async () => {
    const file = station.file('part.jsonl', textOf(told.lines()));
    const command = `{ '${process.execPath}' '${VERIFIER}' '${file}' --print; echo "$?" >&2; } | head -n 1`;
    const { stdout, stderr } = await execute('/bin/sh', ['-c', command], { env: station.env });
    expect(stdout).toMatch(/^\{"seq":1,.*\}\n$/);
    expect(stderr).toMatch(/^Consistent: [^]*\n0\n$/);
    expect(stderr).not.toMatch(/Error/);
  });

  test('is escaped where a fault tells what the file says', async () => {
    const lines = editing(told.lines(), 9, (one) => ({ ...one, 'x\u202e\u001b': 1 }));
    await expectFault(verify(lines), 9, /the member “x\\u\{202e\}\\u\{1b\}” is not known/);
  });
});

describe('the command', () => {
  const run = (...args: readonly string[]): Promise<Ran> =>
    execute(process.execPath, [VERIFIER, ...args], { env: station.env });

  test.each([
    [[], /There is no FILE/],
    [['a', 'b'], /more than one FILE/],
    [['a', '--frobnicate'], /The option --frobnicate is not known/],
    [['a', '-x'], /The option -x is not known/],
    [['a', '--owner'], /The option --owner is not used as it can be/],
    [['a', '--owner', 'abc'], /40 hexadecimal digits/],
    [['a', '--owner', 'g'.repeat(40)], /40 hexadecimal digits/],
    [['a', '--owner', 'a'.repeat(40), '--owner', 'b'.repeat(40)], /given twice/],
    [['a', '--owner', 'aaaa', 'bbbb'], /more than one FILE|40 hex/],
    [['a', '--json=1'], /The option --json is not used as it can be/],
    [['a', '--\u001b[2J'], /An option is not known/],
  ])('%j is told how it is used', async (args, words) => {
    const { status, stdout, stderr } = await run(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/\n`vouchsafe-verify-log --help` .*\n$/);
    expect(stderr).not.toContain('\u001b');
  });

  test('helps', async () => {
    const { status, stdout } = await run('--help');
    expect(status).toBe(0);
    for (const option of ['--owner', '--anchor', '--print', '--json', '--help']) expect(stdout).toContain(option);
  });

  test('says what cannot be read', async () => {
    const file = station.file('a.jsonl', textOf(told.lines()));
    expect(await run(join(station.folder, 'none'))).toMatchObject({ status: 1, stderr: /cannot be read \(ENOENT\)/ });
    expect(await run(station.folder)).toMatchObject({ status: 1, stderr: /cannot be read \(EISDIR\)/ });
    expect(await run(file, '--anchor', join(station.folder, 'none'))).toMatchObject({ status: 1 });
  });

  test('shares nothing with the program: its imports are Node’s own', () => {
    const imports = readFileSync(VERIFIER, 'utf8').match(/^import .*$|\bimport\(.*|\brequire\(.*/gm) ?? [];
    expect(imports.length).toBeGreaterThan(0);
    for (const one of imports) expect(one).toMatch(/^import \w+ from 'node:\w+';$/);
  });

  test('runs by itself', () => {
    const file = station.file('b.jsonl', textOf(told.lines()));
    expect(execFileSync(VERIFIER, [file], { encoding: 'utf8' })).toMatch(/^Consistent/);
  });
});
