/** Recipes on the command line: what is asked of the door, what is refused before, what is printed, how a run ends. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { register } from '../../src/cli/commands/recipe.js';
import type { ItemShape } from '../../src/core/shapes.js';
import type { RecipeShape } from '../../src/core/rule-shapes.js';
import { Refusal } from '../../src/core/refusal.js';
import type { NewRecipe } from '../../src/gate/use-door.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { VAULT } from './fixtures.js';
import { runCommand, type Ran } from './harness.js';

const ITEM = 'vault1production'.padEnd(32, '1');
const COMMAND: RecipeShape = {
  ...{ id: 'recipe1', name: 'deploy', description: 'Deploys the shop', vault: VAULT },
  command: {
    ...{ argv: ['/srv/deploy.sh', '--to', '{env}', 'two words'], sha256: 'a'.repeat(64), state: 'current' },
    ...{ environment: { KEY: `{{ vouchsafe://${VAULT.id}/${ITEM}/key }}` }, folder: '/srv' },
  },
  ...{
    holes: { env: { values: ['staging', 'production'] } },
    timeout_ms: 90_000,
    output_cap: 65_536,
    approve: true,
    tokens: null,
  },
};
const REQUEST: RecipeShape = {
  ...{
    id: 'recipe2',
    name: 'close',
    description: '',
    vault: VAULT,
    holes: {},
    timeout_ms: 60_000,
    output_cap: 262_144,
    approve: false,
  },
  request: { item: ITEM, method: 'POST', url: 'https://api.example.com/v1', headers: { accept: '*/*' }, body: '{}' },
  tokens: [{ id: 'law-hotel-shape-community', name: 'deploy-bot' }],
};

async function recipe(words: readonly string[], more: Partial<OwnerDoor> = {}, answer?: boolean): Promise<Ran> {
  const door: Partial<OwnerDoor> = {
    createRecipe: () => Promise.resolve(COMMAND),
    listRecipes: () => Promise.resolve([COMMAND, REQUEST]),
    showRecipe: (name) => Promise.resolve(name === 'close' ? REQUEST : COMMAND),
    renewRecipe: () => Promise.resolve(COMMAND),
    deleteRecipe: () => Promise.resolve(COMMAND),
    viewItem: () => Promise.resolve({ id: ITEM, vault: 'Production', title: 'API key' } as ItemShape),
    ...more,
  };
  return runCommand(['recipe', ...words], { register, door, ...(answer === undefined ? {} : { answer }) });
}

const created = ({ calls, error }: Ran): NewRecipe => {
  expect(error).toBeUndefined();
  return calls.find(([name]) => name === 'createRecipe')?.[1] as NewRecipe;
};

afterEach(() => (process.exitCode = undefined));

