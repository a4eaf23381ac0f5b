/** What docs/console.md says of areas and keys is what the console has. */
import { expect, test } from 'vitest';
import { AREAS } from '../../src/console/app.js';
import { codeWords, section, tableRows } from './pages.js';

const PAGE = 'docs/console.md';

test('the table of areas has those that there are, in their order', () => {
  const rows = tableRows(section(PAGE, '## What is where'));
  expect(rows.map(([title]) => title)).toEqual(AREAS.map(({ title }) => title));
});

test('the letter of each area is the one that leads there', () => {
  const [first = ''] = section(PAGE, '## Keys').split('. In the query');
  const told = [...first.matchAll(/`([a-z])`\s+([a-z]+)[,.]?/g)].filter(([, letter]) => letter !== 'g');
  expect(told.map(([, letter, title]) => [letter, title])).toEqual(
    AREAS.map(({ key, title }) => [key, title.toLowerCase()]),
  );
  expect(codeWords(first)).toEqual(expect.arrayContaining(['?', '/', 'g']));
});
