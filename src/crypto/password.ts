import { Refusal } from '../core/refusal.js';
import { deriveKey } from './envelope.js';
import { context } from './record.js';

/** Cost of argon2id (RFC 9106). */
export interface PasswordCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** The cost of a new safe: 256 MiB, three passes, four lanes. */
export const PASSWORD_COST: PasswordCost = { memoryKiB: 256 * 1024, passes: 3, lanes: 4 };

/** What the program accepts in a file: a cheaper row would be an attack on the password, a dearer one on the machine. */
export interface CostBounds {
  readonly least: PasswordCost;
  readonly most: PasswordCost;
}

export const COST_BOUNDS: CostBounds = {
  least: { memoryKiB: 64 * 1024, passes: 3, lanes: 1 },
  most: { memoryKiB: 2 * 1024 * 1024, passes: 10, lanes: 8 },
};

function isWithin(cost: PasswordCost, { least, most }: CostBounds): boolean {
  const isBetween = (value: number, low: number, high: number): boolean => value >= low && value <= high;
  return (
    isBetween(cost.memoryKiB, least.memoryKiB, most.memoryKiB) &&
    isBetween(cost.passes, least.passes, most.passes) &&
    isBetween(cost.lanes, least.lanes, most.lanes)
  );
}

/** One way to stretch a password: the stored numbers and what is accepted of them. */
export interface PasswordStretch {
  readonly salt: Uint8Array;
  readonly cost: PasswordCost;
  readonly bounds: CostBounds;
}

/**
 * The unlock key of a master password: NFKC, argon2id (RFC 9106), HKDF "unlock". About 0.7 s at the shipped cost.
 * A cost outside the bounds is an integrity failure, and nothing is computed.
 */
export async function unlockKey(password: string, { salt, cost, bounds }: PasswordStretch): Promise<Uint8Array> {
  if (!isWithin(cost, bounds))
    throw new Refusal('integrity', {
      message: 'The password parameters in the safe are outside of what is accepted.',
      next: 'vouchsafe restore FILE',
    });
  const { hash, argon2id } = await import('argon2');
  const stretched = await hash(password.normalize('NFKC'), {
    raw: true,
    type: argon2id,
    salt: Buffer.from(salt),
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    hashLength: 32,
  });
  return deriveKey(stretched, salt, context('vouchsafe unlock 1'));
}

/** The unlock key of a recovery code, whose 160 bits need no stretching. */
export function recoveryKey(code: Uint8Array, salt: Uint8Array): Uint8Array {
  return deriveKey(code, salt, context('vouchsafe unlock-recovery 1'));
}
