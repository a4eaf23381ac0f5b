/** docs/audit.md, command by command: papers for somebody else, and what they do with them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine, TIME_MS } from './page-session.js';

const REASON = 'Nightly report for OPS-7';

let machine: Machine;
beforeAll(() => {
  machine = new Machine();
});
afterAll(() => machine.end());

/** An owner with an agent that was let in once and refused once. */
const BEFORE = `
{
  vouchsafe init
  eval "$(vouchsafe unlock)"
  vouchsafe vault create Production
  echo canary-of-the-audit | vouchsafe item create database --vault Production --title "Orders database" --secret password
  vouchsafe agent create deploy-bot --vault Production -o deploy-bot.token
  for item in Production/Orders%20database Personal/Bank; do
    vouchsafe read --token-file deploy-bot.token --reason '${REASON}' "vouchsafe://$item/password" || true
  done
  unset VOUCHSAFE_SESSION
} > ~/before.out 2>&1`;

test('an audit for someone else, as the page has it', { timeout: TIME_MS }, async () => {
  const played = await machine.play('docs/audit.md', { before: BEFORE });
  expect(played.counts.run).toBe(played.counts.all);
  expect(played.of('audit verify --full')).toContain('The log is whole.');
  expect(played.of("audit list 'item:")).toContain('Nightly report');
  expect(machine.text('project/production.csv')).toContain(REASON);
  expect(played.of('FINGERPRINT="$(')).toMatch(/consistent[^]*verified/i);
  const entries = machine.text('project/entries.jsonl').trim().split('\n');
  const own = entries.map((line) => JSON.parse(line)).filter(({ reason }) => reason === REASON);
  expect(own.map(({ outcome }) => outcome)).toEqual(['granted', 'refused']);
  expect(played.of('forged.proof')).toMatch(/entry \d+/i);
  expect(machine.text('project/november.proof.jsonl')).not.toContain('canary-of-the-audit');
  expect(played.of('ls ~/for-the-auditor')).toMatch(/\w/);
});
