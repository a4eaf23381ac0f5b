import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isAge, openAge, readRecipients, sealAge, type Lock } from '../../src/exchange/age.js';
import type { Unlocking } from '../../src/exchange/parsed.js';
import { refused, refusedLater, told } from '../core/refused.js';
import { FOR_RECIPIENT, IDENTITY, PASSPHRASE, PLAIN, RECIPIENT, UNDER_PASSPHRASE } from './age-samples.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (file: Uint8Array) => new TextDecoder().decode(file);

const nobody: Unlocking = { password: () => Promise.reject(new Error('asked for a password')) };
const knowing = (password: string): Unlocking => ({ password: () => Promise.resolve(password) });
const holding = (identity: string): Unlocking => ({ ...nobody, keyFile: bytes(`# mine\n\n${identity}\n`) });

const cheap = { workFactor: 8 };
const seal = async (lock: Lock, content = PLAIN) => sealAge(bytes(content), lock, cheap);

describe('a file of age', () => {
  it('opens with its passphrase', async () => {
    expect(text(await openAge(bytes(UNDER_PASSPHRASE), knowing(PASSPHRASE)))).toBe(PLAIN);
  });

  it('opens with an identity, without asking for anything', async () => {
    expect(text(await openAge(bytes(FOR_RECIPIENT), holding(IDENTITY)))).toBe(PLAIN);
  });

  it('opens with an identity that is under a passphrase itself, with other line ends and text around', async () => {
    const file = bytes(`\n${FOR_RECIPIENT.replaceAll('\n', '\r\n')}\r\n`);
    const unlocking = { ...knowing('of the key'), keyFile: await seal({ passphrase: 'of the key' }, IDENTITY) };
    expect(text(await openAge(file, unlocking))).toBe(PLAIN);
  });

  it('is known by how it begins', async () => {
    expect(isAge(bytes(FOR_RECIPIENT))).toBe(true);
    expect(isAge(bytes(`\r\n ${UNDER_PASSPHRASE}`))).toBe(true);
    expect(isAge(await seal({ passphrase: 'x' }))).toBe(true);
    for (const other of ['', 'age', 'age-encryption.org/v2\n', '{"age-encryption.org/v1":1}', '-----BEGIN X-----']) {
      expect(isAge(bytes(other))).toBe(false);
    }
  });
});

describe('what is sealed', () => {
  it('opens again, whatever it is and however it was sealed', async () => {
    const hybrid = await generateHybridIdentity();
    const classic = await generateX25519Identity();
    const recipients = [await identityToRecipient(classic), await identityToRecipient(hybrid)];
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 70_000 }), fc.boolean(), async (content, isArmored) => {
        const options = { ...cheap, isArmored };
        const kept = await sealAge(content, { passphrase: 'a b' }, options);
        expect(isAge(kept)).toBe(true);
        expect(Buffer.from(await openAge(kept, knowing('a b'))).equals(content)).toBe(true);
        const sent = await sealAge(content, { recipients }, options);
        for (const identity of [classic, hybrid]) {
          expect(Buffer.from(await openAge(sent, holding(identity))).equals(content)).toBe(true);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('is text if that is asked for', async () => {
    expect(text((await seal({ passphrase: 'x' })).slice(0, 70))).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 8\n/);
    const armored = text(await sealAge(bytes(PLAIN), { passphrase: 'x' }, { ...cheap, isArmored: true }));
    expect(armored).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n[^]*\n-----END AGE ENCRYPTED FILE-----\n$/);
  });

  it('needs a passphrase, or recipients that are such', async () => {
    await refusedLater('invalid_request', seal({ passphrase: '' }));
    await refusedLater('invalid_request', seal({ recipients: [] }));
    const slip = await refusedLater('invalid_request', seal({ recipients: [RECIPIENT, `${RECIPIENT.slice(0, -1)}q`] }));
    expect(slip.facts.message).toBe('Recipient 2 is not one of age.');
    const ssh = await refusedLater('invalid_request', seal({ recipients: ['ssh-ed25519 AAAA me'] }));
    expect(ssh.facts.next).toContain('SSH');
    const secret = await refusedLater('invalid_request', seal({ recipients: [IDENTITY] }));
    expect(told(secret)).not.toContain(IDENTITY);
  });
});

