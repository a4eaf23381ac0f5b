// The smallest server there can be on the same SDK: one tool that gives a fixed secret, and no record of it.
import { Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

serveStdio(() => {
  const server = new Server({ name: 'smallest', version: '1.0.0' }, { capabilities: { tools: {} } });
  const tool = { name: 'get_item', description: 'Gives the secret.', inputSchema: { type: 'object' } };
  server.setRequestHandler('tools/list', () => ({ tools: [tool] }));
  server.setRequestHandler('tools/call', () => {
    const item = {
      title: 'Orders database',
      fields: [{ name: 'password', kind: 'secret', value: 'correct horse battery' }],
    };
    return { content: [{ type: 'text', text: JSON.stringify({ item }) }], structuredContent: { item } };
  });
  return server;
});
