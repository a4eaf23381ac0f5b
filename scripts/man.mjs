// Names every manual page that the build wrote in package.json, which is where npm looks for them: `npm run man` after a
// command was added or renamed.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const file = join(root, 'package.json');
const manifest = JSON.parse(readFileSync(file, 'utf8'));
delete manifest.man;
const pages = readdirSync(join(root, 'dist', 'man')).sort();
const entries = Object.entries(manifest);
const place = entries.findIndex(([name]) => name === 'files');
entries.splice(place, 0, ['man', pages.map((page) => `dist/man/${page}`)]);
writeFileSync(file, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
