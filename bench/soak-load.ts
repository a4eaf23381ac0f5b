/**
 * The agents of the soak, in a process of their own: some call by the stateless protocol, some over sessions, and every
 * few seconds somebody comes without a token that is let in. What each answer says of its entry is kept.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { HttpClient, type Answered, type HttpAnswer } from './http-client.ts';
import { pick, repeatable } from './log-habits.ts';
import { Receipts } from './receipts.ts';
import { nextSoakCall, type SoakCall } from './soak-calls.ts';

/** What the soak tells its agents. */
export type SoakOrder =
  | { readonly kind: 'begin'; readonly url: string; readonly tokens: readonly string[]; readonly calls: number }
  /** A token is about to end: from now on it may be refused. */
  | { readonly kind: 'ending'; readonly token: string }
  /** It has ended: from now on it must be refused, and another one is used in its place. */
  | { readonly kind: 'ended'; readonly token: string; readonly next: string }
  | { readonly kind: 'missing'; readonly from: number; readonly to: number };

export interface Sample {
  readonly seq: number;
  readonly hash: string;
  readonly tool: string;
  readonly expected: string;
}

/** What came of it so far. */
export interface SoakCount {
  /** Answers that must have left an entry. */
  readonly calls: number;
  /** Different entries that answers named. */
  readonly receipts: number;
  /** Answers that named an entry which another one had named. */
  readonly doubled: number;
  /** Answers that must have left an entry and named none. */
  readonly unnamed: number;
  /** Of the calls: those whose answer was cut off since their token ended; they have their entries. */
  readonly cut: number;
  /** Of the calls: those whose token was not let in. */
  readonly notLetIn: number;
  readonly sessions: number;
  /** Answers that were not as they should be; of the first ones, what they were. */
  readonly wrong: number;
  readonly wrongOnes: readonly string[];
}

export type SoakReport =
  | { readonly kind: 'count'; readonly count: SoakCount }
  | { readonly kind: 'done'; readonly count: SoakCount; readonly samples: readonly Sample[] }
  | { readonly kind: 'missing'; readonly seqs: readonly number[] };

const STATELESS_CALLERS = 24;
const SESSION_CALLERS = 8;
const CALLS_A_SESSION = 60;
const TELL_EVERY_MS = 500;
/** So few that each of these is recorded by itself: above 60 a minute they are only counted. */
const STRANGER_EVERY_MS = 2_500;
const SAMPLES = 1_000;
const WRONG_ONES = 10;

class Agents {
  readonly receipts = new Receipts();
  readonly #client: HttpClient;
  readonly #wanted: number;
  readonly #random = repeatable(7);
  readonly #ending = new Set<string>();
  readonly #samples: Sample[] = [];
  readonly #wrongOnes: string[] = [];
  /** What is to be done whenever a token ends. */
  #atEnds: Promise<unknown> = Promise.resolve();
  #tokens: readonly string[];
  #ended: readonly string[] = [];
  #calls = 0;
  #begun = 0;
  #unnamed = 0;
  #cut = 0;
  #notLetIn = 0;
  #sessions = 0;
  #wrong = 0;
  /** All calls are made: what comes of a token from now on is asked by nobody. */
  #isOver = false;

