/** What pages take from the command line: exports, instructions, set-ups. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Area, ConsoleContext } from '../../src/console/area.js';
import { downloadEntries, exportFormat } from '../../src/console/download.js';
import { readForm } from '../../src/console/form.js';
import { byId, makeSafe, type TestSafe } from '../support/safe.js';
import { consoleOn, type TestConsole, unlockedOn } from './client.js';

const probe: Area = {
  path: '/probe',
  title: 'Probe',
  register: (app) => {
    app.post('/probe/export', async (c: ConsoleContext) => {
      const form = await readForm(c);
      return downloadEntries(c, { query: form.text('query') }, exportFormat(c, form.text('format')));
    });
    app.get('/probe/agent', async (c: ConsoleContext) => {
      const { instructions, setups } = c.get('site').ports;
      const token = await c.get('door').findToken(byId(c.req.query('id') ?? ''));
      const grants = await c.get('door').listAccess(byId(token.id));
      const texts = instructions.formats.map((format) => instructions.text({ token, grants }, format));
      return c.json({ texts, setups: setups(token.name) });
    });
  },
};

let safe: TestSafe;
let console: TestConsole;

beforeEach(async () => {
  safe = await makeSafe();
  console = await consoleOn(safe, { areas: [probe] });
});
afterEach(async () => {
  await console.end();
  await safe.end();
});

test('an export is a file of what was selected, and in the log', async () => {
  for (let n = 0; n < 40; n += 1) await safe.owner.createVault({ name: `Vault ${String(n)}` });
  const visitor = await unlockedOn(console);
  const answered = await visitor.post('/probe/export', { query: 'action:vault.create', format: 'jsonl' });
  expect(answered.headers).toMatchObject({
    'content-type': 'application/jsonl; charset=utf-8',
    'content-disposition': expect.stringMatching(/^attachment; filename="vouchsafe-\d{4}-\d\d-\d\d\.jsonl"$/),
    'cache-control': 'no-store',
  });
  const lines = answered.text.trim().split('\n');
  expect(new Set(lines.map((line) => JSON.parse(line).action))).toEqual(new Set(['vault.create']));
  expect(lines).toHaveLength(41);
  const { data } = await safe.owner.listEntries({ query: 'action:audit.export', limit: 2 });
  expect(data.map(({ transport }) => transport)).toEqual(['console']);
  const none = await visitor.post('/probe/export', { query: 'action:vault.delete', format: 'csv' });
  expect([none.status, none.text.split('\n').length]).toEqual([200, 2]);
});

test('a query or a format that is wrong is said before anything is sent', async () => {
  const visitor = await unlockedOn(console);
  for (const fields of [
    { query: 'outcome:maybe', format: 'csv' },
    { query: '', format: 'xml' },
  ]) {
    const answered = await visitor.post('/probe/export', fields);
    expect([answered.status, answered.headers['content-disposition']]).toEqual([422, undefined]);
  }
});

test('instructions in each form, and what sets up each client, with no token in them', async () => {
  const { id } = await safe.token('deploy bot', ['Personal']);
  const { texts, setups } = JSON.parse((await (await unlockedOn(console)).get(`/probe/agent?id=${id}`)).text);
  expect(texts).toHaveLength(5);
  for (const text of texts) expect(text).toContain('Personal');
  expect(setups).toHaveLength(8);
  for (const { name, command, configuration, tokenFile } of setups) {
    expect(command).toBe(`vouchsafe agent install 'deploy bot' --client ${name} --user --token-stdin`);
    expect(configuration).toContain(tokenFile);
  }
  expect(JSON.stringify([texts, setups])).not.toContain('vsp_');
});
