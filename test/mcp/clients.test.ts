import { expect, test } from 'vitest';
import { fakeServerArguments } from '../support/line-client.js';
import { CLIENTS, SELF } from '../support/mcp-clients.js';

test.each(CLIENTS)('%s', async (_name, connect) => {
  const client = await connect({ args: fakeServerArguments() });
  expect(client.getServerVersion()?.name).toBe('vouchsafe');
  expect(client.getInstructions()).toContain('whoami');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['whoami', 'get_item']);
  const granted = await client.callTool({ name: 'get_item', arguments: { reason: 'for a test' } });
  expect(granted.structuredContent).toMatchObject({ tool: 'get_item', client: SELF, receipt: { seq: 1 } });
  const refused = await client.callTool({ name: 'no_such_tool', arguments: {} });
  expect(refused).toMatchObject({ isError: true, structuredContent: { error: { code: 'invalid_request' } } });
  await client.close();
});
