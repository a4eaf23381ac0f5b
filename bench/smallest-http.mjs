// The smallest server there can be on the same stack over HTTP: one tool that gives a fixed secret to anybody, and no
// record of it. Prints where it listens.
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';

const handler = createMcpHandler(() => {
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
const server = createServer(toNodeHandler(handler));
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${String(server.address().port)}/mcp`));
