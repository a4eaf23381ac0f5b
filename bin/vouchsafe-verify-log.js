#!/usr/bin/env node
/**
 * vouchsafe-verify-log: checks a proof of a Vouchsafe log, and names the first fault with its entry.
 *
 * It stands alone: one file, nothing but what comes with Node, no code shared with the program that wrote the log.
 * docs/proof.md says what a proof is and what is checked; the numbers of its rules stand here where each is checked.
 * The file is read once, line by line. What is kept is what the owner decided, the newest change of each item and vault,
 * and the hashes of their revisions.
 *
 * Read it from the top: the lines of a proof, the rules, the decisions that are replayed, then bytes, then the command.
 * Bytes are kept as the hexadecimal text that the file has, which is compared as text.
 */
import buffer from 'node:buffer';
import crypto from 'node:crypto';
import fs from 'node:fs';
import util from 'node:util';

/** Format 2 has a line `owner`: the owner's keys were changed. */
const FORMATS = [1, 2];
/** In bytes. The first line may hold a base, which names every item. */
const FIRST_LINE_AT_MOST = 256 * 2 ** 20;
const LINE_AT_MOST = 16 * 2 ** 20;

// ---- what the lines and the records hold ---------------------------------------------------------------------------

/*
 * Types: `text`, `integer` (0 to 2^53 - 1), `boolean`, `bytes`, and bytes of one size: `hash`, `key` (32), `signature`
 * (64). `?` stands for "or absent", an array for a list, an object for a structure. `any` is looked at where it is used.
 */

const CHANGE = { kind: 'text', id: 'text', revision: 'integer', hash: 'bytes?', before: 'bytes?' };

/** An entry without what is computed (`prev`) and what is made of it (`hash`, `signature`). */
const ROW = {
  ...{ seq: 'integer', at: 'integer', actor_kind: 'text', actor: 'text?', actor_epoch: 'integer?', session: 'hash' },
  ...{ action: 'text', outcome: 'text', code: 'text?', vault: 'text?', item: 'text?', grant: 'text?' },
  ...{ uses: 'integer?', state_version: 'integer', state_hash: 'hash?', fields_count: 'integer' },
  ...{ suppressed: 'integer', reason_tag: 'bytes?', template_tag: 'bytes?', client_tag: 'bytes?', payload: 'bytes' },
};

const SIGNED = { signed: 'bytes', signature: 'signature' };

/** The members of each line, `type` apart. */
const LINES = {
  proof: {
    ...{ format: 'any', safe: 'text', program: 'text', owner: 'key', first: 'integer', last: 'integer' },
    base: 'any',
  },
  owner: SIGNED,
  certificate: SIGNED,
  grant: { signed: 'bytes' },
  checkpoint: SIGNED,
  session: { signed: 'bytes', key: 'key?' },
  entry: { ...ROW, hash: 'hash', signature: 'signature?', changes: [CHANGE] },
  end: SIGNED,
};

/** Lines stand in this order; sessions stand among the entries. */
const STAGES = { proof: 0, owner: 1, certificate: 2, grant: 3, checkpoint: 4, session: 5, entry: 5, end: 6 };
const ONCE = ['proof', 'owner'];

const EXTENSIONS = [{ name: 'text', value: 'text' }];
const NAMED_HASHES = [{ id: 'text', hash: 'hash' }];

/** The fields of each record, in their order. */
const RECORDS = {
  'vouchsafe entry 1': { ...ROW, prev: 'hash', changes: [CHANGE] },
  'vouchsafe entry-signature 1': { hash: 'hash' },
  'vouchsafe log 1': {},
  'vouchsafe log-session 1': { id: 'text', at: 'integer', key: 'bytes', facts: 'bytes' },
  'vouchsafe session-facts 1': { id: 'text' },
  'vouchsafe payload 1': { session: 'hash', seq: 'integer' },
  'vouchsafe checkpoint 1': { seq: 'integer', hash: 'hash', at: 'integer' },
  'vouchsafe certificate 1': {
    ...{ token: 'text', epoch: 'integer', agreement_key: 'key', signing_key: 'key', created: 'integer' },
    ...{ issued: 'integer', not_after: 'integer?', agent: 'boolean', scopes: ['text'], private_hash: 'hash' },
    extensions: EXTENSIONS,
  },
  'vouchsafe grant 1': {
    ...{ grant: 'text', token: 'text', epoch: 'integer', vault: 'text', item: 'text?', role: 'text' },
    ...{ key_epoch: 'integer', key_id: 'bytes', since: 'integer', since_seq: 'integer', not_after: 'integer?' },
    ...{ private_hash: 'hash', extensions: EXTENSIONS },
  },
  'vouchsafe log-base 1': {
    ...{ seq: 'integer', hash: 'hash', link: 'hash', at: 'integer', state_version: 'integer' },
    tokens: [{ id: 'text', epoch: 'integer', key: 'key', not_after: 'integer?', leaf: 'hash?' }],
    ...{ grants: NAMED_HASHES, heads: NAMED_HASHES, settings: NAMED_HASHES },
    subjects: [
      {
        ...{ kind: 'text', id: 'text', revision: 'integer', hash: 'hash', kept_from: 'integer' },
        ...{ author: 'text?', key: 'key' },
      },
    ],
  },
  'vouchsafe owner-public 1': {
    ...{ agreement_key: 'key', signing_key: 'key' },
    earlier: [{ key: 'key', last: 'integer' }],
  },
  'vouchsafe proof-end 1': { first: 'integer', seq: 'integer', hash: 'hash', at: 'integer' },
};

// ---- faults --------------------------------------------------------------------------------------------------------

const ASK_FOR_ANOTHER =
  'Do not rely on this file. Export the log again (`vouchsafe audit export --proof --to FILE`); if that does not ' +
  'verify either, run `vouchsafe audit verify --full` on the safe.';
const CUT =
  'The file was cut, or its copying was: get it again from where it was written, and keep this one for comparison.';
const OTHER_OWNER =
  'Compare with what `vouchsafe info` prints on the owner’s own machine. If it differs, the file is not of that owner.';
const WENT_BACK =
  'Export the log anew and verify that. If it is shorter still, the log went back: unless an older safe was restored ' +
  'on purpose, entries were taken away.';
const OTHER_ANCHOR = 'Use an anchor of this safe; without --anchor the file is verified by itself.';
const NEWER = 'Use the vouchsafe-verify-log of the version that wrote it.';

