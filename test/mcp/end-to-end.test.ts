import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../support/line-client.js';
import { CLIENTS, SELF, type AnyClient } from '../support/mcp-clients.js';
import { byName, makeSafe, REASON, type TestSafe } from '../support/safe.js';

const PROGRAM = fileURLToPath(new URL('../../bin/vouchsafe.js', import.meta.url));
const SECRET = 'canary-4c1d-password';
const SEED = 'JBSWY3DPEHPK3PXP';

let safe: TestSafe;

beforeAll(async () => {
  safe = await makeSafe();
  for (const name of ['Production', 'Private']) {
    await safe.owner.createVault({ name });
    const fields = [
      { name: 'username', value: 'ops' },
      { name: 'password', value: `${SECRET}-${name}` },
      { name: 'totp', value: SEED },
    ];
    await safe.owner.createItem(byName(name), { type: 'login', title: 'Orders', fields });
  }
});

afterAll(() => safe.end());

async function connectAs(connect: (typeof CLIENTS)[number][1], as: { name: string; role: string }): Promise<AnyClient> {
  const { token } = await safe.token(as.name, ['Production'], as.role);
  const folder = dirname(safe.places.home);
  const file = join(folder, `${as.name}.token`);
  writeFileSync(file, token, { mode: 0o600 });
  const env = { VOUCHSAFE_HOME: safe.places.home, VOUCHSAFE_STATE: safe.places.state, XDG_RUNTIME_DIR: folder };
  return connect({ args: [PROGRAM, 'mcp', '--token-file', file], env });
}

/** The tools that an editor works with, in the order of a working day; the client checks each answer by its schema. */
const day = (title: string): readonly (readonly [tool: string, args: Record<string, unknown>, shows: RegExp])[] => [
  ['whoami', {}, /Production/],
  ['list_vaults', {}, /Production/],
  ['list_vault', { vault: 'Production' }, /Orders/],
  ['search_items', { query: 'orders' }, /Orders/],
  ['get_item', { vault: 'Production', item: 'Orders' }, /"concealed":true/],
  ['get_item', { vault: 'Production', item: 'Orders', fields: ['password'] }, new RegExp(SECRET)],
  ['get_totp', { vault: 'Production', item: 'Orders' }, /"code":"[0-9]{6}"/],
  ['create_item', { vault: 'Production', type: 'login', title, generate: { field: 'password' } }, /"concealed":true/],
  ['update_item', { vault: 'Production', item: title, tags: ['fresh'] }, /fresh/],
  ['trash_item', { vault: 'Production', item: title }, /New/],
  ['restore_item', { vault: 'Production', item: title }, /New/],
  ['trash_item', { vault: 'Production', item: title }, /New/],
];

const REFUSED: readonly (readonly [tool: string, args: Record<string, unknown>, code: string])[] = [
  ['get_item', { item: 'Orders', reason: undefined }, 'reason_required'],
  ['get_item', { item: 'Orders', reason: '   ' }, 'reason_required'],
  ['get_item', { vault: 'Private', item: 'Orders' }, 'forbidden'],
  ['get_item', { vault: 'Production', item: 'Orders', fields: ['totp', 'nothing'] }, 'not_found'],
  ['get_item', { vault: 'Production', item: 'Orders', colour: 'red' }, 'invalid_request'],
  ['drop_table', {}, 'invalid_request'],
  ['delete_item', { vault: 'Production', item: 'Orders' }, 'invalid_request'],
];

test.each(CLIENTS)('%s: an editor’s day', async (name, connect) => {
  const token = `editor-${CLIENTS.findIndex(([other]) => other === name)}`;
  const client = await connectAs(connect, { name: token, role: 'editor' });
  const { tools } = await client.listTools();
  expect(tools.map((tool) => tool.name)).toEqual(expect.arrayContaining(['whoami', 'create_item']));
  const receipts: { seq: number; hash: string }[] = [];
  const call = async (tool: string, args: Record<string, unknown>): Promise<Json> => {
    const result = await client.callTool({
      name: tool,
      arguments: tool === 'whoami' ? args : { reason: REASON, ...args },
    });
    expect(JSON.parse(result.content[0].text)).toEqual(result.structuredContent);
    receipts.push(result.structuredContent.receipt);
    return result;
  };
  for (const [tool, args, shows] of day(`New ${token}`)) {
    const result = await call(tool, args);
    expect([tool, result.isError ?? false, result.content[0].text]).toEqual([
      tool,
      false,
      expect.stringMatching(shows),
    ]);
    expect(result.content[0].text).not.toContain(SEED);
  }
  for (const [tool, args, code] of REFUSED) {
    const result = await call(tool, args);
    expect([tool, result.isError, result.structuredContent.error.code]).toEqual([tool, true, code]);
    expect(result.content[0].text).not.toMatch(/canary-4c1d|JBSWY/);
  }
  await client.close();
  await expectEntries(token, receipts);
});

