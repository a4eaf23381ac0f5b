/**
 * Wiring of the last step of the build: the grammar that help and completion read, and the manual pages, from the
 * commands themselves.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeGrammar } from '../cli/grammar.js';
import { manPages } from '../cli/man-page.js';
import { gatherGrammar } from '../cli/program.js';
import { VERSION } from '../gate/version.js';

const grammar = await gatherGrammar();
const folder = join(writeGrammar(grammar), 'man');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const { file, text } of manPages(grammar, VERSION)) writeFileSync(join(folder, file), text);
