/** A stranger's machine: folders of its own, the built program in PATH, and nothing else of whoever runs the tests. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';

export const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'vouchsafe.js');
export const PASSWORD = 'quiet harbour lantern 7 orchard';
export const REASON = 'Run the nightly integration tests against staging';

/** What JSON holds; a test goes on to assert its shape. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables; undefined takes one away. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface How {
  /** In place of, or beside, what the station has. */
  readonly env?: Variables;
  readonly input?: string | Buffer;
  /** Runs it as another user, which only root can; the group has the same number, if nothing else is said. */
  readonly uid?: number;
  readonly gid?: number;
  /** The folder that it is run in, in place of this one. */
  readonly cwd?: string;
}

/** Runs a program to its end. */
export function execute(file: string, args: readonly string[], how: How = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const user = how.uid === undefined ? {} : { uid: how.uid, gid: how.gid ?? how.uid };
    const folder = how.cwd === undefined ? {} : { cwd: how.cwd };
    const options = { env: how.env as NodeJS.ProcessEnv, maxBuffer: 2 ** 26, timeout: 60_000, ...user, ...folder };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ status, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined).end(how.input ?? '');
  });
}

export class Station {
  readonly folder: string;
  readonly home: string;
  readonly state: string;
  readonly passwordFile: string;
  readonly env: Record<string, string | undefined>;

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `vouchsafe-${name}-`));
    [this.home, this.state] = [join(this.folder, 'home'), join(this.folder, 'state')];
    for (const below of ['bin', 'run']) mkdirSync(join(this.folder, below), { mode: 0o700 });
    const runner = join(this.folder, 'bin', 'vouchsafe');
    writeFileSync(runner, `#!/bin/sh\nexec '${process.execPath}' -- '${PROGRAM}' "$@"\n`);
    chmodSync(runner, 0o755);
    this.passwordFile = this.file('password', `${PASSWORD}\n`);
    this.env = {
      PATH: [join(this.folder, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
      HOME: this.folder,
      VOUCHSAFE_HOME: this.home,
      VOUCHSAFE_STATE: this.state,
      XDG_RUNTIME_DIR: join(this.folder, 'run'),
      TZ: 'UTC',
      // A fifth less time for each of the several hundred commands.
      NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'e2e-compile'),
    };
  }

  get database(): string {
    return join(this.home, 'safe.db');
  }

  /** A new file of the user's alone; its path. */
  file(name: string, text: string | Buffer, mode = 0o600): string {
    const path = join(this.folder, name);
    if (existsSync(path)) rmSync(path);
    writeFileSync(path, text, { mode });
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /**
   * Makes the safe and begins a session, each with the one password: all that follows needs it no more. Both cost what a
   * password does, so the program makes them once in a run, for all stations; each gets a copy that is its own.
   */
  async open(): Promise<this> {
    const template = await templateOf(inject('runFolder'));
    copyParts(template, this.folder);
    this.env['VOUCHSAFE_SESSION'] = readFileSync(join(template, 'session'), 'utf8');
    return this;
  }

  /** Takes the safe and the session of another station as they are now. */
  openLike({ folder, env }: Station): this {
    copyParts(folder, this.folder);
    this.env['VOUCHSAFE_SESSION'] = env['VOUCHSAFE_SESSION'];
    return this;
  }

  /** Makes a safe of its own, with flags of `init`, and begins a session. */
  async openNew(...init: readonly string[]): Promise<this> {
    await this.ok(['init', ...init], { env: { VOUCHSAFE_PASSWORD_FILE: this.passwordFile } });
    await this.unlock();
    return this;
  }

  /** Begins a session for all that follows. */
  async unlock(ttl = '12h'): Promise<string> {
    const env = { VOUCHSAFE_PASSWORD_FILE: this.passwordFile, VOUCHSAFE_SESSION: undefined };
    const { session } = await this.json(['unlock', '--ttl', ttl], { env });
    this.env['VOUCHSAFE_SESSION'] = session;
    return session;
  }

  environment(more: Variables = {}): Record<string, string | undefined> {
    return { ...this.env, ...more };
  }

  /** Runs the program. */
  async run(args: readonly string[], how: How = {}): Promise<Ran> {
    return execute(process.execPath, ['--', PROGRAM, ...args], { ...how, env: this.environment(how.env) });
  }

  /** Runs the program, which must succeed; what it printed. */
  async ok(args: readonly string[], how: How = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(args, how);
    if (status !== 0) throw new Error(`vouchsafe ${args.join(' ')}: ${String(status)}\n${stderr}`);
    return stdout;
  }

  /** The same, with `--json`. */
  async json(args: readonly string[], how: How = {}): Promise<Json> {
    const cut = args.indexOf('--');
    const at = cut < 0 ? args.length : cut;
    return JSON.parse(await this.ok([...args.slice(0, at), '--json', ...args.slice(at)], how));
  }

  /** The program as somebody who holds a token. */
  async asToken(token: string, args: readonly string[], how: How = {}): Promise<Ran> {
    const env = { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token, VOUCHSAFE_SESSION: undefined, ...how.env };
    return this.run(args, { ...how, env });
  }

  /** A new token; its string. */
  async token(name: string, ...flags: readonly string[]): Promise<string> {
    const { token } = await this.json(['pat', 'create', name, '--expiration', '1m', ...flags]);
    return token;
  }

  /** Starts the program without waiting for its end. */
  start(args: readonly string[], how: How = {}) {
    return spawn(process.execPath, ['--', PROGRAM, ...args], {
      env: this.environment(how.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What `init` and `unlock` make in a station's folder; with the modes of its folders, which `cpSync` does not keep. */
function copyParts(from: string, to: string): void {
  execFileSync('cp', ['-pR', ...['home', 'state', 'run'].map((part) => join(from, part)), to]);
}

/** The folder of a station that was opened, for copies; made where no worker has made it yet. */
async function templateOf(folder: string): Promise<string> {
  const template = join(folder, 'station');
  if (existsSync(template)) return template;
  const station = new Station('template');
  try {
    await station.openNew();
    const own = mkdtempSync(join(folder, 'station-'));
    copyParts(station.folder, own);
    writeFileSync(join(own, 'session'), station.env['VOUCHSAFE_SESSION'] ?? '', { mode: 0o600 });
    try {
      renameSync(own, template);
    } catch (error) {
      // another worker was first
      if (!existsSync(template)) throw error;
    }
  } finally {
    station.end();
  }
  return template;
}
