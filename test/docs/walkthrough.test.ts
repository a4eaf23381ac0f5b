/** The README's five minutes, played as they stand there, with a real client in place of Claude Code. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocks, read, root, section } from './pages.js';

const PASSWORD = 'kitchen staple orbit 42 zebra';
const SECRET = 'canary-of-the-readme';

let folder: string;
let project: string;
const text = section('README.md', '## Five minutes to a working agent');
const steps = blocks(text, 'sh');
const call = JSON.parse(blocks(text, 'json')[0]!);

/** The environment of a terminal in which `vouchsafe` is installed. */
function environment(): Record<string, string> {
  const path = [join(folder, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':');
  return { PATH: path, HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run') };
}

/** Runs a block in the owner's terminal, with what is typed there. */
async function own(block: string, typed = ''): Promise<string> {
  const env = { ...environment(), VOUCHSAFE_PASSWORD_FILE: join(folder, 'password') };
  const child = spawn('bash', ['-euo', 'pipefail', '-c', block], {
    cwd: project,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(typed);
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, output).toBe(0);
  return output;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-readme-'));
  project = join(folder, 'project');
  for (const name of ['bin', 'run', 'project']) mkdirSync(join(folder, name), { mode: 0o700 });
  writeFileSync(join(folder, 'password'), PASSWORD, { mode: 0o600 });
  // As `npm i -g` does it.
  symlinkSync(join(root, 'bin', 'vouchsafe.js'), join(folder, 'bin', 'vouchsafe'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each command of the owner's pays for the password anew. */
const TIME_MS = 180_000;

test('the walk-through of the README works as it is printed', { timeout: TIME_MS }, async () => {
  expect(steps).toHaveLength(3);
  const [make, install, look] = steps;
  expect(await own(make!, `${SECRET}\n`)).toContain('Fingerprint:');
  const told = await own(install!);
  expect(told).not.toContain('vsp_');
  expect(statSync(join(folder, '.config', 'vouchsafe', 'deploy-bot.token')).mode & 0o777).toBe(0o600);
  const { mcpServers } = checkConfiguration();
  const { command, args } = mcpServers.vouchsafe;
  const client = new Client({ name: 'claude-code', version: '2' }, { versionNegotiation: { mode: 'auto' } });
  const env = { ...environment(), CLAUDECODE: '1' };
  await client.connect(new StdioClientTransport({ command, args, env, cwd: project, stderr: 'ignore' }));
  try {
    expect(JSON.stringify(await client.callTool(call))).toContain(SECRET);
    const { reason, ...hollow } = call.arguments;
    expect(await codeOf(client, { ...call, arguments: hollow })).toBe('reason_required');

    const log = await own(look!);
    expect(log).toContain(reason.slice(0, 10));
    expect(log).toMatch(/REFUSED/);
    expect(log).toContain('The log is whole.');
    expect(log).toMatch(/Change them at the service:\n.*Orders database/);
    expect(log).not.toContain(SECRET);
    expect(await codeOf(client, call)).toBe('forbidden');
  } finally {
    await client.close();
  }
});

function checkConfiguration() {
  const config = readFileSync(join(project, '.mcp.json'), 'utf8');
  const instructions = readFileSync(join(project, 'CLAUDE.md'), 'utf8');
  expect(config + instructions).not.toContain('vsp_');
  expect(instructions).toMatch(/^<!-- vouchsafe:begin -->\n[^]*`Production`[^]*<!-- vouchsafe:end -->\n$/);
  const file = join(folder, '.config', 'vouchsafe', 'deploy-bot.token');
  expect(JSON.parse(config)).toEqual(JSON.parse(read('mcp.json.example').replace('/path/to/token', file)));
  return JSON.parse(config);
}

async function codeOf(client: Client, asked: typeof call): Promise<unknown> {
  const { structuredContent } = await client.callTool(asked);
  return (structuredContent as { error?: { code?: string } } | undefined)?.error?.code;
}
