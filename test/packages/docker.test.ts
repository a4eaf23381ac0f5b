/** What the Dockerfile and the example for Compose have to keep to. No engine is asked. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Command } from 'commander';
import { commandTree, findCommand } from '../docs/command-tree.js';
import { blocks, read, root } from '../docs/pages.js';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of a Dockerfile, in order, each on one line. */
function instructionsIn(text: string): Instruction[] {
  const whole = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, '');
  return [...whole.matchAll(/^([A-Z]+)\s+(.*)$/gm)].map(([, name, rest]) => ({ name: name!, text: rest! }));
}

const dockerfile = instructionsIn(read('packaging/docker/Dockerfile'));
const all = (name: string) => dockerfile.filter((line) => line.name === name).map(({ text }) => text);
const one = (name: string) => {
  const found = all(name);
  expect([name, found.length]).toEqual([name, 1]);
  return found[0]!;
};

describe('the Dockerfile', () => {
  const pkg = JSON.parse(read('package.json'));
  const env = Object.fromEntries(all('ENV').map((text) => text.split('=', 2)));

  test('is of instructions that there are', () => {
    const known = ['FROM', 'LABEL', 'ENV', 'COPY', 'RUN', 'USER', 'WORKDIR', 'VOLUME', 'ENTRYPOINT', 'CMD'];
    expect(dockerfile.filter(({ name }) => !known.includes(name))).toEqual([]);
  });

  test('begins with the Node that the tests run with, by its whole version', () => {
    expect(dockerfile[0]!.name).toBe('FROM');
    expect(one('FROM')).toBe(`node:${pkg.devDependencies.node}-bookworm-slim`);
  });

  test('runs as a user by number that is not root, and what it does as root comes before', () => {
    expect(one('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const names = dockerfile.map(({ name }) => name);
    expect(names.lastIndexOf('RUN')).toBeLessThan(names.indexOf('USER'));
    expect(names.lastIndexOf('COPY')).toBeLessThan(names.indexOf('USER'));
  });

  test('fetches nothing while it is built', () => {
    for (const line of all('RUN')) expect(line).toMatch(/^install -d /);
    expect(one('COPY')).toBe('server/ /opt/vouchsafe/');
  });

  test('keeps the safe and the state in volumes of their own, which are the user’s alone', () => {
    const volumes: string[] = JSON.parse(one('VOLUME'));
    expect(volumes).toEqual([env['VOUCHSAFE_HOME'], env['VOUCHSAFE_STATE']]);
    const [user] = one('USER').split(':');
    for (const folder of volumes)
      expect(one('RUN')).toMatch(new RegExp(`-o ${user!} -g ${user!} -m 0700[^&]* ${folder}`));
  });

  test('has no secret in it, nor in what it is built of', () => {
    expect(Object.keys(env).sort()).toEqual([
      'HOME',
      'MALLOC_ARENA_MAX',
      'NODE_ENV',
      'VOUCHSAFE_HOME',
      'VOUCHSAFE_STATE',
    ]);
    expect(read('packaging/docker/.dockerignore').trim().split('\n')).toEqual(['*', '!server']);
  });

  test('starts a command that the program has, without a shell', async () => {
    expect(JSON.parse(one('ENTRYPOINT'))).toEqual([`/opt/vouchsafe/${pkg.bin.vouchsafe}`]);
    const program: Command = await commandTree();
    const { command, rest } = findCommand(program, JSON.parse(one('CMD')));
    expect(command.name()).toBe('serve');
    const options = command.options.map(({ long }) => long);
    expect(rest.filter((word) => word.startsWith('--') && !options.includes(word))).toEqual([]);
  });
});

describe('the example for Compose', () => {
  const compose = read('packaging/docker/compose.yaml');
  const listUnder = (key: string): string[] => {
    const [, block = ''] = new RegExp(`^    ${key}:\\n((?:      .*\\n)+)`, 'm').exec(compose) ?? [];
    return [...block.matchAll(/^ {6}- (.*)$/gm)].map(([, item]) => item!);
  };

  test('closes the root, all capabilities and the way to new ones', () => {
    expect(compose).toMatch(/^ {4}read_only: true$/m);
    expect(listUnder('cap_drop')).toEqual(['ALL']);
    expect(listUnder('security_opt')).toEqual(['no-new-privileges:true']);
    expect(compose).not.toMatch(/privileged: true|cap_add|network_mode: host|docker\.sock/);
  });

  test('lets it write to its volumes, to the folder of the socket, and to memory', () => {
    const targets = listUnder('volumes').map((mount) => mount.split(':').at(-1));
    expect(targets).toEqual([...JSON.parse(one('VOLUME')), '/run/vouchsafe']);
    expect(listUnder('tmpfs')).toEqual([expect.stringMatching(/^\/tmp:.*noexec/)]);
  });

  test('looks at the socket that the image listens at', () => {
    const words: string[] = JSON.parse(one('CMD'));
    expect(compose).toContain(`socketPath: '${words.at(-1)!}'`);
    expect(compose).toContain(`path: '/readyz'`);
  });

  test('gives a server as long to end as the unit of systemd does', () => {
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(read('systemd/vouchsafe.service'))!;
    expect(compose).toContain(`stop_grace_period: ${seconds!}s`);
  });
});

describe('docs/packages.md', () => {
  const page = read('docs/packages.md');

  test('links to what is there, and names scripts that there are', () => {
    const links = [...page.matchAll(/\]\(([^)#]+)[^)]*\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !/^https?:/.test(link));
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(join(root, 'docs', link)))).toEqual([]);
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...page.matchAll(/npm run (?:--silent )?([a-z]+(?::[a-z]+)?)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('gives commands that the program has', async () => {
    const program: Command = await commandTree();
    const lines = blocks(page, 'sh').flatMap((text) => text.replace(/\\\n\s*/g, '').split('\n'));
    const commands = lines.flatMap(
      (line) => /(?:^|\s)(?:\.\/)?(?:vouchsafe|bundle\/server\/bin\/vouchsafe\.js) ([a-z][^|#]*)/.exec(line)?.[1] ?? [],
    );
    expect(commands.length).toBeGreaterThan(5);
    for (const line of commands) {
      const { command, rest } = findCommand(program, line.trim().split(/\s+/));
      const options = command.options.flatMap(({ long, short }) => [long, short]);
      const unknown = rest.filter((word) => word.startsWith('-') && !options.includes(word.split('=')[0]));
      expect([line, command === program, unknown.filter((word) => word !== '-o' && word !== '--token-file')]).toEqual([
        line,
        false,
        [],
      ]);
    }
  });
});
