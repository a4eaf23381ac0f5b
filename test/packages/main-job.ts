/** What Vouchsafe is for: an agent with a token gets an item that was granted to it, and the log has it. */
import { readFileSync } from 'node:fs';
import { CLIENTS, type Command } from '../support/mcp-clients.ts';
import type { Machine, Program } from './machine.ts';

const PASSWORD = 'quiet harbour lantern 7 orchard';
const REASON = 'Run the database migration of ticket OPS-42 on staging';
const AGENT = 'deploy-bot';
const VAULT = 'Production';
const ITEM = 'Orders database';

/** What an agent is given. */
export interface Given {
  readonly token: string;
  readonly tokenFile: string;
}

/** A program of the owner's, as the package brings it. */
export class Owner {
  readonly #machine: Machine;
  readonly #program: Program;
  readonly #places: Readonly<Record<string, string>>;
  #session: Readonly<Record<string, string>> = {};
  readonly secret = `canary-${String(process.pid)}-of-the-packages`;

  /** `places` says where the safe is, where that is not in HOME. */
  constructor(machine: Machine, program: Program, places: Readonly<Record<string, string>> = {}) {
    [this.#machine, this.#program, this.#places] = [machine, program, places];
  }

  /** Gives a command; what it printed. */
  async run(words: readonly string[], input = ''): Promise<string> {
    return this.#machine.run([...this.#program, ...words], { env: { ...this.#places, ...this.#session }, input });
  }

  /** Makes the safe, and in it a vault, an item and an agent. */
  async prepare(): Promise<Given> {
    const passwordFile = this.#machine.file('password', `${PASSWORD}\n`);
    this.#session = { VOUCHSAFE_PASSWORD_FILE: passwordFile };
    await this.run(['init']);
    const { session } = JSON.parse(await this.run(['unlock', '--ttl', '1h', '--json']));
    this.#session = { VOUCHSAFE_SESSION: session };
    await this.run(['vault', 'create', VAULT]);
    const item = ['item', 'create', 'database', '--vault', VAULT, '--title', ITEM, '--secret', 'password'];
    await this.run(item, this.secret);
    const tokenFile = `${this.#machine.env['HOME']!}/agent.token`;
    await this.run(['agent', 'create', AGENT, '--vault', VAULT, '-o', tokenFile]);
    return {
      tokenFile,
      token: readFileSync(tokenFile, 'utf8')
        .trim()
        .replace(/^[A-Z_]+=/, ''),
    };
  }

  /** Throws unless the log verifies, and its newest entry of the agent is that it was given the item for its reason. */
  async expectEntry(): Promise<void> {
    const { data } = JSON.parse(await this.run(['audit', 'list', `agent:${AGENT}`, '--json']));
    const [newest] = data;
    const said = JSON.stringify([newest?.outcome, newest?.reason, newest?.item?.title]);
    const wanted = JSON.stringify(['granted', REASON, ITEM]);
    if (said !== wanted) throw new Error(`the log has ${said} in place of ${wanted}`);
    await this.run(['audit', 'verify']);
  }
}

/** Starts the server as a client would, and takes the item. Throws unless its secret is given. */
export async function takeItem(server: Command, secret: string): Promise<void> {
  const [, connect] = CLIENTS[3]!;
  const client = await connect(server);
  try {
    const call = { vault: VAULT, item: ITEM, fields: ['password'], reason: REASON };
    const answer = JSON.stringify(await client.callTool({ name: 'get_item', arguments: call }));
    if (!answer.includes(secret)) throw new Error(`get_item answered ${answer}`);
  } finally {
    await client.close();
  }
}
