import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { printSshKey, readSshKey } from '../../src/exchange/ssh-key.js';

const hasKeygen = spawnSync('ssh-keygen', ['-?']).status !== null;

function made(type: string, bits: string, passphrase = ''): { key: string; pub: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-ssh-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', type, '-b', bits, '-N', passphrase, '-C', 'me', '-f', file]);
  return { key: readFileSync(file, 'utf8'), pub: readFileSync(`${file}.pub`, 'utf8') };
}

describe.runIf(hasKeygen)('a key of OpenSSH', () => {
  it.each([
    ['ed25519', '256', 'ssh-ed25519'],
    ['rsa', '2048', 'ssh-rsa'],
    ['ecdsa', '256', 'ecdsa-sha2-nistp256'],
    ['ecdsa', '384', 'ecdsa-sha2-nistp384'],
    ['ecdsa', '521', 'ecdsa-sha2-nistp521'],
  ])('%s of %s bits is the same key in PKCS#8', (type, bits, name) => {
    const { key, pub } = made(type, bits);
    const read = readSshKey(key);
    expect(read?.type).toBe(name);
    const opened = createPrivateKey(printSshKey(read?.pkcs8 ?? new Uint8Array()));
    const { x = '', y = '', n = '' } = createPublicKey(opened).export({ format: 'jwk' });
    const known = Buffer.from(pub.split(' ')[1] ?? '', 'base64');
    for (const part of [x, y, n]) expect(known.includes(Buffer.from(part, 'base64url'))).toBe(true);
  });

  it('under a passphrase is left as it is', () => {
    expect(readSshKey(made('ed25519', '256', 'a passphrase').key)).toBeUndefined();
  });
});

describe('a private key', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });

  it('in PKCS#1 and in PKCS#8 is the same one', () => {
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    for (const type of ['pkcs1', 'pkcs8'] as const) {
      const read = readSshKey(String(privateKey.export({ type, format: 'pem' })));
      expect(read?.type).toBe('ssh-rsa');
      expect(Buffer.from(read?.pkcs8 ?? []).equals(pkcs8)).toBe(true);
    }
    expect(printSshKey(pkcs8)).toBe(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  });

  it('of an algorithm that SSH has not, and what is none, is left as it is', () => {
    const { privateKey: other } = generateKeyPairSync('x25519');
    const cut = Buffer.from('openssh-key-v1\0\0\0\0\x04none\0\0\xff\xff', 'latin1').toString('base64');
    const frame = (label: string, body: string) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
    for (const text of [
      String(other.export({ type: 'pkcs8', format: 'pem' })),
      frame('OPENSSH PRIVATE KEY', cut),
      frame('OPENSSH PRIVATE KEY', 'AAAA'),
      frame('RSA PRIVATE KEY', 'Proc-Type: 4,ENCRYPTED\n\nAAAA'),
      frame('CERTIFICATE', 'AAAA'),
      'AAAA',
      '',
    ]) {
      expect(readSshKey(text)).toBeUndefined();
    }
  });
});
