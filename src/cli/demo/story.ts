/** What the demo shows, step by step. Each step checks what it claims: what does not come true fails the demo. */
import { writeFileSync } from 'node:fs';
import type { EntryShape, VaultShape } from '../../core/shapes.js';
import { Refusal, type RefusalCode } from '../../core/refusal.js';
import type { OwnerDoor, Verification } from '../../gate/door.js';
import { entryTable, verificationText } from '../commands/audit-text.js';
import type { Output } from '../output.js';
import { startAgent, type Agent, type Reply } from './agent.js';
import { HOME, homeItems, madeUp, NEEDED, PRIVATE, WORK, workItems } from './items.js';
import { Narrator } from './narrator.js';
import type { Workshop } from './workshop.js';

const AGENT_NAME = 'deploy-bot';
const REASON = 'Run the database migration for ticket OPS-42';

const named = (text: string): { by: 'name'; text: string } => ({ by: 'name', text });

export interface Told {
  readonly steps: readonly object[];
  readonly entries: readonly EntryShape[];
  readonly verification: Verification;
}

export interface Stage {
  readonly workshop: Workshop;
  readonly out: Output;
  /** Aborted where somebody interrupts the demo. */
  readonly signal: AbortSignal;
  /** Something to close at the end, whatever comes, last one first. */
  readonly onEnd: (close: () => Promise<void>) => void;
}

/** Plays all of it. Throws `unavailable` if a step does not end as it should. */
export async function play(stage: Stage): Promise<Told> {
  const story = new Story(stage);
  await story.prepare();
  await story.work();
  await story.tryWhatIsNotGranted();
  await story.revoke();
  return story.look();
}

