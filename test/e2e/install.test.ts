/** Clients set up by the program: read by the rules of each, and the server that they name really started. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TOKEN_PATTERN } from '../../src/core/text.js';
import { filesBelow } from '../support/canaries.js';
import { CLIENTS } from '../support/mcp-clients.js';
import { READERS, readServer, type Reader, type Started } from './client-readers.js';
import { PROGRAM, Station, type How, type Json } from './station.js';

const SECRET = 'canary-4be1-of-install';
const TIME_MS = 120_000;

let station: Station;
let project: string;
/** All that the program ever printed here. */
let printed = '';

beforeAll(async () => {
  station = new Station('install');
  await station.open();
  await station.ok(['vault', 'create', 'Production']);
  await station.ok(['item', 'create', 'login', '--vault', 'Production', '--title', 'Grafana', '--secret', 'password'], {
    input: SECRET,
  });
  await made('agent', 'create', 'deploy-bot', '--vault', 'Production', '--install', 'windsurf');
  await made('agent', 'create', 'other-bot', '--install', 'windsurf');
}, TIME_MS);

beforeEach(() => {
  project = join(station.folder, 'project');
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project);
});

/** Where a token stands in the project, or what is there of it: nowhere, but for one test that puts it there. */
const tokensInProject = () => filesBelow(project).filter((path) => textOf(path).includes('vsp_'));

afterEach(() => expect(tokensInProject()).toEqual([]));
afterAll(() => station.end());

const tokenFile = (name = 'deploy-bot') => join(station.folder, '.config', 'vouchsafe', `${name}.token`);
const at = (name: string) => join(project, name);
const textOf = (path: string) => readFileSync(path, 'utf8');
const modeOf = (path: string) => statSync(path).mode & 0o777;

async function run(args: readonly string[], how: How = {}) {
  if (!existsSync(join(station.folder, 'project'))) mkdirSync(join(station.folder, 'project'));
  const ran = await station.run(args, { cwd: join(station.folder, 'project'), ...how });
  printed += ran.stdout + ran.stderr;
  return ran;
}

async function made(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run(args);
  expect(status, stderr).toBe(0);
  return stdout + stderr;
}

const install = (client: string, ...more: readonly string[]) =>
  made('agent', 'install', 'deploy-bot', '--client', client, ...more);

/** What a client gives to a server: from a shell its PATH, else what an application from the desktop has. */
function environmentOf({ isFromShell }: Reader, { env }: Started): Record<string, string> {
  const path = isFromShell ? station.env['PATH']! : '/usr/bin:/bin';
  return { HOME: station.folder, PATH: path, CLAUDECODE: '1', ...env };
}

/** Starts what the configuration names, and works with it. */
async function work(reader: Reader, started: Started): Promise<{ tools: string[]; me: Json; item: string }> {
  const [, connect] = CLIENTS[3]!;
  const client = await connect({ ...started, env: environmentOf(reader, started) });
  try {
    const { tools } = await client.listTools();
    const { structuredContent: me } = await client.callTool({ name: 'whoami', arguments: {} });
    const reason = 'Check the dashboards after the release of OPS-42';
    const call = { name: 'get_item', arguments: { item: 'Grafana', fields: ['password'], reason } };
    const item = JSON.stringify(await client.callTool(call));
    return { tools: tools.map(({ name }) => name), me, item };
  } finally {
    await client.close();
  }
}

