// node test/support/helper-child.mjs git|docker|aws FILE WORD
// The built helpers on the items of a JSON file, as a program that git, Docker or AWS starts. Each reading is added to
// FILE.reads.
import { appendFileSync, readFileSync } from 'node:fs';
import { answerAws } from '../../dist/cli/helper/aws.js';
import { serveDocker } from '../../dist/cli/helper/docker.js';
import { serveGit } from '../../dist/cli/helper/git.js';
import { isOfSite, siteOf } from '../../dist/core/site.js';
import { Refusal } from '../../dist/core/refusal.js';

const [kind, file, word] = process.argv.slice(2);
const { items, isRefused } = JSON.parse(readFileSync(file, 'utf8'));
const offered = items.map(({ values, ...item }, index) => ({
  ...item,
  id: String(index),
  vault: 'Work',
  username: values.username ?? null,
  fieldNames: Object.keys(values).map((name) => ({ name, kind: 'text' })),
}));

const door = {
  search: async (url) => offered.filter((item) => isOfSite(item, siteOf(url))),
  tagged: async (tag) => offered.filter(({ tags }) => tags.includes(tag)),
  find: async (name) => offered.find(({ title }) => title === name),
  read: async (item, fields) => {
    if (isRefused) throw new Refusal('forbidden', { message: 'The token may not use it.', next: 'Ask the owner.' });
    appendFileSync(`${file}.reads`, `${item.title}: ${fields.join(', ')}\n`);
    return new Map(fields.map((field) => [field, items[item.id].values[field]]));
  },
};

const pipe = {
  input: process.stdin,
  write: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
};

try {
  if (kind === 'git') await serveGit(word, door, pipe);
  if (kind === 'docker') process.exitCode = await serveDocker({ action: word, door, version: '0' }, pipe);
  if (kind === 'aws') pipe.write(await answerAws(word, door));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 5;
}
