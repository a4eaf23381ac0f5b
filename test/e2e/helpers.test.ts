/** `helper git|docker|aws` as those programs start it, with a real safe and a real token. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OwnerDoor } from '../../src/gate/door.js';
import { listen, serveRepositories, type LocalServer } from '../support/git-server.js';
import { byName } from '../support/safe.js';
import { ownerOf, told } from './owner.js';
import { execute, REASON, Station, type Json, type Ran, type Variables } from './station.js';

const SECRET = 'canary=s3cr3t x+y';
const LOGIN = `ada:${SECRET}`;

let station: Station;
let owner: OwnerDoor;
let server: LocalServer;
let url: string;
const tokens: Record<string, string> = {};
const seen: string[] = [];

beforeAll(async () => {
  station = await new Station('helpers').open();
  owner = await ownerOf(station);
  await owner.createVault({ name: 'Work' });
  const root = join(station.folder, 'repositories');
  mkdirSync(root);
  server = await serveRepositories(root, LOGIN, seen);
  url = `http://127.0.0.1:${String(server.port)}`;
  await git([], ['init', '--bare', '--quiet', '--initial-branch=main', join(root, 'app.git')]);
  await git([], ['-C', join(root, 'app.git'), 'config', 'http.receivepack', 'true']);
  const login = (title: string, where: string) => ({
    ...{ type: 'login', title, urls: [where] },
    fields: [
      { name: 'username', value: 'ada' },
      { name: 'password', value: SECRET },
    ],
  });
  await owner.createItem(byName('Work'), login('Git', url));
  await owner.createItem(byName('Work'), { ...login('Hub', 'https://registry.example.com'), tags: ['docker'] });
  const keys = { key: 'AKIDCANARY', secret: SECRET, session_token: 'canary-session' };
  const fields = Object.entries(keys).map(([name, value]) => ({ name, value, kind: 'secret' as const }));
  await owner.createItem(byName('Work'), { type: 'api-key', title: 'AWS deploy', fields });
  tokens['agent'] = await station.token('agent', '--agent', '--vault', 'Work');
  tokens['narrow'] = await station.token('narrow', '--agent', '--vault', 'Work', '--scope', 'read', '--scope', 'use');
  for (const [name, ...flags] of [
    ['never', '--reveal', 'never'],
    ['approve', '--reveal', 'approve'],
  ] as const) {
    tokens[name] = await station.token(name, '--agent');
    await station.ok(['grant', name, 'Work', ...flags]);
  }
});

beforeEach(() => {
  seen.length = 0;
});

afterAll(async () => {
  server.close();
  await owner.close();
  station.end();
});

const as = (name: string, more: Variables = {}): Record<string, string | undefined> =>
  station.environment({
    ...{ VOUCHSAFE_SESSION: undefined, VOUCHSAFE_PERSONAL_ACCESS_TOKEN: tokens[name], VOUCHSAFE_AGENT_REASON: REASON },
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', ...more },
  });

const HELPER = 'vouchsafe helper git';
/** A helper of another program, which would answer anything. */
const OTHER = 'f() { test "$1" = get && echo username=other && echo password=other; }; f';

function git(
  helpers: readonly string[],
  args: readonly string[],
  { env = as('agent'), input = '' } = {},
): Promise<Ran> {
  const flags = helpers.flatMap((helper) => ['-c', `credential.helper=!${helper}`]);
  return execute('git', [...flags, ...args], { env, input, cwd: station.folder });
}

const asked = (): string => `protocol=http\nhost=127.0.0.1:${String(server.port)}\n\n`;
const vouchsafe = (name: string, args: readonly string[], { input = '', env = {} } = {}): Promise<Ran> =>
  execute(join(station.folder, 'bin', 'vouchsafe'), args, { env: as(name, env), input });