  constructor({ url, tokens, calls }: Extract<SoakOrder, { kind: 'begin' }>) {
    this.#tokens = tokens;
    this.#wanted = calls;
    this.#client = new HttpClient(url, {
      connections: STATELESS_CALLERS + SESSION_CALLERS + 1,
      answered: (answer, to) => this.#note(answer, to),
    });
  }

  get count(): SoakCount {
    return {
      ...{ calls: this.#calls, receipts: this.receipts.count, doubled: this.receipts.doubled },
      ...{ unnamed: this.#unnamed, cut: this.#cut, notLetIn: this.#notLetIn, sessions: this.#sessions },
      ...{ wrong: this.#wrong, wrongOnes: this.#wrongOnes },
    };
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  ending(token: string): void {
    this.#ending.add(token);
  }

  ended(token: string, next: string): void {
    if (this.#isOver) return;
    this.#tokens = this.#tokens.map((known) => (known === token ? next : known));
    this.#ended = [...this.#ended, token];
    this.#atEnds = Promise.all([this.#atEnds, this.#list([next]), this.#refuse(token)]);
  }

  /** The tools, asked for once by the client of a token. */
  async #list(tokens: readonly string[]): Promise<void> {
    for (const token of tokens) await this.#client.list(token);
  }

  /** A token that has ended is not let in once more; with that the server lets go of its sessions. */
  async #refuse(token: string): Promise<void> {
    const { status } = await this.#client.call({ ...nextSoakCall(0, this.#random), token });
    if (status !== 401) this.#isWrong(`a token that has ended: ${String(status)}`);
  }

  /** Calls until there were enough, then ends its sessions and connections. */
  async run(): Promise<void> {
    await this.#list(this.#tokens);
    const done = new AbortController();
    const stranger = this.#strange(done.signal);
    await Promise.all([
      ...Array.from({ length: STATELESS_CALLERS }, () => this.#callAlone()),
      ...Array.from({ length: SESSION_CALLERS }, () => this.#callInSessions()),
    ]);
    this.#isOver = true;
    done.abort();
    await Promise.all([stranger, this.#atEnds]);
    this.#client.close();
  }

  /** Whether there is one more call to make; it is taken then. */
  #take(): boolean {
    if (this.#begun >= this.#wanted) return false;
    this.#begun += 1;
    return true;
  }

  async #callAlone(): Promise<void> {
    while (this.#take()) {
      const call = nextSoakCall(this.#begun, this.#random);
      const token = pick(this.#tokens, this.#random() * this.#tokens.length);
      this.#check(await this.#client.call({ ...call, token }), { call, token });
    }
  }

  async #callInSessions(): Promise<void> {
    while (this.#begun < this.#wanted) {
      const token = pick(this.#tokens, this.#random() * this.#tokens.length);
      const session = await this.#client.session(token);
      if (session === null) continue;
      this.#sessions += 1;
      await session.list();
      for (let i = 0; i < CALLS_A_SESSION && !this.#ended.includes(token) && this.#take(); i += 1) {
        const call = nextSoakCall(this.#begun, this.#random);
        this.#check(await session.call(call.tool, call.args), { call, token });
      }
      // a session ends with its token
      if (!this.#ending.has(token)) await session.end();
    }
  }

  /** Somebody without a token, with one that is none, and with one that has ended. */
  async #strange(signal: AbortSignal): Promise<void> {
    for (let turn = 0; !signal.aborted; turn += 1) {
      const call = nextSoakCall(turn, this.#random);
      const token = pick(['', 'vs_made-up', this.#ended.at(-1) ?? ''], turn);
      const { status } = await this.#client.call({ ...call, token: token === '' ? undefined : token });
      if (status !== 401) this.#isWrong(`a stranger: ${String(status)}`);
      await pause(STRANGER_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Every answer: what of the log it names. */
  #note({ status, message }: HttpAnswer, { isCall, token }: Parameters<Answered>[1]): void {
    if (status === 401) this.#notLetIn += 1;
    else if (!isCall) return;
    this.#calls += 1;
    const receipt = status === 401 ? message?.error?.data?.receipt : message?.result?.structuredContent?.receipt;
    if (receipt?.seq !== undefined) this.receipts.add(receipt.seq);
    else if (message === undefined && this.#ending.has(token ?? '')) this.#cut += 1;
    else {
      this.#unnamed += 1;
      this.#isWrong(`without an entry: ${String(status)} ${JSON.stringify(message)}`);
    }
  }

  #check({ status, message }: HttpAnswer, of: { call: SoakCall; token: string }): void {
    const { tool, expected } = of.call;
    const facts = message?.result?.structuredContent;
    const outcome = status === 200 ? (facts?.error?.code ?? 'granted') : String(status);
    if (message === undefined && this.#ending.has(of.token)) return;
    // it may end before the request comes in, or after it was let in
    if (['401', 'unauthenticated'].includes(outcome) && this.#ending.has(of.token)) return;
    if (outcome !== expected) this.#isWrong(`${tool}: ${outcome} in place of ${expected}`);
    else if (this.#begun % Math.max(1, Math.floor(this.#wanted / SAMPLES)) === 0)
      this.#samples.push({ ...facts.receipt, tool, expected });
  }

  #isWrong(what: string): void {
    this.#wrong += 1;
    if (this.#wrongOnes.length < WRONG_ONES) this.#wrongOnes.push(what);
  }
}

let agents: Agents | undefined;

function report(said: SoakReport): void {
  process.send?.(said);
}

async function begin(order: Extract<SoakOrder, { kind: 'begin' }>): Promise<void> {
  const begun = (agents = new Agents(order));
  const telling = setInterval(() => report({ kind: 'count', count: begun.count }), TELL_EVERY_MS);
  await begun.run();
  clearInterval(telling);
  report({ kind: 'done', count: begun.count, samples: begun.samples });
}

process.on('message', (order: SoakOrder) => {
  if (order.kind === 'begin')
    begin(order).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  else if (order.kind === 'ending') agents?.ending(order.token);
  else if (order.kind === 'ended') agents?.ended(order.token, order.next);
  else report({ kind: 'missing', seqs: agents?.receipts.missing(order.from, order.to) ?? [] });
});