describe('recipe create', () => {
  const production = { by: 'any', text: 'Production' };

  it('takes everything after -- as the command, also what looks like our options', async () => {
    const words = ['./deploy.sh', '--to', '{env}', '--json', '--vault', 'x', '--', '-o'];
    const made = created(
      await recipe(['create', 'deploy', '--vault', 'Production', '--allow', 'env=staging', '--', ...words]),
    );
    const command = { argv: words, environment: {}, folder: process.cwd(), path: '' };
    expect(made).toEqual({ name: 'deploy', vault: production, allow: ['env=staging'], command });
  });

  it('takes variables with what stands behind the first =, a folder and whose it is', async () => {
    const flags = [
      '--env',
      'KEY=vouchsafe://P/I/key',
      '--env',
      'URL=https://x/?a=b',
      '--folder',
      'sub/dir',
      '--approve',
    ];
    const more = [
      '--timeout',
      '90s',
      '--output-cap',
      '64KiB',
      '--description',
      'Deploys',
      '--token',
      'one',
      '--token',
      'two',
    ];
    const made = created(await recipe(['create', 'd', '--vault-name', 'Production', ...flags, ...more, '--', 'make']));
    expect(made).toMatchObject({
      ...{
        vault: { by: 'name', text: 'Production' },
        timeout: '90s',
        outputCap: '64KiB',
        description: 'Deploys',
        approve: true,
      },
      tokens: [
        { by: 'any', text: 'one' },
        { by: 'any', text: 'two' },
      ],
      command: {
        environment: { KEY: 'vouchsafe://P/I/key', URL: 'https://x/?a=b' },
        folder: resolve('sub/dir'),
      },
    });
  });

  it('takes a request with its body from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-recipe-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'body.json'), '{"n": {n}}\n');
    const request = [
      '--request',
      ' patch  https://api.example.com/{n} ',
      '--header',
      'Accept: a:b',
      '--header',
      'X-A:',
    ];
    const flags = ['--vault', 'Production', '--item', 'GitHub', '--body', `@${folder}/body.json`];
    expect(created(await recipe(['create', 'close', ...request, ...flags])).request).toEqual({
      ...{ method: 'PATCH', url: 'https://api.example.com/{n}', headers: { Accept: 'a:b', 'X-A': '' } },
      ...{ body: '{"n": {n}}\n', item: { vault: production, item: { by: 'any', text: 'GitHub' } } },
    });
  });

  it.each(['Other/GitHub', ITEM])('looks for %s outside of its vault', async (text) => {
    const made = await recipe(['create', 'c', '--vault', 'P', '--request', 'GET https://x', '--item', text]);
    expect(created(made).request?.item).toEqual({ item: { by: 'any', text } });
  });

  it.each([
    [[], 'needs a command after --'],
    [['--env', 'NO', '--', 'make'], '--env needs the name'],
    [['--env', '1A=x', '--', 'make'], '--env needs the name'],
    [['--env', 'VOUCHSAFE_SESSION=x', '--', 'make'], 'VOUCHSAFE_'],
    [['--item', 'GitHub', '--', 'make'], '--item is of a request'],
    [['--body', 'x', '--', 'make'], '--body is of a request'],
    [['--request', 'GET https://x', '--item', 'I', '--', 'make'], 'not both'],
    [['--request', 'GET https://x', '--item', 'I', '--env', 'A=b'], 'not both'],
    [['--request', 'https://x', '--item', 'I'], 'a method and a URL'],
    [['--request', 'GET https://x'], '--item is missing'],
    [['--request', 'GET https://x', '--item', 'I', '--header', 'no colon'], '--header needs a name'],
  ])('%j is refused before anything is opened, and not repeated', async (flags, words) => {
    const { error, calls } = await recipe(['create', 'deploy', '--vault', 'P', ...flags]);
    expect(error).toMatchObject({ code: 'invalid_request', facts: { message: expect.stringContaining(words) } });
    expect(calls).toEqual([]);
  });
});

describe('recipe list, show, renew and delete', () => {
  it('lists what each does, and whether its program is the pinned one', async () => {
    const { stdout } = await recipe(['list']);
    expect(stdout).toMatch(/deploy +Production +current +env +\/srv\/deploy.sh --to \{env\} 'two words'\n/);
    expect(stdout).toMatch(/close +Production +- +- +POST https:\/\/api.example.com\/v1\n/);
    expect(JSON.parse((await recipe(['list', '--json'])).stdout).data).toEqual([COMMAND, REQUEST]);
  });

  it('shows items by name to people, and the recipe as it is to programs', async () => {
    expect((await recipe(['show', 'deploy'])).stdout).toMatch(/KEY +vouchsafe:\/\/Production\/API%20key\/key\n/);
    expect((await recipe(['show', 'close'])).stdout).toContain(`API key in Production [${ITEM}]`);
    expect(JSON.parse((await recipe(['show', 'deploy', '--json'])).stdout)).toEqual(COMMAND);
  });

  it('shows the id of an item that is gone', async () => {
    const gone = { viewItem: () => Promise.reject(new Refusal('not_found', {})) };
    expect((await recipe(['show', 'close'], gone)).stdout).toMatch(new RegExp(`With item +${ITEM}\n`));
  });

  it.each(['changed', 'missing'] as const)('says plainly that a program is %s', async (state) => {
    const found = { ...COMMAND, command: { ...COMMAND.command!, state } };
    const { stdout } = await recipe(['show', 'deploy'], { showRecipe: () => Promise.resolve(found) });
    expect(stdout).toMatch(/nobody can run it/);
  });

  it('renews with the old and the new hash, and says that nobody looked', async () => {
    const now = { ...COMMAND, command: { ...COMMAND.command!, sha256: 'b'.repeat(64) } };
    const renewRecipe = () => Promise.resolve(now);
    const { stdout, stderr, calls } = await recipe(['renew', 'deploy'], { renewRecipe });
    expect(stdout).toContain(`was  ${'a'.repeat(64)}\n  now  ${'b'.repeat(64)}\n`);
    expect(stderr).toContain('was not looked at');
    expect(calls.at(-1)).toEqual(['renewRecipe', 'recipe1']);
    const { stdout: json } = await recipe(['renew', 'deploy', '--json'], { renewRecipe });
    expect(JSON.parse(json)).toEqual({ ...now, sha256_before: 'a'.repeat(64) });
  });

  it('deletes after a yes alone, or with --force', async () => {
    const asked = (ran: Ran): boolean => ran.calls.some(([name]) => name === 'deleteRecipe');
    expect(asked(await recipe(['delete', 'deploy'], {}, false))).toBe(false);
    expect(asked(await recipe(['delete', 'deploy'], {}, true))).toBe(true);
    expect(asked(await recipe(['delete', 'deploy', '--force']))).toBe(true);
    expect(await recipe(['delete', 'deploy', '--json'])).toMatchObject({ error: { code: 'invalid_request' } });
  });
});