/** What is wrong with a proof, in words; `next` is what to do about it. */
class Fault extends Error {
  /** `seq` is the entry where it lies; null: before or after all entries. Left out, it is where the reading is. */
  constructor(message, next = ASK_FOR_ANOTHER, seq = undefined) {
    super(message);
    this.next = next;
    this.seq = seq;
    this.line = 0;
  }
}

/** Throws the words as a fault unless it is so. */
function must(isSo, message, next) {
  if (!isSo) throw new Fault(message, next);
}

// ---- a proof, line by line -----------------------------------------------------------------------------------------

/** Takes the lines of a proof in their order, and throws the first {@link Fault}. It says nothing before `finish`. */
class Proof {
  #wanted;
  #header = null;
  #base = null;
  #stage = -1;
  #line = 0;
  #documents = { certificates: new Map(), grants: new Map() };
  /** Hashes by number of entry. */
  #checkpoints = new Map();
  #sessions = new Map();
  #decisions = null;
  #anchor = null;
  /** The owner's keys before the one of the first line, the oldest first, each with the last entry it could sign. */
  #earlier = [];
  /** The hash of what the owner says of the keys; null as long as they are the first. */
  #ownerHash = null;
  #stateVersion = 0;
  #prev = '';
  #next = 1;
  #last = null;
  #entries = 0;
  #signatures = 0;
  #unreadable = 0;

  /** `fingerprint` is the one that the owner gave, or null; `anchor` is the text of an anchor, or null. */
  constructor({ fingerprint, anchor }) {
    this.#wanted = { fingerprint, anchor };
  }

