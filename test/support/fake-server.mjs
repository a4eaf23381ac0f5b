// node --experimental-strip-types test/support/fake-server.mjs [DELAY_MS]
// A real server process on stdio, as `vouchsafe mcp` makes one, with a fake door; it prints where it must not.
import { serveAgentStdio } from '../../dist/mcp/stdio.js';
import { fakeDoor } from './fake-door.ts';

process.on('SIGUSR1', () => undefined);
const door = fakeDoor({ delayMs: Number(process.argv[2] ?? 0) });
const report = (message) => console.error(`fault: ${message}`);
const { stdin: input, stdout: output, stderr: errors } = process;
const ended = serveAgentStdio(Promise.resolve(door), { input, output, errors, version: '0.0.0', report });
console.log('noise at start');
process.stdout.write('more noise\n');
await ended;
console.error(`closed=${door.seen.closed} answered=${door.seen.answered}`);
