/** A real safe in a temporary folder with a cheap password, its owner and its agents. No mocks but the clock. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '../../src/core/model.js';
import type { CostBounds, PasswordCost } from '../../src/crypto/password.js';
import type { AgentDoor, Answer, LocalDoor } from '../../src/gate/call.js';
import type { NewTokenShape } from '../../src/core/shapes.js';
import type { Origin, OwnerDoor, Places } from '../../src/gate/door.js';
import type { Reference } from '../../src/gate/named.js';
import { initSafe, openOwner } from '../../src/gate/open.js';
import type { OwnerProof, SafeOptions } from '../../src/gate/owner-proof.js';
import { openAgent } from '../../src/gate/open-agent.js';

export const CHEAP: PasswordCost = { memoryKiB: 1024, passes: 1, lanes: 1 };
export const CHEAP_BOUNDS: CostBounds = { least: CHEAP, most: { memoryKiB: 2 ** 21, passes: 10, lanes: 8 } };
export const PASSWORD = 'quiet harbour lantern 7 orchard';
export const ORIGIN: Origin = { client: { name: 'test', version: '1' }, transport: 'cli' };
export const CLIENT = { name: 'test-client', version: '1.0.0' };
export const REASON = 'Run the nightly integration tests against staging';

export const byName = (text: string): Reference => ({ by: 'name', text });
export const byId = (text: string): Reference => ({ by: 'id', text });

/** A safe under test. `clock.now` may be turned. */
export interface TestSafe {
  readonly places: Places;
  readonly owner: OwnerDoor;
  readonly options: SafeOptions;
  readonly clock: { now: number };
  /** The file of the database. */
  readonly file: string;
  /** A further owner's door on the same file. */
  reopen(proof?: OwnerProof): Promise<OwnerDoor>;
  /** An agent's door for a token's text. All doors are closed by `end`. */
  agent(token: string, transport?: Transport): Promise<LocalDoor>;
  token(name: string, vaults?: readonly string[], role?: string): Promise<NewTokenShape>;
  end(): Promise<void>;
}

export async function makeSafe({ recovery = false } = {}): Promise<TestSafe & { recoveryCode: string | null }> {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-test-'));
  const places: Places = { home: join(folder, 'home'), state: join(folder, 'state'), runtime: join(folder, 'run') };
  const clock = { now: Date.now() };
  const options: SafeOptions = { clock: () => clock.now, cost: CHEAP, bounds: CHEAP_BOUNDS };
  const made = await initSafe(places, { password: PASSWORD, withRecovery: recovery, origin: ORIGIN }, options);
  const doors: { close(): Promise<void> }[] = [made.owner];
  const kept = <T extends { close(): Promise<void> }>(door: T): T => {
    doors.push(door);
    return door;
  };
  return {
    places,
    owner: made.owner,
    options,
    clock,
    recoveryCode: made.recoveryCode,
    file: join(places.home, 'safe.db'),
    reopen: async (proof = { password: PASSWORD }) => kept(await openOwner(places, proof, { origin: ORIGIN, options })),
    agent: async (token, transport = 'stdio') =>
      kept(
        await openAgent(
          places,
          { kind: 'token', text: token },
          { transport, clock: options.clock, verifyAfterMs: 3_600_000 },
        ),
      ),
    token: async (name, vaults = [], role = 'viewer') =>
      made.owner.createToken({ name, isAgent: true, vaults: vaults.map(byName), role }),
    async end() {
      for (const door of doors.reverse()) await door.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Calls a tool with a good reason unless `input` has one. */
export async function ask(
  door: AgentDoor,
  tool: string,
  input: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  return door.call({ tool, arguments: { reason: REASON, ...input }, client: CLIENT });
}

/** The code of a refusal, or `granted`. */
export function codeOf(answer: Answer): string {
  return answer.ok ? 'granted' : answer.error.code;
}
