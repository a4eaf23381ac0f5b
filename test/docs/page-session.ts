/**
 * A page of docs/ played as it stands: its `sh` blocks in their order, in one bash, on a machine of its own with the built
 * program in its PATH. What cannot be there (a person at the prompts, root, other programs) is said by each test.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blocks, read, root } from './pages.js';

const PASSWORD = 'kitchen staple orbit 42 zebra';

/** What a test says of a page. A block is named by one of its lines, or by words, that stand in no other. */
export interface Playing {
  /** What is typed at the prompts of a block, or piped to it. */
  readonly typed?: Readonly<Record<string, string>>;
  /** Lines of bash that are run after a block, for what a person does then. */
  readonly after?: Readonly<Record<string, string>>;
  /** Blocks that are not run, or single lines of one where the words are a whole line; each with the reason. */
  readonly notRun?: Readonly<Record<string, string>>;
  /** Words of the page that stand for others here. `HOME` in them is the folder of the machine. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Lines of bash before the first block: what the page takes for granted. */
  readonly before?: string;
  /** The language of the blocks; `sh` if not said. */
  readonly language?: string;
}

/** What came of a page. */
export interface Played {
  /** What the block printed, on both streams. */
  readonly of: (words: string) => string;
  /** How many blocks there are, and how many of them were run. */
  readonly counts: { readonly all: number; readonly run: number };
}

/** A machine on which nobody has done anything yet but to install the program. */
export class Machine {
  readonly home = mkdtempSync(join(tmpdir(), 'vouchsafe-page-'));
  readonly #env: Record<string, string>;

  /** A new one; or one that is as another is now. */
  constructor(like?: Machine) {
    if (like !== undefined) cpSync(like.home, this.home, { recursive: true, verbatimSymlinks: true });
    else this.#install();
    this.#env = {
      PATH: [this.path('bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
      HOME: this.home,
      XDG_RUNTIME_DIR: this.path('run'),
      VOUCHSAFE_PASSWORD_FILE: this.path('password'),
      TZ: 'UTC',
      LANG: 'C.UTF-8',
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'e2e-compile'),
    };
  }

  #install(): void {
    for (const folder of ['bin', 'run', 'project']) mkdirSync(this.path(folder), { mode: 0o700 });
    // As `npm i -g` does it.
    for (const name of ['vouchsafe', 'vouchsafe-verify-log'])
      symlinkSync(join(root, 'bin', `${name}.js`), this.path(`bin/${name}`));
    this.file('password', PASSWORD);
  }

  path(name: string): string {
    return join(this.home, name);
  }

  /** A new file of the user's alone. */
  file(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content, { mode: 0o600 });
  }

  /** A file of the tests, under another name. */
  copy(from: string, name: string): void {
    cpSync(join(root, from), this.path(name));
  }

  /** A program of other people's that cannot be here: a few lines of sh in its place. */
  program(name: string, lines: string): void {
    writeFileSync(this.path(`bin/${name}`), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  text(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** The JSON that a command of the owner's prints. */
  async json(command: string) {
    const { status, stdout, stderr } = await this.bash(`vouchsafe ${command} --json`);
    if (status !== 0) throw new Error(`${command}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Plays a page from its first block to its last. Throws at the first that ends with another status than 0. */
  async play(page: string, playing: Playing = {}): Promise<Played> {
    const all = blocks(read(page), playing.language ?? 'sh');
    const find = (words: string): number => only(all, words, page);
    const byBlock = (record: Readonly<Record<string, string>> = {}) =>
      new Map(Object.entries(record).map(([words, value]) => [find(words), value]));
    const [typed, after, notRun] = [byBlock(playing.typed), byBlock(playing.after), playing.notRun ?? {}];
    const texts = all.map((block) => without(block, Object.keys(notRun)));
    Object.keys(notRun).forEach(find);
    const numbers = [...all.keys()].filter((number) => texts[number] !== '');
    rmSync(this.path('.play'), { recursive: true, force: true });
    for (const number of numbers) {
      this.file(`.play/${String(number)}.sh`, this.#replaced(texts[number]!, playing.instead ?? {}));
      this.file(`.play/${String(number)}.in`, typed.get(number) ?? '');
    }
    const lines = numbers.flatMap((number) => this.#lines(number, after.get(number)));
    const script = [`set -eo pipefail`, `cd '${this.path('project')}'`, playing.before ?? '', ...lines].join('\n');
    const { status, stderr } = await this.bash(script);
    const output = (number: number): string => this.#output(number);
    if (status !== 0) {
      const last = numbers.findLast((number) => this.has(`.play/${String(number)}.out`));
      const where = last === undefined ? 'before its blocks' : `in\n${all[last]!}\n${output(last)}`;
      throw new Error(`${page} ended with ${String(status)} ${where}\n${stderr}`);
    }
    return { of: (words) => output(find(words)), counts: { all: all.length, run: numbers.length } };
  }

  end(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  #replaced(block: string, instead: Readonly<Record<string, string>>): string {
    return Object.entries(instead).reduce(
      (text, [words, other]) => text.replaceAll(words, other.replaceAll('HOME', this.home)),
      block,
    );
  }

  #lines(number: number, after: string | undefined): string[] {
    const file = (kind: string): string => `'${this.path(`.play/${String(number)}.${kind}`)}'`;
    return [`. ${file('sh')} < ${file('in')} > ${file('out')} 2>&1`, ...(after === undefined ? [] : [after])];
  }

  #output(number: number): string {
    const name = `.play/${String(number)}.out`;
    return this.has(name) ? this.text(name) : '';
  }

  /** Runs lines of bash in the folder of the project. */
  bash(script: string): Promise<{ status: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const options = { env: this.#env, timeout: TIME_MS, cwd: this.path('project') };
      execFile('bash', ['-c', script], options, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ status, stdout, stderr });
      });
    });
  }
}

/** The most that a page may take: its commands pay for the master password a few times. */
export const TIME_MS = 600_000;

/** What is run of a block. */
function without(block: string, notRun: readonly string[]): string {
  const left = block.split('\n').filter((line) => !notRun.includes(line));
  const isWhole = left.length === block.split('\n').length;
  return left.join('').trim() === '' || (isWhole && notRun.some((words) => /\s/.test(words) && block.includes(words)))
    ? ''
    : left.join('\n');
}

function only(all: readonly string[], words: string, page: string): number {
  const holds = (test: (block: string) => boolean) => [...all.keys()].filter((number) => test(all[number]!));
  const exact = holds((block) => block.split('\n').includes(words));
  const found = exact.length > 0 ? exact : holds((block) => block.includes(words));
  if (found.length === 1) return found[0]!;
  throw new Error(`${page}: ${String(found.length)} blocks have the words ${words}`);
}