describe.each(READERS)('$client', (reader) => {
  const scopes = reader.project === null ? (['user'] as const) : (['project', 'user'] as const);

  test.each(scopes)('finds a server that works, set up for the %s', async (scope) => {
    await install(reader.client, `--${scope}`);
    const file = scope === 'project' ? at(reader.project!) : join(station.folder, reader.user);
    const started = readServer(reader, file);
    expect(started.args.slice(-3)).toEqual(['mcp', '--token-file', tokenFile()]);
    const { tools, me, item } = await work(reader, started);
    expect(tools).toContain('get_item');
    expect(me.token.name).toBe('deploy-bot');
    expect(item).toContain(SECRET);
    expect(modeOf(file)).toBe(scope === 'project' ? 0o644 : 0o600);
  });

  test('is set up the same by a second run, which writes nothing', async () => {
    const first = JSON.parse(await install(reader.client, '--json'));
    expect(first.scope).toBe(scopes[0]);
    const before = [first.config_file, first.instructions_file ?? first.config_file].map((path) => statSync(path).ino);
    const second = JSON.parse(await install(reader.client, '--json'));
    expect(second).toEqual({ ...first, changed: false, backup_file: null });
    const after = [first.config_file, first.instructions_file ?? first.config_file].map((path) => statSync(path).ino);
    expect(after).toEqual(before);
  });

  test('gets its instructions, and loses both when it is taken out', async () => {
    const told = await install(reader.client);
    const instructions = reader.instructions === null ? null : at(reader.instructions);
    if (instructions === null) expect(told).toContain('`vouchsafe agent instructions deploy-bot` into');
    else expect(textOf(instructions)).toMatch(/^<!-- vouchsafe:begin -->\n[^]*`Production`[^]*:end -->\n$/);
    const removed = await install(reader.client, '--uninstall');
    expect(removed).toContain('Its token still works');
    expect(removed).toContain('vouchsafe agent delete deploy-bot');
    const file = reader.project === null ? join(station.folder, reader.user) : at(reader.project);
    expect(existsSync(file)).toBe(false);
    if (instructions !== null) expect(existsSync(instructions)).toBe(false);
    expect(textOf(tokenFile())).toMatch(TOKEN_PATTERN);
  });

  test('is only shown by --print and --dry-run, which ask for no password', async () => {
    const env = { VOUCHSAFE_SESSION: undefined, VOUCHSAFE_HOME: join(station.folder, 'nowhere') };
    for (const flag of ['--print', '--dry-run']) {
      const { status, stdout, stderr } = await run(['agent', 'install', 'bot', '--client', reader.client, flag], {
        env,
      });
      expect(status, stderr).toBe(0);
      expect(stdout).toContain('--token-file');
      expect(stdout).toContain(tokenFile('bot'));
    }
    expect(filesBelow(project)).toEqual([]);
    expect(existsSync(tokenFile('bot'))).toBe(false);
  });
});

