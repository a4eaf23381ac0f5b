// node test/support/gate-child.mjs MODE JSON
// A process of its own on the built gate, for what must happen to a whole process: a limit on file sizes, another user,
// SIGKILL. One JSON a line on stdout, written at once.
import { writeSync } from 'node:fs';
import { initSafe, openOwner } from '../../dist/gate/open.js';
import { openAgent } from '../../dist/gate/open-agent.js';

const [mode, text] = process.argv.slice(2);
const { places, token = '', count = 1, ms = 0, password = '', tag = '', path = '' } = JSON.parse(text);
process.umask(0o077);

const cost = { memoryKiB: 1024, passes: 1, lanes: 1 };
const options = { clock: Date.now, cost, bounds: { least: cost, most: { memoryKiB: 2 ** 21, passes: 10, lanes: 8 } } };
const origin = { client: { name: 'child', version: '1' }, transport: 'cli' };
const client = { name: 'child', version: '1' };
const reason = 'Run the nightly integration tests against staging';
const byName = (name) => ({ by: 'name', text: name });

function tell(fact) {
  writeSync(1, `${JSON.stringify(fact)}\n`);
}

async function tellOutcome(work) {
  try {
    await work();
    tell({ ok: true });
  } catch (error) {
    tell({ ok: false, name: error.name, code: error.code, message: error.message, facts: error.facts ?? null });
  }
}

const modes = {
  /** Reads a secret `count` times, each answer told. */
  async read() {
    const door = await openAgent(places, { kind: 'token', text: token }, { transport: 'cli' });
    for (let i = 0; i < count; i += 1)
      tell(await door.call({ tool: 'get_item', arguments: { item: 'A', fields: ['password'], reason }, client }));
    await door.close();
  },
  /** Reads, writes and asks for so many milliseconds; of each answer its code and its receipt are told. */
  async work() {
    const door = await openAgent(places, { kind: 'token', text: token }, { transport: 'cli' });
    const until = Date.now() + ms;
    for (let i = 0; Date.now() < until; i += 1) {
      const calls = [
        ['get_item', { item: 'A', fields: ['password'], reason }],
        ['update_item', { item: 'A', set: { username: `${tag} ${i}` }, reason }],
        ['whoami', {}],
        ['get_item', { item: 'there is none', reason }],
      ];
      const [tool, args] = calls[i % calls.length];
      const { ok, error, receipt } = await door.call({ tool, arguments: args, client });
      tell({ code: ok ? 'granted' : error.code, receipt });
    }
    await door.close();
  },
  /** Makes a safe. */
  async init() {
    await tellOutcome(async () =>
      (await initSafe(places, { password, withRecovery: false, origin }, options)).owner.close(),
    );
  },
  /** Backs the safe up. */
  async backup() {
    const owner = await openOwner(places, { password }, { origin, options });
    await tellOutcome(() => owner.backup(path));
    await owner.close();
  },
  /** Opens the owner's door. */
  async open() {
    await tellOutcome(async () => (await openOwner(places, { password }, { origin, options })).close());
  },
  /** Writes as the owner until it is killed: items, tokens, grants, rotation; what was done is told after it was. */
  async owner() {
    const owner = await openOwner(places, { password }, { origin, options });
    for (let i = 0; ; i += 1) {
      const name = `${tag}-${i}`;
      await owner.createItem(byName('Personal'), {
        type: 'login',
        title: name,
        fields: [{ name: 'password', value: name }],
      });
      tell({ item: name });
      const made = await owner.createToken({ name, isAgent: true, vaults: [byName('Personal')], role: 'editor' });
      tell({ token: made.token });
      await owner.updateItem({ item: byName(name) }, { set: { password: `${name}-2` } });
      await owner.deleteToken(byName(name), { rotate: i % 2 === 0 });
      tell({ revoked: made.token });
      await owner.deleteItem({ item: byName(name) });
      tell({ deleted: name });
    }
  },
};

await modes[mode]();
