// node --experimental-strip-types test/support/fake-server.mjs [DELAY_MS]
// A real server process on stdio, as `vouchsafe mcp` makes one, with a fake door; it prints where it must not.
import { claimOutput } from '../../dist/mcp/output-port.js';
import { serveAgentStdio } from '../../dist/mcp/stdio.js';
import { fakeDoor } from './fake-door.ts';

process.on('SIGUSR1', () => undefined);
const output = claimOutput(process.stdout, process.stderr);
console.log('noise at start');
process.stdout.write('more noise\n');
const door = fakeDoor({ delayMs: Number(process.argv[2] ?? 0) });
const report = (message) => console.error(`fault: ${message}`);
await serveAgentStdio(door, { input: process.stdin, output, version: '0.0.0', report });
console.error(`closed=${door.seen.closed} answered=${door.seen.answered}`);
