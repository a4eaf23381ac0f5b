/**
 * Wiring of the last step of the build: the grammar that help and completion read, and the manual pages, from the
 * commands themselves.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { grammarFile } from '../cli/grammar.js';
import { manPages } from '../cli/man-page.js';
import { gatherGrammar } from '../cli/program.js';
import { VERSION } from '../gate/version.js';

const grammar = await gatherGrammar();
writeFileSync(grammarFile(), JSON.stringify(grammar));

const folder = join(dirname(grammarFile()), 'man');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const { file, text } of manPages(grammar, VERSION)) writeFileSync(join(folder, file), text);
