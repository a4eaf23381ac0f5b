/** `doctor`, on a machine where one thing after the other is wrong. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, PROGRAM, Station, type How, type Json, type Ran } from './station.js';

let station: Station;
let token: string;

beforeAll(async () => {
  station = new Station('doctor');
  await station.open();
  token = join(station.folder, 'bot.token');
  await station.ok(['agent', 'create', 'bot', '--vault', 'Personal', '--expiration', '3d', '-o', token]);
});
afterAll(() => station.end());

/** Without the owner, unless the environment says otherwise. */
const ALONE: How = { env: { VOUCHSAFE_SESSION: undefined } };

interface Seen {
  readonly status: number;
  readonly findings: readonly Json[];
  readonly printed: string;
}

/** The command, in the folder of the station: it looks at the project that it is started in. */
function doctor(how: How, ...flags: readonly string[]): Promise<Ran> {
  const words = ['-c', 'cd "$0" && exec "$@"', station.folder, process.execPath, PROGRAM, 'doctor', ...flags];
  return execute('/bin/sh', words, { env: station.environment(how.env) });
}

async function examine(how: How = ALONE): Promise<Seen> {
  const { status, stdout, stderr } = await doctor(how, '--json');
  expect(stderr).toBe('');
  return { status, findings: JSON.parse(stdout).data, printed: stdout };
}

/** What is wrong, as `check: next`. */
const wrong = ({ findings }: Seen): string[] =>
  findings.flatMap(({ check, status, next }) => (status === 'ok' ? [] : [`${check}: ${next}`]));
const clientsOf = ({ findings }: Seen): string[] =>
  findings.flatMap(({ check, message }) => (check === 'client' ? [message] : []));

/** A client's file in the home of the user that names the server so. */
function configure(name: string, value: unknown): string {
  const path = join(station.folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 });
  return path;
}
const serverWith = (...args: string[]): object => ({
  mcpServers: { vouchsafe: { command: 'vouchsafe', args: ['mcp', ...args] } },
});
const stateFile = (name: string): string => join(station.state, readdirSync(station.state)[0]!, name);
const entryCount = async (): Promise<number> => (await station.json(['audit', 'list', '--limit', '1'])).data[0].seq;

test('where all is well it says so, without a password, and exits 0', async () => {
  const seen = await examine();
  expect(wrong(seen)).toEqual([]);
  expect(seen.status).toBe(0);
  const checks = ['node', 'safe', 'modes', 'host-share', 'clock', 'log', 'client'];
  expect(seen.findings.map(({ check }) => check)).toEqual(checks);
  const { stdout } = await doctor(ALONE);
  expect(stdout).toMatch(/^ok {7}host-share {2}The host share is there\.$/m);
  expect(stdout).toMatch(/\n\n0 errors, 0 warnings\n$/);
});

test('with the session of the owner it also verifies the log and says which tokens end', async () => {
  const seen = await examine({});
  expect(wrong(seen)).toEqual(['tokens: vouchsafe agent renew bot']);
  expect(seen.status).toBe(0);
  expect(seen.printed).toContain('The log verifies');
});

test('a session that is not one is told, and the rest is looked at all the same', async () => {
  const seen = await examine({ env: { VOUCHSAFE_SESSION: 'bad' } });
  expect(wrong(seen)).toHaveLength(1);
  expect(wrong(seen)[0]).toMatch(/^owner: /);
  expect(seen.findings.map(({ check }) => check)).toContain('log');
});

