/** The blocks of the other pages, played on one machine; and that no page with commands is forgotten. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Machine, TIME_MS } from './page-session.js';
import { blocks, read, root } from './pages.js';

/** What the pages take for granted. */
const ITEMS = `
{
  vouchsafe init
  eval "$(vouchsafe unlock --ttl 1h)"
  vouchsafe vault create Production
  vouchsafe vault create CI
  vouchsafe item create database --vault Production --title Database --generate=password
  vouchsafe item create login --vault Production --title "DB password" --generate=password
  vouchsafe item create api-key --vault Production --title GitHub --generate=key
  vouchsafe item create login --vault Production --title Metrics --field username=ops --generate=password
  vouchsafe item create api-key --vault CI --title Deploy --generate=key
  vouchsafe item create api-key --vault CI --title "AWS deploy" --generate=key --generate=secret
  vouchsafe agent create deploy-bot --vault CI -o ~/deploy-bot.token
  vouchsafe agent create nightly
  vouchsafe pat create shell --vault CI --scope use --scope reveal --scope read -o ~/shell.token
  echo "$VOUCHSAFE_SESSION" > ~/session
} > ~/before.out 2>&1`;

/** The owner's terminal, unlocked as each of these pages has it. */
const UNLOCKED = 'export VOUCHSAFE_SESSION="$(cat ~/session)"';

/** The agent asks twice; the ids of its requests are then REQUEST and OTHER. */
const IDS = 'read -r REQUEST OTHER < <(request-ids)';
const EXAMPLE = 'law-hotel-shape-community';
const asked = (vault: string, reason: string): string =>
  [
    {
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
    },
    {
      id: 2,
      method: 'tools/call',
      params: { name: 'request_access', arguments: { vault, reason } },
    },
  ]
    .map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    .join('');

/** Where the safe is made, and a copy of it for each page. */
let machine: Machine;
let here: Machine;
beforeAll(async () => {
  machine = new Machine();
  for (const name of ['migrate.sh', 'deploy.sh'])
    machine.file(`project/${name}`, '#!/bin/sh\nenv | grep -E "^(DB_PASSWORD|TOKEN)="\n');
  machine.program(
    'request-ids',
    `vouchsafe inbox list --json | node -e '
      const { data } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
      console.log(data.map(({ id }) => id).join(" "));'`,
  );
  machine.file('project/.env', 'TOKEN=vouchsafe://CI/Deploy/key\n');
  machine.file('project/config.yml.tpl', 'key: "{{ vouchsafe://CI/Deploy/key }}"\n');
  machine.file('staging.in', asked('Production', 'Look at the orders of staging for OPS-42'));
  machine.file('live.in', asked('Personal', 'Restore the orders of today for OPS-43'));
  await machine.bash(`chmod +x *.sh; ${ITEMS}`);
}, TIME_MS);
afterAll(() => machine.end());
beforeEach(() => {
  here = new Machine(machine);
});
afterEach(() => here.end());