test('a client from a shell gets the bare name where PATH has this program, else absolute paths', async () => {
  const folder = join(station.folder, 'linked');
  mkdirSync(folder);
  symlinkSync(PROGRAM, join(folder, 'vouchsafe'));
  const env = { PATH: [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(':') };
  const printed = async (client: string, how: How) =>
    JSON.parse((await run(['agent', 'install', 'bot', '--client', client, '--print'], how)).stdout).mcpServers
      .vouchsafe;
  expect((await printed('gemini', { env })).command).toBe('vouchsafe');
  expect((await printed('cursor', { env })).command).toMatch(/^\/.*node$/);
  expect((await printed('gemini', {})).args).toContain(PROGRAM);
});

describe('agent create --install', () => {
  test('does all in one, and shows no token', async () => {
    const { status, stdout, stderr } = await run([
      ...['agent', 'create', 'all-in-one', '--vault', 'Production', '--expiration', '30d', '--install', 'claude-code'],
    ]);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(tokenFile('all-in-one'));
    expect([modeOf(tokenFile('all-in-one')), modeOf(dirname(tokenFile()))]).toEqual([0o600, 0o700]);
    expect(readServer(READERS[0]!, at('.mcp.json')).args).toContain(tokenFile('all-in-one'));
    expect(textOf(at('CLAUDE.md'))).toContain('`all-in-one`');
  });

  test('has no token in its JSON either', async () => {
    const text = await made('agent', 'create', 'In JSON', '--vault', 'Production', '--install', 'cursor', '--json');
    const shape = JSON.parse(text);
    expect(shape).toMatchObject({ name: 'In JSON', agent: true, client: 'cursor', token_file: tokenFile('in_json') });
    expect(Object.keys(shape)).not.toEqual(expect.arrayContaining(['token']));
    expect(Object.keys(shape)).not.toEqual(expect.arrayContaining(['env']));
  });

  test.each([
    ['a client that is not known', ['--install', 'emacs'], 2],
    ['a project that the client has not', ['--install', 'windsurf', '--project'], 2],
    ['two scopes', ['--install', 'zed', '--project', '--user'], 2],
    ['a scope without a client', ['--user'], 2],
  ])('makes nothing of %s', async (_, flags, expected) => {
    const { status } = await run(['agent', 'create', 'not-made', ...flags]);
    expect(status).toBe(expected);
    expect(existsSync(tokenFile('not-made'))).toBe(false);
    expect((await run(['agent', 'list'])).stdout).not.toContain('not-made');
  });

  test('makes no agent where the configuration cannot be read, and leaves that as it is', async () => {
    writeFileSync(at('.mcp.json'), '{\n  "mcpServers": {\n    "a": oops\n  }\n}\n');
    const { status, stderr } = await run(['agent', 'create', 'not-made', '--install', 'claude-code']);
    expect(status).toBe(6);
    expect(stderr).toMatch(/\.mcp\.json.*line 3/);
    expect(textOf(at('.mcp.json'))).toContain('oops');
    const shown = await made('agent', 'install', 'deploy-bot', '--client', 'claude-code', '--print');
    expect(JSON.parse(shown).mcpServers.vouchsafe.args).toContain(tokenFile());
    expect(filesBelow(project)).toEqual([at('.mcp.json')]);
    expect(existsSync(tokenFile('not-made'))).toBe(false);
    expect((await run(['agent', 'list'])).stdout).not.toContain('not-made');
  });

  test('says what is left to do where it fails once the agent is made', async () => {
    writeFileSync(at('.mcp.json'), '{}');
    mkdirSync(at('.mcp.json.vouchsafe-backup'));
    const args = ['agent', 'create', 'half-bot', '--vault', 'Production', '--install', 'claude-code'];
    const { status, stdout, stderr } = await run(args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`its token is in ${tokenFile('half-bot')}`);
    expect(stderr).toContain('vouchsafe agent install half-bot --client claude-code');
    rmSync(at('.mcp.json.vouchsafe-backup'), { recursive: true });
    await made('agent', 'install', 'half-bot', '--client', 'claude-code');
    expect(readServer(READERS[0]!, at('.mcp.json')).args).toContain(tokenFile('half-bot'));
  });

  test('never writes over a token file that is there', async () => {
    const before = textOf(tokenFile());
    await made('agent', 'rename', 'deploy-bot', 'renamed');
    const { status, stderr } = await run(['agent', 'create', 'deploy-bot', '--install', 'zed']);
    await made('agent', 'rename', 'renamed', 'deploy-bot');
    expect([status, stderr]).toEqual([6, expect.stringContaining('is there already')]);
    expect(textOf(tokenFile())).toBe(before);
  });
});

describe('a configuration that others wrote', () => {
  const text = '// ours\n{\n  "servers": {\n    "other": { "command": "x" }, // other\n  },\n}\n';

  test('keeps all of it, has a backup for its owner alone, and gets it back', async () => {
    mkdirSync(at('.vscode'));
    writeFileSync(at('.vscode/mcp.json'), text, { mode: 0o664 });
    const mode = modeOf(at('.vscode/mcp.json'));
    await install('vscode');
    expect(textOf(at('.vscode/mcp.json'))).toContain('{ "command": "x" }, // other');
    expect(modeOf(at('.vscode/mcp.json'))).toBe(mode);
    expect(textOf(at('.vscode/mcp.json.vouchsafe-backup'))).toBe(text);
    expect(modeOf(at('.vscode/mcp.json.vouchsafe-backup'))).toBe(0o600);
    await install('vscode', '--uninstall');
    expect(textOf(at('.vscode/mcp.json'))).toBe(text);
  });

  test('with instructions between others: only the block changes', async () => {
    writeFileSync(at('CLAUDE.md'), '# Mine\n');
    await install('claude-code');
    writeFileSync(at('CLAUDE.md'), `${textOf(at('CLAUDE.md'))}\nBelow\n`);
    await made('agent', 'install', 'other-bot', '--client', 'claude-code');
    expect(textOf(at('CLAUDE.md'))).toMatch(
      /^# Mine\n\n<!-- vouchsafe:begin -->[^]*`other-bot`[^]*:end -->\n\nBelow\n$/,
    );
    expect(textOf(at('CLAUDE.md'))).not.toContain('`deploy-bot`');
    const { status, stderr } = await run(['agent', 'install', 'deploy-bot', '--client', 'claude-code', '--uninstall']);
    expect([status, stderr]).toEqual([6, expect.stringContaining(tokenFile('other-bot'))]);
    await made('agent', 'install', 'other-bot', '--client', 'claude-code', '--uninstall');
    expect(textOf(at('CLAUDE.md'))).toBe('# Mine\n\nBelow\n');
  });

  test('instructions that another client needs stay', async () => {
    await install('cursor');
    await install('zed');
    expect(await install('zed', '--uninstall')).toContain('stay where they are, for Cursor');
    expect(textOf(at('AGENTS.md'))).toContain('`deploy-bot`');
    await install('cursor', '--uninstall');
    expect(existsSync(at('AGENTS.md'))).toBe(false);
  });

  test('instructions are in the form of the file that they go to', async () => {
    await install('claude-code');
    expect(textOf(at('CLAUDE.md'))).toContain('mcp__vouchsafe__get_item');
    await install('cursor');
    expect(textOf(at('AGENTS.md'))).toContain('`deploy-bot`');
    expect(textOf(at('AGENTS.md'))).not.toContain('mcp__');
  });

  test('instructions go to the file that is named, or to none', async () => {
    await install('claude-code', '--instructions', 'docs.md');
    expect(textOf(at('docs.md'))).toContain('`deploy-bot`');
    await install('cursor', '--no-instructions');
    expect([existsSync(at('CLAUDE.md')), existsSync(at('AGENTS.md'))]).toEqual([false, false]);
  });

  test('a link is followed within the project, and for the user; never out of a project', async () => {
    mkdirSync(at('real'));
    writeFileSync(at('real/mcp.json'), '{}');
    symlinkSync('real/mcp.json', at('.mcp.json'));
    await install('claude-code');
    expect(JSON.parse(textOf(at('real/mcp.json'))).mcpServers.vouchsafe.type).toBe('stdio');
    const elsewhere = join(station.folder, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, at('.cursor'));
    const outside = station.file('elsewhere/mcp.json', '{}');
    const { status, stderr } = await run(['agent', 'install', 'deploy-bot', '--client', 'cursor']);
    expect([status, stderr]).toEqual([6, expect.stringContaining('out of the project')]);
    expect(textOf(outside)).toBe('{}');
    const kept = join(station.folder, '.gemini');
    rmSync(kept, { recursive: true, force: true });
    mkdirSync(kept);
    symlinkSync(outside, join(kept, 'settings.json'));
    await install('gemini', '--user');
    expect(JSON.parse(textOf(outside)).mcpServers.vouchsafe.args).toContain(tokenFile());
  });
});

describe('the token', () => {
  test('that is not there is asked for, with what to do', async () => {
    const ran = await run(['agent', 'install', 'deploy-bot', '--client', 'zed', '--token-file', at('none.token')]);
    expect([ran.status, ran.stderr]).toEqual([4, expect.stringContaining('--renew')]);
    expect(filesBelow(project)).toEqual([]);
  });

  test('of another agent, or one that ended, is refused', async () => {
    const others = ['--token-file', tokenFile('other-bot')];
    const ran = await run(['agent', 'install', 'deploy-bot', '--client', 'zed', ...others]);
    expect([ran.status, ran.stderr]).toEqual([6, expect.stringContaining('another agent')]);
    const renewal = await run(['agent', 'install', 'deploy-bot', '--client', 'zed', '--renew', ...others]);
    expect([renewal.status, renewal.stderr]).toEqual([6, expect.stringContaining('another agent')]);
    const key = station.file('id_ed25519', 'no token at all');
    const overKey = await run(['agent', 'install', 'deploy-bot', '--client', 'zed', '--renew', '--token-file', key]);
    expect([overKey.status, textOf(key)]).toEqual([6, 'no token at all']);
    expect(filesBelow(project)).toEqual([]);
  });

  test('is made anew with --renew, and the old one dies', async () => {
    await made('agent', 'create', 'renewed-bot', '--vault', 'Production', '--install', 'windsurf');
    const old = station.file('old.token', textOf(tokenFile('renewed-bot')));
    const told = await made('agent', 'install', 'renewed-bot', '--client', 'claude-code', '--renew');
    expect(told).toContain('no longer works');
    expect(told).not.toContain('frozen');
    expect(textOf(tokenFile('renewed-bot'))).not.toBe(textOf(old));
    expect(modeOf(tokenFile('renewed-bot'))).toBe(0o600);
    const again = ['agent', 'install', 'renewed-bot', '--client', 'claude-code', '--token-file'];
    expect((await run([...again, old])).status).toBe(4);
    expect((await run([...again, tokenFile('renewed-bot')])).status).toBe(0);
    await made('agent', 'freeze', 'renewed-bot');
    const frozen = await made('agent', 'install', 'renewed-bot', '--client', 'claude-code', '--renew');
    expect(frozen).toContain('still frozen');
  });

  test('is taken from stdin into a file of its own', async () => {
    const input = textOf(tokenFile());
    const file = join(station.folder, 'piped', 'bot.token');
    const args = ['agent', 'install', 'deploy-bot', '--client', 'cursor', '--token-stdin', '--token-file', file];
    const ran = await run(args, { input });
    expect(ran.status, ran.stderr).toBe(0);
    expect([modeOf(file), modeOf(dirname(file))]).toEqual([0o600, 0o700]);
    expect(textOf(file).trim()).toMatch(TOKEN_PATTERN);
    const wrong = await run(args, { input: textOf(tokenFile('other-bot')) });
    expect([wrong.status, textOf(file).trim()]).toEqual([6, TOKEN_PATTERN.exec(input)![0]]);
    expect((await run(args, { input: '' })).status).toBe(4);
  });

  test('that stood in the configuration goes from it, and the backup is named', async () => {
    const [token] = TOKEN_PATTERN.exec(textOf(tokenFile()))!;
    const env = { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token };
    const before = { mcpServers: { vouchsafe: { command: 'vouchsafe', args: ['mcp'], env } } };
    writeFileSync(at('.mcp.json'), JSON.stringify(before));
    const told = await install('claude-code');
    expect(tokensInProject()).toEqual([at('.mcp.json.vouchsafe-backup')]);
    expect(modeOf(at('.mcp.json.vouchsafe-backup'))).toBe(0o600);
    expect(told).toContain(`${at('.mcp.json')}.vouchsafe-backup: remove that file`);
    rmSync(at('.mcp.json.vouchsafe-backup'));
  });

  test('is taken for nothing but this safe: places that are not the usual ones stand in the entry', async () => {
    const text = await install('claude-desktop', '--print');
    expect(JSON.parse(text).mcpServers.vouchsafe.env).toEqual({
      VOUCHSAFE_HOME: station.home,
      VOUCHSAFE_STATE: station.state,
    });
    const env = { VOUCHSAFE_HOME: undefined, VOUCHSAFE_STATE: undefined };
    const usual = await run(['agent', 'install', 'bot', '--client', 'zed', '--print'], { env });
    expect(usual.stdout).not.toContain('env');
  });
});

test('the folder for configurations is that of XDG_CONFIG_HOME, and a name is no path', async () => {
  const config = join(station.folder, 'xdg');
  const env = { XDG_CONFIG_HOME: config };
  const ran = await run(['agent', 'create', '../../Ev il', '--install', 'windsurf', '--json'], { env });
  expect(JSON.parse(ran.stdout).token_file).toBe(join(config, 'vouchsafe', '__.._ev_il.token'));
  expect(modeOf(join(config, 'vouchsafe'))).toBe(0o700);
});

test('no token was printed, and none stands in any file but those for it', () => {
  expect(printed.length).toBeGreaterThan(10_000);
  expect(printed).not.toMatch(TOKEN_PATTERN);
  const holding = filesBelow(station.folder).filter((path) => TOKEN_PATTERN.test(readFileSync(path, 'latin1')));
  expect(holding.length).toBeGreaterThan(4);
  expect(holding.filter((path) => !path.endsWith('.token'))).toEqual([]);
  for (const path of holding) expect([path, modeOf(path)]).toEqual([path, 0o600]);
});
