/** One client, run to its end against a stand-in of its model, and what is to be true afterwards. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runChild, type Ended } from './child.ts';
import type { Client, Place, Start } from './client.ts';
import { triedToLeave } from './network.ts';
import { CARRIED, GRANTED, GUARDED, RECIPE, SECRET, WITHHELD, type ClientSafe } from './safe.ts';
import { startStandIn, type Asked } from './stand-in.ts';
import { startTrap } from './trap.ts';
import type { Body, Turn } from './wire.ts';

const TIME_MS = 90_000;
const LAST_WORDS = 'All done.';
const REASONS = { granted: 'Run the database migration of OPS-42', refused: 'Look up the account for OPS-42' };
const USE_REASON = 'Ask the echo service for OPS-42';

/** What is to be true, and whether it is. */
export type Verdict = readonly [claim: string, holds: boolean];

export interface Outcome {
  readonly verdicts: readonly Verdict[];
  /** What the client printed, for when something is not true. */
  readonly printed: string;
}

export interface Ground {
  readonly folder: string;
  readonly safe: ClientSafe;
  /** The host and port of a server that answers with the authorization it was sent. */
  readonly echo: string;
  /** Whether this process has a network with the loopback address alone. */
  readonly isIsolated: boolean;
}

export async function playClient(
  client: Client,
  script: string,
  { folder, safe, echo, isIsolated }: Ground,
): Promise<Outcome> {
  const home = join(folder, `${client.name}-home`);
  const project = join(home, 'project');
  mkdirSync(project, { recursive: true });
  const trap = await startTrap();
  const standIn = await startStandIn(client.wire, turnsOf(client, echo));
  const server = await safe.addAgent(client.name, client.way);
  for (const file of client.instructions) await safe.instruct(client.name, join(project, file));
  const place: Place = { home, project, url: standIn.url, key: `made-up-${String(process.pid)}`, server };
  const start = client.start(place);
  writeFiles(start);
  const before = isIsolated ? triedToLeave() : 0;
  const env = { ...bareEnvironment(place, safe.bin), ...proxies(trap.url), ...start.env };
  const command = [process.execPath, script, ...start.args];
  const ended = await runChild(command, { cwd: project, env, timeoutMs: TIME_MS });
  const left = isIsolated ? triedToLeave() - before : 0;
  const entries = await safe.entriesOf(client.name);
  await Promise.all([standIn.close(), trap.close()]);
  const seen: Seen = {
    client,
    ended,
    asked: standIn.asked,
    entries,
    wentOut: [...trap.hosts, ...Array<string>(left).fill('?')],
  };
  return { verdicts: verdictsOn(seen), printed: `${ended.stdout}\n${ended.stderr}` };
}

function turnsOf({ first, rename }: Client, echo: string): readonly Turn[] {
  const call = (target: object, reason: string): Turn => ({
    tool: rename('get_item'),
    input: { ...target, fields: ['password'], reason },
  });
  const use = (tool: string, input: object): Turn => ({ tool: rename(tool), input: { ...input, reason: USE_REASON } });
  return [
    ...first,
    call(GRANTED, REASONS.granted),
    call(WITHHELD, REASONS.refused),
    call(GUARDED, USE_REASON),
    use('http_request', { ...CARRIED, url: `http://${echo}/` }),
    use('run_recipe', { recipe: RECIPE, values: { who: 'all' } }),
    { text: LAST_WORDS },
  ];
}

function writeFiles({ files }: Start): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
  }
}

/** Nothing of the environment around: no key, no configuration, no sign of another agent. */
function bareEnvironment({ home }: Place, bin: string): Record<string, string> {
  return {
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: home,
    TMPDIR: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_STATE_HOME: join(home, 'state'),
    NO_COLOR: '1',
  };
}

function proxies(url: string): Record<string, string> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
  const own = '127.0.0.1,localhost';
  const pairs = names.flatMap((name) => [name, name.toLowerCase()]).map((name) => [name, url]);
  return { ...Object.fromEntries(pairs), NO_PROXY: own, no_proxy: own };
}

interface Seen {
  readonly client: Client;
  readonly ended: Ended;
  readonly asked: readonly Asked[];
  readonly entries: readonly Body[];
  readonly wentOut: readonly string[];
}

function verdictsOn({ client, ended, asked, entries, wentOut }: Seen): readonly Verdict[] {
  const bodies = asked.filter(({ path }) => client.wire.isModelCall(path)).map(({ body }) => body);
  const told = new Set(bodies.flatMap((body) => client.wire.tools(body)));
  // One client wraps a refusal in quotes within quotes.
  const results = client.wire.results(bodies.at(-1) ?? {}).map((text) => text.replaceAll('\\', ''));
  const [secret = '', refusal = '', waiting = '', echoed = '', ran = ''] = results.slice(client.first.length);
  const hidden = [waiting, echoed, ran].join('');
  const isLogged = (outcome: 'granted' | 'refused'): boolean =>
    entries.some(
      (entry) => entry.outcome === outcome && entry.reason === REASONS[outcome] && entry.client.name === client.logName,
    );
  return [
    ['it ended well, with the words of its model', ended.status === 0 && ended.stdout.includes(LAST_WORDS)],
    [
      'its model was told of each tool, by its name for it',
      viewerTools().every((tool) => told.has(client.rename(tool))),
    ],
    ...client.instructions.map((file): Verdict => [`its model was told of ${file}`, isToldOf(file, bodies)]),
    ['the secret reached its model', secret.includes(`"value":"${SECRET}"`)],
    ['the refusal did, with its code and what to do next', /"code":"forbidden".*"next":"[^"]{10}/s.test(refusal)],
    ['it was told the request that waits for the owner', /"code":"approval_required".*"id":"[a-z-]+"/s.test(waiting)],
    [
      'a request was made with a secret that its model did not see',
      /You sent: .*<concealed by vouchsafe>/.test(echoed),
    ],
    ['a recipe was run with one', /all <concealed by vouchsafe>/.test(ran) && !hidden.includes(SECRET)],
    ['the log has the reason of what was granted, and its name', isLogged('granted')],
    ['the log has the reason of what was refused, and its name', isLogged('refused')],
    ['each entry says how it came', entries.every(({ transport }) => transport === transportOf(client))],
    ['no token reached its model', !/vsp_/.test(JSON.stringify(asked))],
    [`it asked for no other host (${[...new Set(wentOut)].join(', ')})`, wentOut.length === 0],
    ['it left no process behind', !ended.leftSome],
  ];
}

function transportOf({ way }: Client): string {
  return way === 'stdio' ? 'stdio' : 'http';
}

/** A file that is always read is there as it stands; of a skill, what it is for. */
function isToldOf(file: string, bodies: readonly Body[]): boolean {
  const sign = file.endsWith('SKILL.md') ? 'Gets passwords, API keys' : '## Credentials: Vouchsafe';
  return JSON.stringify(bodies).includes(sign);
}

/** The tools of a token that may read, as they are published. */
function viewerTools(): readonly string[] {
  const golden = readFileSync(new URL('../golden/tools-viewer.json', import.meta.url), 'utf8');
  return JSON.parse(golden).map(({ name }: Body) => name);
}