  /** Takes a line. Gives the entry in it, once all of it is checked, or null for another line. */
  take(bytes) {
    this.#line += 1;
    must(bytes.length <= longestLine(this.#line), 'a line is longer than any of a proof');
    const value = parseLine(bytes);
    this.#enter(value);
    const { type } = value;
    if (type === 'entry') return this.#entry(value);
    if (type === 'proof') this.#begin(value);
    if (type === 'owner') this.#owner(value);
    if (type === 'certificate') this.#certificate(value);
    if (type === 'grant') this.#grant(value);
    if (type === 'checkpoint') this.#checkpoint(value);
    if (type === 'session') this.#session(value);
    if (type === 'end') this.#end(value);
    return null;
  }

  /** To be called after the last line. */
  finish() {
    must(this.#header !== null, 'the file is empty', CUT);
    if (this.#stage === STAGES.end) return;
    const { last } = this.#header;
    if (this.#next > last) throw new Fault('the file ends without its last line, the `end`', CUT, null);
    throw new Fault(`the file ends here, and the proof goes to entry ${last}`, CUT, this.#next);
  }

  /** The number of the last entry, as the first line has it. */
  get lastSeq() {
    return this.#header?.last ?? 0;
  }

  /** Where the proof stands, and after `finish` its result. */
  summary() {
    return {
      safe: this.#header?.safe ?? null,
      fingerprint: this.#header === null ? null : grouped(fingerprintOf(this.#header.owner)),
      from: this.#header?.first ?? null,
      to: this.#last?.seq ?? null,
      entries: this.#entries,
      signatures: this.#signatures,
      unreadable: this.#unreadable,
      hash: this.#last?.hash ?? null,
      anchor: this.#anchor === null ? null : { ...this.#anchor },
    };
  }

  /** Says where a fault lies, unless that is known: at the entry that is due, or outside of all entries. */
  locate(fault) {
    const isDue = this.#stage === STAGES.entry || (this.#stage === STAGES.end && this.#next <= this.lastSeq);
    fault.seq ??= fault.seq === undefined && isDue ? this.#next : null;
    fault.line = this.#line;
    return fault;
  }

  /** The line is of a type that may stand here, and has the members of that type. */
  #enter(value) {
    const { type } = value;
    if (!Object.hasOwn(STAGES, type)) throw new Fault(`a line of the type ${quoted(type)} is not known`);
    const stage = STAGES[type];
    must(this.#stage >= 0 || type === 'proof', 'the file does not begin as a proof does');
    must(this.#stage !== STAGES.end, 'there are lines after the end');
    const isInOrder = stage > this.#stage || (stage === this.#stage && !ONCE.includes(type));
    must(isInOrder, `a line of the type “${type}” stands out of its order`);
    const isDue = this.#header?.format === 2 && this.#stage === STAGES.proof;
    must(!isDue || type === 'owner', 'the line of the owner’s keys is missing, which a proof of format 2 has');
    if (stage >= STAGES.entry && this.#stage < STAGES.entry) this.#beginEntries();
    this.#stage = stage;
    if (type !== 'end' || !Object.hasOwn(value, 'fault')) checkMembers(LINES[type], value, ['type']);
  }

  /** Rule 1: the first line, the base and the anchor. */
  #begin(line) {
    const known = FORMATS.join(' and ');
    must(FORMATS.includes(line.format), `the proof is of a format that is not known here (${known} are)`, NEWER);
    const { safe, owner, first, last } = line;
    must(first >= 1 && last >= first, 'the first line names a range that is none');
    this.#header = line;
    const { fingerprint } = this.#wanted;
    const isOwner = fingerprint === null || fingerprint === fingerprintOf(owner);
    must(isOwner, 'the proof is of another owner than the fingerprint that was given', OTHER_OWNER);
    must((line.base === null) === (first === 1), 'a proof has a base if, and only if, it begins after entry 1');
    this.#base = line.base === null ? null : this.#readBase(line.base);
    this.#next = first;
    this.#prev = this.#base?.link ?? sha256(encode('vouchsafe log 1', safe, {}));
    this.#stateVersion = this.#base?.state_version ?? 0;
    if (line.format === 1) this.#readAnchor();
  }

  /** Rule 1: which keys the owner had before. */
  #owner(line) {
    must(this.#header.format === 2, 'a line of the type “owner” stands in a proof of format 1');
    must(isSigned(this.#header.owner, line), 'what is said of the owner’s keys is not signed by the owner');
    const { signing_key: key, earlier } = this.#decode('vouchsafe owner-public 1', line);
    must(key === this.#header.owner, 'what is said of the owner’s keys is of another owner');
    const isOrdered = earlier.every(({ last }, i) => last > (earlier[i - 1]?.last ?? 0));
    must(earlier.length > 0 && isOrdered, 'what is said of the owner’s keys is in no order');
    this.#earlier = earlier;
    this.#ownerHash = sha256(line.signed);
    this.#readAnchor();
  }

  /** The owner's key at an entry. */
  #ownerAt(seq) {
    return this.#earlier.find(({ last }) => seq <= last)?.key ?? this.#header.owner;
  }

  /** Every key that the owner ever had: a certificate counts only where an entry names it by its hash. */
  get #ownerKeys() {
    return [this.#header.owner, ...this.#earlier.map(({ key }) => key)];
  }

  #readBase(base) {
    must(isObject(base), '`base` is not an object');
    checkMembers(SIGNED, base);
    must(isSigned(this.#header.owner, base), 'the base is not signed by the owner');
    const value = decode('vouchsafe log-base 1', this.#header.safe, base.signed);
    must(value.seq === this.#header.first - 1, 'the base is of another entry than the one before the first');
    return value;
  }

  #certificate(line) {
    must(
      this.#ownerKeys.some((key) => isSigned(key, line)),
      'a certificate is not signed by the owner',
    );
    const { token, epoch, signing_key: key, not_after: notAfter } = this.#decode('vouchsafe certificate 1', line);
    addOnce(this.#documents.certificates, sha256(line.signed), { token, epoch, key, notAfter });
  }

  #grant(line) {
    const value = this.#decode('vouchsafe grant 1', line);
    const { grant: id, token, vault, item, role, not_after: notAfter } = value;
    const hash = sha256(line.signed);
    addOnce(this.#documents.grants, hash, { id, token, vault, item, role, notAfter, hash });
  }

  #checkpoint(line) {
    const { seq, hash } = this.#decode('vouchsafe checkpoint 1', line);
    must(isSigned(this.#ownerAt(seq), line), 'a checkpoint is not signed by the owner');
    must(seq !== this.#base?.seq || hash === this.#base.hash, 'a checkpoint names another entry than the base');
    addOnce(this.#checkpoints, seq, hash);
  }

  #decode(purpose, { signed }) {
    return decode(purpose, this.#header.safe, signed);
  }

  /** All documents are there: what was in force before the first entry can be told. */
  #beginEntries() {
    this.#decisions = new Decisions(this.#documents);
    if (this.#base !== null) this.#decisions.begin(this.#base);
  }

  #session(line) {
    const { id, facts } = this.#decode('vouchsafe log-session 1', line);
    const key = line.key === null ? null : crypto.createSecretKey(Buffer.from(line.key, 'hex'));
    const aad = encode('vouchsafe session-facts 1', this.#header.safe, { id });
    const opened = key === null ? null : openSealed(key, aad, facts);
    must(key === null || opened !== null, 'the facts of a session do not open under its key');
    addOnce(this.#sessions, sha256(line.signed), { key, facts: opened, isNamed: false });
  }

  /** Rules 2 to 7, in their order. */
  #entry(entry) {
    this.#checkChain(entry);
    const opened = this.#open(entry);
    this.#checkActor(entry);
    this.#checkStateVersion(entry);
    this.#decisions.apply(entry);
    this.#checkKeys(entry);
    this.#checkCheckpoint(entry);
    this.#compareAnchor(entry);
    this.#prev = sha256(entry.hash + (entry.signature ?? ''));
    this.#last = { seq: entry.seq, hash: entry.hash };
    this.#next += 1;
    this.#entries += 1;
    return { entry, ...opened };
  }

  /** Rule 2. */
  #checkChain(entry) {
    const { safe, last } = this.#header;
    must(this.#next <= last, `there are more entries than the first line says, which ends at ${last}`);
    must(entry.seq === this.#next, `the entry is missing: number ${entry.seq} stands in its place`);
    const hash = sha256(encode('vouchsafe entry 1', safe, { ...entry, prev: this.#prev }));
    must(hash === entry.hash, 'the entry, its changes or the entry before it was changed');
  }

  /** Rule 3. Gives what is sealed in the entry and in its session; null for what its writer sealed for nobody. */
  #open(entry) {
    const session = this.#sessions.get(entry.session);
    must(session !== undefined, 'the session of the entry is missing or was changed');
    session.isNamed = true;
    const aad = encode('vouchsafe payload 1', this.#header.safe, entry);
    const payload = session.key === null ? null : openSealed(session.key, aad, entry.payload);
    must(payload !== null || entry.actor_kind !== 'owner', 'the payload of an entry of the owner does not open');
    if (payload === null) this.#unreadable += 1;
    return { payload, facts: session.facts };
  }

  /** Rule 4. */
  #checkActor(entry) {
    if (entry.actor_kind === 'owner') this.#checkSignature(entry, this.#ownerAt(entry.seq));
    else if (entry.actor_kind === 'token') this.#checkToken(entry);
    else checkNobody(entry);
  }

  #checkToken(entry) {
    const token = this.#decisions.tokenOf(entry);
    must(token !== null, 'the entry is of a token that was not in force, or not at this epoch');
    this.#checkSignature(entry, token.key);
    this.#decisions.checkGrant(entry, token);
    this.#decisions.checkWrites(entry);
  }

  #checkSignature({ hash, signature }, key) {
    const signed = encode('vouchsafe entry-signature 1', this.#header.safe, { hash });
    const isActors = signature !== null && isSignedBy(key, signed, signature);
    must(isActors, 'the entry is not signed by its actor');
    this.#signatures += 1;
  }

  /** Rule 5. */
  #checkStateVersion({ actor_kind: actorKind, state_version: version, state_hash: hash }) {
    const isRaised = hash !== null && actorKind === 'owner' && version === this.#stateVersion + 1;
    must(isRaised || hash === null, 'the entry carries a state that it may not');
    must(isRaised || version === this.#stateVersion, 'the entry has a state version out of order');
    this.#stateVersion = version;
  }

  /** Rule 6: the owner's keys change where the owner says so, and to what the owner says. */
  #checkKeys({ seq, actor_kind: actorKind, changes }) {
    for (const { kind, hash } of changes) {
      if (kind !== 'owner' || actorKind !== 'owner') continue;
      const at = this.#earlier.findIndex(({ last }) => last === seq - 1);
      must(at >= 0, 'the owner’s keys change elsewhere than the owner says');
      must(
        at < this.#earlier.length - 1 || hash === this.#ownerHash,
        'the owner’s keys are others than the entry names',
      );
    }
  }

  /** Rule 7. */
  #checkCheckpoint({ seq, hash, changes }) {
    const named = this.#checkpoints.get(seq);
    const isNeeded = changes.some(({ kind }) => kind === 'checkpoint');
    must(!isNeeded || named !== undefined, 'the checkpoint of the entry is missing');
    must(named === undefined || named === hash, 'the checkpoint of the entry names another one');
  }

  /** Rule 8. */
  #end(line) {
    must(this.#next > this.#header.last, `the entry is missing: the proof goes to ${this.#header.last}`, CUT);
    if (Object.hasOwn(line, 'fault')) throw writtenFault(line);
    must(isSigned(this.#header.owner, line), 'the end is not signed by the owner');
    const { first, seq, hash } = this.#decode('vouchsafe proof-end 1', line);
    const isThis = first === this.#header.first && seq === this.#last.seq && hash === this.#last.hash;
    must(isThis, 'the end is of another proof than this');
    const isNamed = [...this.#sessions.values()].every((session) => session.isNamed);
    must(isNamed, 'a session belongs to no entry');
    this.#finishAnchor();
  }

  /** The anchor is a checkpoint of this safe and owner; it says the same in clear and in what is signed. */
  #readAnchor() {
    if (this.#wanted.anchor === null) return;
    try {
      const anchor = JSON.parse(this.#wanted.anchor);
      checkMembers({ ...SIGNED, safe: 'text', seq: 'integer', hash: 'hash' }, anchor);
      const { seq, hash } = this.#decode('vouchsafe checkpoint 1', anchor);
      const isWhole = anchor.safe === this.#header.safe && anchor.seq === seq && anchor.hash === hash;
      must(isWhole && isSigned(this.#ownerAt(seq), anchor), 'it is another one');
      this.#anchor = { seq, hash, compared: false };
    } catch {
      throw new Fault('the anchor is not one of this safe and owner', OTHER_ANCHOR);
    }
    this.#compareAnchor(this.#base ?? { seq: 0 });
  }

  #compareAnchor({ seq, hash }) {
    if (this.#anchor?.seq !== seq) return;
    if (this.#anchor.hash !== hash) throw new Fault('the log is another one than its anchor', WENT_BACK, seq);
    this.#anchor.compared = true;
  }

  #finishAnchor() {
    if (this.#anchor === null || this.#anchor.seq <= this.lastSeq) return;
    const words = `the log is shorter than its anchor, which names entry ${this.#anchor.seq}`;
    throw new Fault(words, WENT_BACK, this.#next);
  }
}

const NEEDS_NO_KEY = new Set(['token.freeze', 'safe.lockdown']);

/** Rule 4, of an entry that nobody signed. */
function checkNobody(entry) {
  const { actor_kind: kind, actor, actor_epoch: epoch, signature, action, outcome, changes } = entry;
  must(kind === 'none', 'the entry has an actor of a kind that there is not');
  must(actor === null && epoch === null && signature === null, 'the entry has an actor that is none');
  const isFreeze = NEEDS_NO_KEY.has(action);
  must(outcome !== 'granted' || isFreeze, 'an access was granted to nobody');
  const isHarmless = changes.length === 0 || (isFreeze && changes.every((change) => change.kind === 'freeze'));
  must(isHarmless, 'nobody changed something');
}

/** The fault that was found when the proof was written; then the owner did not sign its end. */
function writtenFault({ fault }) {
  const said = isObject(fault) ? fault : { message: fault };
  const words = typeof said.message === 'string' ? `: ${said.message.slice(0, 300)}` : '';
  const seq = isOf('integer', said.seq) ? said.seq : null;
  return new Fault(`the log did not verify when this was written${words}`, ASK_FOR_ANOTHER, seq);
}

// ---- what was in force at each row ---------------------------------------------------------------------------------

/** Rule 6: the owner's decisions and everyone's changes of items and vaults, replayed row by row. */
class Decisions {
  #documents;
  /** By id: { epoch, key, notAfter, leaf }. */
  #tokens = new Map();
  #grants = new Map();
  /** By token: its grants by id. */
  #grantsOf = new Map();
  #heads = new Map();
  #settings = new Map();
  /** Items and vaults by id: { kind, revision, hash, named }; `named` are the hashes of all revisions so far. */
  #subjects = new Map();

  constructor(documents) {
    this.#documents = documents;
  }

  /** Takes over what was in force at a base. */
  begin(base) {
    for (const { id, epoch, key, not_after: notAfter, leaf } of base.tokens)
      addOnce(this.#tokens, id, { epoch, key, notAfter, leaf });
    for (const { id, hash } of base.grants) {
      must(!this.#grants.has(id), 'the base names a grant twice');
      this.#setGrant({ id, hash });
    }
    for (const { id, hash } of base.heads) addOnce(this.#heads, id, hash);
    for (const { id, hash } of base.settings) addOnce(this.#settings, id, hash);
    for (const { kind, id, revision, hash } of base.subjects) {
      must(isSubject(kind), 'the base names something that is neither an item nor a vault');
      this.#name({ kind, id, revision, hash });
    }
  }

  /** The token of an entry as it was in force there, or null. */
  tokenOf({ actor, actor_epoch: epoch }) {
    const token = this.#tokens.get(actor);
    return token !== undefined && token.leaf !== null && token.epoch === epoch ? token : null;
  }

  /** Rule 4: the grant of a token's entry was in force and the token's; what was granted, was before either ended. */
  checkGrant({ actor, grant: id, outcome, at }, token) {
    const grant = id === null ? null : this.#grants.get(id);
    must(grant === null || grant?.token === actor, 'the entry names a grant that its token did not hold');
    if (outcome !== 'granted') return;
    must(isBefore(at, token.notAfter), 'the entry was granted to a token that had expired');
    must(grant === null || isBefore(at, grant.notAfter), 'the entry was granted under a grant that had expired');
  }

  /** Rule 4: what a token changes. */
  checkWrites(entry) {
    const { actor, outcome, changes } = entry;
    const grants = [...(this.#grantsOf.get(actor)?.values() ?? [])];
    for (const change of changes) {
      if (isRequest(entry, change) || isSpending(entry, change) || isExchange(entry, change)) continue;
      must(outcome === 'granted', 'the entry was not granted and names a change');
      const { kind, id } = change;
      must(isSubject(kind) || kind === 'prune', 'a token made a decision of the owner');
      const isVault = kind === 'vault' || (kind === 'prune' && this.#subjects.get(id)?.kind === 'vault');
      const mayWrite = grants.some((grant) => isEnough(grant.role, isVault) && reaches(grant, id, isVault));
      must(mayWrite, 'a token changed what it could not write');
    }
  }

  /** Takes in what an entry changes. Kinds that decide nothing here pass (`checkpoint`, `freeze`, …). */
  apply({ actor_kind: actorKind, changes }) {
    for (const change of changes) {
      if (isSubject(change.kind)) this.#revision(change);
      else if (change.kind === 'prune') this.#prune(change);
      else if (actorKind === 'owner') this.#decide(change);
    }
  }

  #decide(change) {
    if (change.kind === 'certificate') this.#certificate(change);
    if (change.kind === 'token') this.#token(change);
    if (change.kind === 'grant') this.#grant(change);
    if (change.kind === 'vault-head') follow(this.#heads, change);
    if (change.kind === 'setting') follow(this.#settings, change);
    if (['policy', 'recipe', 'owner'].includes(change.kind))
      follow(this.#settings, { ...change, id: `${change.kind} ${change.id}` });
  }

  #certificate({ id, revision, hash }) {
    const certificate = this.#documents.certificates.get(hash);
    const isThis = certificate?.token === id && certificate.epoch === revision;
    must(isThis, 'a certificate that the entry names is missing or another one');
    const { epoch, key, notAfter } = certificate;
    this.#tokens.set(id, { epoch, key, notAfter, leaf: this.#tokens.get(id)?.leaf ?? null });
  }

  #token({ id, hash, before }) {
    const token = this.#tokens.get(id);
    must(token !== undefined, 'a token that the entry names has no certificate');
    must(token.leaf === before, 'a token does not follow what it was before');
    if (hash === null) this.#tokens.delete(id);
    else this.#tokens.set(id, { ...token, leaf: hash });
  }

  #grant({ id, hash, before }) {
    const known = this.#grants.get(id);
    must((known?.hash ?? null) === before, 'a grant does not follow what it was before');
    if (known !== undefined) this.#grantsOf.get(known.token).delete(id);
    this.#grants.delete(id);
    if (hash !== null) this.#setGrant({ id, hash });
  }

  #setGrant({ id, hash }) {
    const grant = this.#documents.grants.get(hash);
    must(grant?.id === id, 'a grant that was in force is missing or another one');
    this.#grants.set(id, grant);
    if (!this.#grantsOf.has(grant.token)) this.#grantsOf.set(grant.token, new Map());
    this.#grantsOf.get(grant.token).set(id, grant);
  }

  #revision({ kind, id, revision, hash, before }) {
    const follows = hash !== null && (this.#subjects.get(id)?.hash ?? null) === before;
    must(follows, 'a change does not follow the one before it');
    this.#name({ kind, id, revision, hash });
  }

  /** This is the newest revision of an item or vault, among those that were named. */
  #name({ kind, id, revision, hash }) {
    const known = this.#subjects.get(id);
    must(known === undefined || known.kind === kind, 'an item is named as a vault, or a vault as an item');
    const named = known?.named ?? new Map();
    must((named.get(revision) ?? hash) === hash, 'a revision was named twice');
    named.set(revision, hash);
    this.#subjects.set(id, { kind, revision, hash, named });
  }

  #prune({ id, revision }) {
    const known = this.#subjects.get(id);
    must(known !== undefined && revision <= known.revision, 'the entry erases what is still current');
  }
}

/** A decision that names the hash until then and the hash from now on. */
function follow(decided, { id, hash, before }) {
  must((decided.get(id) ?? null) === before, 'a decision does not follow the one before it');
  if (hash === null) decided.delete(id);
  else decided.set(id, hash);
}

/** What a token asks of the owner: access, or that the call which was refused for now is approved. */
const isRequest = ({ action, code, outcome }, { kind, revision }) =>
  kind === 'request' &&
  revision === 1 &&
  (code === 'approval_required' || (action === 'access.request' && outcome === 'granted'));

/** A use that the owner approved. */
const isSpending = ({ outcome, action }, { kind, hash }) =>
  kind === 'approval' && hash === null && outcome === 'granted' && USES.has(action);
const USES = new Set(['item.read', 'item.totp', 'item.use']);

/** A short-lived token that was made of the token, or its end. */
const isExchange = ({ outcome, action }, { kind, revision, hash }) =>
  kind === 'exchange' &&
  outcome === 'granted' &&
  (hash === null ? action === 'token.exchange.end' && revision === 2 : action === 'token.exchange' && revision === 1);

const isSubject = (kind) => kind === 'item' || kind === 'vault';
const isBefore = (at, notAfter) => notAfter === null || at < notAfter;

/** Whether a role may write an item, or a vault's name. */
function isEnough(role, isVault) {
  return role === 'manager' || (role === 'editor' && !isVault);
}

/** Whether a grant reaches a vault's name or an item; the id of an item begins with that of its vault. */
function reaches({ vault, item }, id, isVault) {
  if (item !== null) return !isVault && id === item;
  return isVault ? id === vault : id.startsWith(vault) && id !== vault;
}

/** Puts a thing in a map in which it may not be yet. */
function addOnce(map, name, value) {
  must(!map.has(name), 'something that may stand once stands twice');
  map.set(name, value);
}

// ---- reading lines -------------------------------------------------------------------------------------------------

/** How long a line may be. */
function longestLine(number) {
  return number === 1 ? FIRST_LINE_AT_MOST : LINE_AT_MOST;
}

/**
 * The object of a line. Written back it must be the same text: so a member stands once, a number in one way only, and
 * nothing stands between.
 */
function parseLine(bytes) {
  must(buffer.isUtf8(bytes), 'a line is not UTF-8');
  const text = bytes.toString('utf8');
  const value = parseJson(text);
  must(isObject(value), 'a line is not a JSON object');
  must(isWrittenAs(value, text), 'a line is not written as a proof is: a member twice, a space, another number');
  must(typeof value.type === 'string' && Object.keys(value)[0] === 'type', 'a line does not begin with its `type`');
  return value;
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nesting too deep to write is no line of a proof either. */
function isWrittenAs(value, text) {
  try {
    return JSON.stringify(value) === text;
  } catch {
    return false;
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object has these members, of these types, and no other but `besides`. */
function checkMembers(shape, value, besides = []) {
  const isKnown = (name) => Object.hasOwn(shape, name) || besides.includes(name);
  const unknown = Object.keys(value).find((name) => !isKnown(name));
  if (unknown !== undefined) throw new Fault(`the member ${quoted(unknown)} is not known`);
  for (const [name, type] of Object.entries(shape)) {
    must(Object.hasOwn(value, name), `the member \`${name}\` is missing`);
    checkMember(type, value[name], name);
  }
}

function checkMember(type, value, name) {
  if (Array.isArray(type)) {
    must(Array.isArray(value), `\`${name}\` is not a list`);
    for (const one of value) checkMember(type[0], one, name);
  } else if (isObject(type)) {
    must(isObject(value), `\`${name}\` holds what is not an object`);
    checkMembers(type, value);
  } else {
    const isAbsent = type.endsWith('?') && value === null;
    must(isAbsent || isOf(type.replace('?', ''), value), `\`${name}\` is not of its type (${type})`);
  }
}

const SIZES = { bytes: null, hash: 32, key: 32, signature: 64 };

function isOf(type, value) {
  if (type === 'any') return true;
  if (type === 'text') return typeof value === 'string' && value.isWellFormed();
  if (type === 'integer') return Number.isSafeInteger(value) && value >= 0;
  if (type === 'boolean') return typeof value === 'boolean';
  const size = SIZES[type];
  return typeof value === 'string' && isHex(value) && (size === null || value.length === 2 * size);
}

const isHex = (text) => text.length % 2 === 0 && !/[^0-9a-f]/.test(text);

// ---- records -------------------------------------------------------------------------------------------------------

const TYPES = { absent: 0, bytes: 1, text: 2, integer: 3, boolean: 4, list: 5 };

/** The bytes of a record, or of additional data, which is built in the same way. */
function encode(purpose, safe, value) {
  return Buffer.concat([
    encodeValue('text', purpose),
    encodeValue('text', safe),
    encodeFields(RECORDS[purpose], value),
  ]);
}

function encodeFields(fields, value) {
  return Buffer.concat(Object.keys(fields).map((name) => encodeValue(fields[name], value[name])));
}

function encodeValue(type, value) {
  if (Array.isArray(type)) return element(TYPES.list, Buffer.concat(value.map((one) => encodeValue(type[0], one))));
  if (isObject(type)) return element(TYPES.list, encodeFields(type, value));
  if (value === null) return element(TYPES.absent, Buffer.alloc(0));
  if (type.startsWith('text')) return element(TYPES.text, Buffer.from(value, 'utf8'));
  if (type.startsWith('integer')) return element(TYPES.integer, bytesOfInteger(value));
  return element(TYPES.bytes, Buffer.from(value, 'hex'));
}

function element(type, bytes) {
  const whole = Buffer.allocUnsafe(5 + bytes.length);
  whole[0] = type;
  whole.writeUInt32BE(bytes.length, 1);
  whole.set(bytes, 5);
  return whole;
}

function bytesOfInteger(value) {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32));
  bytes.writeUInt32BE(value % 2 ** 32, 4);
  return bytes;
}

/** Reads elements one after the other; what has another form throws a {@link Fault}. */
class Reader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  get isAtEnd() {
    return this.#at === this.#bytes.length;
  }

  read(type) {
    if (Array.isArray(type)) return this.#readList(type[0]);
    if (isObject(type)) return new Reader(this.#take(TYPES.list)).readFields(type);
    if (!type.endsWith('?')) return this.#plain(type);
    if (this.#bytes[this.#at] !== TYPES.absent) return this.#plain(type.slice(0, -1));
    must(this.#take(TYPES.absent).length === 0, 'a record has another form: a filled absence');
    return null;
  }

  /** Named values for all the fields, and nothing after them. */
  readFields(fields) {
    const value = {};
    for (const name of Object.keys(fields)) value[name] = this.read(fields[name]);
    must(this.isAtEnd, 'a record has another form: more fields than are known');
    return value;
  }

  #readList(type) {
    const inner = new Reader(this.#take(TYPES.list));
    const values = [];
    while (!inner.isAtEnd) values.push(inner.read(type));
    return values;
  }

  #plain(type) {
    if (type === 'text') return this.#text();
    if (type === 'integer') return this.#integer();
    if (type === 'boolean') return this.#boolean();
    const value = this.#take(TYPES.bytes).toString('hex');
    must(isOf(type, value), `a record has another form: bytes that are no ${type}`);
    return value;
  }

  #text() {
    const bytes = this.#take(TYPES.text);
    must(buffer.isUtf8(bytes), 'a record has another form: text that is not UTF-8');
    return bytes.toString('utf8');
  }

  #integer() {
    const bytes = this.#take(TYPES.integer);
    const value = bytes.length === 8 ? Number(bytes.readBigUInt64BE()) : -1;
    must(isOf('integer', value), 'a record has another form: an integer out of range');
    return value;
  }

  #boolean() {
    const bytes = this.#take(TYPES.boolean);
    must(bytes.length === 1 && bytes[0] <= 1, 'a record has another form: a boolean that is neither');
    return bytes[0] === 1;
  }

  /** The bytes of the next element, which must be of this type. */
  #take(type) {
    const start = this.#at + 5;
    const isThere = start <= this.#bytes.length && this.#bytes[this.#at] === type;
    must(isThere, 'a record has another form: a field of another type, or none');
    this.#at = start + this.#bytes.readUInt32BE(start - 4);
    must(this.#at <= this.#bytes.length, 'a record has another form: it ends early');
    return this.#bytes.subarray(start, this.#at);
  }
}

/** The named fields of a record of this purpose and safe. */
function decode(purpose, safe, hex) {
  const reader = new Reader(Buffer.from(hex, 'hex'));
  must(reader.read('text') === purpose, `a record is not what its line says (${purpose})`);
  must(reader.read('text') === safe, 'a record is of another safe');
  return reader.readFields(RECORDS[purpose]);
}

// ---- hashes, signatures and what is sealed -------------------------------------------------------------------------

/** SHA-256 of bytes, which may be given in hexadecimal; in hexadecimal. */
function sha256(bytes) {
  return crypto
    .createHash('sha256')
    .update(bytes, typeof bytes === 'string' ? 'hex' : undefined)
    .digest('hex');
}

/** The first 20 bytes of the hash of the owner's key. */
function fingerprintOf(key) {
  return sha256(key).slice(0, 40);
}

const grouped = (fingerprint) => fingerprint.match(/.{4}/g).join(' ');

const isSigned = (key, { signed, signature }) => isSignedBy(key, Buffer.from(signed, 'hex'), signature);

const KEYS_AT_MOST = 10_000;
const importedKeys = new Map();

/** Whether an Ed25519 signature (RFC 8032) is by this key over these bytes. Never throws. */
function isSignedBy(key, bytes, signature) {
  if (key.length !== 64 || signature.length !== 128) return false;
  try {
    return crypto.verify(null, bytes, importKey(key), Buffer.from(signature, 'hex'));
  } catch {
    return false;
  }
}

/** Importing a key takes longer than a signature, so keys are kept. */
function importKey(key) {
  const known = importedKeys.get(key);
  if (known !== undefined) return known;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key, 'hex').toString('base64url') };
  const imported = crypto.createPublicKey({ key: jwk, format: 'jwk' });
  if (importedKeys.size >= KEYS_AT_MOST) importedKeys.clear();
  importedKeys.set(key, imported);
  return imported;
}

const NONCE = 12;
const TAG = 16;
const BLOCK = 64;

/** What is sealed under a session's key (AES-256-GCM), or null where it does not open. */
function openSealed(key, aad, hex) {
  const sealed = Buffer.from(hex, 'hex');
  const end = sealed.length - TAG;
  if (end < NONCE + BLOCK || (end - NONCE) % BLOCK !== 0) return null;
  const nonce = sealed.subarray(0, NONCE);
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  decipher.setAAD(aad).setAuthTag(sealed.subarray(end));
  const padded = decipher.update(sealed.subarray(NONCE, end));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return parsePadded(padded);
}

/** The object or list in a plaintext: length (4) ‖ JSON ‖ zeros up to a multiple of 64. Null for anything else. */
function parsePadded(padded) {
  const end = 4 + padded.readUInt32BE(0);
  const isWhole = Math.ceil(end / BLOCK) * BLOCK === padded.length && padded.subarray(end).every((byte) => byte === 0);
  const data = padded.subarray(4, end);
  if (!isWhole || !buffer.isUtf8(data)) return null;
  const value = parseJson(data.toString('utf8'));
  return typeof value === 'object' ? value : null;
}

// ---- what is shown -------------------------------------------------------------------------------------------------

/** What a reader cannot see, or what changes how others are shown; joiners that scripts and emoji need may pass. */
const HIDDEN =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?![\u200c\u200d\ufe0f])[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Text of others as one line that is safe on a terminal. */
function escapeText(text) {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
}

const quoted = (text) => `“${escapeText(String(text).slice(0, 60))}”`;

/** JSON that is safe on a terminal and is read as the same value: hidden characters stand as its own escapes. */
function printJson(value) {
  const units = (text) => text.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${JSON.stringify(value).replace(HIDDEN, (character) => units(character).join(''))}\n`;
}

const LAST_MOMENT = Date.UTC(9999, 11, 31);
const textOrNull = (value) => (typeof value === 'string' ? value : null);
const texts = (value) => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);

/** A checked entry as it is printed. What is sealed was written by whoever acted, and can be anything. */
function printedEntry({ entry, payload, facts }) {
  const said = (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : null);
  const client = said(facts, 'client');
  return {
    seq: entry.seq,
    at: new Date(Math.min(entry.at, LAST_MOMENT)).toISOString(),
    actor: { kind: entry.actor_kind, id: entry.actor },
    action: entry.action,
    outcome: entry.outcome,
    code: entry.code,
    vault: entry.vault === null ? null : { id: entry.vault, name: textOrNull(said(payload, 'vault')) },
    item: entry.item === null ? null : { id: entry.item, title: textOrNull(said(payload, 'title')) },
    fields: texts(said(payload, 'fields')),
    reason: textOrNull(said(payload, 'reason')),
    signals: payload === null ? ['unreadable'] : texts(said(payload, 'signals')),
    client: { name: textOrNull(said(client, 'name')), version: textOrNull(said(client, 'version')) },
    transport: textOrNull(said(facts, 'transport')),
    grant_id: entry.grant,
    hash: entry.hash,
  };
}

/** What `--json` prints. */
function printedSummary(summary, fault, isVerified) {
  const { anchor, ...rest } = summary;
  const where = fault === null ? null : { seq: fault.seq, message: wordsOf(fault) };
  return { ok: fault === null, verified: fault === null && isVerified, ...rest, fault: where, anchor };
}

function wordsOf(fault) {
  return fault.seq === null && fault.line > 0 ? `line ${fault.line}: ${fault.message}` : fault.message;
}

/** The lines for people where nothing is wrong. */
function printedResult({ safe, fingerprint, from, to, signatures, unreadable, hash, anchor }, isVerified) {
  const what = `entries ${from} to ${to} of safe ${escapeText(safe)} (${signatures} signatures).`;
  const lines = [`${isVerified ? 'Verified' : 'Consistent'}: ${what}`];
  lines.push(`The last is ${to}:${hash}`, `The owner’s key has the fingerprint ${fingerprint}`);
  if (!isVerified)
    lines.push(
      'This is not “verified”: whoever made the file chose that key. The owner sees the right fingerprint with',
      '`vouchsafe info`. Get it by another way than the file came, and give it with --owner.',
    );
  if (unreadable > 0)
    lines.push(
      `Unreadable: ${unreadable}. What these entries say was sealed so that it does not open, or the keys of their`,
      'sessions were taken out of the file; that they stand there, and whose they are, is checked all the same.',
    );
  if (anchor?.compared === true) lines.push(`Anchor: entry ${anchor.seq} is the one that the anchor names.`);
  if (anchor?.compared === false)
    lines.push(`Anchor: entry ${anchor.seq} lies before what this proof tells, so it was not compared.`);
  return `${lines.join('\n')}\n`;
}

// ---- the command ---------------------------------------------------------------------------------------------------

const EXIT = { ok: 0, failed: 1, usage: 2, integrity: 8 };

const HELP = `vouchsafe-verify-log FILE|- [--owner FINGERPRINT] [--anchor FILE] [--print] [--json]

Checks a proof of a Vouchsafe log, as \`vouchsafe audit export --proof\` and \`vouchsafe audit archive\` write it; - is
standard input.

  --owner FINGERPRINT  what \`vouchsafe info\` prints on the owner's machine: 40 hexadecimal digits, spaces or not.
                       Without it the file can be found consistent, but not verified
  --anchor FILE        a checkpoint that was kept elsewhere: shows that the log did not go back since
  --print              each entry as a line of JSON on stdout, once it is checked
  --json               the result as one object on stdout
  --help               this text

Exit status: 0 verified, or consistent without --owner; 8 a fault, which is named with its entry; 2 usage;
1 a file that cannot be read.
`;

/** What stops the command before anything is known of the proof. */
class Stop extends Error {
  constructor(status, message, next) {
    super(message);
    this.status = status;
    this.next = next;
  }
}

const usage = (message) => new Stop(EXIT.usage, message, '`vouchsafe-verify-log --help` lists what there is.');

function unreadable(path, error) {
  const code = typeof error?.code === 'string' ? error.code : 'unknown';
  return new Stop(
    EXIT.failed,
    `${quoted(path)} cannot be read (${code}).`,
    'Check the path and who may read the file.',
  );
}

const OPTIONS = {
  owner: { type: 'string', multiple: true },
  anchor: { type: 'string', multiple: true },
  print: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/** The command line; throws {@link Stop}. What was typed is not repeated: it may be anything. */
function parseCommand(argv) {
  const { values, positionals } = parseOptions(argv);
  if (values.help) return { isHelp: true };
  const { owner = [], anchor = [] } = values;
  if (owner.length > 1 || anchor.length > 1) throw usage('An option is given twice.');
  if (positionals.length > 1) throw usage('There is more than one FILE; a fingerprint with spaces needs quotes.');
  if (positionals.length === 0) throw usage('There is no FILE; - is standard input.');
  const fingerprint = owner.length === 0 ? null : parseFingerprint(owner[0]);
  return { path: positionals[0], fingerprint, anchor: anchor[0], print: values.print, json: values.json };
}

function parseOptions(argv) {
  try {
    return util.parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const option = /'(--?[a-z][a-z-]{0,30})[ ='<]?/i.exec(error.message)?.[1];
    const name = option === undefined ? 'An option' : `The option ${option}`;
    if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw usage(`${name} is not known.`);
    throw usage(`${name} is not used as it can be.`);
  }
}

function parseFingerprint(text) {
  const digits = text.replace(/\s/g, '').toLowerCase();
  if (/^[0-9a-f]{40}$/.test(digits)) return digits;
  throw usage('--owner takes a fingerprint: 40 hexadecimal digits, as `vouchsafe info` prints it.');
}

/** The text of the anchor's file, or null where none is given. */
function readAnchorFile(path) {
  if (path === undefined) return null;
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Checks the file; gives the result and the fault, or null. Throws {@link Stop} where it cannot be read. */
async function check(command, onEntry) {
  const proof = new Proof({ fingerprint: command.fingerprint, anchor: readAnchorFile(command.anchor) });
  const source = command.path === '-' ? process.stdin : fs.createReadStream(command.path, { highWaterMark: 2 ** 18 });
  try {
    for await (const line of linesOf(source)) {
      const checked = proof.take(line);
      if (checked !== null) await onEntry(checked, proof);
    }
    proof.finish();
    return { summary: proof.summary(), fault: null };
  } catch (error) {
    if (error?.syscall !== undefined) throw unreadable(command.path, error);
    // Whatever else went wrong, the line is none that was checked.
    const fault = error instanceof Fault ? error : new Fault('a line is of a form that cannot be checked');
    return { fault: proof.locate(fault), summary: proof.summary() };
  }
}

/** The lines of a stream, without their ends. One that is too long is cut, so that it is known as such. */
async function* linesOf(source) {
  let parts = [];
  let size = 0;
  let line = 1;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      [parts, size, start, line] = [[], 0, end + 1, line + 1];
    }
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > longestLine(line)) break;
  }
  if (size > 0) yield Buffer.concat(parts);
}

/** Standard output. That its reader has gone (`| head`) stops nothing: the exit status still says what was found. */
class Output {
  #isOpen = true;

  constructor() {
    process.stderr.on('error', () => undefined);
    process.stdout.on('error', (error) => {
      this.#isOpen = false;
      if (error.code === 'EPIPE') return;
      process.stderr.write('vouchsafe-verify-log: the output could not be written.\n');
      process.exitCode = EXIT.failed;
    });
  }

  /** Settles once there is room for more. */
  async write(text) {
    if (!this.#isOpen || process.stdout.write(text)) return;
    await new Promise((resolve) => {
      const events = ['drain', 'error', 'close'];
      const go = () => {
        for (const event of events) process.stdout.removeListener(event, go);
        resolve();
      };
      for (const event of events) process.stdout.on(event, go);
    });
  }
}

const PROGRESS_EVERY = 5_000;

/** A line on a terminal that says how far it is. */
function showProgress({ seq }, proof) {
  if (seq % PROGRESS_EVERY === 0) process.stderr.write(`\rEntry ${seq} of ${proof.lastSeq}`);
}

const clearProgress = () => process.stderr.write('\r\u001b[K');

async function run(argv) {
  const command = parseCommand(argv);
  const output = new Output();
  if (command.isHelp) {
    await output.write(HELP);
    return EXIT.ok;
  }
  const isShown = process.stderr.isTTY === true && !(command.print && process.stdout.isTTY);
  const { summary, fault } = await check(command, async (checked, proof) => {
    if (isShown) showProgress(checked.entry, proof);
    if (command.print) await output.write(printJson(printedEntry(checked)));
  });
  if (isShown) clearProgress();
  const isVerified = command.fingerprint !== null;
  if (command.json) await output.write(printJson(printedSummary(summary, fault, isVerified)));
  if (fault !== null) return reportFault(fault);
  const result = printedResult(summary, isVerified);
  if (command.print) process.stderr.write(result);
  else if (!command.json) await output.write(result);
  return EXIT.ok;
}

function reportFault(fault) {
  const where = fault.seq === null ? '' : ` at entry ${fault.seq}`;
  process.stderr.write(`Integrity failure${where}: ${escapeText(wordsOf(fault))}.\n${fault.next}\n`);
  return EXIT.integrity;
}

function reportStop(error) {
  const known =
    error instanceof Stop ? error : new Stop(EXIT.failed, 'Something went wrong; nothing was verified.', '');
  process.stderr.write(`vouchsafe-verify-log: ${known.message}\n${known.next === '' ? '' : `${known.next}\n`}`);
  return known.status;
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 14)) {
  const status = await run(process.argv.slice(2)).catch(reportStop);
  // Output that could not be written has set it already.
  process.exitCode = status === EXIT.ok ? (process.exitCode ?? status) : status;
} else {
  process.exitCode = EXIT.failed;
  process.stderr.write(`vouchsafe-verify-log: needs Node 22.14 or newer, and this is Node ${process.versions.node}.\n`);
}
