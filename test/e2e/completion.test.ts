/** Completion in the shells themselves, over a safe whose names would do harm if a shell read them. */
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastSeq } from '../support/gate-rig.js';
import { execute, Station, type Ran } from './station.js';

let station: Station;
const HOSTILE = [
  'a $(touch made)',
  'a `touch made`',
  'a "; touch made; "',
  "a '; touch made; '",
  'a !! \\ | & > made *',
];

beforeAll(async () => {
  station = await new Station('completion').open();
  for (const name of ['CI Secrets', ...HOSTILE]) await station.ok(['vault', 'create', name]);
  await station.ok(['item', 'create', 'login', '--vault', 'CI Secrets', '--title', 'DB password', '--generate']);
  await station.ok(['agent', 'create', 'deploy bot', '-o', `${station.folder}/token`]);
  for (const shell of ['bash', 'zsh', 'fish']) station.file(`c.${shell}`, await station.ok(['completion', shell]));
});
afterAll(() => station.end());

function shell(file: string, args: readonly string[]): Promise<Ran> {
  return execute(file, args, { env: station.environment(), cwd: station.folder });
}

const isThere = (name: string): boolean => ['/usr/bin/', '/bin/'].some((folder) => existsSync(folder + name));

/** Runs the script’s function as bash does, then reads each candidate back as bash would from its line. */
const BASH = `. ./c.bash; quote=$2; COMP_LINE=$1; COMP_POINT=\${#1}; _vouchsafe vouchsafe '' ''
for one in "\${COMPREPLY[@]}"; do eval "set -- $quote$one$quote"; printf '%s\\n' "$1"; done`;

describe('bash', () => {
  const bash = async (line: string, quote = '') => {
    const { stdout } = await shell('bash', ['--norc', '-c', BASH, 'bash', line, quote]);
    return stdout.split('\n').slice(0, -1);
  };

  test('completes commands, options, names and files', async () => {
    expect(await bash('vouchsafe vault ')).toEqual(['create', 'list', 'update', 'delete']);
    expect(await bash('vouchsafe vault delete --conf')).toEqual(['--confirm']);
    expect(await bash('vouchsafe item view DB')).toEqual(['DB password']);
    expect(await bash('vouchsafe item list --vault=CI')).toEqual(['CI Secrets']);
    expect(await bash('vouchsafe agent renew dep')).toEqual(['deploy bot']);
    expect(await bash('vouchsafe restore ')).toContain('c.bash');
  });

  test.each(['', '"', "'"])('has names that mean themselves alone, in quotes %j', async (quote) => {
    const found = await bash(`vouchsafe item list --vault ${quote}a`, quote);
    expect(found.sort()).toEqual([...HOSTILE].sort());
    expect(readdirSync(station.folder)).not.toContain('made');
  });
});

/** In place of zsh’s own, notes what it is given; the words are those of its line editor, quoted as typed. */
const ZSH = `compdef() { }; compset() { }; _files() { print -r -- "files $*" }
compadd() { while [[ $1 != -- ]]; do shift; done; print -rl -- "\${(@P)2}" }
. ./c.zsh; words=("\${@}"); CURRENT=$#; PREFIX=$words[-1]; _vouchsafe`;

describe.skipIf(!isThere('zsh'))('zsh (skipped where it is not installed)', () => {
  const zsh = async (...words: string[]) => {
    const { stdout } = await shell('zsh', ['-f', '-c', ZSH, 'zsh', 'vouchsafe', ...words]);
    return stdout.split('\n').slice(0, -1);
  };

  test('completes commands, names and files', async () => {
    expect(await zsh('vault', '')).toEqual(['create', 'list', 'update', 'delete']);
    expect(await zsh('item', 'view', '')).toEqual(['DB password']);
    expect(await zsh('item', 'list', '--vault', "'CI Secrets'", '--type', '')).toContain('login');
    expect(await zsh('restore', '')).toEqual(['files ']);
  });

  test('gives names as they are', async () => {
    expect(await zsh('item', 'list', '--vault=a')).toEqual(expect.arrayContaining(HOSTILE));
    expect(await zsh('item', 'list', '--vault', '$(touch made)')).toEqual(expect.arrayContaining(HOSTILE));
    expect(readdirSync(station.folder)).not.toContain('made');
  });
});

describe.skipIf(!isThere('fish'))('fish (skipped where it is not installed)', () => {
  const fish = async (line: string) => {
    const { stdout } = await shell('fish', ['--no-config', '-c', 'source c.fish; complete -C "$argv[1]"', line]);
    return stdout.split('\n').slice(0, -1);
  };

  test('completes commands, names and files', async () => {
    expect(await fish('vouchsafe vault cr')).toEqual(['create\tmake a vault']);
    expect(await fish('vouchsafe item view DB')).toEqual(['DB password\tlogin, CI Secrets']);
    expect(await fish('vouchsafe item view DB\\ p')).toEqual(['DB password\tlogin, CI Secrets']);
    expect(await fish('vouchsafe item list --vault=CI')).toEqual(['--vault=CI Secrets']);
    expect(await fish('vouchsafe restore c.')).toEqual(['c.bash', 'c.fish', 'c.zsh']);
  });

  test('gives names as they are', async () => {
    expect((await fish('vouchsafe item list --vault a')).filter((line) => line.startsWith('a ')).sort()).toEqual(
      [...HOSTILE].sort(),
    );
    expect(readdirSync(station.folder)).not.toContain('made');
  });
});

test('the names of settings are those that there are', async () => {
  const settings: { name: string }[] = (await station.json(['settings', 'list'])).data;
  const answer = await station.ok(['complete', 'fish', '--', 'settings', 'get', '']);
  expect(answer.split('\n').slice(1, -1)).toEqual(settings.map(({ name }) => name));
});

const ITEMS = ['complete', 'fish', '--', 'item', 'view', ''];

test('what completes leaves no entry', async () => {
  const before = lastSeq(station.database);
  expect(await station.ok(ITEMS)).toContain('DB password');
  expect(await station.ok(['complete', 'fish', '--', 'pat', 'renew', ''])).toContain('deploy bot');
  expect(lastSeq(station.database)).toBe(before);
});

test.each<[string, Record<string, string | undefined>]>([
  ['a token is set', { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: 'x' }],
  ['an agent runs it', { CLAUDECODE: '1' }],
  ['there is a password, but no session', { VOUCHSAFE_SESSION: undefined, VOUCHSAFE_PASSWORD_FILE: 'password' }],
  ['there is no session', { VOUCHSAFE_SESSION: undefined }],
])('no name is told where %s', async (_, env) => {
  const before = lastSeq(station.database);
  expect(await station.run(ITEMS, { env })).toEqual({ status: 0, stdout: 'words\n', stderr: '' });
  expect(lastSeq(station.database)).toBe(before);
});

test.each<[string, Record<string, string>]>([
  ['the session has ended', { VOUCHSAFE_SESSION: 'ended' }],
  ['there is no safe', { VOUCHSAFE_HOME: '/nowhere' }],
])('nothing is said where %s', async (_, env) => {
  expect(await station.run(ITEMS, { env })).toEqual({ status: 0, stdout: '', stderr: '' });
});
