/** Who takes part in the demo: the owner of a new safe, and an agent with a token for one of its two vaults. */
import { writeFileSync } from 'node:fs';
import type { VaultShape } from '../../core/shapes.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { Output } from '../output.js';
import { startAgent, type Agent } from './agent.js';
import { claim } from './claim.js';
import { HOME, homeItems, madeUp, NEEDED, WORK, workItems } from './items.js';
import type { Narrator } from './narrator.js';
import type { Workshop } from './workshop.js';

export const AGENT_NAME = 'deploy-bot';

export interface Stage {
  readonly workshop: Workshop;
  readonly out: Output;
  readonly narrator: Narrator;
  /** Aborted where somebody interrupts the demo. */
  readonly signal: AbortSignal;
  /** Something to close at the end, whatever comes, last one first. */
  readonly onEnd: (close: () => Promise<void>) => void;
}

export interface Cast {
  readonly owner: OwnerDoor;
  readonly masterPassword: string;
  readonly agent: Agent;
  /** The password that the agent will need, as the owner put it in. */
  readonly password: string;
}

/** A name, and only a name. */
export function named(text: string): { readonly by: 'name'; readonly text: string } {
  return { by: 'name', text };
}

/** Makes the safe with all that is in it, and starts the agent with its server. */
export async function gather(stage: Stage): Promise<Cast> {
  stage.narrator.heading('THE OWNER makes a safe, puts credentials in, and makes a token for one agent.');
  const masterPassword = madeUp(24);
  const owner = await makeSafe(stage, masterPassword);
  const password = await fill(stage, owner);
  await makeToken(stage, owner);
  stage.narrator.heading('THE AGENT works: a real MCP client, and a real server process on stdio.');
  const agent = await startAgent(stage.workshop);
  stage.onEnd(() => agent.close());
  return { owner, masterPassword, agent, password };
}

async function makeSafe({ workshop, narrator, onEnd }: Stage, password: string): Promise<OwnerDoor> {
  narrator.owner('A safe, locked with a master password', 'vouchsafe init');
  const { initSafe } = await import('../../gate/open.js');
  const { VERSION } = await import('../../gate/version.js');
  const origin = { client: { name: 'vouchsafe', version: VERSION }, transport: 'cli' } as const;
  const { owner, fingerprint } = await initSafe(workshop.places, { password, withRecovery: false, origin });
  onEnd(() => owner.close());
  narrator.note(`One encrypted database. The owner's fingerprint is ${fingerprint}.`);
  return owner;
}

async function fill({ narrator, signal }: Stage, owner: OwnerDoor): Promise<string> {
  const [work, home] = [workItems(), homeItems()];
  narrator.owner(
    'Two vaults with twelve items',
    `vouchsafe item create database --vault ${WORK} --title "${NEEDED}" …`,
  );
  await owner.createVault({ name: WORK });
  for (const item of work) await owner.createItem(named(WORK), item);
  signal.throwIfAborted();
  for (const item of home) await owner.createItem(named(HOME), item);
  const vaults = await owner.listVaults();
  claim(
    countIn(vaults, WORK) === work.length && countIn(vaults, HOME) === home.length,
    'all items are in their vaults',
  );
  narrator.note(`${WORK}: ${work.map(({ title }) => title).join(' · ')}`);
  narrator.note(`${HOME}: ${home.map(({ title }) => title).join(' · ')}`);
  const needed = work.find(({ title }) => title === NEEDED);
  return needed?.fields?.find(({ name }) => name === 'password')?.value ?? '';
}

function countIn(vaults: readonly VaultShape[], name: string): number | undefined {
  return vaults.find((vault) => vault.name === name)?.items;
}

async function makeToken({ workshop, narrator }: Stage, owner: OwnerDoor): Promise<void> {
  narrator.owner(
    `A token for the agent “${AGENT_NAME}”: it may read ${WORK}, nothing else, for one day`,
    `vouchsafe agent create ${AGENT_NAME} --vault ${WORK} --expiration 1d`,
  );
  const vaults = [named(WORK)];
  const made = await owner.createToken({ name: AGENT_NAME, expiration: '1d', isAgent: true, vaults, role: 'viewer' });
  writeFileSync(workshop.tokenFile, `${made.token}\n`, { mode: 0o600, flag: 'wx' });
  narrator.note(
    'The token goes into a file that only this user can read. It opens what was sealed to it, and no more.',
  );
}
