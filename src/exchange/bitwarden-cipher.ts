/**
 * The encryption of Bitwarden's password-protected exports, as its clients publish it (github.com/bitwarden/clients,
 * libs/importer/src/importers/bitwarden, libs/common/src/key-management): the password is stretched by PBKDF2-SHA-256 or
 * argon2id, whose salt is then the SHA-256 of the file's; HKDF-Expand (RFC 5869) makes two keys of the result, under
 * `enc` and `mac`; a text is `2.IV|DATA|MAC` in base64: AES-256-CBC, and HMAC-SHA-256 over IV and data.
 */
import { Refusal } from '../core/refusal.js';
import { argon2Hash } from '../crypto/argon2-hash.js';
import { refuseFile } from './fault.js';
import { asNumber, asText, type JsonObject } from './json.js';

/** What Bitwarden's clients allow, in MiB for memory; what asks for more would be an attack on this machine. */
const BOUNDS = {
  pbkdf2: { least: 5_000, most: 2_000_000 },
  passes: { least: 2, most: 10 },
  memory: { least: 16, most: 1024 },
  lanes: { least: 1, most: 16 },
} as const;

const PBKDF2 = 0;
const ARGON2ID = 1;

/** Opens texts of one file. */
export interface BitwardenKeys {
  /** The text. Throws a `Refusal` where it was changed, or is of another kind of encryption. */
  open(text: string): Promise<string>;
}

/**
 * The keys of a protected export, whose own check text says whether the password is right. Throws `locked` where it is
 * not, and `invalid_request` for costs that Bitwarden does not allow.
 */
export async function bitwardenKeys(file: JsonObject, password: string): Promise<BitwardenKeys> {
  const stretched = await stretch(file, new TextEncoder().encode(password));
  const keys = new Keys(await expand(stretched, 'enc'), await expand(stretched, 'mac'));
  const check = asText(file['encKeyValidation_DO_NOT_EDIT']);
  if (!(await keys.isOurs(check === '' ? asText(file['data']) : check)))
    throw new Refusal('locked', {
      message: 'That is not the password of the file.',
      next: 'It is the one that was chosen for the export, which need not be the one of the account.',
    });
  return keys;
}

async function stretch(file: JsonObject, password: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const salt = new TextEncoder().encode(asText(file['salt']));
  const passes = asNumber(file['kdfIterations']);
  if (file['kdfType'] === PBKDF2) {
    const iterations = bounded(passes, BOUNDS.pbkdf2);
    const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    return new Uint8Array(
      await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256),
    );
  }
  if (file['kdfType'] !== ARGON2ID) refuseFile('is encrypted in a way that is not known');
  const cost = {
    passes: bounded(passes, BOUNDS.passes),
    memoryKiB: bounded(asNumber(file['kdfMemory']), BOUNDS.memory) * 1024,
    lanes: bounded(asNumber(file['kdfParallelism']), BOUNDS.lanes),
  };
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', salt));
  const parameters = { variant: 'argon2id', version: 0x13, salt: digest, cost, length: 32 } as const;
  return new Uint8Array(await argon2Hash(password, parameters));
}

function bounded(
  value: number | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  if (value !== undefined && Number.isInteger(value) && value >= least && value <= most) return value;
  return refuseFile('asks for a cost of its password that Bitwarden does not allow');
}

/** One block of HKDF-Expand is all that 32 bytes need. */
async function expand(key: Uint8Array<ArrayBuffer>, info: string): Promise<Uint8Array<ArrayBuffer>> {
  const hmac = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', hmac, new TextEncoder().encode(`${info}\u0001`)));
}

class Keys implements BitwardenKeys {
  readonly #encryption: Uint8Array<ArrayBuffer>;
  readonly #mac: Uint8Array<ArrayBuffer>;

  constructor(encryption: Uint8Array<ArrayBuffer>, mac: Uint8Array<ArrayBuffer>) {
    this.#encryption = encryption;
    this.#mac = mac;
  }

  async isOurs(text: string): Promise<boolean> {
    const { iv, data, mac } = parts(text);
    const key = await crypto.subtle.importKey('raw', this.#mac, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    return crypto.subtle.verify('HMAC', key, mac, Buffer.concat([iv, data]));
  }

  async open(text: string): Promise<string> {
    if (!(await this.isOurs(text))) refuseFile('was changed since it was made: its checksum is wrong');
    const { iv, data } = parts(text);
    const key = await crypto.subtle.importKey('raw', this.#encryption, 'AES-CBC', false, ['decrypt']);
    return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, data));
  }
}

type Part = Buffer<ArrayBuffer>;

function parts(text: string): { readonly iv: Part; readonly data: Part; readonly mac: Part } {
  const [, iv = '', data = '', mac = ''] = /^2\.([\w+/=]+)\|([\w+/=]+)\|([\w+/=]+)$/.exec(text) ?? [];
  if (mac === '') refuseFile('is encrypted in a way that is not known, or not whole');
  const bytes = { iv: Buffer.from(iv, 'base64'), data: Buffer.from(data, 'base64'), mac: Buffer.from(mac, 'base64') };
  return bytes.iv.length === 16 ? bytes : refuseFile('is encrypted in a way that is not known, or not whole');
}
