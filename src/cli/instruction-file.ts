/** A file that instructions are written into, and that a person may have written to as well. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Refusal } from '../core/refusal.js';
import { withBlock } from './instruction-block.js';

/** What writing did to the file. */
export type Written = 'created' | 'updated' | 'unchanged';

/** Readable by all, as a project's other files are: no secret is in it. */
const NEW_MODE = 0o644;

/**
 * Puts instructions with markers into a file: in place of the block it has, else at its end, else as a new file in
 * folders that are made. The rest stays byte for byte, and so do mode and owner; it is written whole or not at all. A
 * link is followed. Throws `unavailable` where it can't be read or written, or is no text.
 */
export function writeInstructions(path: string, instructions: string): Written {
  const target = targetOf(path);
  const before = readText(target, path);
  const after = mergeInstructions(before, instructions);
  if (after === before) return 'unchanged';
  replaceFile(target, after, path);
  return before === null ? 'created' : 'updated';
}

/** The text with the instructions in it. Front matter goes first, and what the text has already is left as it is. */
export function mergeInstructions(text: string | null, instructions: string): string {
  const { front, rest: block } = splitFront(instructions);
  if (text === null || text.trim() === '') return instructions;
  const own = splitFront(text);
  return (own.front === '' ? front : own.front) + withBlock(own.rest, block);
}

const FRONT = /^\uFEFF?---[ \t]*\r?\n(?:.*\r?\n)*?---[ \t]*(?:\r?\n|$)/;

function splitFront(text: string): { readonly front: string; readonly rest: string } {
  const front = FRONT.exec(text)?.[0] ?? '';
  return { front, rest: text.slice(front.length) };
}

/** Where a link leads; a rename onto the link itself would take it away. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const isFree = codeOf(error) === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false }) === undefined;
    if (isFree) return resolve(path);
    throw explain(error, path);
  }
}

function readText(target: string, path: string): string | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(target);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw explain(error, path);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal('unavailable', {
      message: `The file ${path} is not text in UTF-8, so nothing was written to it.`,
      next: 'Name another file, or print the instructions without --write.',
    });
  }
}

function replaceFile(target: string, text: string, path: string): void {
  const fresh = `${target}.${String(process.pid)}.new`;
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeAs(fresh, text, statSync(target, { throwIfNoEntry: false }));
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw explain(error, path);
  }
}

interface Kept {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

function writeAs(fresh: string, text: string, old: Kept | undefined): void {
  const file = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeFileSync(file, text);
    if (old !== undefined && old.uid !== process.getuid?.()) fchownSync(file, old.uid, old.gid);
    fchmodSync(file, old === undefined ? NEW_MODE : old.mode & 0o7777);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  EACCES: 'may not be read and written by this user',
  EPERM: 'may not be written by this user',
  EISDIR: 'is a folder',
  ENOTDIR: 'lies in something that is no folder',
  ENOENT: 'cannot be made there, or is a link that leads nowhere',
  ELOOP: 'is a link that leads nowhere',
  ENOSPC: 'cannot be written: the disk is full',
  EROFS: 'cannot be written: the disk is read-only',
};

function explain(cause: unknown, path: string): Refusal {
  const code = codeOf(cause);
  return new Refusal('unavailable', {
    message: `The file ${path} ${FAULTS[code] ?? `cannot be written (${code})`}.`,
    next: 'Name another file, or print the instructions without --write.',
    cause,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
