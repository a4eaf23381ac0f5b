/** Where the client can open a page and the owner has one, the user is offered it; the answer never depends on it. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Json } from '../support/line-client.js';
import { byName, makeSafe, REASON, type TestSafe } from '../support/safe.js';

const PROGRAM = fileURLToPath(new URL('../../bin/vouchsafe.js', import.meta.url));
const CONSOLE = 'https://vault.example.com/console';

let safe: TestSafe;
let client: Client;
beforeEach(async () => {
  safe = await makeSafe();
  const fields = [{ name: 'password', value: 'pw-of-db' }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'DB', fields }, { approve: true });
});
afterEach(async () => {
  await client.close();
  await safe.end();
});

/** A client that says whether it can open pages, and what it was asked. */
async function connected(elicitation: { url?: object; form?: Record<string, never> }): Promise<Json[]> {
  const { token } = await safe.token('bot', ['Personal']);
  const folder = dirname(safe.places.home);
  const file = join(folder, 'bot.token');
  writeFileSync(file, token, { mode: 0o600 });
  const env = { VOUCHSAFE_HOME: safe.places.home, VOUCHSAFE_STATE: safe.places.state, XDG_RUNTIME_DIR: folder };
  client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation } });
  const asked: Json[] = [];
  client.setRequestHandler(ElicitRequestSchema, (request) => {
    asked.push(request.params);
    return { action: 'decline' };
  });
  const args = [PROGRAM, 'mcp', '--token-file', file];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
  return asked;
}

async function refused(): Promise<Json> {
  const call = { name: 'get_item', arguments: { item: 'DB', fields: ['password'], reason: REASON } };
  return ((await client.callTool(call)).structuredContent as Json).error;
}

test('a page to decide at is offered, and whatever becomes of the offer, the call is answered', async () => {
  await safe.owner.setSetting('console.url', CONSOLE);
  const asked = await connected({ url: {} });
  const { code, request } = await refused();
  expect(code).toBe('approval_required');
  expect(request.url).toBe(`${CONSOLE}/inbox/${request.id}`);
  await expect.poll(() => asked).toMatchObject([{ mode: 'url', url: request.url, elicitationId: request.id }]);
  await safe.owner.approveRequest(request.id, {});
  expect(await refused()).toBeUndefined();
});

test.each([
  ['without a console', { url: {} }, ''],
  ['to a client that opens none', { form: {} }, CONSOLE],
])('nothing is offered %s', async (_what, capabilities, url) => {
  await safe.owner.setSetting('console.url', url);
  const asked = await connected(capabilities);
  expect(await refused()).toMatchObject({ code: 'approval_required' });
  // an answer to a later call comes after whatever was asked for this one
  await client.callTool({ name: 'whoami', arguments: {} });
  expect(asked).toEqual([]);
});
