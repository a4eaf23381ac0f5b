// A safe for pictures of the console: made-up items, three agents that worked for two weeks, what they were refused, and
// what one of them asks for. Nothing in it is anybody's, and its password is cheap to check, so that it is made quickly.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 14;

export const PASSWORD = 'made up for pictures 7';
const ORIGIN = { client: { name: 'vouchsafe', version: '0.1.0' }, transport: 'cli' };
const CHEAP = { memoryKiB: 1024, passes: 1, lanes: 1 };

/** Computed, since it is there only after the build. */
export const compiled = async (path) => import(new URL(`../dist/${path}`, import.meta.url).href);

const named = (text) => ({ by: 'name', text });
const field = (name) => ({ name, value: `made-up-${name}-${Math.random().toString(36).slice(2)}` });

const ITEMS = {
  Production: [
    ['database', 'Orders database', ['host', 'username', 'password']],
    ['database', 'Billing database', ['host', 'username', 'password']],
    ['api-key', 'Payment provider', ['key', 'secret']],
    ['ssh-key', 'Deploy key', ['private_key', 'public_key']],
    ['login', 'Status page', ['username', 'password']],
    ['login', 'Container registry', ['username', 'password']],
  ],
  Staging: [
    ['database', 'Orders database, staging', ['host', 'username', 'password']],
    ['login', 'Test accounts', ['username', 'password']],
  ],
  Support: [
    ['login', 'Help desk', ['username', 'password']],
    ['api-key', 'Mail provider', ['key', 'secret']],
  ],
};

const AGENTS = [
  { name: 'deploy-bot', vaults: ['Production', 'Staging'], client: 'claude-code', from: 8, calls: 7 },
  { name: 'nightly-report', vaults: ['Production'], client: 'cron', from: 1, calls: 3 },
  { name: 'support-desk', vaults: ['Support'], client: 'cursor', from: 9, calls: 5 },
];

const WORK = {
  'deploy-bot': [
    ['Production', 'Orders database', 'Run the migration of ticket OPS-{n} against the orders database'],
    ['Production', 'Deploy key', 'Push the build of ticket OPS-{n} to the three web servers'],
    ['Production', 'Container registry', 'Pull the image of ticket OPS-{n} that passed its tests'],
    ['Staging', 'Orders database, staging', 'Try the migration of ticket OPS-{n} on staging first'],
    ['Production', 'Status page', 'Post the maintenance window for tonight, as agreed in OPS-{n}'],
  ],
  'nightly-report': [
    ['Production', 'Billing database', 'Sum up the invoices for report {n}, as every night'],
    ['Production', 'Orders database', 'Count the orders for report {n}, as every night'],
  ],
  'support-desk': [
    ['Support', 'Help desk', 'Answer customer {n}, who waits for a new password'],
    ['Support', 'Mail provider', 'See why the receipt of customer {n} did not arrive'],
  ],
};

/** The field of an item that agents want. */
function secretOf(title) {
  const item = Object.values(ITEMS)
    .flat()
    .find(([, name]) => name === title);
  return item[2].find((name) => ['password', 'secret', 'private_key'].includes(name));
}

/** Makes it in a folder of its own; `end` removes that. */
export async function makeScene() {
  const [{ initSafe }, { openAgent }] = await Promise.all([compiled('gate/open.js'), compiled('gate/open-agent.js')]);
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-scene-'));
  const end = () => rmSync(folder, { recursive: true, force: true });
  try {
    const places = { home: join(folder, 'home'), state: join(folder, 'state'), runtime: join(folder, 'run') };
    const now = Date.now();
    const clock = { now: now - DAYS * DAY_MS - HOUR_MS };
    const options = { clock: () => clock.now, cost: CHEAP, bounds: { least: CHEAP, most: CHEAP } };
    const made = { password: PASSWORD, withRecovery: false, origin: ORIGIN };
    const { owner } = await initSafe(places, made, options);
    const agents = await furnish(owner, (token) => openAgent(places, { kind: 'token', text: token }, sideOf(clock)));
    await work({ agents, clock, now });
    clock.now = now;
    for (const agent of agents) await agent.door.close();
    await owner.close();
    return { places, options, end };
  } catch (error) {
    end();
    throw error;
  }
}

const sideOf = (clock) => ({ transport: 'stdio', clock: () => clock.now, verifyAfterMs: DAY_MS });

async function furnish(owner, open) {
  for (const [vault, items] of Object.entries(ITEMS)) {
    await owner.createVault({ name: vault });
    for (const [type, title, names] of items)
      await owner.createItem(named(vault), { type, title, fields: names.map(field) });
  }
  const agents = [];
  for (const { name, vaults, ...habit } of AGENTS) {
    const wanted = { name, isAgent: true, vaults: vaults.map(named), role: 'viewer', expiration: '90d' };
    const { token } = await owner.createToken(wanted);
    agents.push({ name, ...habit, door: await open(token) });
  }
  await owner.createToken({ name: 'release-notes', isAgent: true, vaults: [named('Staging')], expiration: '18d' });
  return agents;
}

/** Day by day and hour by hour, up to a few minutes ago; then what the pictures are about. */
async function work({ agents, clock, now }) {
  for (const { at, agent, turn } of timetable(agents, now)) {
    clock.now = at;
    const tasks = WORK[agent.name];
    const [vault, item, why] = tasks[turn % tasks.length];
    const reason = why.replace('{n}', String(1_100 + ((turn * 37) % 89)));
    await call(agent, 'get_item', { vault, item, fields: [secretOf(item)], reason });
    if (turn % 7 === 3) await call(agent, 'get_item', { vault: 'Personal', item: 'Payroll', reason });
  }
  const [deploy, report, support] = agents;
  const minute = (ago) => (clock.now = now - ago * 60_000);
  minute(19);
  await call(support, 'get_item', { vault: 'Support', item: 'Help desk', fields: ['password'] });
  minute(18);
  const again = 'Answer customer 1182, who waits for a new password';
  await call(support, 'get_item', { vault: 'Support', item: 'Help desk', fields: ['password'], reason: again });
  minute(14);
  const private_ = { vault: 'Personal', item: 'Online bank', reason: 'Check that the invoice of OPS-1142 was paid' };
  await call(deploy, 'get_item', private_);
  minute(9);
  const asked = { vault: 'Support', role: 'viewer', expiration: '7d' };
  const why = 'Tell the customers of release 4.2 what changed, for ticket OPS-1142';
  await call(deploy, 'request_access', { ...asked, reason: why });
  minute(4);
  const sum = 'Sum up the invoices again, since report 1131 was late';
  await call(report, 'get_item', { vault: 'Production', item: 'Billing database', fields: ['password'], reason: sum });
}

function timetable(agents, now) {
  const today = now - (now % DAY_MS);
  const shifts = [];
  for (let day = DAYS; day >= 0; day -= 1) {
    for (const agent of agents) {
      // fewer at the end of the week, and never the same
      const calls = Math.max(1, agent.calls - ((day * 3 + agent.calls) % 5));
      for (let n = 0; n < calls; n += 1) {
        const at = today - day * DAY_MS + (agent.from + n) * HOUR_MS + ((day * 7 + n * 13) % 50) * 60_000;
        if (at < now - HOUR_MS / 2) shifts.push({ at, agent, turn: day + n });
      }
    }
  }
  return shifts.sort((a, b) => a.at - b.at);
}

async function call({ door, client }, tool, args) {
  await door.call({ tool, arguments: args, client: { name: client, version: '2.1.0' } });
}