class Story {
  readonly #stage: Stage;
  readonly #narrator: Narrator;
  readonly #replies: { readonly reason: string | null; readonly reply: Reply }[] = [];
  #parts: { readonly owner: OwnerDoor; readonly agent: Agent; readonly password: string } | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#narrator = new Narrator(stage.out);
  }

  async prepare(): Promise<void> {
    this.#narrator.heading('THE OWNER makes a safe, puts credentials in, and makes a token for one agent.');
    const owner = await this.#makeSafe();
    const password = await this.#fill(owner);
    await this.#makeToken(owner);
    this.#narrator.heading('THE AGENT works: a real MCP client, and a real server process on stdio.');
    const agent = await startAgent(this.#stage.workshop);
    this.#stage.onEnd(() => agent.close());
    this.#parts = { owner, agent, password };
  }

  async #makeSafe(): Promise<OwnerDoor> {
    this.#narrator.owner('A safe, locked with a master password', 'vouchsafe init');
    const { initSafe } = await import('../../gate/open.js');
    const { VERSION } = await import('../../gate/version.js');
    const origin = { client: { name: 'vouchsafe', version: VERSION }, transport: 'cli' } as const;
    const { places } = this.#stage.workshop;
    const { owner, fingerprint } = await initSafe(places, { password: madeUp(24), withRecovery: false, origin });
    this.#stage.onEnd(() => owner.close());
    this.#narrator.note(`One encrypted database. The owner's fingerprint is ${fingerprint}.`);
    return owner;
  }

  /** Returns the password that the agent will need. */
  async #fill(owner: OwnerDoor): Promise<string> {
    const items = { [WORK]: workItems(), [HOME]: homeItems() };
    this.#narrator.owner('Two vaults with twelve items', `vouchsafe item create database --vault ${WORK} --title "${NEEDED}" …`);
    await owner.createVault({ name: WORK });
    for (const [vault, all] of Object.entries(items)) {
      for (const item of all) await owner.createItem(named(vault), item);
      this.#stage.signal.throwIfAborted();
    }
    const vaults = await owner.listVaults();
    this.#check(countIn(vaults, WORK) === 7 && countIn(vaults, HOME) === 5, 'twelve items are in two vaults');
    for (const [vault, all] of Object.entries(items)) this.#narrator.note(`${vault}: ${all.map(({ title }) => title).join(' · ')}`);
    return items[WORK]?.[0]?.fields?.find(({ name }) => name === 'password')?.value ?? '';
  }

  async #makeToken(owner: OwnerDoor): Promise<void> {
    const command = `vouchsafe agent create ${AGENT_NAME} --vault ${WORK} --expiration 1d`;
    this.#narrator.owner(`A token for the agent “${AGENT_NAME}”: it may read ${WORK}, nothing else, for one day`, command);
    const made = await owner.createToken({
      name: AGENT_NAME,
      expiration: '1d',
      isAgent: true,
      vaults: [named(WORK)],
      role: 'viewer',
    });
    writeFileSync(this.#stage.workshop.tokenFile, `${made.token}\n`, { mode: 0o600, flag: 'wx' });
    this.#narrator.note('It goes into a file that only this user can read; it is shown nowhere. It opens what was sealed to it, by cryptography.');
  }

  async work(): Promise<void> {
    const tools = await this.#agent.tools();
    this.#check(tools.includes('get_item') && !tools.includes('create_item'), 'a viewer is shown the tools that read');
    const who = await this.#call({ title: 'Who am I, and what may I reach?', tool: 'whoami', args: {} }, 'granted');
    this.#check(JSON.stringify(who.facts['grants']).includes(WORK), `whoami names ${WORK}`);
    this.#narrator.note(`Viewer of ${WORK}. Tools: ${tools.join(', ')}.`);
    const args = { vault: WORK, reason: 'Find the database credentials for ticket OPS-42' };
    const list = await this.#call({ title: 'What is in the vault?', tool: 'list_vault', args }, 'granted');
    const items = list.facts['items'] as readonly object[];
    this.#check(items.length === 7 && !JSON.stringify(list.facts).includes(this.#password), 'the list has seven items and no secret');
    this.#narrator.note(`${String(items.length)} items, without any secret.`);
    await this.#read();
  }

  async #read(): Promise<void> {
    const args = { vault: WORK, item: NEEDED, fields: ['password'], reason: REASON };
    const { facts } = await this.#call({ title: 'The password, with a reason', tool: 'get_item', args }, 'granted');
    const value = passwordIn(facts);
    this.#check(value === this.#password, 'the agent got the very password that the owner put in');
    this.#narrator.note(`password = ${'•'.repeat(value.length)} (${String(value.length)} characters: the very ones that the owner put in)`);
    this.#narrator.note('The entry was on disk before this answer left.');
  }

  async tryWhatIsNotGranted(): Promise<void> {
    const item = { vault: WORK, item: NEEDED, fields: ['password'] };
    await this.#call({ title: 'The same without a reason', tool: 'get_item', args: item }, 'reason_required');
    const other = { vault: HOME, item: PRIVATE, fields: ['password'], reason: 'Check that the invoice was paid' };
    await this.#call({ title: 'An item of the other vault', tool: 'get_item', args: other }, 'forbidden');
    this.#narrator.note('The same words as for a vault that does not exist, so that nothing can be probed.');
    const login = { vault: WORK, type: 'login', title: 'Mine', reason: 'Keep a login for the next run' };
    await this.#call({ title: 'A write, as a viewer', tool: 'create_item', args: login }, 'forbidden');
  }

  async revoke(): Promise<void> {
    this.#narrator.owner('While the server runs, the owner takes the vault away', `vouchsafe revoke ${AGENT_NAME} ${WORK}`);
    const ended = await this.#owner.revoke({ token: named(AGENT_NAME), vault: named(WORK), rotate: true });
    const revokedAt = performance.now();
    const rotated = ended.rotated.reduce((sum, { items }) => sum + items, 0);
    this.#check(ended.ended.length === 1 && rotated === 7, 'one grant ended, and its vault has new keys');
    this.#check(ended.read.some(({ title }) => title === NEEDED), `${NEEDED} is named as read`);
    this.#narrator.note(`The vault got new keys (${String(rotated)} items). Read by this agent, so change it at the service: ${NEEDED}.`);
    const args = { vault: WORK, item: NEEDED, fields: ['password'], reason: REASON };
    await this.#call({ title: 'The agent asks once more, word for word as before', tool: 'get_item', args }, 'forbidden');
    this.#narrator.note(`Refused ${String(Math.round(performance.now() - revokedAt))} ms after the revocation, by the server that was running all the time.`);
  }

  async look(): Promise<Told> {
    this.#narrator.heading('THE OWNER reads who asked for what, why, and what came of it.');
    const query = `agent:${AGENT_NAME}`;
    this.#narrator.owner('Everything the agent did, granted or refused', `vouchsafe audit list '${query}'`);
    const { data } = await this.#owner.listEntries({ query, limit: 50 });
    this.#checkEntries(data);
    this.#narrator.block(entryTable(data, this.#stage.out));
    this.#narrator.owner('Is the log whole?', 'vouchsafe audit verify --full');
    const verification = await this.#owner.verify({ full: true });
    this.#check(verification.ok, 'the log verifies');
    for (const line of verificationText(verification, true).split('\n')) this.#narrator.note(line);
    return { steps: this.#narrator.steps, entries: data, verification };
  }

  /** One call, one entry, with the reason that was given and the receipt that was sent. */
  #checkEntries(entries: readonly EntryShape[]): void {
    this.#check(entries.length === this.#replies.length, 'there is one entry for each call');
    for (const { reason, reply } of this.#replies) {
      const entry = entries.find(({ seq, hash }) => seq === reply.receipt?.seq && hash === reply.receipt.hash);
      this.#check(entry?.reason === reason && entry?.code === reply.error?.code, 'each receipt has its entry, with the reason as given');
    }
  }

  async #call(asked: { title: string; tool: string; args: Record<string, unknown> }, expected: 'granted' | RefusalCode): Promise<Reply> {
    this.#stage.signal.throwIfAborted();
    this.#narrator.agent(asked.title, asked.tool, asked.args);
    const reply = await this.#agent.call(asked.tool, asked.args);
    this.#narrator.reply(reply);
    this.#replies.push({ reason: typeof asked.args['reason'] === 'string' ? asked.args['reason'] : null, reply });
    this.#check((reply.error?.code ?? 'granted') === expected, `“${asked.title}” ends with ${expected}`);
    return reply;
  }

  #check(holds: boolean, claim: string): void {
    if (holds) return;
    throw new Refusal('unavailable', {
      message: `The demo did not go as it should. What should hold: ${claim}.`,
      next: 'This is a fault of Vouchsafe. Please report it with what is printed above.',
    });
  }

  get #owner(): OwnerDoor {
    return this.#prepared.owner;
  }

  get #agent(): Agent {
    return this.#prepared.agent;
  }

  get #password(): string {
    return this.#prepared.password;
  }

  get #prepared(): NonNullable<typeof this.#parts> {
    if (this.#parts === undefined) throw new Error('the story begins with prepare');
    return this.#parts;
  }
}

function countIn(vaults: readonly VaultShape[], name: string): number | undefined {
  return vaults.find((vault) => vault.name === name)?.items;
}

function passwordIn(facts: Reply['facts']): string {
  const { fields } = facts['item'] as { fields: readonly { name: string; value?: string }[] };
  return fields.find(({ name }) => name === 'password')?.value ?? '';
}
