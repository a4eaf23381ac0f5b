import { describe, expect, it } from 'vitest';
import { serveDocker } from '../../../src/cli/helper/docker.js';
import { fixedDoor, pipeOf, REFUSED, type FixedDoor, type FixedItem } from './fixed-door.js';

const REGISTRY: FixedItem = {
  title: 'Registry',
  urls: ['https://registry.example.com'],
  tags: ['docker'],
  values: { username: 'ci', password: 'p"\n\\' },
};
const NOT_FOUND = 'credentials not found in native keychain\n';

async function run(
  action: string,
  door: FixedDoor,
  input = '',
  pipe = pipeOf(input),
): Promise<readonly [number, string]> {
  const status = await serveDocker({ action, door, version: '1.2.3' }, pipe);
  return [status, pipe.written()];
}

describe('an action of Docker', () => {
  it.each([
    'https://registry.example.com/v2/',
    'registry.example.com',
    'registry.example.com\n',
    'registry.example.com:443/v1',
  ])('get %j is answered with the three parts, as JSON', async (server) => {
    const [status, text] = await run('get', fixedDoor([REGISTRY]), server);
    expect(status).toBe(0);
    expect(text).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(text)).toEqual({ ServerURL: server.trim(), Username: 'ci', Secret: 'p"\n\\' });
  });

  it('get of what no item fits says the line that Docker knows', async () => {
    const pipe = pipeOf('ghcr.io');
    expect(await run('get', fixedDoor([REGISTRY]), '', pipe)).toEqual([1, NOT_FOUND]);
    expect(pipe.warned()).toBe('');
    expect(await run('get', fixedDoor([]), 'https://index.docker.io/v1/')).toEqual([1, NOT_FOUND]);
  });

  it("get of Docker's own registry finds the login of its site", async () => {
    const hub = { title: 'Hub', urls: ['https://hub.docker.com'], values: { username: 'ada', password: 'p' } };
    const [status, text] = await run('get', fixedDoor([hub]), 'https://index.docker.io/v1/');
    expect(status).toBe(0);
    expect(JSON.parse(text)).toEqual({ ServerURL: 'https://index.docker.io/v1/', Username: 'ada', Secret: 'p' });
  });

  it('get that is refused is another line than that, on stderr too', async () => {
    const pipe = pipeOf('registry.example.com');
    const [status, text] = await run('get', fixedDoor([REGISTRY], REFUSED), '', pipe);
    expect(pipe.warned()).toBe(text);
    expect([status, text]).toEqual([1, 'vouchsafe: The token may not use it. Ask the owner.\n']);
    const both = fixedDoor([REGISTRY, { ...REGISTRY, title: 'Second' }]);
    const [again, unclear] = await run('get', both, 'registry.example.com');
    expect(again).toBe(1);
    expect(unclear).toMatch(/^vouchsafe: Several items .*Registry, Second.*\n$/);
  });

  it.each(['store', 'erase', 'login', ''])('%j is refused in one line, and nothing is read', async (action) => {
    const door = fixedDoor([REGISTRY]);
    const [status, text] = await run(
      action,
      door,
      '{"ServerURL":"registry.example.com","Username":"u","Secret":"canary"}',
    );
    expect(status).toBe(1);
    expect(text).toMatch(/^vouchsafe: [^\n]+\n$/);
    expect(text).not.toContain('canary');
    expect(door.reads).toEqual([]);
  });

  it('get without a server is refused', async () => {
    expect(await run('get', fixedDoor([REGISTRY]), ' \n')).toEqual([1, expect.stringMatching(/^vouchsafe: /)]);
  });

  it('list names what is tagged for it, with user names and without a secret', async () => {
    const door = fixedDoor([REGISTRY, { ...REGISTRY, title: 'Bank', urls: ['https://bank.example'], tags: [] }]);
    expect(await run('list', door)).toEqual([0, '{"https://registry.example.com":"ci"}\n']);
    expect(await run('list', fixedDoor([]))).toEqual([0, '{}\n']);
    expect(door.reads).toEqual([]);
  });

  it('version says ours', async () => {
    expect(await run('version', fixedDoor([]))).toEqual([0, 'vouchsafe 1.2.3\n']);
  });

  it('that fails by a fault of ours is not told as a refusal', async () => {
    const broken = { ...fixedDoor([]), search: () => Promise.reject(new Error('bug')) };
    await expect(run('get', broken, 'a.example')).rejects.toThrow('bug');
  });
});
