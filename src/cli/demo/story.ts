/** What the demo shows, step by step. Each step checks what it claims: what does not come true fails the demo. */
import type { EntryShape } from '../../core/shapes.js';
import type { RefusalCode } from '../../core/refusal.js';
import type { Verification } from '../../gate/log-door.js';
import { entryTable } from '../commands/audit-text.js';
import { verificationText } from '../commands/audit-verify.js';
import type { Reply } from './agent.js';
import { AGENT_NAME, gather, named, type Cast, type Stage } from './cast.js';
import { claim } from './claim.js';
import { HOME, NEEDED, PRIVATE, WORK } from './items.js';

/** What the agent asks for again and again; it needs a reason besides. */
const WANTED = { vault: WORK, item: NEEDED, fields: ['password'] };
const REASON = 'Run the database migration for ticket OPS-42';

/** How the demo ended: the log, as the owner sees it, and its verification; and who took part. */
export interface Told {
  readonly cast: Cast;
  readonly entries: readonly EntryShape[];
  readonly verification: Verification;
}

/** Plays all of it. Throws `unavailable` if a step does not end as it should. */
export async function play(stage: Stage): Promise<Told> {
  const story = new Story(stage, await gather(stage));
  await story.work();
  await story.tryWhatIsNotGranted();
  await story.revoke();
  return story.look();
}

interface Asked {
  readonly title: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

class Story {
  readonly #stage: Stage;
  readonly #cast: Cast;
  /** Every call that the agent made, with its answer. */
  readonly #calls: { readonly reason: unknown; readonly reply: Reply }[] = [];

  constructor(stage: Stage, cast: Cast) {
    this.#stage = stage;
    this.#cast = cast;
  }

  /** The way to a password: who am I, what is there, this one. */
  async work(): Promise<void> {
    const { narrator } = this.#stage;
    const tools = await this.#cast.agent.tools();
    claim(tools.includes('get_item') && !tools.includes('create_item'), 'a viewer is shown only tools that read');
    const who = await this.#call({ title: 'Who am I, and what may I reach?', tool: 'whoami', args: {} }, 'granted');
    claim(JSON.stringify(who['grants']).includes(WORK), `whoami names ${WORK}`);
    narrator.note(`Viewer of ${WORK}. Tools: ${tools.join(', ')}.`);
    const args = { vault: WORK, reason: 'Find the database credentials for ticket OPS-42' };
    const { items } = await this.#call({ title: 'What is in the vault?', tool: 'list_vault', args }, 'granted');
    claim(Array.isArray(items) && items.length === 7, 'the list has seven items');
    claim(!JSON.stringify(items).includes(this.#cast.password), 'the list has no secret');
    narrator.note('Seven items: titles, user names and field names, no secrets.');
    await this.#read();
  }

  async #read(): Promise<void> {
    const { narrator } = this.#stage;
    const args = { ...WANTED, reason: REASON };
    const value = passwordIn(
      await this.#call({ title: 'A password, with a reason', tool: 'get_item', args }, 'granted'),
    );
    claim(value === this.#cast.password, 'the agent got the very password that the owner put in');
    const length = `${String(value.length)} characters, the very ones that the owner put in`;
    narrator.note(`password = ${'•'.repeat(value.length)} (${length})`);
    narrator.note('The entry was on disk before this answer left.');
  }

  async tryWhatIsNotGranted(): Promise<void> {
    await this.#call({ title: 'The same, without a reason', tool: 'get_item', args: WANTED }, 'reason_required');
    const bank = { vault: HOME, item: PRIVATE, fields: ['password'], reason: 'Check that the invoice was paid' };
    await this.#call({ title: 'An item of the other vault', tool: 'get_item', args: bank }, 'forbidden');
    this.#stage.narrator.note('Told in the same words as if it did not exist, so that nothing can be probed.');
    const login = { vault: WORK, type: 'login', title: 'Mine', reason: 'Keep a login for the next run' };
    await this.#call({ title: 'A write, as a viewer', tool: 'create_item', args: login }, 'forbidden');
  }

  /** The server runs on: it must learn of the revocation by itself. */
  async revoke(): Promise<void> {
    const { narrator } = this.#stage;
    narrator.owner('While the server runs, the owner takes the vault away', `vouchsafe revoke ${AGENT_NAME} ${WORK}`);
    const ended = await this.#cast.owner.revoke({ token: named(AGENT_NAME), vault: named(WORK), rotate: true });
    const revokedAt = performance.now();
    const rotated = ended.rotated.reduce((sum, { items }) => sum + items, 0);
    claim(ended.ended.length === 1 && rotated === 7, 'one grant ended, and all items of the vault have new keys');
    claim(ended.read.length === 1 && ended.read[0]?.title === NEEDED, `${NEEDED} alone is named as read`);
    narrator.note(`The vault has new keys. The agent has read one secret; change it at the service: ${NEEDED}.`);
    const args = { ...WANTED, reason: REASON };
    await this.#call({ title: 'The agent asks once more, word for word', tool: 'get_item', args }, 'forbidden');
    const delay = Math.round(performance.now() - revokedAt);
    narrator.note(`${String(delay)} ms after the revocation, by the server that had been running all the time.`);
  }

  async look(): Promise<Told> {
    const { narrator, out } = this.#stage;
    narrator.heading('THE OWNER reads who asked for what, why, and what came of it.');
    const query = `agent:${AGENT_NAME}`;
    narrator.owner('All that the agent did, granted or refused', `vouchsafe audit list '${query}'`);
    const { data } = await this.#cast.owner.listEntries({ query, limit: 50 });
    this.#checkEntries(data);
    narrator.block(entryTable(data, out));
    narrator.owner('Has anybody changed the log?', 'vouchsafe audit verify --full');
    const verification = await this.#cast.owner.verify({ full: true });
    claim(verification.ok, 'the log verifies');
    for (const line of verificationText(verification, true).split('\n')) narrator.note(line);
    return { cast: this.#cast, entries: data, verification };
  }

  /** One call, one entry: with the reason that was given, under the receipt that was sent. */
  #checkEntries(entries: readonly EntryShape[]): void {
    claim(entries.length === this.#calls.length, 'there is one entry for each call');
    for (const { reason, reply } of this.#calls) {
      const entry = entries.find(({ seq, hash }) => seq === reply.receipt?.seq && hash === reply.receipt.hash);
      claim(entry !== undefined && entry.code === reply.error?.code, 'each receipt has its entry');
      claim((entry?.reason ?? undefined) === reason, 'each entry has the reason as it was given');
    }
  }

  async #call({ title, tool, args }: Asked, expected: 'granted' | RefusalCode): Promise<Reply['facts']> {
    const { narrator, signal } = this.#stage;
    signal.throwIfAborted();
    narrator.agent(title, tool, args);
    const reply = await this.#cast.agent.call(tool, args);
    narrator.reply(reply);
    this.#calls.push({ reason: args['reason'], reply });
    claim((reply.error?.code ?? 'granted') === expected, `“${title}” ends with ${expected}`);
    return reply.facts;
  }
}

function passwordIn(facts: Reply['facts']): string {
  const { fields } = facts['item'] as {
    readonly fields: readonly { readonly name: string; readonly value?: string }[];
  };
  return fields.find(({ name }) => name === 'password')?.value ?? '';
}