describe('git', () => {
  test('is filled in, with the reason from the environment, and each use is in the log', async () => {
    const [ran, calls] = await told(station, () => git([HELPER], ['credential', 'fill'], { input: asked() }));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toContain(`username=ada\npassword=${SECRET}\n`);
    expect(calls).toEqual(['item.search granted', 'item.use granted', 'item.use.end granted']);
    const { data } = await owner.listEntries({ query: 'action:item.use', limit: 1 });
    expect(data[0]).toMatchObject({ reason: REASON, item: { title: 'Git' }, fields: ['password'] });
    expect(JSON.stringify(await owner.showEntry(data[0]?.seq ?? 0))).toContain('helper git');
  });

  test('clones from a server that demands a password, and pushes to it', async () => {
    expect((await git([], ['ls-remote', `${url}/app.git`])).status).not.toBe(0);
    const cloned = await git([HELPER], ['clone', '--quiet', `${url}/app.git`, 'work']);
    expect(cloned.status, cloned.stderr).toBe(0);
    const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
    await git([], ['-C', 'work', ...author, 'commit', '--quiet', '--allow-empty', '-m', 'one']);
    const pushed = await git([HELPER], ['-C', 'work', 'push', '--quiet', 'origin', 'HEAD:main']);
    expect(pushed.status, pushed.stderr).toBe(0);
    expect(new Set(seen)).toEqual(new Set([`Basic ${Buffer.from(LOGIN).toString('base64')}`]));
    expect(spawnSync('grep', ['-rlF', '-e', SECRET, join(station.folder, 'work')]).stdout.toString()).toBe('');
  });

  test('asks its next helper where no item fits', async () => {
    const input = 'protocol=https\nhost=gitlab.example.org\n\n';
    const [ran, calls] = await told(station, () => git([HELPER, OTHER], ['credential', 'fill'], { input }));
    expect(ran.stdout).toContain('password=other\n');
    expect(calls).toEqual(['item.search granted']);
  });

  test.each([
    ['without a reason', () => as('agent', { VOUCHSAFE_AGENT_REASON: undefined }), 'reason'],
    ['for a grant that shows nothing', () => as('never'), 'fetch'],
    ['without the scope reveal', () => as('narrow'), ''],
    ['with no token', () => as('agent', { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: 'vsp_bad' }), 'token'],
  ])('%s nothing is given, and no other helper nor anyone is asked', async (_, env, words) => {
    const ran = await git([HELPER, OTHER], ['credential', 'fill'], { env: env(), input: asked() });
    expect(ran.status).not.toBe(0);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain('told us to quit');
    expect(ran.stderr).toContain(words);
    expect(ran.stderr).not.toContain(SECRET);
  });

  test('with a word of the owner’s it is given once', async () => {
    const fill = (): Promise<Ran> =>
      git([HELPER, OTHER], ['credential', 'fill'], { env: as('approve'), input: asked() });
    expect((await fill()).status).not.toBe(0);
    const [request] = await owner.listRequests({ all: false });
    await owner.approveRequest(request?.id ?? '', {});
    expect((await fill()).stdout).toContain(`password=${SECRET}\n`);
    expect((await fill()).status).not.toBe(0);
  });

  test('keeps nothing that it is told, and nothing of what it does not know', async () => {
    const told = `protocol=https\nhost=new.example.com\nusername=a\npassword=canary-told\n\n`;
    for (const action of ['approve', 'reject'])
      expect(await git([HELPER], ['credential', action], { input: told })).toEqual({
        status: 0,
        stdout: '',
        stderr: '',
      });
    for (const operation of ['store', 'erase', 'capability', 'x'])
      expect(await vouchsafe('agent', ['helper', 'git', operation], { input: told })).toMatchObject({
        status: 0,
        stdout: '',
      });
    expect(await owner.listItems({ query: 'new.example.com' } as never)).toHaveLength(3);
  });

  test('a session of the owner’s is no token', async () => {
    const { env } = station;
    const ran = await execute(join(station.folder, 'bin', 'vouchsafe'), ['helper', 'git', 'get'], {
      env,
      input: asked(),
    });
    expect(ran).toMatchObject({ status: 4, stdout: expect.not.stringContaining('password') });
  });
});

describe('docker', () => {
  const docker = (name: string, action: string, how: { input?: string; env?: Variables } = {}): Promise<Ran> =>
    vouchsafe(name, ['helper', 'docker', action], how);

  test('get and list, as its protocol has them', async () => {
    const [ran, calls] = await told(station, () => docker('agent', 'get', { input: 'https://registry.example.com' }));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({
      ...{ ServerURL: 'https://registry.example.com', Username: 'ada', Secret: SECRET },
    });
    expect(calls).toEqual(['item.search granted', 'item.use granted', 'item.use.end granted']);
    const list = await docker('agent', 'list');
    expect(JSON.parse(list.stdout)).toEqual({ 'https://registry.example.com': 'ada' });
    expect(list.stdout).not.toContain(SECRET);
  });

  test('a server of which there is nothing, and what is refused: one line on stdout, exit 1', async () => {
    expect(await docker('agent', 'get', { input: 'other.example.org' })).toMatchObject({
      ...{ status: 1, stdout: 'credentials not found in native keychain\n' },
    });
    for (const [name, env] of [
      ['agent', { VOUCHSAFE_AGENT_REASON: undefined }],
      ['never', {}],
      ['narrow', {}],
    ] as const) {
      const ran = await docker(name, 'get', { input: 'https://registry.example.com', env });
      expect(ran).toMatchObject({ status: 1, stdout: expect.stringMatching(/^vouchsafe: [^\n]+\n$/) });
      expect(ran.stdout + ran.stderr).not.toContain(SECRET);
    }
    const given = JSON.stringify({ ServerURL: 'https://x.example.com', Username: 'a', Secret: 'canary-given' });
    expect(await docker('agent', 'store', { input: given })).toMatchObject({ status: 1 });
    expect(await docker('agent', 'erase', { input: 'https://registry.example.com' })).toMatchObject({ status: 1 });
  });
});

