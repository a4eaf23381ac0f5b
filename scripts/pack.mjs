// npm run pack: the npm package, in the root of the checkout.
import { basename } from 'node:path';
import { root } from './manifests.mjs';
import { packNpm } from './program.mjs';

process.stdout.write(`${basename(packNpm(root))}\n`);
