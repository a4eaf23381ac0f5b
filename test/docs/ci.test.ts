/** docs/ci.md, command by command: the owner's terminal, then a job's. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine, TIME_MS } from './page-session.js';

const [KEY, PASSWORD] = ['canary-of-the-deploy', 'canary-of-the-tests'];

let machine: Machine;
beforeAll(() => {
  machine = new Machine();
  // A script that prints its environment by mistake.
  machine.file(
    'project/deploy.sh',
    '#!/bin/sh\necho "deploying with $DEPLOY_KEY to $DATABASE_URL"\nenv | grep -c vsp_\nexit 0\n',
  );
});
afterAll(() => machine.end());

test('a token in CI, as the page has it', { timeout: TIME_MS }, async () => {
  const played = await machine.play('docs/ci.md', {
    before: 'vouchsafe init > /dev/null 2>&1; chmod +x deploy.sh',
    typed: { 'item create api-key': `${KEY}\n`, 'item create database': `${PASSWORD}\n` },
    after: {
      // A server for the runner elsewhere, which holds the new token.
      'shred -u ci-new.token': `
        vouchsafe serve --socket ~/mcp.sock > ~/serve.out 2>&1 < /dev/null &
        trap "kill $!" EXIT
        for try in $(seq 200); do test -S ~/mcp.sock && break; sleep 0.1; done
        VOUCHSAFE_PERSONAL_ACCESS_TOKEN="$NEW"`,
      'vouchsafe pat renew': 'NEW="$(sed s/^[A-Z_]*=// ci-new.token)"',
      // The owner's terminal, where somebody types the password.
      'if vouchsafe read': 'export VOUCHSAFE_PASSWORD_FILE=~/password',
    },
    instead: {
      'https://safe.example.com/mcp': '--unix-socket HOME/mcp.sock http://localhost/mcp',
      'rm app.yml': 'mv app.yml HOME/app.yml',
    },
  });
  expect(played.counts.run).toBe(played.counts.all);
  const deployed = played.of('-- ./deploy.sh');
  expect(deployed).toContain('deploying with <concealed by vouchsafe>');
  for (const secret of [KEY, PASSWORD]) expect(deployed).not.toContain(secret);
  expect(machine.text('app.yml')).toBe(`deploy:\n  key: "${KEY}"\n`);
  const { result } = JSON.parse(machine.text('project/answer.json'));
  expect(JSON.stringify(result.structuredContent)).toContain(KEY);
  const log = played.of("audit list 'token:ci-runner'");
  expect(log).toContain('Job 4711');
  expect(log).toMatch(/REFUSED/);
});
