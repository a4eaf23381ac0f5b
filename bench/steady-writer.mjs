// node steady-writer.mjs HOME STATE TOKEN_FILE: an agent that reads and changes an item, one call after the other. Asked
// for a lap, it says how many calls it made since the last one, and how long the longest of them took, in ms; told to
// stop, it ends.
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openAgent } from '../dist/gate/open-agent.js';

const [home, state, tokenFile] = process.argv.slice(2);
const token = { kind: 'token', text: readFileSync(tokenFile, 'utf8') };
const door = await openAgent({ home, state, runtime: `${home}/run` }, token, { transport: 'stdio' });
const item = { vault: 'Production', item: 'Orders database', reason: 'Measure how long this takes' };
let number = 0;
let isStopped = false;
let lap = { calls: 0, longestMs: 0 };

process.on('message', (word) => {
  if (word === 'stop') isStopped = true;
  else process.send(lap);
  lap = { calls: 0, longestMs: 0 };
});
process.on('disconnect', () => (isStopped = true));
await call();
process.send('ready');
while (!isStopped) {
  const startedAt = performance.now();
  await call();
  lap.calls += 1;
  lap.longestMs = Math.max(lap.longestMs, performance.now() - startedAt);
  // else no message would ever arrive
  await nextTurn();
}
await door.close();
if (process.connected) process.disconnect();

async function call() {
  number += 1;
  const isRead = number % 2 === 0;
  const answer = await door.call({
    tool: isRead ? 'get_item' : 'update_item',
    arguments: isRead ? { ...item, fields: ['password'] } : { ...item, tags: [`run-${number}`] },
    client: { name: 'bench', version: '0' },
  });
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
}