/** For programs that are installed for whoever runs the tests: their PATH and what they need beside it. */
const outside = (more: Variables): Record<string, string | undefined> => {
  const foreign = Object.entries(process.env).filter(([name]) => !/^(?:GIT|DOCKER|AWS|SSH|VOUCHSAFE)_/.test(name));
  const env = as('agent', more);
  return { ...Object.fromEntries(foreign), ...env, PATH: `${env['PATH'] ?? ''}:${process.env['PATH'] ?? ''}` };
};

const isMissing = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0;

describe('aws', () => {
  test('credential_process: version 1, and nothing on stdout where it is refused', async () => {
    const [ran, calls] = await told(station, () => vouchsafe('agent', ['helper', 'aws', 'AWS deploy']));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({
      ...{ Version: 1, AccessKeyId: 'AKIDCANARY', SecretAccessKey: SECRET, SessionToken: 'canary-session' },
    });
    expect(calls).toEqual(['item.read granted', 'item.use granted', 'item.use.end granted']);
    for (const [name, item, env] of [
      ['agent', 'AWS deploy', { VOUCHSAFE_AGENT_REASON: undefined }],
      ['never', 'AWS deploy', {}],
      ['agent', 'Git', {}],
      ['agent', 'Nothing', {}],
    ] as const) {
      const refused = await vouchsafe(name, ['helper', 'aws', item], { env });
      expect(refused.status, item).not.toBe(0);
      expect(refused.stdout).toBe('');
      expect(refused.stderr.trim().split('\n')).toHaveLength(2);
    }
  });

  test.skipIf(isMissing('aws'))('the real command line signs a request with it', async () => {
    const signed: Json[] = [];
    const endpoint = await listen((request, response) => {
      signed.push(String(request.headers.authorization));
      response.writeHead(200, { 'Content-Type': 'text/xml' }).end('<GetCallerIdentityResponse/>');
    });
    const config = station.file(
      'aws-config',
      '[default]\nregion = eu-central-1\ncredential_process = vouchsafe helper aws "AWS deploy"\n',
    );
    const env = outside({
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    await execute(
      'aws',
      ['sts', 'get-caller-identity', '--endpoint-url', `http://127.0.0.1:${String(endpoint.port)}`],
      { env },
    );
    endpoint.close();
    expect(signed[0]).toContain('Credential=AKIDCANARY/');
  });
});

test.skipIf(isMissing('docker'))('the real docker asks it, and sends what it gives', async () => {
  const signed: string[] = [];
  const registry = await listen((request, response) => {
    const { authorization } = request.headers;
    if (authorization === undefined)
      return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="t"' }).end();
    signed.push(authorization);
    response.writeHead(404).end('{}');
  });
  const host = `127.0.0.1:${String(registry.port)}`;
  const program = join(station.folder, 'bin', 'docker-credential-vouchsafe');
  writeFileSync(program, '#!/bin/sh\nexec vouchsafe helper docker "$@"\n');
  chmodSync(program, 0o755);
  const config = join(station.folder, 'docker');
  mkdirSync(config);
  writeFileSync(join(config, 'config.json'), JSON.stringify({ credsStore: 'vouchsafe' }));
  const fields = [
    { name: 'username', value: 'ci' },
    { name: 'password', value: SECRET },
  ];
  await owner.createItem(byName('Work'), { type: 'login', title: 'Registry', urls: [`https://${host}`], fields });
  await execute('docker', ['manifest', 'inspect', '--insecure', `${host}/app:1`], {
    env: outside({ DOCKER_CONFIG: config }),
  });
  registry.close();
  expect(new Set(signed)).toEqual(new Set([`Basic ${Buffer.from(`ci:${SECRET}`).toString('base64')}`]));
});