describe('a recipients file', () => {
  it('names one a line', () => {
    expect(readRecipients(`# team\r\n\n ${RECIPIENT} \r\nage1other`)).toEqual([RECIPIENT, 'age1other']);
    refused('invalid_request', () => readRecipients('# nobody yet\n\n'));
  });
});

describe('what does not open', () => {
  it('is locked with another passphrase, another identity, or none', async () => {
    const wrong = await refusedLater('locked', openAge(await seal({ passphrase: 'right' }), knowing('wrong one')));
    expect(told(wrong)).not.toContain('wrong one');
    await refusedLater('locked', openAge(bytes(FOR_RECIPIENT), holding(await generateX25519Identity())));
    const none = await refusedLater('locked', openAge(bytes(FOR_RECIPIENT), nobody));
    expect(none.facts.next).toContain('--key-file');
  });

  it('says what is wrong with an identity file, and nothing that stands in it', async () => {
    for (const line of [RECIPIENT, `${IDENTITY}X`, '-----BEGIN OPENSSH PRIVATE KEY-----', '# none']) {
      const refusal = await refusedLater('invalid_request', openAge(bytes(FOR_RECIPIENT), holding(line)));
      expect(told(refusal)).not.toContain(line);
    }
  });

  it('is damaged where a bit is turned or the end is missing, wherever that is', async () => {
    const file = await seal({ passphrase: 'x' }, 'y'.repeat(200));
    for (let at = 0; at < file.length; at += 29) {
      const turned = file.map((byte, index) => (index === at ? byte ^ 1 : byte));
      await expect(openAge(turned, knowing('x'))).rejects.toMatchObject({ name: 'Refusal' });
      await expect(openAge(file.slice(0, at), knowing('x'))).rejects.toMatchObject({ code: 'invalid_request' });
    }
    await refusedLater('invalid_request', openAge(file.slice(0, -1), knowing('x')));
    await refusedLater('invalid_request', openAge(bytes(UNDER_PASSPHRASE.slice(0, -40)), knowing(PASSPHRASE)));
  });

  it('costs nothing where it asks for too much', async () => {
    const greedy = text(bytes(`age-encryption.org/v1\n-> scrypt ${'A'.repeat(22)} 31\n${'B'.repeat(43)}\n--- x\n`));
    const factor = await refusedLater('invalid_request', openAge(bytes(greedy), knowing('x')));
    expect(factor.facts.message).toContain('2^31');
    const crowd = `age-encryption.org/v1\n${'-> X25519 A\n\n'.repeat(1001)}--- x\n`;
    expect((await refusedLater('invalid_request', openAge(bytes(crowd), nobody))).facts.message).toContain('1000');
    const endless = `age-encryption.org/v1\n-> X25519 ${'A'.repeat(3 << 20)}`;
    await refusedLater('invalid_request', openAge(bytes(endless), nobody));
  });
});

const hasAge = spawnSync('age', ['--version']).status === 0;

describe.runIf(hasAge)('the program age', () => {
  it('opens what is sealed for a recipient, and seals what opens here', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-age-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [key, file] = [join(folder, 'key'), join(folder, 'file')];
    writeFileSync(key, `${IDENTITY}\n`, { mode: 0o600 });
    for (const isArmored of [false, true]) {
      writeFileSync(file, await sealAge(bytes(PLAIN), { recipients: [RECIPIENT] }, { isArmored }));
      expect(execFileSync('age', ['-d', '-i', key, file], { encoding: 'utf8' })).toBe(PLAIN);
    }
    execFileSync('age', ['-r', RECIPIENT, '-o', file], { input: PLAIN });
    expect(text(await openAge(readFileSync(file), holding(IDENTITY)))).toBe(PLAIN);
  });
});
