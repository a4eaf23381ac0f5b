/** Files are changed whole or not at all, and only as they were read. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { backupOf, makeChange, planChange } from '../../src/cli/install/change.js';
import { readConnect } from '../../src/cli/connect-target.js';
import { clientOf } from '../../src/cli/install/clients.js';
import { entryFor } from '../../src/cli/install/entry.js';
import { Refusal } from '../../src/core/refusal.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-change-'));
  path = join(folder, 'settings.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ofUser = () => ({ path, root: null });
const ofProject = () => ({ path, root: folder });
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error instanceof Refusal ? error.code : error;
  }
  return 'done';
};

test('a file keeps its mode, and what it held stands beside it for its owner alone', () => {
  writeFileSync(path, 'old');
  chmodSync(path, 0o640);
  const change = planChange(ofUser(), () => 'new');
  makeChange(change, { backup: true });
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new', 0o640]);
  expect([readFileSync(backupOf(change), 'utf8'), statSync(backupOf(change)).mode & 0o777]).toEqual(['old', 0o600]);
  expect(readdirSync(folder).sort()).toEqual(['settings.json', 'settings.json.vouchsafe-backup']);
});

test('a new file of the user is the user’s alone, and one of a project is not', () => {
  for (const [place, file, mode] of [
    [{ path: join(folder, 'a', 'b', 'x.json'), root: null }, 0o600, 0o700],
    [{ path: join(folder, '.cursor', 'x.json'), root: folder }, 0o644, 0o755],
  ] as const) {
    makeChange(
      planChange(place, () => 'new'),
      { backup: true },
    );
    expect([statSync(place.path).mode & 0o777, statSync(join(place.path, '..')).mode & 0o777]).toEqual([file, mode]);
  }
});

test('nothing is written where nothing changes', () => {
  writeFileSync(path, 'same');
  const { ino } = statSync(path);
  makeChange(
    planChange(ofUser(), (text) => text),
    { backup: true },
  );
  expect([statSync(path).ino, readdirSync(folder)]).toEqual([ino, ['settings.json']]);
});

test('what someone else changed meanwhile is left as it is', () => {
  for (const before of ['old', null]) {
    if (before !== null) writeFileSync(path, before);
    const change = planChange(ofUser(), () => 'ours');
    writeFileSync(path, 'theirs');
    expect(codeOf(() => makeChange(change, { backup: false }))).toBe('conflict');
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    rmSync(path);
  }
});

test('a change that fails leaves the old file and no other', () => {
  writeFileSync(path, 'old');
  mkdirSync(`${path}.vouchsafe-backup`);
  const change = planChange(ofUser(), () => 'new');
  expect(codeOf(() => makeChange(change, { backup: true }))).toBe('unavailable');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder).sort()).toEqual(['settings.json', 'settings.json.vouchsafe-backup']);
});

describe('is refused, and left as it is:', () => {
  test('bytes that are no text', () => {
    writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]));
    expect(codeOf(() => planChange(ofUser(), () => ''))).toBe('conflict');
  });
  test('a folder', () => {
    mkdirSync(path);
    expect(codeOf(() => planChange(ofUser(), () => ''))).toBe('conflict');
  });
  test('a link to nothing', () => {
    symlinkSync(join(folder, 'gone'), path);
    expect(codeOf(() => planChange(ofUser(), () => ''))).toBe('conflict');
    expect(existsSync(join(folder, 'gone'))).toBe(false);
  });
  test('a link out of the project, also by way of its folder', () => {
    const outside = mkdtempSync(join(tmpdir(), 'vouchsafe-change-'));
    try {
      writeFileSync(join(outside, 'settings.json'), 'theirs');
      symlinkSync(join(outside, 'settings.json'), path);
      expect(codeOf(() => planChange(ofProject(), () => ''))).toBe('conflict');
      symlinkSync(outside, join(folder, '.zed'));
      const below = { path: join(folder, '.zed', 'new.json'), root: folder };
      expect(codeOf(() => planChange(below, () => ''))).toBe('conflict');
      expect(codeOf(() => planChange(ofUser(), () => ''))).toBe('done');
    } finally {
      rmSync(outside, { recursive: true });
    }
  });
});

test('a link of the user stays a link', () => {
  writeFileSync(join(folder, 'real.json'), 'old');
  symlinkSync('real.json', path);
  makeChange(
    planChange(ofUser(), () => 'new'),
    { backup: true },
  );
  expect(readFileSync(join(folder, 'real.json'), 'utf8')).toBe('new');
  expect(existsSync(join(folder, 'real.json.vouchsafe-backup'))).toBe(true);
});

test('a path that a client would take for a variable is refused', () => {
  const gemini = { client: clientOf('gemini'), connect: null };
  expect(codeOf(() => entryFor(gemini, '/home/$USER/x.token', {}))).toBe('invalid_request');
  expect(entryFor(gemini, '/home/u/x.token', {}).args.at(-1)).toBe('/home/u/x.token');
});

test('a server to pass through to stands in the entry, and the places of a safe here do not', () => {
  const connect = readConnect('https://safe.example.com');
  const env = { VOUCHSAFE_HOME: '/srv/safe' };
  const entry = entryFor({ client: clientOf('gemini'), connect }, '/home/u/x.token', env);
  expect(entry.args.slice(-5)).toEqual([
    'mcp',
    '--connect',
    'https://safe.example.com/mcp',
    '--token-file',
    '/home/u/x.token',
  ]);
  expect(entry.env).toBeUndefined();
});
