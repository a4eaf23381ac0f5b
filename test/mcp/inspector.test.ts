/** What the MCP Inspector, a client of others, says of the built server: each role's tools pass its strict check. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES } from '../../src/core/model.js';
import type { Json } from '../support/line-client.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const PROGRAM = path('bin/vouchsafe.js');
const INSPECTOR = path('node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
const SECRET = 'canary-0c7e-password';

let safe: TestSafe;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-inspector-'));
  safe = await makeSafe();
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
  for (const role of ROLES) writeToken(role, (await safe.token(role, ['Personal'], role)).token);
  writeToken('unusable', 'not a token');
});

afterAll(async () => {
  await safe.end();
  rmSync(folder, { recursive: true, force: true });
});

const tokenFile = (name: string): string => join(folder, `${name}.token`);

function writeToken(name: string, text: string): void {
  writeFileSync(tokenFile(name), `${text}\n`, { mode: 0o600 });
}

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it in a home of its own, as an agent's shell would, with nothing else of this environment. */
function run(server: readonly string[], args: readonly string[]): Promise<Outcome> {
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: folder, CLAUDECODE: '1' };
  const all = [INSPECTOR, '--cli', process.execPath, ...server, '--format', 'json', ...args];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, all, { env, cwd: folder, timeout: 50_000 }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

/** Runs it with the built server, under a token. */
function inspect(token: string, args: readonly string[]): Promise<Outcome> {
  const places = { VOUCHSAFE_HOME: safe.places.home, VOUCHSAFE_STATE: safe.places.state, XDG_RUNTIME_DIR: folder };
  const passed = Object.entries(places).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return run([PROGRAM, 'mcp', '--token-file', tokenFile(token)], [...passed, ...args]);
}

const resultOf = ({ stdout }: Outcome): Json => JSON.parse(stdout).result;

describe.each(['legacy', 'modern'])('in the %s era', (era) => {
  test.each([...ROLES, 'unusable'])('the tools of %s pass the strict check without a finding', async (token) => {
    const outcome = await inspect(token, ['--protocol-era', era, '--method', 'tools/list', '--strict']);
    expect(outcome.stderr).not.toMatch(/^(Error|Warning): tool/m);
    expect(JSON.parse(outcome.stdout)).not.toHaveProperty('schemaFindings');
    expect(outcome.status).toBe(0);
    const names = resultOf(outcome).tools.map(({ name }: Json) => name);
    expect(names).toContain('whoami');
    expect(names.includes('create_item')).toBe(token !== 'viewer');
  });

  test('it lists and reads the resources, and lists and gets the prompts', async () => {
    const ask = async (method: string, ...more: string[]): Promise<Json> => {
      const outcome = await inspect('viewer', ['--protocol-era', era, '--method', method, ...more]);
      expect([method, outcome.status, outcome.stderr]).toEqual([method, 0, '']);
      expect(outcome.stdout).not.toMatch(/canary|Orders/);
      return resultOf(outcome);
    };
    const { resources } = await ask('resources/list');
    expect(resources.map(({ name }: Json) => name)).toEqual(['grants', 'Personal']);
    for (const { uri } of resources) {
      const { contents } = await ask('resources/read', '--uri', uri);
      expect(JSON.parse(contents[0].text).grants).toMatchObject([{ role: 'viewer' }]);
    }
    expect((await ask('resources/templates/list')).resourceTemplates).toHaveLength(1);
    expect((await ask('prompts/list')).prompts).toHaveLength(2);
    const prompt = await ask(
      'prompts/get',
      '--prompt-name',
      'draft_reason',
      '--prompt-args',
      'task=Restore the backup',
    );
    expect(prompt.messages[0].content.text).toContain('task: "Restore the backup"');
  });
});

test('a schema that is not portable is found, so the check can fail', async () => {
  const server = join(folder, 'bad-server.mjs');
  const tools = [{ name: 'bad', inputSchema: { type: 'object', properties: { any: true } } }];
  writeFileSync(server, badServer(tools));
  const outcome = await run([server], ['--method', 'tools/list', '--strict']);
  expect(outcome.status).toBe(6);
  expect(outcome.stdout).toContain('schemaFindings');
});

test('it leaves nothing in its home', () => {
  expect(readdirSync(join(folder, 'home'))).toEqual([]);
});

/** The least server that lists these tools. */
function badServer(tools: readonly object[]): string {
  return `
import { createInterface } from 'node:readline';
const result = {
  initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'bad', version: '0' } },
  'tools/list': { tools: ${JSON.stringify(tools)} },
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: result[method] ?? {} }));
});`;
}
