// node plain-copy.mjs FROM TO: reads a file and writes it as a new one, until it is on the disk, as a backup is. No copy
// by the file system, which might share the blocks.
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

const [from, to] = process.argv.slice(2);
const highWaterMark = 1024 * 1024;
await pipeline(
  createReadStream(from, { highWaterMark }),
  createWriteStream(to, { flags: 'wx', mode: 0o600, highWaterMark, flush: true }),
);
