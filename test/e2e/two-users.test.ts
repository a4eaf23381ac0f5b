/**
 * A server under a user of its own, and an agent with a shell under another one: what docs/serving.md says that this
 * closes. Only root can be several users, so elsewhere these are skipped.
 */
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mayBeRunByOthers } from '../support/processes.js';
import { callTool, read } from './agent-request.js';
import { ServerProcess } from './server-process.js';
import { execute, type How, type Json, PROGRAM, type Ran, REASON, Station } from './station.js';

/** The users of the service, of the agent and of another agent; and the group of those who may reach the socket. */
const [SERVICE, AGENT, NEIGHBOUR, REACH] = [61_001, 61_002, 61_004, 61_003];
const ATTACKS = join(import.meta.dirname, '..', 'support', 'other-user.mjs');
const SECRET = 'canary-of-two-users';
const OTHER_SECRET = 'canary-not-granted';
/** What a right that is missing is called. */
const REFUSED = /^E(ACCES|PERM)$/;

const isPossible = process.getuid?.() === 0 && existsSync('/proc/self/environ') && mayBeRunByOthers();

/** The machine of the user of the service. */
class ServiceStation extends Station {
  override run(args: readonly string[], how: How = {}): Promise<Ran> {
    return super.run(args, { ...how, uid: SERVICE });
  }
}

const made: string[] = [];

/** A folder of a user, for what is not the service's. */
function folderOf(uid: number, gid: number, mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-two-users-'));
  chownSync(folder, uid, gid);
  chmodSync(folder, mode);
  made.push(folder);
  return folder;
}

function giveTo(uid: number, folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    chownSync(join(folder, name), uid, uid);
  chownSync(folder, uid, uid);
}

