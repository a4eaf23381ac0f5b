/** The built server with the clients of both SDKs, over HTTP and over a Unix socket: the same as on stdio. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HTTP_CLIENTS } from '../support/http-clients.js';
import type { Json } from '../support/line-client.js';
import { type AnyClient, CLIENTS, SELF } from '../support/mcp-clients.js';
import { PROGRAM } from '../support/processes.js';
import { byName, makeSafe, REASON, type TestSafe } from '../support/safe.js';
import { endServing, type Serving, startServing } from '../support/serving.js';

const SECRET = 'canary-clients-3141';
let safe: TestSafe;
let folder: string;
let socket: string;
let serving: Serving;
let last = 0;

beforeAll(async () => {
  safe = await makeSafe();
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-clients-'));
  socket = join(folder, 'mcp.sock');
  for (const name of ['Production', 'Private']) {
    await safe.owner.createVault({ name });
    const fields = [{ name: 'password', value: `${SECRET}-${name}` }];
    await safe.owner.createItem(byName(name), { type: 'login', title: 'Orders', fields });
  }
  serving = await startServing(safe.places, ['--listen', '127.0.0.1:0', '--socket', socket]);
});

afterAll(async () => {
  serving.process.kill('SIGTERM');
  expect((await serving.ended).code).toBe(0);
  expect(serving.stderr()).not.toMatch(/canary|vsp_|Orders/);
  endServing();
  await safe.end();
  rmSync(folder, { recursive: true, force: true });
});

const WAYS = HTTP_CLIENTS.flatMap(([name, connect]) =>
  (['HTTP', 'a Unix socket'] as const).map((way) => [name, way, connect] as const),
);

describe.each(WAYS)('%s over %s', (_, way, connect) => {
  const place = (): number | string => (way === 'HTTP' ? serving.port : socket);

  async function as(role: string): Promise<{ name: string; token: string }> {
    last += 1;
    const name = `${role}-${String(last)}`;
    return { name, token: (await safe.token(name, ['Production'], role)).token };
  }

  async function call(client: AnyClient, name: string, args: Record<string, unknown>): Promise<Json> {
    const result = await client.callTool({ name, arguments: { reason: REASON, ...args } });
    expect(JSON.parse(result.content[0].text)).toEqual(result.structuredContent);
    return result.structuredContent;
  }

  test('a secret for a reason, none without, resources, prompts and completions: an entry for each that tells of the safe', async () => {
    const { name, token } = await as('viewer');
    const connected = await connect({ at: place(), token });
    const { client } = connected;
    expect(client.getInstructions()).toContain('whoami');
    const read = { vault: 'Production', item: 'Orders', fields: ['password'] };
    const answers = [
      await call(client, 'get_item', read),
      await call(client, 'get_item', { ...read, reason: undefined }),
      await call(client, 'get_item', { ...read, vault: 'Private' }),
      await call(client, 'drop_table', {}),
    ];
    expect(answers[0].item.fields[0].value).toBe(`${SECRET}-Production`);
    expect(answers.slice(1).map(({ error }) => error.code)).toEqual([
      'reason_required',
      'forbidden',
      'invalid_request',
    ]);
    expect(JSON.stringify(answers.slice(1))).not.toContain('canary');
    const [resource] = (await client.listResources()).resources;
    const { contents } = await client.readResource({ uri: resource?.uri ?? '' });
    expect(JSON.parse(contents[0].text).grants).toMatchObject([{ role: 'viewer' }]);
    expect((await client.listPrompts()).prompts.map((prompt) => prompt.name)).toContain('draft_reason');
    const draft = await client.getPrompt({ name: 'draft_reason', arguments: { task: REASON } });
    expect(draft.messages[0].content.text).toContain(REASON);
    const ref = { type: 'ref/prompt', name: 'draft_reason' } as const;
    const { completion } = await client.complete({ ref, argument: { name: 'vault', value: 'p' } });
    expect(completion.values).toEqual(['Production']);
    await connected.close();
    const { data } = await safe.owner.listEntries({ query: `agent:${name}`, limit: 100 });
    expect(
      data
        .map(({ seq, hash }) => ({ seq, hash }))
        .reverse()
        .slice(0, 4),
    ).toEqual(answers.map(({ receipt }) => receipt));
    expect(
      data
        .map(({ action }) => action)
        .reverse()
        .slice(4),
    ).toEqual(Array(data.length - 4).fill('session.whoami'));
    for (const entry of data) expect([entry.client, entry.transport]).toEqual([SELF, 'http']);
  });

  test('each tool is listed as it is on stdio, and a changed grant is told', async () => {
    const { name, token } = await as('editor');
    const connected = await connect({ at: place(), token });
    const { client, told } = connected;
    const listed = await client.listTools();
    expect(listed.tools.map((tool) => tool.name)).toEqual(
      expect.arrayContaining(['whoami', 'get_item', 'create_item']),
    );
    if (way === 'HTTP') expect(listed.tools).toEqual(await overStdio(name, token));
    await call(client, 'list_vaults', {});
    await safe.owner.revoke({ token: byName(name), vault: byName('Production'), rotate: false });
    await expect
      .poll(async () => {
        await call(client, 'list_vaults', {});
        return told();
      })
      .toBeGreaterThan(0);
    expect((await client.listTools()).tools.map((tool) => tool.name)).not.toContain('create_item');
    await connected.close();
  });

  test('a token that is none is not let in', async () => {
    await expect(connect({ at: place(), token: 'vsp_none' })).rejects.toThrow();
  });
});

async function overStdio(name: string, token: string): Promise<Json[]> {
  const file = join(folder, `${name}.token`);
  writeFileSync(file, token, { mode: 0o600 });
  const { home, state } = safe.places;
  const env = { VOUCHSAFE_HOME: home, VOUCHSAFE_STATE: state, XDG_RUNTIME_DIR: folder };
  const [, connect] = CLIENTS[0] ?? [];
  const client = await connect?.({ args: [PROGRAM, 'mcp', '--token-file', file], env });
  const { tools } = (await client?.listTools()) ?? { tools: [] };
  await client?.close();
  return tools;
}
