/**
 * Damage done to a copy of a safe, and what is found of it: by the owner's verification, and by the verifier that stands
 * alone in the proof that the owner exports of the damaged log.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refusal } from '../../src/core/refusal.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import type { Verification } from '../../src/gate/log-door.js';
import { openOwner } from '../../src/gate/open.js';
import type { Copy } from './copies.js';
import type { Json } from './processes.js';
import { type Raw, withRaw } from './raw.js';
import { ORIGIN, PASSWORD } from './safe.js';

const VERIFIER = fileURLToPath(new URL('../../bin/vouchsafe-verify-log.js', import.meta.url));
const AT_ONCE = 3;

export type Fault = NonNullable<Verification['fault']>;

/** What the stand-alone verifier said of a file. */
export interface Judged {
  readonly status: number;
  readonly verified: boolean;
  readonly from: number;
  readonly to: number;
  readonly fault: Fault | null;
}

/** Runs `bin/vouchsafe-verify-log.js` on a file. */
export async function judge(path: string, fingerprint: string): Promise<Judged> {
  return new Promise((resolve) => {
    execFile(process.execPath, [VERIFIER, path, '--owner', fingerprint, '--json'], { env: {} }, (error, stdout) => {
      const { verified, from, to, fault }: Json = JSON.parse(stdout);
      resolve({ status: error === null ? 0 : Number(error.code), verified, from, to, fault });
    });
  });
}

/** What came of a damage: the door did not open, or what verification found behind it. */
export type Outcome = { readonly refused: Refusal } | { readonly verification: Verification };

interface Exported {
  readonly what: string;
  readonly path: string;
  readonly fingerprint: string;
  readonly fault: Fault | null;
}

/** Damages a copy again and again; each time it is whole before. */
export class Bench {
  readonly copy: Copy;
  readonly #folder = mkdtempSync(join(tmpdir(), 'vouchsafe-damage-'));
  readonly #exported: Exported[] = [];

  constructor(copy: Copy) {
    this.copy = copy;
  }

  /** Takes the anchor of the state folder away, which keeps the door shut where a damage shows beside it. */
  dropAnchor(): void {
    const { state } = this.copy.places;
    for (const path of readdirSync(state, { recursive: true, encoding: 'utf8' }))
      if (path.endsWith('anchor.json')) rmSync(join(state, path));
  }

  async #open(): Promise<OwnerDoor | Refusal> {
    try {
      return await openOwner(this.copy.places, { password: PASSWORD }, { origin: ORIGIN, options: this.copy.options });
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  /** What is found of a damage; where the door opens, the log is exported as it is and kept for {@link judgeAll}. */
  async find(what: string, make: (db: Raw) => void, { isExported = true } = {}): Promise<Outcome> {
    this.copy.reset();
    withRaw(this.copy.file, make);
    const owner = await this.#open();
    if (owner instanceof Refusal) return { refused: owner };
    try {
      const verification = await owner.verify({ full: true });
      if (isExported) await this.#export(what, owner, verification.fault);
      return { verification };
    } finally {
      await owner.close();
    }
  }

  async #export(what: string, owner: OwnerDoor, fault: Fault | null): Promise<void> {
    const path = join(this.#folder, `${this.#exported.length}.proof`);
    const lines: string[] = [];
    try {
      const { fingerprint } = await owner.exportProof({ query: '' }, (line) => lines.push(line));
      writeFileSync(path, lines.join(''));
      this.#exported.push({ what, path, fingerprint, fault });
    } catch (error) {
      // where the stub of an archive is not right, nothing says from where the log would be proven
      if (!(error instanceof Refusal && error.code === 'integrity' && fault !== null)) throw error;
    }
  }

  /** Where the stand-alone verifier and the owner's verification do not agree on a log that was exported, in words. */
  async judgeAll(): Promise<{ readonly judged: number; readonly differences: readonly string[] }> {
    const differences: string[] = [];
    const waiting = [...this.#exported];
    const work = async (): Promise<void> => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
        const difference = differenceOf(one, await judge(one.path, one.fingerprint));
        if (difference !== null) differences.push(`${one.what}: ${difference}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { judged: this.#exported.length, differences };
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const told = (fault: Fault | null): string =>
  fault === null ? 'nothing' : `entry ${String(fault.seq)} (${fault.message})`;

function differenceOf({ fault }: Exported, judged: Judged): string | null {
  const isSame = fault?.seq === judged.fault?.seq && judged.status === (fault === null ? 0 : 8);
  return isSame ? null : `the owner finds ${told(fault)}, the verifier ${told(judged.fault)}, exit ${judged.status}`;
}
