/** Anchors: the newest checkpoint outside of the safe's own folder. A log shorter than its anchor went back. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Refusal } from '../core/refusal.js';
import { fromHex, sameBytes, toHex } from '../crypto/bytes.js';
import { checkpoint as checkpointRecord, type Checkpoint } from '../crypto/chain.js';
import { isSignedBy } from '../crypto/key-pair.js';
import { type OwnerSigning, ownerKeyAt } from '../crypto/owner-signing.js';
import { readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { isArchived } from './archive-stub.js';
import { stateFolder } from './host-share.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';
import type { Safe } from './safe.js';
import { settingOf, type VerifiedState } from './verified-state.js';

const COMMAND_FOR_MS = 10_000;

function anchorFiles(safe: Safe, state: VerifiedState): readonly string[] {
  const folder = settingOf(state.value, 'anchor.folder') ?? '';
  const own = join(stateFolder(safe.places, safe.id), 'anchor.json');
  return folder === '' ? [own] : [own, join(folder, `vouchsafe-${safe.id}.anchor.json`)];
}

/**
 * Writes a checkpoint to every anchor. The command in the settings gets it on its standard input. Gives what failed, in
 * words: the checkpoint stands in the log all the same.
 */
export function writeAnchors(
  safe: Safe,
  state: VerifiedState,
  row: { signed: Uint8Array; signature: Uint8Array },
): readonly string[] {
  const { seq, hash } = checkpointRecord.decode(safe.id, row.signed);
  const anchor = { safe: safe.id, seq, hash: toHex(hash), signed: toHex(row.signed), signature: toHex(row.signature) };
  const text = `${JSON.stringify(anchor)}\n`;
  const failed = anchorFiles(safe, state).flatMap((path) => tryWrite(path, text));
  const command = settingOf(state.value, 'anchor.command') ?? '';
  return command === '' ? failed : [...failed, ...runCommand(command, text)];
}

function tryWrite(path: string, text: string): readonly string[] {
  try {
    writePrivateFile(path, text);
    return [];
  } catch (error) {
    return [
      `the anchor ${path} could not be written (${error instanceof Error && 'code' in error ? String(error.code) : 'error'})`,
    ];
  }
}

function runCommand(command: string, input: string): readonly string[] {
  const done = spawnSync('/bin/sh', ['-c', command], {
    input,
    timeout: COMMAND_FOR_MS,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return done.status === 0 ? [] : ['the anchor command failed'];
}

function readAnchor(safe: Safe, owner: OwnerSigning, path: string): Checkpoint | null {
  const text = readPrivateFile(path);
  if (text === null) return null;
  try {
    const parsed = JSON.parse(text) as { signed?: unknown; signature?: unknown };
    const signed = fromHex(String(parsed.signed));
    const anchor = checkpointRecord.decode(safe.id, signed);
    const key = ownerKeyAt(owner, anchor.seq);
    if (!isSignedBy(key, signed, fromHex(String(parsed.signature)))) throw new Error('not signed by the owner');
    return anchor;
  } catch (cause) {
    throw rolledBack(`the anchor ${path} is not one of this safe`, cause);
  }
}

function rolledBack(detail: string, cause?: unknown): Refusal {
  return new Refusal('integrity', {
    message: `Integrity failure: ${detail}.`,
    next: 'If you restored an older safe on purpose: vouchsafe unlock --accept-rollback',
    detail,
    cause,
  });
}

/** Refuses a log that is shorter or other than one of its anchors. */
export async function checkAnchors(handle: Handle, safe: Safe, state: VerifiedState): Promise<void> {
  for (const path of anchorFiles(safe, state)) {
    const anchor = readAnchor(safe, state.value, path);
    if (anchor === null) continue;
    const entry = await readEntry(handle, anchor.seq);
    const of = { safeId: safe.id, owner: state.value, seq: anchor.seq };
    if (entry === null && (await isArchived(handle, of))) continue;
    if (entry === null)
      throw rolledBack(
        `the log is shorter than its anchor: it ends with entry ${String(state.last.seq)}, and that names entry ${String(anchor.seq)}`,
      );
    if (!sameBytes(entry.hash, anchor.hash))
      throw rolledBack(`the log is another one than its anchor: entry ${String(anchor.seq)} has another hash`);
  }
}
