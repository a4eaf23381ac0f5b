/** Who takes part in the soak besides the server: the owner in this process, and the agents in one of their own. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { NEEDED, named, root, VAULT, type BenchSafe } from './program.ts';
import type { SoakOrder, SoakReport } from './soak-load.ts';

interface Token {
  readonly name: string;
  readonly text: string;
}

/** What the owner did besides: an entry each. */
export class Owner {
  readonly #safe: BenchSafe;
  readonly #tokens: Token[] = [];
  #made = 0;
  #acts = 0;

  constructor(safe: BenchSafe) {
    this.#safe = safe;
  }

  get acts(): number {
    return this.#acts;
  }

  async makeToken(): Promise<Token> {
    const name = `agent ${String((this.#made += 1))}`;
    const made = await this.#safe.owner.createToken({ name, isAgent: true, vaults: [named(VAULT)] });
    this.#acts += 1;
    const token = { name, text: made.token };
    this.#tokens.push(token);
    return token;
  }

  /** Ends the oldest token and makes another in its place; changes the item that all of them read. */
  async renew(tell: (order: SoakOrder) => void): Promise<void> {
    const old = this.#tokens.shift();
    if (old === undefined) return;
    const { owner } = this.#safe;
    const item = { vault: named(VAULT), item: named(NEEDED) };
    await owner.updateItem(item, { set: { host: `db${String(this.#made)}.internal` } });
    const next = await this.makeToken();
    tell({ kind: 'ending', token: old.text });
    await owner.deleteToken(named(old.name), { rotate: true });
    this.#acts += 2;
    tell({ kind: 'ended', token: old.text, next: next.text });
  }
}

/** The agents, and what they told last. */
export class Crew {
  readonly #child: ChildProcess = fork(join(root, 'bench', 'soak-load.ts'));
  readonly done: Promise<Extract<SoakReport, { kind: 'done' }>>;
  calls = 0;

  constructor() {
    const kill = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.done = new Promise((resolve, reject) => {
      this.#child.on('message', (said: SoakReport) => {
        if (said.kind === 'missing') return;
        this.calls = said.count.calls;
        if (said.kind === 'done') resolve(said);
      });
      this.#child.once('exit', () => reject(new Error('the process that calls ended too soon')));
    });
    this.done.catch(() => undefined);
  }

  readonly tell = (order: SoakOrder): void => void this.#child.send(order);

  /** Entries that no answer named. */
  async missing(from: number, to: number): Promise<readonly number[]> {
    const answered = once(this.#child, 'message') as Promise<[Extract<SoakReport, { kind: 'missing' }>]>;
    this.tell({ kind: 'missing', from, to });
    return (await answered)[0].seqs;
  }

  close(): void {
    this.#child.kill('SIGTERM');
  }
}