describe.skipIf(!isPossible)('two users (skipped where the tests do not run as root on Linux)', () => {
  let station: ServiceStation;
  let token: string;
  let server: ServerProcess | undefined;
  /** Where the socket is: those of the group may pass, and the socket gets the group from it. */
  let meeting: string;
  let agentHome: string;
  let neighbourHome: string;
  let socketPath: string;

  beforeAll(async () => {
    station = new ServiceStation('service');
    await station.open();
    giveTo(SERVICE, station.folder);
    // so that what is below it has to be closed by itself
    chmodSync(station.folder, 0o755);
    const add = ['item', 'create', 'login', '--secret', 'password', '--title'];
    await station.ok([...add, 'Grafana'], { input: SECRET });
    await station.ok([...add, 'Root account'], { input: OTHER_SECRET });
    token = await station.token('bot', '--agent');
    await station.ok(['grant', 'bot', 'Personal/Grafana']);
    meeting = folderOf(SERVICE, REACH, 0o2750);
    agentHome = folderOf(AGENT, REACH, 0o700);
    neighbourHome = folderOf(NEIGHBOUR, NEIGHBOUR, 0o755);
    writeFileSync(join(neighbourHome, 'token'), await station.token('neighbour', '--agent'), { mode: 0o600 });
    chownSync(join(neighbourHome, 'token'), NEIGHBOUR, NEIGHBOUR);
    socketPath = join(meeting, 'mcp.sock');
    server = await serve();
  });

  afterAll(async () => {
    await server?.end();
    station.end();
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });

  async function serve(): Promise<ServerProcess> {
    const child = spawn(process.execPath, ['--', PROGRAM, 'serve', '--socket', socketPath], {
      env: station.environment({ VOUCHSAFE_SESSION: undefined }),
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      uid: SERVICE,
      gid: SERVICE,
    });
    const started = new ServerProcess(child);
    await started.says(/Listening at/);
    return started;
  }

  /** Everything that is the service's: files, and folders. */
  function belongings(): { files: string[]; folders: string[] } {
    const roots = ['home', 'state', 'run'].map((name) => join(station.folder, name));
    const found = roots.flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name)),
    );
    const isFolder = (path: string): boolean => statSync(path).isDirectory();
    const files = [station.passwordFile, join(neighbourHome, 'token'), ...found.filter((path) => !isFolder(path))];
    return { files, folders: [...roots, ...found.filter(isFolder)] };
  }

  /** Tries as a user; what came of each attempt. */
  async function tries(user: { uid: number; gid: number }, isGentle: boolean): Promise<Record<string, string>> {
    const facts = {
      ...belongings(),
      pid: server?.pid,
      socket: socketPath,
      own: agentHome,
      program: PROGRAM,
      item: 'Personal/Grafana',
      isGentle,
      env: {
        ...station.environment({ VOUCHSAFE_SESSION: undefined, NODE_COMPILE_CACHE: undefined }),
        HOME: agentHome,
        XDG_RUNTIME_DIR: agentHome,
        VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token,
      },
    };
    const { status, stdout, stderr } = await execute(process.execPath, [ATTACKS, JSON.stringify(facts)], {
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
      ...user,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  }

  const entries = async (): Promise<Json[]> => (await station.json(['audit', 'list', '--limit', '100'])).data;

  test('the agent, with a shell, gets at nothing that is the service’s, and leaves no mark on it', async () => {
    const before = (await entries()).length;
    const { ino } = statSync(socketPath);
    const told = await tries({ uid: AGENT, gid: REACH }, false);
    const {
      'a server of its own on the safe': overStdio,
      'the program with the safe, as the token': asToken,
      ...rest
    } = told;
    const passed = Object.entries(rest).filter(([, outcome]) => !REFUSED.test(outcome));
    // an address that is in use is refused before rights are looked at
    expect(passed).toEqual([['listening in its place', 'EADDRINUSE']]);
    expect(Object.keys(rest)).toEqual(
      expect.arrayContaining([`read ${station.database}`, `read ${station.database}-wal`]),
    );
    expect(asToken).not.toContain(SECRET);
    expect(asToken).toMatch(/\S/);
    expect(overStdio).not.toContain(SECRET);
    expect(overStdio).toMatch(/unavailable|cannot/);

    expect((await read({ socketPath }, '/readyz')).status).toBe(200);
    expect(statSync(socketPath).ino).toBe(ino);
    expect(await entries()).toHaveLength(before);
  });

  test('the same attempts succeed for the service’s own user: they would be seen to', async () => {
    chmodSync(agentHome, 0o777);
    const told = await tries({ uid: SERVICE, gid: SERVICE }, true);
    chmodSync(agentHome, 0o700);
    const {
      'a server of its own on the safe': overStdio,
      'the program with the safe, as the token': asToken,
      ...rest
    } = told;
    expect(Object.entries(rest).filter(([, outcome]) => outcome !== 'done')).toEqual([
      [`read ${join(neighbourHome, 'token')}`, 'EACCES'],
    ]);
    expect(overStdio).toContain(SECRET);
    expect(asToken).toContain(SECRET);
  });

  test('a user outside the group does not reach the socket', async () => {
    const knock = `require('node:net').connect(process.argv[1]).on('error', (e) => console.log(e.code)).on('connect', () => process.exit())`;
    const by = (gid: number) =>
      execute(process.execPath, ['-e', knock, socketPath], { env: {}, cwd: '/', uid: NEIGHBOUR, gid });
    expect((await by(NEIGHBOUR)).stdout).toBe('EACCES\n');
    expect((await by(REACH)).stdout).toBe('');
  });

  test('its token gives what was granted over the socket, and each access is in the owner’s log', async () => {
    const before = (await entries()).length;
    const ask = (item: string, by?: string) =>
      callTool(
        { socketPath },
        {
          name: 'get_item',
          input: { vault: 'Personal', item, fields: ['password'] },
          ...(by === undefined ? {} : { token: by }),
        },
      );
    const granted = await ask('Grafana', token);
    expect(granted.body.result.structuredContent.item.fields).toContainEqual(
      expect.objectContaining({ value: SECRET }),
    );
    const other = await ask('Root account', token);
    expect(other.body.result.structuredContent.error.code).toBe('forbidden');
    expect(JSON.stringify(other.body)).not.toContain(OTHER_SECRET);
    expect((await ask('Grafana')).status).toBe(401);
    expect(
      (
        await ask(
          'Grafana',
          token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
        )
      ).status,
    ).toBe(401);

    const written = (await entries()).slice(0, -before);
    expect(
      written.map(({ actor, outcome, code, reason }) => [actor.name ?? actor.kind, outcome, code, reason]),
    ).toEqual([
      ['none', 'refused', 'unauthenticated', expect.anything()],
      ['none', 'refused', 'unauthenticated', expect.anything()],
      ['bot', 'refused', 'forbidden', REASON],
      ['bot', 'granted', undefined, REASON],
    ]);
    expect(await station.ok(['audit', 'verify'])).toContain('The log is whole.');
  });
});
