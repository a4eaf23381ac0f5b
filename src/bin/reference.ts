/** Wiring of the last step of the build: what help, completion and man pages are made of, from the commands themselves. */
import { writeFileSync } from 'node:fs';
import { grammarFile } from '../cli/grammar.js';
import { gatherGrammar } from '../cli/program.js';

const grammar = await gatherGrammar();
writeFileSync(grammarFile(), JSON.stringify(grammar), { mode: 0o644 });