test('clients: each file that names the server, with what is wrong there; no entry is left, no token printed', async () => {
  const before = await entryCount();
  const open = station.file('open.token', station.read('bot.token'), 0o644);
  const dead = station.file('dead.token', station.read('bot.token').replace(/vsp_./, 'vsp_0'));
  configure('.cursor/mcp.json', serverWith('--token-file', token));
  configure('.gemini/settings.json', serverWith('--token-file', open));
  configure('.codeium/windsurf/mcp_config.json', serverWith('--token-file', dead));
  configure(
    '.codex/config.toml',
    '[mcp_servers.vouchsafe]\ncommand = "nowhere"\nargs = ["mcp", "--token-file", "x"]\n',
  );
  const inline = station.read('bot.token').trim();
  const claude = { command: 'vouchsafe', args: ['mcp'], env: { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: inline } };
  configure('.claude.json', { mcpServers: { vouchsafe: claude } });
  configure('.config/zed/settings.json', '{ "context_servers": { "vouchsafe": ');
  configure('.mcp.json', serverWith('--token-file', '${HOME}/bot.token'));
  configure('.vscode/mcp.json', { servers: { vouchsafe: { command: 'vouchsafe', args: ['mcp'] } } });
  const seen = await examine();
  expect(seen.status).toBe(0);
  expect(seen.printed).not.toContain('vsp_');
  const told = clientsOf(seen).map((message) => message.replaceAll(`${station.folder}/`, ''));
  expect(told).toEqual([
    'claude-code, .claude.json: a token stands in this file.',
    'claude-code, .claude.json: the token bot works.',
    'claude-code, .mcp.json: its token is known to the client alone, by a variable.',
    'cursor, .cursor/mcp.json: the token bot works.',
    expect.stringMatching(/^vscode, .*it names no token/),
    expect.stringMatching(/^codex, .*its command is not in PATH/),
    expect.stringMatching(/^codex, .*not absolute/),
    expect.stringMatching(/^gemini, .*can be read by others/),
    expect.stringMatching(/^windsurf, .*its token is not usable/),
    expect.stringMatching(/^zed, .*cannot be read as JSON/),
  ]);
  expect(await entryCount()).toBe(before);
});

test('clients: the token of one that passes through to a server is that server’s to judge', async () => {
  const dead = station.file('dead.token', station.read('bot.token').replace(/vsp_./, 'vsp_0'));
  const empty = station.file('empty.token', '');
  for (const [file, told] of [
    [dead, /passes through to a server/],
    [empty, /is empty/],
  ] as const) {
    configure('.mcp.json', serverWith('--connect', 'unix:/run/vouchsafe/mcp.sock', '--token-file', file));
    const seen = clientsOf(await examine()).filter((message) => /^claude-code, .*\/\.mcp\.json/.test(message));
    expect(seen).toEqual([expect.stringMatching(told)]);
  }
});

test('a Node in PATH that is too old for the clients is told', async () => {
  const old = join(station.folder, 'old');
  mkdirSync(old);
  writeFileSync(join(old, 'node'), '#!/bin/sh\necho v20.20.2\n', { mode: 0o755 });
  const seen = await examine({ env: { ...ALONE.env, PATH: `${old}:${station.env['PATH']!}` } });
  expect(wrong(seen).filter((line) => line.startsWith('node: '))).toHaveLength(1);
});

test('files that others may read are named with the command that mends them', async () => {
  chmodSync(station.state, 0o755);
  chmodSync(stateFile('anchor.json'), 0o644);
  const seen = wrong(await examine()).filter((line) => line.startsWith('modes: '));
  expect(seen).toEqual([`modes: chmod 700 '${station.state}'`, `modes: chmod 600 '${stateFile('anchor.json')}'`]);
  chmodSync(station.state, 0o700);
  chmodSync(stateFile('anchor.json'), 0o600);
});

test('a clock that is behind, and a log that was not verified for long, are warnings', async () => {
  const [ahead, old] = [Date.now() / 1000 + 86_400, Date.now() / 1000 - 40 * 86_400];
  const { atimeMs, mtimeMs } = statSync(station.database);
  utimesSync(station.database, ahead, ahead);
  utimesSync(stateFile('anchor.json'), old, old);
  const seen = await examine();
  expect(seen.status).toBe(0);
  expect(wrong(seen)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^clock: /), 'log: vouchsafe audit checkpoint']),
  );
  utimesSync(station.database, atimeMs / 1000, mtimeMs / 1000);
});

test('what stops the product exits 1: a missing host share, a safe open to others, one behind a link, none', async () => {
  const stops = async (check: string): Promise<void> => {
    const seen = await examine();
    expect(seen.status).toBe(1);
    expect(seen.findings.filter(({ status }) => status === 'error').map((finding) => finding.check)).toEqual([check]);
  };
  const [share, aside] = [stateFile('host-share'), join(station.folder, 'aside')];
  renameSync(share, aside);
  await stops('host-share');
  renameSync(aside, share);
  chmodSync(station.database, 0o644);
  await stops('safe');
  chmodSync(station.database, 0o600);
  renameSync(station.database, aside);
  symlinkSync(aside, station.database);
  await stops('safe');
  const { status, stdout } = await doctor({ env: { ...ALONE.env, VOUCHSAFE_HOME: join(station.folder, 'none') } });
  expect(status).toBe(1);
  expect(stdout).toContain('vouchsafe init');
});
