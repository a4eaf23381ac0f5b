/** docs/rotate.md, command by command: a token, a credential, and the safe with its password. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine, TIME_MS } from './page-session.js';

const [OLD, NEW] = ['canary-that-leaked', 'canary-in-its-place'];
const NEXT_PASSWORD = 'walrus granite 51 lantern meadow';

let machine: Machine;
beforeAll(() => {
  machine = new Machine();
});
afterAll(() => machine.end());

/** An owner with an agent that has read one of two credentials. */
const BEFORE = `
{
  vouchsafe init
  eval "$(vouchsafe unlock)"
  vouchsafe vault create Production
  echo '${OLD}' | vouchsafe item create database --vault Production --title "Orders database" --secret password
  echo '${OLD}' | vouchsafe item create login --vault Production --title Mail --secret password
  vouchsafe agent create deploy-bot --vault Production -o deploy-bot.token
  vouchsafe agent create ci-runner --vault Production -o ci-first.token
  vouchsafe read --token-file deploy-bot.token --reason 'Nightly report for OPS-7' 'vouchsafe://Production/Orders%20database/password'
  unset VOUCHSAFE_SESSION
} > ~/before.out 2>&1`;

test('after a leak, as the page has it', { timeout: TIME_MS }, async () => {
  const played = await machine.play('docs/rotate.md', {
    before: BEFORE,
    typed: {
      'update "Production/Mail"': `${NEW}\n`,
      'vouchsafe rekey': `${NEXT_PASSWORD}\n`,
    },
    // From then on the new password is what the owner types.
    after: { 'vouchsafe rekey': `printf '%s' '${NEXT_PASSWORD}' > ~/password` },
  });
  expect(played.counts.run).toBe(played.counts.all);
  const listed = played.of('created:30d');
  expect(listed).toContain('is frozen');
  expect(listed).toMatch(/\[ \] database Orders database/);
  expect(listed).not.toContain('Mail');
  expect(played.of('--done')).toContain('There is no token of which anything is to be changed.');
  expect(played.of('item history "Production/Mail"')).toMatch(/2/);
  expect(played.of('vouchsafe rekey')).toMatch(/Changed every key: 2 vaults, 2 items, 1 token\.\nFingerprint: /);
  expect(played.of('vouchsafe rekey')).toContain('ci-runner');
  expect(played.of('audit verify --full')).toContain('The log is whole.');
  const { data } = await machine.json('pat list');
  expect(data).toHaveLength(1);
  const mail = await machine.json('item view Production/Mail --reveal');
  expect(JSON.stringify(mail)).toContain(NEW);
});
