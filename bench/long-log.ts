/**
 * A long log in a safe of the bench, in the program's own format. Who calls for what is made up; every entry is chained,
 * signed, sealed and given its signals by the program's recorder. Only commits are fewer: one for some thousand calls of
 * agents. What the owner does and what agents write goes through the doors, call by call.
 */
import type * as Password from '../src/crypto/password.js';
import type * as TokenString from '../src/crypto/token-string.js';
import type * as Authenticate from '../src/gate/authenticate.js';
import type { AgentDoor } from '../src/gate/call.js';
import type { OwnerDoor, Places } from '../src/gate/door.js';
import type { OpenedToken } from '../src/gate/opened-token.js';
import type * as Recording from '../src/gate/recorder.js';
import type * as Safes from '../src/gate/safe.js';
import type * as States from '../src/gate/verified-state.js';
import type { Handle } from '../src/store/database.js';
import { type BookedItem, CODE, nextCall, SECRET } from './log-calls.ts';
import { anyOf, atWork, HABITS, type Habit, ITEMS, pick, repeatable, VAULTS } from './log-habits.ts';
import { compiled, databaseIn, initSafe, named, newFolder, openAgent, ORIGIN, PASSWORD, placesIn } from './program.ts';

const { PASSWORD_COST: cost, COST_BOUNDS: bounds } = (await import(compiled('crypto/password.js'))) as typeof Password;
const { parseToken } = (await import(compiled('crypto/token-string.js'))) as typeof TokenString;
const { Authenticator } = (await import(compiled('gate/authenticate.js'))) as typeof Authenticate;
const { Recorder } = (await import(compiled('gate/recorder.js'))) as typeof Recording;
const { openSafe } = (await import(compiled('gate/safe.js'))) as typeof Safes;
const { readVerifiedState } = (await import(compiled('gate/verified-state.js'))) as typeof States;

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const CALLS_A_COMMIT = 2_000;
const COMMITS_A_CHECKPOINT = 5;
/** In KiB; only so that it does not take all day. */
const PAGES_KEPT = 256 * 1024;

/** How far the log is when the owner signs a checkpoint, and when another token than the measured one is frozen. */
const CHECKPOINTS = [1 / 100, 1 / 10];
const FREEZES = [1 / 10, 1 / 3, 1 / 2, 4 / 5];

export interface LongLog {
  readonly places: Places;
  readonly databaseFile: string;
  /** The number of the last entry. */
  readonly entries: number;
  /** The value of a running session of the owner. */
  readonly session: string;
  /** A token that reads in {@link VAULTS}. */
  readonly token: string;
  readonly close: () => void;
}

/** The time that all of the safe goes by. */
interface Clock {
  at: number;
}

/** Makes a safe whose log goes over the last year and holds about so many entries of agents. */
export async function makeLongLog(calls: number, tell: (text: string) => void): Promise<LongLog> {
  const folder = newFolder();
  const places = placesIn(folder.path);
  const now = Date.now();
  const clock: Clock = { at: now - YEAR_MS };
  const options = { clock: () => clock.at, cost, bounds };
  const { owner } = await initSafe(places, { password: PASSWORD, withRecovery: false, origin: ORIGIN }, options);
  const furnished = await furnish(owner);
  const writer = new LogWriter({ owner, places, clock, ...furnished });
  await writer.write(calls, { from: clock.at + HOUR_MS, to: now - HOUR_MS, tell });
  clock.at = now;
  const { session, checkpoint } = await owner.unlock(24 * HOUR_MS);
  await owner.close();
  const [token = ''] = furnished.tokens.values();
  const ends = { entries: checkpoint.seq, session: session.value, token };
  return { places, databaseFile: databaseIn(places), ...ends, close: folder.remove };
}

interface Furnished {
  readonly items: readonly BookedItem[];
  /** By the names of habits, in their order. */
  readonly tokens: ReadonlyMap<string, string>;
}

async function furnish(owner: OwnerDoor): Promise<Furnished> {
  const vaults = new Map<string, string>();
  for (const name of VAULTS) vaults.set(name, (await owner.createVault({ name })).id);
  const items: BookedItem[] = [];
  for (const { title, vault } of ITEMS) {
    const fields = [
      { name: 'username', value: 'service' },
      { name: SECRET, value: `made-up-secret-${title}` },
      { name: CODE, kind: 'totp' as const, value: 'JBSWY3DPEHPK3PXP' },
    ];
    const { id } = await owner.createItem(named(vault), { type: 'login', title, fields });
    items.push({ id, title, vault, vaultId: vaults.get(vault) ?? '' });
  }
  await owner.setSetting('pat.max-expiration', '3y');
  const tokens = new Map<string, string>();
  for (const { name, role, vaults: reach } of HABITS) {
    const made = { name, isAgent: true, vaults: reach.map(named), role, expiration: '3y' };
    tokens.set(name, (await owner.createToken(made)).token);
  }
  return { items, tokens };
}

async function freezeFor(owner: OwnerDoor, { name }: Habit): Promise<void> {
  await owner.freezeToken(named(name));
  await owner.unfreezeToken(named(name));
}

/** A process of an agent: it has sessions of the log of its own. */
interface Process {
  readonly recorder: Recording.Recorder;
  calls: number;
  readonly callsAtMost: number;
}

interface WriterGround extends Furnished {
  readonly owner: OwnerDoor;
  readonly places: Places;
  readonly clock: Clock;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly tell: (text: string) => void;
}