/** One call, one entry, with the client's own name and the receipt that it got. */
async function expectEntries(token: string, receipts: readonly { seq: number; hash: string }[]): Promise<void> {
  const { data } = await safe.owner.listEntries({ query: `agent:${token}`, limit: 100 });
  expect(data.map(({ seq, hash }) => ({ seq, hash })).reverse()).toEqual(receipts);
  for (const entry of data) expect([entry.client, entry.transport]).toEqual([SELF, 'stdio']);
}

test.each(CLIENTS)('%s: a viewer whose vault is taken away while it works', async (name, connect) => {
  const token = `viewer-${CLIENTS.findIndex(([other]) => other === name)}`;
  const client = await connectAs(connect, { name: token, role: 'viewer' });
  const { tools } = await client.listTools();
  expect(tools.map((tool) => tool.name)).not.toContain('create_item');
  const read = {
    name: 'get_item',
    arguments: { vault: 'Production', item: 'Orders', fields: ['password'], reason: REASON },
  };
  expect(JSON.stringify(await client.callTool(read))).toContain(SECRET);
  const write = { vault: 'Production', type: 'login', title: 'Mine', reason: REASON };
  expect(await client.callTool({ name: 'create_item', arguments: write })).toMatchObject({ isError: true });
  await safe.owner.revoke({ token: byName(token), vault: byName('Production'), rotate: true });
  const refused = await client.callTool(read);
  expect(refused).toMatchObject({ isError: true, structuredContent: { error: { code: 'forbidden' } } });
  await client.close();
});

test.each(CLIENTS)(
  '%s: resources, prompts and completions, each request that tells of the safe one entry',
  async (name, connect) => {
    const token = `reader-${CLIENTS.findIndex(([other]) => other === name)}`;
    const client = await connectAs(connect, { name: token, role: 'viewer' });
    const { resources } = await client.listResources();
    expect(resources).toHaveLength(2);
    const read = await Promise.all(resources.map(({ uri }) => client.readResource({ uri })));
    for (const { contents } of read) expect(JSON.parse(contents[0].text).grants).toMatchObject([{ role: 'viewer' }]);
    expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(1);
    await expect(client.readResource({ uri: 'vouchsafe-safe:///vaults/Private' })).rejects.toThrow(/not_found: Read /);
    const { prompts } = await client.listPrompts();
    expect(prompts.map((prompt) => prompt.name)).toEqual(['work_with_this_safe', 'draft_reason']);
    const draft = await client.getPrompt({ name: 'draft_reason', arguments: { task: REASON } });
    expect(draft.messages[0].content.text).toContain(REASON);
    const ref = { type: 'ref/prompt', name: 'draft_reason' } as const;
    const vaults = await client.complete({ ref, argument: { name: 'vault', value: 'p' } });
    expect(vaults.completion).toEqual({ values: ['Production'], total: 1, hasMore: false });
    const item = { name: 'item', value: 'ord' };
    expect((await client.complete({ ref, argument: item })).completion.values).toEqual([]);
    const items = await client.complete({ ref, argument: item, context: { arguments: { task: REASON } } });
    expect(items.completion.values).toEqual(['Orders']);
    await client.close();
    // the id of a token is four words of a list that has the bird, too
    expect(JSON.stringify([resources, read, draft])).not.toMatch(/canary-4c1d|JBSWY|Orders/);
    const { data } = await safe.owner.listEntries({ query: `agent:${token}`, limit: 100 });
    expect(data.map(({ action }) => action).reverse()).toEqual([
      ...Array<string>(5).fill('session.whoami'),
      'item.search',
    ]);
    for (const entry of data) expect([entry.client, entry.transport]).toEqual([SELF, 'stdio']);
  },
);
