/** OpenPGP messages under a passphrase (RFC 9580), opened under limits. */
import type { Message } from 'openpgp';
import { Refusal } from '../core/refusal.js';
import { grouped } from './amount.js';
import { fileRefusal, refuseFile } from './fault.js';
import { decodeText } from './plain-text.js';

/** The most that comes of a message, the memory for a passphrase by argon2 (as an exponent of KiB), passphrases. */
const MOST = { bytes: 64 << 20, argon2Exponent: 18, passphrases: 4 } as const;

const ARMOR = '-----BEGIN PGP MESSAGE-----';

/** Whether the bytes begin as a message that a passphrase opens: in ASCII armor, or a packet of tag 3. */
export function isPgp(bytes: Uint8Array): boolean {
  const [first, , version = 0] = bytes;
  if (first === 0xc3 || first === 0x8c) return version >= 4 && version <= 6;
  return isArmored(bytes);
}

function isArmored(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 256)).toString('latin1').trimStart().startsWith(ARMOR);
}

/**
 * What the message holds. The passphrase is asked for once the message is found to need one. Throws `invalid_request`
 * for a wrong passphrase, and for what is damaged, not under a passphrase, or larger than 64 MiB.
 */
export async function openPgp(bytes: Uint8Array, passphrase: () => Promise<string>): Promise<Uint8Array> {
  const { decrypt, enums } = await import('openpgp');
  const message = await parse(bytes);
  const keys = message.packets.filterByTag(enums.packet.symEncryptedSessionKey).length;
  if (keys === 0) refuseFile('is a PGP message that no passphrase opens', NEXT);
  if (keys > MOST.passphrases) refuseFile(`is a PGP message for more than ${MOST.passphrases} passphrases`, NEXT);
  const passwords = await passphrase();
  try {
    const opened: Opened = await decrypt({ message, passwords, format: 'binary', config: CONFIG });
    return bytesOf(opened);
  } catch (error) {
    throw error instanceof Refusal ? error : refusalOf(error);
  }
}

const NEXT = 'Export it anew from the program that it comes from, with a passphrase.';
const CONFIG = { maxDecompressedMessageSize: MOST.bytes, maxArgon2MemoryExponent: MOST.argon2Exponent };

/** What `openpgp` answers for bytes; its types say streams too. */
interface Opened {
  readonly data: unknown;
}

function bytesOf({ data }: Opened): Uint8Array<ArrayBuffer> {
  return data instanceof Uint8Array ? new Uint8Array(data) : refuseFile('is a PGP message that holds no bytes', NEXT);
}

async function parse(bytes: Uint8Array): Promise<Message<Uint8Array>> {
  const { readMessage, unarmor } = await import('openpgp');
  try {
    if (!isArmored(bytes)) return await readMessage({ binaryMessage: new Uint8Array(bytes), config: CONFIG });
    const opened: Opened = await unarmor(decodeText(bytes));
    return await readMessage({ binaryMessage: bytesOf(opened), config: CONFIG });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuseFile('is a PGP message that is damaged or was cut', NEXT);
  }
}

/** Without a session key of its own a message can't tell a wrong passphrase from damage. */
function refusalOf(error: unknown): Refusal {
  const text = error instanceof Error ? error.message : '';
  if (text.includes('Maximum decompressed'))
    return fileRefusal(`is a PGP message of more than ${grouped(MOST.bytes >> 20)} MiB once it is decompressed`, NEXT);
  if (text.includes('Argon2')) return fileRefusal('is a PGP message that asks for too much memory', NEXT);
  return fileRefusal('does not open with this passphrase, or is damaged', 'Check the passphrase, or export it anew.');
}