describe('recipe run', () => {
  const run = (result: object, ...words: readonly string[]): Promise<Ran> =>
    recipe(['run', 'deploy', ...words], { runRecipe: () => Promise.resolve({ ...result }) });
  const OK = { exit_status: 0, stdout: 'out\n', stderr: 'warn\n' };

  it('gives the holes by name, with what stands behind the first =', async () => {
    const { calls } = await run(OK, 'env=staging', 'note=a=b', '--', 'tag=-x');
    expect(calls).toEqual([['runRecipe', 'deploy', { env: 'staging', note: 'a=b', tag: '-x' }]]);
  });

  it.each(['staging', '=staging'])('refuses %s, which names no hole', async (word) => {
    expect(await run(OK, word)).toMatchObject({ error: { code: 'invalid_request' }, calls: [] });
  });

  it('prints each kind of output where it belongs, byte for byte', async () => {
    expect(await run({ ...OK, stdout: 'no newline' })).toMatchObject({ stdout: 'no newline', stderr: 'warn\n' });
  });

  it.each([
    [{ exit_status: 0 }, 0],
    [{ exit_status: 7 }, 7],
    [{ exit_status: null, signal: 'SIGTERM' }, 143],
    [{ exit_status: null, signal: 'SIGKILL' }, 137],
    [{ exit_status: null, signal: 'SIGTERM', timed_out: true, truncated: true }, 124],
    [{ status: 204, status_text: 'No Content' }, 0],
    [{ status: 404, status_text: 'Not Found', body: 'no such thing' }, 1],
  ])('%j ends with %d', async (result, status) => {
    expect((await run({ stdout: '', stderr: '', ...result })).error).toBeUndefined();
    expect(process.exitCode).toBe(status);
  });

  it('prints the whole result with --json, and ends as the program did', async () => {
    const { stdout, stderr } = await run({ ...OK, exit_status: 3 }, '--json');
    expect([JSON.parse(stdout), stderr]).toEqual([{ ...OK, exit_status: 3 }, '']);
    expect(process.exitCode).toBe(3);
  });

  it('prints the body of an answer, and its status beside it', async () => {
    const { stdout, stderr } = await run({ status: 404, status_text: 'Not Found', body: '{}' });
    expect([stdout, stderr]).toEqual(['{}', 'Status: 404 Not Found\n']);
  });

  it.each([
    [{ truncated: true }, 'the rest was cut off'],
    [{ timed_out: true, truncated: true }, 'longer than its time limit'],
  ])('says what %j means', async (more, words) => {
    const { stderr } = await run({ ...OK, stderr: '', ...more });
    expect(stderr.split('\n')).toEqual([expect.stringContaining(words), '']);
  });
});
