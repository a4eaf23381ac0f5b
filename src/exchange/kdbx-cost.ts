/** What a KeePass database may ask of this machine before it opens. */
import { Consts, CryptoEngine, Int64, type KdbxHeader, type VarDictionary } from 'kdbxweb';
import { argon2Hash } from '../crypto/argon2-hash.js';
import { grouped } from './amount.js';
import { refuseFile } from './fault.js';

/**
 * The most that is computed for a file: 2 GiB of memory, 64 GiB filled over all passes and 500 million rounds of AES,
 * each about a minute; programs offer a second by default.
 */
const MOST = { memoryMiB: 2048, workMiB: 65_536, lanes: 64, rounds: 500_000_000 } as const;
const NEXT =
  'In KeePass or KeePassXC, lower the cost of its key derivation (database settings, Security), and save it.';

/**
 * Refuses, with `invalid_request`, what the header asks for beyond these bounds, and a way of stretching keys that is
 * not known. Nothing is computed yet.
 */
export function checkCost(header: KdbxHeader): void {
  const { kdfParameters } = header;
  if (kdfParameters === undefined) checkRounds(header.keyEncryptionRounds ?? 0);
  else if (kindOf(kdfParameters) === 'aes') checkRounds(numberOf(kdfParameters, 'R'));
  else checkArgon2(kdfParameters);
}

function checkArgon2(kdfParameters: VarDictionary): void {
  const memoryMiB = numberOf(kdfParameters, 'M') / 1_048_576;
  if (memoryMiB > MOST.memoryMiB) refuseCost('of memory', memoryMiB, MOST.memoryMiB);
  if (numberOf(kdfParameters, 'P') > MOST.lanes) refuseFile(`asks for more than ${MOST.lanes} threads at once`, NEXT);
  const workMiB = memoryMiB * numberOf(kdfParameters, 'I');
  if (workMiB > MOST.workMiB) refuseCost('to be filled, pass by pass', workMiB, MOST.workMiB);
}

function kindOf(parameters: VarDictionary): 'argon2' | 'aes' {
  const id = parameters.get('$UUID');
  const name = id instanceof ArrayBuffer ? Buffer.from(id).toString('base64') : '';
  if (name === Consts.KdfId.Aes) return 'aes';
  if (name === Consts.KdfId.Argon2d || name === Consts.KdfId.Argon2id) return 'argon2';
  return refuseFile('stretches its key in a way that is not known', NEXT);
}

/** Infinity for what is too large for a number. */
function numberOf(parameters: VarDictionary, name: string): number {
  const value = parameters.get(name);
  if (typeof value === 'number') return value;
  if (!(value instanceof Int64)) return 0;
  return value.hi >= 0x20_0000 ? Infinity : value.value;
}

function checkRounds(rounds: number): void {
  if (rounds > MOST.rounds) {
    const most = grouped(MOST.rounds);
    refuseFile(`asks for more rounds of AES than the ${most} that are computed to open a file`, NEXT);
  }
}

function refuseCost(what: string, asked: number, most: number): never {
  const amount = Number.isSafeInteger(Math.ceil(asked)) ? `${grouped(Math.ceil(asked))} MiB` : 'an absurd amount';
  return refuseFile(`asks for ${amount} ${what} to be opened; at most ${grouped(most)} MiB are given`, NEXT);
}

/** Gives `kdbxweb` our argon2; it brings none. May be called any number of times. */
export function lendArgon2(): void {
  // Eight parameters are what kdbxweb calls it with.
  CryptoEngine.setArgon2Impl(async (...[password, salt, memoryKiB, passes, length, lanes, type, version]) => {
    const hash = await argon2Hash(new Uint8Array(password), {
      variant: type === CryptoEngine.Argon2TypeArgon2d ? 'argon2d' : 'argon2id',
      version,
      salt: new Uint8Array(salt),
      cost: { memoryKiB, passes, lanes },
      length,
    });
    return new Uint8Array(hash).buffer;
  });
}
