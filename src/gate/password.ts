/** Passwords for the owner's adapters: making, rating, and what a master password must be. */
import { Refusal } from '../core/refusal.js';
import { codePoints } from '../core/text.js';
import { passwordScore as score, type PasswordScore } from '../crypto/password-score.js';
import {
  generatePassphrase as passphrase,
  generatePassword as password,
  type PassphraseOptions,
  type PasswordOptions,
} from '../crypto/generate.js';

const LEAST_LENGTH = 10;
const LEAST_SCORE = 3;

/** A random password; see `crypto/generate.ts`. */
export function generatePassword(options: PasswordOptions): string {
  return password(options);
}

/** A random passphrase; see `crypto/generate.ts`. */
export async function generatePassphrase(options: PassphraseOptions): Promise<string> {
  return passphrase(options);
}

/** How hard a password is to guess. */
export async function passwordScore(text: string): Promise<PasswordScore> {
  return score(text);
}

/** Refuses a master password of under 10 characters or a score under 3 of 4. */
export async function checkMasterPassword(text: string): Promise<void> {
  const next = 'Take a passphrase: vouchsafe password generate --passphrase';
  if (codePoints(text.normalize('NFKC')) < LEAST_LENGTH)
    throw new Refusal('invalid_request', {
      message: `The master password has fewer than ${String(LEAST_LENGTH)} characters.`,
      next,
    });
  const rated = await score(text);
  if (rated.score >= LEAST_SCORE) return;
  const why = rated.warning ?? rated.suggestions[0] ?? 'It is easy to guess.';
  throw new Refusal('invalid_request', { message: `The master password is too weak. ${why}`, next });
}
