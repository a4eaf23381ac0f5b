/** A machine on which nothing is installed: an empty folder, a HOME of its own, and of programs Node and npm alone. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { runChild } from '../clients/child.ts';

const TIME_MS = 300_000;

/** How this network is reached, which is not of what is installed. */
const NETWORK =
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(https?|no)_proxy|npm_config_(registry|cafile|(https_)?proxy))$/i;

/** How a program is started: the program itself, and what comes before the words that are given to it. */
export type Program = readonly string[];

export interface How {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
}

export class Machine {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly npm: Program;
  readonly npx: Program;

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `vouchsafe-${name}-`));
    for (const below of ['home', 'run', 'work']) mkdirSync(join(this.folder, below), { mode: 0o700 });
    const own = process.env['npm_execpath'];
    this.npm = own === undefined ? ['npm'] : [process.execPath, own];
    this.npx = own === undefined ? ['npx'] : [process.execPath, join(dirname(own), 'npx-cli.js')];
    this.env = {
      ...Object.fromEntries(
        Object.entries(process.env).flatMap(([key, value = '']) => (NETWORK.test(key) ? [[key, value]] : [])),
      ),
      HOME: join(this.folder, 'home'),
      XDG_RUNTIME_DIR: join(this.folder, 'run'),
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      // No script of a package is run: the program has to do without.
      npm_config_ignore_scripts: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    };
  }

  /** A path in the folder that packages are put into; it is empty at first. */
  at(...parts: readonly string[]): string {
    return join(this.folder, 'work', ...parts);
  }

  /** Writes a file that only its owner may read; its path. */
  file(name: string, text: string): string {
    const path = join(this.folder, 'home', name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** Runs a program, which must succeed; what it printed. */
  async run(command: Program, how: How = {}): Promise<string> {
    const { cwd = this.at(), env = {}, input = '' } = how;
    const options = { cwd, env: { ...this.env, ...env }, timeoutMs: TIME_MS, input };
    const { status, stdout, stderr } = await runChild(command, options);
    if (status === 0) return stdout;
    throw new Error(`${command.slice(0, 4).join(' ')} … ended with ${String(status)}\n${stdout}${stderr}`);
  }

  /** Takes a zip file apart into a new folder, with the modes that it has; the folder. */
  unzip(archive: string, name: string): string {
    const bytes = readFileSync(archive);
    const runnable = runnableIn(bytes);
    for (const [path, data] of Object.entries(unzipSync(bytes))) {
      const file = this.at(name, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data);
      if (runnable.has(path)) chmodSync(file, 0o755);
    }
    return this.at(name);
  }

  /** Removes all of it. */
  end(): void {
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true });
  }
}

const CENTRAL = 0x02014b50;

/** Files that can be run, by the central directory of a zip file (APPNOTE.TXT of PKWARE, 4.3.12). */
function runnableIn(bytes: Buffer): ReadonlySet<string> {
  const found = new Set<string>();
  let at = bytes.readUInt32LE(bytes.length - 22 + 16);
  while (bytes.readUInt32LE(at) === CENTRAL) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const mode = bytes.readUInt32LE(at + 38) >>> 16;
    if ((mode & 0o100) !== 0) found.add(bytes.toString('utf8', at + 46, at + 46 + name!));
    at += 46 + name! + extra! + comment!;
  }
  return found;
}
