/** The units in systemd/, as Debian's systemd reads them. Where there is none, these are skipped. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { PROGRAM } from './station.js';

const UNITS = join(import.meta.dirname, '..', '..', 'systemd');
/** What the pages say of it: at most this much exposure, of 10. */
const EXPOSURE_AT_MOST = 1.5;

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The units as they are installed, with this program in place of the installed one, and with these drop-ins. */
function installed(dropIns: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-units-'));
  folders.push(folder);
  const here = (text: string): string => text.replaceAll('/usr/local/bin/vouchsafe', PROGRAM);
  const put = (path: string, text: string): void => writeFileSync(join(folder, path), here(text));
  for (const unit of ['vouchsafe.service', 'vouchsafe.socket']) put(unit, unitText(unit));
  for (const [unit, text] of Object.entries(dropIns)) {
    mkdirSync(join(folder, `${unit}.d`));
    put(join(`${unit}.d`, 'drop-in.conf'), text);
  }
  return folder;
}

const unitText = (name: string): string => readFileSync(join(UNITS, name), 'utf8');
const TLS = { 'vouchsafe.service': unitText('tls/service.conf'), 'vouchsafe.socket': unitText('tls/socket.conf') };

/** What there is to complain of, and whether that is a failure. */
function verify(folder: string): { status: number | null; told: string } {
  const units = ['vouchsafe.service', 'vouchsafe.socket'].map((name) => join(folder, name));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
    encoding: 'utf8',
  });
  return { status, told: stdout + stderr };
}

describe.skipIf(!hasSystemd)('the units (skipped where systemd-analyze is not installed)', () => {
  test.each([
    ['as they are', {}],
    ['with TLS', TLS],
  ])('%s: systemd-analyze verify has nothing to say', (_, dropIns) => {
    expect(verify(installed(dropIns))).toEqual({ status: 0, told: '' });
  });

  test.each([
    ['an option that there is not', { 'vouchsafe.service': '[Service]\nProtectSytem=strict\n' }],
    ['a program that there is not', { 'vouchsafe.service': '[Service]\nExecStart=\nExecStart=/usr/bin/no-such-one\n' }],
    ['a socket without an address', { 'vouchsafe.socket': '[Socket]\nListenStream=\n' }],
  ])('%s would be told', (_, dropIns) => {
    expect(verify(installed(dropIns)).told).not.toBe('');
  });

  test.each([
    ['as they are', {}],
    ['with TLS', TLS],
  ])('%s: the exposure is what the pages say', (_, dropIns) => {
    const unit = join(installed(dropIns), 'vouchsafe.service');
    const told = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
      encoding: 'utf8',
    });
    const [, figure] = /Overall exposure level for vouchsafe\.service: ([\d.]+)/.exec(told) ?? [];
    expect(Number(figure)).toBeLessThanOrEqual(EXPOSURE_AT_MOST);
  });
});

test('the program is where the page has it installed, and the units are in the package', () => {
  const { files } = JSON.parse(readFileSync(join(UNITS, '..', 'package.json'), 'utf8'));
  expect(files).toContain('systemd');
  const started = unitText('vouchsafe.service').match(/^ExecStart=(.*)$/m)?.[1];
  expect(started).toBe('/usr/local/bin/vouchsafe serve');
});
