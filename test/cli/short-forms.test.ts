import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readPlace, register } from '../../src/cli/commands/grant.js';
import { backupName, register as registerSafeFile } from '../../src/cli/commands/safe-file.js';
import { register as registerSettings } from '../../src/cli/commands/settings.js';
import { Refusal } from '../../src/core/refusal.js';
import type { BackupReport, OwnerDoor } from '../../src/gate/door.js';
import { ENDED, TOKEN, VAULT_GRANT } from './fixtures.js';
import { runCommand } from './harness.js';

const vaults = [
  { id: 'v1', name: 'Production' },
  { id: 'v2', name: 'Team/EU' },
  { id: 'v3', name: 'Team' },
].map((vault) => ({ ...vault, description: '', items: 0, created_at: '', updated_at: '' }));

const any = (text: string) => ({ by: 'any', text });

describe('VAULT[/ITEM]', () => {
  it.each([
    ['production', { vault: any('production') }],
    ['v1', { vault: any('v1') }],
    ['Production/DB password', { vault: any('Production'), item: any('DB password') }],
    ['Production/a/b', { vault: any('Production'), item: any('a/b') }],
    ['v2/a', { vault: any('v2'), item: any('a') }],
    ['Nowhere', { vault: any('Nowhere') }],
    ['Nowhere/a/b', { vault: any('Nowhere'), item: any('a/b') }],
  ])('%s', (text, place) => {
    expect(readPlace(text, vaults)).toEqual(place);
  });

  it('is refused where it can mean two things', () => {
    expect(() => readPlace('Team/EU', vaults)).toThrow(Refusal);
    expect(() => readPlace('team/eu/a', vaults)).toThrow(Refusal);
  });
});

describe('grant and revoke', () => {
  const door: Partial<OwnerDoor> = {
    listVaults: () => Promise.resolve(vaults),
    findToken: () => Promise.resolve(TOKEN),
    grant: () => Promise.resolve(VAULT_GRANT),
    revoke: () => Promise.resolve(ENDED),
    deleteToken: () => Promise.resolve(ENDED),
  };
  const lastCall = async (...words: string[]) => (await runCommand(words, { register, door })).calls.at(-1);

  it('grant a vault or an item', async () => {
    const token = any('deploy-bot');
    expect(await lastCall('grant', 'deploy-bot', 'Production')).toEqual(['grant', { token, vault: any('Production') }]);
    const asked = { token, vault: any('Production'), item: any('a'), role: 'editor', expiration: '1w' };
    const words = ['grant', 'deploy-bot', 'Production/a', '--role', 'editor', '--expires', '1w'];
    expect(await lastCall(...words)).toEqual(['grant', asked]);
  });

  it('revoke never asks: a place, or without one the token', async () => {
    const asked = { token: any('x'), vault: any('Production'), rotate: true };
    expect(await lastCall('revoke', 'x', 'Production')).toEqual(['revoke', asked]);
    expect(await lastCall('revoke', 'x', '--no-rotate')).toEqual(['deleteToken', any('x'), { rotate: false }]);
  });
});

describe('settings', () => {
  const setting = { name: 'pat.max-expiration', value: '1y', is_default: true };
  const door: Partial<OwnerDoor> = {
    listSettings: () => Promise.resolve([setting]),
    getSetting: () => Promise.resolve(setting),
    setSetting: (name, value) => Promise.resolve({ name, value, is_default: false }),
  };
  const stdout = async (...words: string[]) => (await runCommand(words, { register: registerSettings, door })).stdout;

  it('are listed, read and set', async () => {
    expect(await stdout('settings', 'list')).toBe(
      'NAME                VALUE  SET BY\npat.max-expiration  1y     default\n',
    );
    expect(await stdout('settings', 'get', 'pat.max-expiration')).toBe('1y\n');
    expect(await stdout('settings', 'set', 'pat.max-expiration', '6m')).toBe('pat.max-expiration = 6m\n');
  });
});

describe('a backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-backups-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is named by its time', () => {
    expect(backupName(Date.UTC(2026, 5, 1, 14, 22, 33))).toBe('vouchsafe-backup-20260601-142233.db');
  });

  it('takes another name where one of the same second has its own, or takes it meanwhile', async () => {
    let isLate = true;
    const backup = (path: string): Promise<BackupReport> => {
      if (isLate) writeFileSync(path, 'of another process');
      isLate = false;
      if (existsSync(path)) return Promise.reject(new Refusal('conflict', { message: `${path} cannot be made.` }));
      writeFileSync(path, 'a backup');
      return Promise.resolve({ path, bytes: 8, entries: 1, removed: [] });
    };
    const run = async (to: string) =>
      runCommand(['backup', '--to', to, '--json'], { register: registerSafeFile, door: { backup } });
    const files = new Set<string>();
    for (let i = 0; i < 3; i += 1) files.add(JSON.parse((await run(folder)).stdout).path);
    expect([...files].map((file) => readFileSync(file, 'utf8'))).toEqual(['a backup', 'a backup', 'a backup']);
    expect([...files].every((file) => /vouchsafe-backup-\d{8}-\d{6}\.db$/.test(file))).toBe(true);
    const [mine = ''] = files;
    expect((await run(mine)).error).toMatchObject({ code: 'conflict' });
    expect((await run(join(folder, 'none', 'x.db'))).error).toMatchObject({ code: 'unavailable' });
  });
});