describe('played on a machine like another', { timeout: TIME_MS }, () => {
  test('docs/access.md', async () => {
    const played = await here.play('docs/access.md', {
      before: UNLOCKED,
      after: {
        'grant deploy-bot --vault CI': `
          for task in staging live; do vouchsafe mcp --token-file ~/deploy-bot.token < ~/$task.in > /dev/null; done
          ${IDS}`,
      },
      instead: { [`inbox deny ${EXAMPLE}`]: 'inbox deny "$OTHER"', [EXAMPLE]: '"$REQUEST"' },
    });
    expect(played.of('list-access deploy-bot')).toContain('rate 20/1h');
    expect(played.of('inbox deny')).toContain('OPS-4');
  });

  test('docs/using.md', async () => {
    const elsewhere = 'another machine answers; test/e2e/fetch.test.ts plays it against one of its own';
    const played = await here.play('docs/using.md', {
      before: UNLOCKED,
      notRun: { 'vouchsafe fetch --item GitHub https://api.github.com/user': elsewhere },
      after: {
        // Two uses wait for the owner's word.
        'recipe run deploy': `
          vouchsafe pat access grant deploy-bot --vault Production --reveal approve > /dev/null 2>&1
          for task in OPS-42 OPS-43; do
            vouchsafe read --token-file ~/deploy-bot.token --reason "Migrate for $task" vouchsafe://Production/Database/password || test $? -eq 7
          done > /dev/null 2>&1
          ${IDS}`,
        // The helpers are asked by other programs, as a token.
        'vouchsafe lockdown lift':
          '. ~/shell.token; export VOUCHSAFE_PERSONAL_ACCESS_TOKEN VOUCHSAFE_AGENT_REASON="Upload the build"',
      },
      instead: { [`inbox deny ${EXAMPLE}`]: 'inbox deny "$OTHER"', [EXAMPLE]: '"$REQUEST"' },
    });
    expect(played.of('./migrate.sh')).toContain('DB_PASSWORD=<concealed by vouchsafe>');
    expect(here.text('project/config.yml')).toMatch(/^key: "\S{20,}"\n$/);
    expect(played.of('recipe run deploy')).toContain('TOKEN=<concealed by vouchsafe>');
    expect(played.of('pat compromised deploy-bot')).toContain('is frozen');
    expect(JSON.parse(played.of('helper aws'))).toHaveProperty('SecretAccessKey');
  });

  test('docs/log.md', async () => {
    const played = await here.play('docs/log.md', {
      before: UNLOCKED,
      instead: { 'audit show 42': 'audit show 4' },
    });
    expect(played.counts.run).toBe(played.counts.all);
  });

  test('docs/clients.md', async () => {
    await here.play('docs/clients.md', { before: `${UNLOCKED}; cp ~/deploy-bot.token .` });
    expect(here.text('project/.codex/config.toml')).toContain('deploy-bot.token');
  });

  test('docs/shell.md', async () => {
    await here.play('docs/shell.md', {
      before: `${UNLOCKED}; mkdir -p ~/.zfunc ~/.config/fish/completions`,
      notRun: {
        'source <(': 'it is for zsh; test/e2e/completion.test.ts asks each shell that is there',
        'man vouchsafe\n': 'npm puts the pages in place when it installs; test/cli/man-page.test.ts reads them',
        'man -l': 'the same',
      },
    });
    expect(here.text('.zfunc/_vouchsafe')).toContain('compdef');
  });

  test('docs/console.md', async () => {
    const stays = 'it stays in the terminal, for a browser; the tests in test/console play it';
    await here.play('docs/console.md', {
      before: UNLOCKED,
      after: { 'vouchsafe lock': 'eval "$(vouchsafe unlock 2> /dev/null)"' },
      notRun: {
        'vouchsafe console': stays,
        'console --no-open --listen': stays,
        '--console 127.0.0.1:7778': stays,
        'ssh -t': 'it needs another machine',
      },
    });
  });
});

/** Where the blocks of a page are played, or why they are not. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  // Accounts, root and systemd: test/e2e/two-users.test.ts and systemd-units.test.ts try what they come to.
  'docs/serving.md': 'test/docs/serving.test.ts',
  // Each makes what it packs first, which takes minutes: npm run test:packages.
  'docs/packages.md': 'test/packages/main.ts',
};

test('no page with commands is forgotten', () => {
  const pages = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const withCommands = pages.filter((page) => blocks(read(page), 'sh').length > 0);
  const tests = readdirSync(join(root, 'test', 'docs')).filter((name) => name.endsWith('.test.ts'));
  const played = tests.flatMap((name) =>
    [...read(`test/docs/${name}`).matchAll(/\.play\('([^']+)'/g)].map(([, page]) => page!),
  );
  for (const path of Object.values(ELSEWHERE)) expect(existsSync(join(root, path)), path).toBe(true);
  expect(withCommands.filter((page) => !played.includes(page) && !(page in ELSEWHERE))).toEqual([]);
});
