/** The helpers as git, Docker and the AWS CLI really start them. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, serveRepositories, type LocalServer } from '../../support/git-server.js';

const CHILD = fileURLToPath(new URL('../../support/helper-child.mjs', import.meta.url));

/** The environment without anything that another git, Docker or AWS of this machine has left in it. */
const CLEAN = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:GIT|DOCKER|AWS|SSH)_/.test(name)),
);

let folder = '';
let servers: LocalServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-helper-'));
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Given {
  readonly title: string;
  readonly type?: string;
  readonly urls?: readonly string[];
  readonly tags?: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

/** The command line of a helper on these items. */
function helperOf(kind: string, items: readonly Given[], isRefused = false): string {
  const file = join(folder, 'items.json');
  const whole = items.map((item) => ({ type: 'login', urls: [], tags: [], ...item }));
  writeFileSync(file, JSON.stringify({ items: whole, isRefused }));
  return [process.execPath, CHILD, kind, file].map((word) => `"${word}"`).join(' ');
}

const reads = (): string => {
  const file = join(folder, 'items.json.reads');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Start {
  readonly args: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Not in one go: the server that the program talks to runs in this process. */
async function run(program: string, { args, input = '', env = {} }: Start): Promise<Ran> {
  const child = spawn(program, args, { cwd: folder, env: { ...CLEAN, HOME: folder, ...env } });
  child.stdin.on('error', () => undefined).end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const status = await new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  return { status, stdout, stderr };
}

const git = (helpers: readonly string[], args: readonly string[], input?: string): Promise<Ran> =>
  run('git', {
    args: [...helpers.flatMap((helper) => ['-c', `credential.helper=!${helper}`]), ...args],
    env: { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    ...(input === undefined ? {} : { input }),
  });

const HUB = { title: 'Hub', urls: ['https://github.com'], values: { username: 'ada', password: 's3cr3t=x y' } };
const ASK = 'protocol=https\nhost=github.com\n\n';
/** A helper of another program, which would answer anything. */
const OTHER = 'f() { test "$1" = get && echo username=other && echo password=other; }; f';

describe('git', () => {
  it('is filled in by the helper', async () => {
    const { status, stdout } = await git([helperOf('git', [HUB])], ['credential', 'fill'], ASK);
    expect(stdout).toBe('protocol=https\nhost=github.com\nusername=ada\npassword=s3cr3t=x y\n');
    expect(status).toBe(0);
    expect(reads()).toBe('Hub: password\n');
  });

  it('asks its next helper where no item fits', async () => {
    const ask = 'protocol=https\nhost=gitlab.com\n\n';
    const { stdout } = await git([helperOf('git', [HUB]), OTHER], ['credential', 'fill'], ask);
    expect(stdout).toContain('password=other\n');
    expect(reads()).toBe('');
  });

  it('asks no other helper, nor anyone, where one fits and is refused', async () => {
    const helper = helperOf('git', [HUB], true);
    const { status, stdout, stderr } = await git([helper, OTHER], ['credential', 'fill'], ASK);
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('The token may not use it.');
    expect(stderr).toContain('told us to quit');
  });

  it.each(['approve', 'reject'])('may %s, and nothing comes of it', async (action) => {
    const told = `${ASK.trim()}\nusername=ada\npassword=new\n\n`;
    const { status, stdout, stderr } = await git([helperOf('git', [HUB])], ['credential', action], told);
    expect([status, stdout, stderr, reads()]).toEqual([0, '', '', '']);
  });

  it('clones from a server that demands a password, and pushes to it', async () => {
    const root = join(folder, 'repositories');
    const seen: string[] = [];
    mkdirSync(root);
    await git([], ['init', '--bare', '--quiet', '--initial-branch=main', join(root, 'app.git')]);
    await git([], ['-C', join(root, 'app.git'), 'config', 'http.receivepack', 'true']);
    const server = await serveRepositories(root, 'ada:s3cr3t=x y', seen);
    servers.push(server);
    const url = `http://127.0.0.1:${String(server.port)}/app.git`;
    const helper = helperOf('git', [{ ...HUB, urls: [`http://127.0.0.1:${String(server.port)}`] }]);

    expect((await git([], ['ls-remote', url])).status).not.toBe(0);
    const cloned = await git([helper], ['clone', '--quiet', url, 'work']);
    expect(cloned.status, cloned.stderr).toBe(0);
    const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
    await git([], ['-C', 'work', ...author, 'commit', '--quiet', '--allow-empty', '-m', 'one']);
    const pushed = await git([helper], ['-C', 'work', 'push', '--quiet', 'origin', 'HEAD:main']);
    expect(pushed.status, pushed.stderr).toBe(0);
    expect((await git([helper], ['ls-remote', url])).stdout).toMatch(/^[0-9a-f]{40}\trefs\/heads\/main$/m);
    expect(new Set(seen)).toEqual(new Set([`Basic ${Buffer.from('ada:s3cr3t=x y').toString('base64')}`]));
  });
});

const isMissing = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status !== 0;

describe.skipIf(isMissing('docker', ['--version']))('Docker (skipped where its client is not installed)', () => {
  const MANIFEST = {
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: 2,
      digest: `sha256:${'a'.repeat(64)}`,
    },
    layers: [],
  };

  async function inspect(items: (registry: string) => readonly Given[], isRefused = false) {
    const seen: string[] = [];
    const server = await listen((request, response) => {
      const { authorization } = request.headers;
      if (authorization === undefined) {
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
        return;
      }
      seen.push(authorization);
      response.setHeader('Content-Type', request.url === '/v2/' ? 'application/json' : MANIFEST.mediaType);
      response.end(JSON.stringify(request.url === '/v2/' ? {} : MANIFEST));
    });
    servers.push(server);
    const registry = `127.0.0.1:${String(server.port)}`;
    const program = join(folder, 'docker-credential-ours');
    writeFileSync(program, `#!/bin/sh\nexec ${helperOf('docker', items(registry), isRefused)} "$@"\n`);
    chmodSync(program, 0o700);
    const config = join(folder, 'docker');
    mkdirSync(config);
    writeFileSync(join(config, 'config.json'), JSON.stringify({ credsStore: 'ours' }));
    const ran = await run('docker', {
      args: ['manifest', 'inspect', '--insecure', `${registry}/app:1`],
      env: { DOCKER_CONFIG: config, PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    });
    return { ...ran, seen };
  }

  it('signs in to a registry with what the helper gives', async () => {
    const { seen, stderr } = await inspect((registry) => [
      { title: 'Registry', urls: [`https://${registry}`], values: { username: 'ci', password: 'p:"q' } },
    ]);
    expect(seen.length, stderr).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set([`Basic ${Buffer.from('ci:p:"q').toString('base64')}`]));
    expect(reads()).toMatch(/^(?:Registry: password\n)+$/);
  });

  it('is not told of anything where no item fits', async () => {
    const { seen, stderr } = await inspect(() => []);
    expect(seen).toEqual([]);
    expect(stderr).not.toContain('vouchsafe');
  });

  it('shows why one that fits is refused, and has no credential to send', async () => {
    const { seen, stderr, status } = await inspect((registry) => [{ ...HUB, urls: [registry] }], true);
    expect(stderr).toContain('vouchsafe: The token may not use it. Ask the owner.');
    expect(seen).toEqual([]);
    expect(status).not.toBe(0);
  });
});

describe.skipIf(isMissing('aws', ['--version']))('AWS (skipped where its command line is not installed)', () => {
  it('signs a request with the key that the helper gives', async () => {
    const seen: string[] = [];
    const server = await listen((request, response) => {
      seen.push(String(request.headers.authorization), String(request.headers['x-amz-security-token']));
      response.writeHead(200, { 'Content-Type': 'text/xml' });
      response.end(
        '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
      );
    });
    servers.push(server);
    const values = { key: 'AKIDEXAMPLE', secret: 'c4nary', session_token: 'tok' };
    const helper = helperOf('aws', [{ title: 'AWS', type: 'api-key', values }]);
    const config = join(folder, 'aws-config');
    writeFileSync(config, `[default]\nregion = eu-central-1\ncredential_process = ${helper} AWS\n`);
    const { stdout, stderr } = await run('aws', {
      args: ['sts', 'get-caller-identity', '--endpoint-url', `http://127.0.0.1:${String(server.port)}`],
      env: { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' },
    });
    expect(stdout, stderr).toContain('123456789012');
    expect(seen[0]).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/[0-9]{8}\/eu-central-1\/sts\/aws4_request,/);
    expect(seen[1]).toBe('tok');
    expect(reads()).toBe('AWS: key, secret, session_token\n');
  }, 30_000);
});