class LogWriter {
  readonly #ground: WriterGround;
  readonly #random = repeatable(1);
  readonly #opened = new Map<string, OpenedToken>();
  readonly #processes = new Map<string, Process>();
  readonly #uses = new Map<string, number>();
  #habit: Habit = pick(HABITS, 0);
  #callsInRow = 0;

  constructor(ground: WriterGround) {
    this.#ground = ground;
  }

  /** Writes the calls, evenly over the time; every so often the owner and an agent that writes have their turn. */
  async write(calls: number, { from, to, tell }: Stretch): Promise<void> {
    const { owner, places, clock } = this.#ground;
    const safe = await openSafe(places, () => clock.at);
    const credential = { kind: 'token', text: this.#textOf(pick(HABITS, 0)) } as const;
    const editor = await openAgent(places, credential, { transport: 'cli', clock: () => clock.at });
    const turnAt = (part: number): number => Math.ceil((calls * part) / CALLS_A_COMMIT);
    const [checkpoints, freezes] = [CHECKPOINTS.map(turnAt), FREEZES.map(turnAt)];
    const startedAt = performance.now();
    for (let done = 0, turn = 1; done < calls; turn += 1) {
      const end = Math.min(calls, done + CALLS_A_COMMIT);
      const times = Array.from({ length: end - done }, (_, i) => from + ((to - from) * (done + i)) / calls);
      await safe.database.transaction(async (handle) => this.#callAt(handle, { safe, times }));
      done = end;
      await this.#ownersTurn(owner, turn);
      await this.#editorsTurn(editor, turn);
      if (freezes.includes(turn)) await freezeFor(owner, pick(HABITS, (turn % (HABITS.length - 1)) + 1));
      if (checkpoints.includes(turn)) await owner.checkpoint();
      if (turn % COMMITS_A_CHECKPOINT === 0 || done === calls) await safe.database.eraseLog();
      if (Math.floor((10 * done) / calls) > Math.floor((10 * (done - times.length)) / calls))
        tell(
          `${String(done)} of ${String(calls)} entries after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
        );
    }
    await editor.close();
    safe.close();
  }

  /** One commit: a call at each of the times. */
  async #callAt(handle: Handle, { safe, times }: { safe: Safes.Safe; times: readonly number[] }): Promise<void> {
    await handle.run(`PRAGMA cache_size = -${String(PAGES_KEPT)}`);
    const { value, last: before } = await readVerifiedState(handle, safe, null);
    const standing = { owner: value, stateVersion: value.version, stateHash: null };
    let last = before;
    for (const time of times) {
      this.#ground.clock.at = Math.floor(time);
      const habit = this.#caller();
      const token = await this.#open(handle, safe, habit);
      const { recorder, calls } = this.#processOf(safe, habit);
      const caller = { habit, token, items: this.#ground.items, uses: this.#uses, requestId: String(calls) };
      const draft = nextCall(caller, this.#random);
      const recorded = await recorder.append(handle, draft, { ...standing, at: this.#ground.clock.at, last });
      recorded.confirm();
      last = recorded.row;
    }
  }

  /** Agents make some calls in a row, as they do. */
  #caller(): Habit {
    if (this.#callsInRow === 0) {
      this.#habit = atWork(this.#ground.clock.at, this.#random);
      this.#callsInRow = Math.ceil(2 * this.#random() * this.#habit.run);
    }
    this.#callsInRow -= 1;
    return this.#habit;
  }

  #processOf(safe: Safes.Safe, { name }: Habit): Process {
    const known = this.#processes.get(name);
    const isRunning = known !== undefined && known.calls < known.callsAtMost;
    const callsAtMost = 100 + Math.floor(1_400 * this.#random());
    const process = isRunning ? known : { recorder: new Recorder(safe), calls: 0, callsAtMost };
    process.calls += 1;
    this.#processes.set(name, process);
    return process;
  }

  #textOf({ name }: Habit): string {
    return this.#ground.tokens.get(name) ?? '';
  }

  async #open(handle: Handle, safe: Safes.Safe, habit: Habit): Promise<OpenedToken> {
    const known = this.#opened.get(habit.name);
    if (known !== undefined) return known;
    const parts = parseToken(this.#textOf(habit));
    if (parts === null) throw new Error('a token of the bench is not one');
    const { token } = await new Authenticator(safe).open(handle, parts, () => undefined);
    this.#opened.set(habit.name, token);
    return token;
  }

  async #ownersTurn(owner: OwnerDoor, turn: number): Promise<void> {
    const { title, vault } = anyOf(this.#ground.items, this.#random);
    const item = { vault: named(vault), item: named(title) };
    const acts: readonly (() => Promise<unknown>)[] = [
      () => owner.viewItem(item, 'all'),
      () => owner.updateItem(item, { set: { [SECRET]: `made-up-secret-${String(turn)}` } }),
      () => owner.setSetting('pat.default-expiration', `${String(90 + (turn % 90))}d`),
    ];
    await pick(acts, turn)();
  }

  async #editorsTurn(editor: AgentDoor, turn: number): Promise<void> {
    const { title, vault } = anyOf(this.#ground.items, this.#random);
    const reason = `Note that the secret was changed, in run ${String(turn)} of the rotation`;
    const call = { vault, item: title, tags: [`run-${String(turn)}`], reason };
    const client = { name: 'rotator-client', version: '1.4.2' };
    const { ok } = await editor.call({ tool: 'update_item', arguments: call, client });
    if (!ok) throw new Error('an agent of the bench was refused what it may do');
  }
}
