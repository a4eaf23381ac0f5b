// node agent-writer.mjs HOME STATE TOKEN_FILE MILLISECONDS: one recorded access after the other; prints how many.
import { readFileSync } from 'node:fs';
import { openAgent } from '../dist/gate/open-agent.js';

const [home, state, tokenFile, milliseconds] = process.argv.slice(2);
const token = { kind: 'token', text: readFileSync(tokenFile, 'utf8') };
const door = await openAgent({ home, state, runtime: `${home}/run` }, token, { transport: 'stdio' });
const call = {
  tool: 'get_item',
  arguments: {
    vault: 'Production',
    item: 'Orders database',
    fields: ['password'],
    reason: 'Measure how long this takes',
  },
  client: { name: 'bench', version: '0' },
};
await access();

process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));
const end = performance.now() + Number(milliseconds);
let count = 0;
while (performance.now() < end) {
  await access();
  count += 1;
}
process.send?.(count);
await door.close();
process.disconnect?.();

async function access() {
  const answer = await door.call(call);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
}
