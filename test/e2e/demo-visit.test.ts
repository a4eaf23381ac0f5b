/** What follows the demo at a terminal: its safe stays open, in the console and for a client, until Ctrl-C. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Visitor } from '../console/client.js';
import { HTTP_CLIENTS } from '../support/http-clients.js';
import { Station } from './station.js';
import { NO_TERMINAL, openTerminal, type Terminal } from './terminal.js';

let station: Station;
let env: Record<string, string>;
let terminal: Terminal;

beforeEach(() => {
  station = new Station('demo');
  const TMPDIR = join(station.folder, 'tmp');
  mkdirSync(TMPDIR);
  env = { TMPDIR };
});
afterEach(async () => {
  terminal.type('\u0003');
  await terminal.ended;
  station.end();
});

/** The demo's item, over HTTP as the client of that line would get it. */
async function getItem(url: string, { token, reason }: { token: string; reason: string }): Promise<unknown> {
  const connected = await HTTP_CLIENTS[0]![1]({ token, at: Number(new URL(url).port) });
  try {
    const wanted = { vault: 'Production', item: 'Orders database', fields: ['username', 'password'], reason };
    return await connected.client.callTool({ name: 'get_item', arguments: wanted });
  } finally {
    await connected.close();
  }
}

const left = (): readonly string[] => readdirSync(env['TMPDIR'] ?? '');

test.skipIf(NO_TERMINAL !== undefined)(
  'the link opens the console, the password unlocks it, the token gets an item; Ctrl-C leaves nothing behind',
  { timeout: 60_000 },
  async () => {
    terminal = openTerminal(station, { args: ['demo'], env });
    const shown = await terminal.until('claude mcp add').then(() => terminal.until('"\n'));
    const [, link = '', password = ''] = /^ {2}(http:\/\/127\.0\.0\.1:\d+\/open\/\S+)\n {2}(\S.*)$/m.exec(shown) ?? [];
    const added = / {2}claude mcp add --transport http \S+ (\S+) --header "Authorization: Bearer (\S+)"/.exec(shown);
    const [, url = '', token = ''] = added ?? [];

    const visitor = new Visitor(new URL(link).origin);
    await visitor.ask(new URL(link).pathname, { method: 'POST' });
    expect((await visitor.unlock(`not ${password}`)).status).toBe(422);
    expect((await visitor.unlock(password)).status).toBe(303);
    expect((await visitor.get('/')).text).toContain('Run the database migration for ticket OPS-42');

    const reason = 'Look at the demo as its visitor would';
    const got = await getItem(url, { token, reason });
    expect(JSON.stringify(got)).toMatch(/orders_migrate/);
    expect((await visitor.get('/activity')).text).toContain(reason);
    expect(left()).toHaveLength(1);

    terminal.type('\u0003');
    expect((await terminal.ended).status).toBe(0);
    expect(left()).toEqual([]);
  },
);

test.skipIf(NO_TERMINAL !== undefined)('with --once it ends by itself', { timeout: 60_000 }, async () => {
  terminal = openTerminal(station, { args: ['demo', '--once'], env });
  const { status, stdout } = await terminal.ended;
  expect(status).toBe(0);
  expect(stdout).toContain('The log is whole.');
  expect(stdout).not.toContain('claude mcp add');
  expect(left()).toEqual([]);
});
