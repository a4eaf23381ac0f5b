/**
 * `helper git`: a credential helper of git (gitcredentials(7), "Custom helpers"; git-credential(1), "Input/output
 * format").
 *
 * If no item fits, it says nothing, and git asks its next helper or its user. If one fits and is not given, or if it
 * cannot be told which one is meant, it says `quit=1`: git then stops, rather than try something else behind the back of
 * whoever refused it, or wait for an agent to type.
 */
import { Refusal } from '../../core/refusal.js';
import { findCredential, type Credential, type ItemDoor, type Wanted } from './lookup.js';
import { readRequest, type Pipe } from './pipe.js';

/**
 * Serves one operation. `get` answers; `store`, `erase` and whatever git may invent are read and passed over in silence,
 * as git asks of a helper that keeps nothing. Throws what the door throws, after `quit=1`.
 */
export async function serveGit(operation: string, door: ItemDoor, pipe: Pipe): Promise<void> {
  if (operation !== 'get') {
    await readRequest(pipe, isWholeDescription);
    return;
  }
  try {
    pipe.write(await answerGit(await readRequest(pipe, isWholeDescription), door));
  } catch (error) {
    pipe.write('quit=1\n');
    throw error;
  }
}

/** A description ends at a blank line, or with the input. */
function isWholeDescription(text: string): boolean {
  return text.startsWith('\n') || text.includes('\n\n');
}

/** The answer to `get`: lines of attributes, or nothing if no item fits. Throws what {@link findCredential} throws. */
export async function answerGit(description: string, door: ItemDoor): Promise<string> {
  const wanted = parseDescription(description);
  const found = wanted === null ? null : await findCredential(door, wanted);
  return found === null ? '' : printCredential(found);
}

/**
 * What git asks for: attributes `KEY=VALUE`, a line each, up to a blank line. Null if it names no protocol or no host,
 * such as for a certificate's passphrase. Attributes that are not known, such as `wwwauth[]`, are passed over. Of equal
 * ones the last counts; an empty user name is none.
 */
export function parseDescription(text: string): Wanted | null {
  const [description = ''] = text.split(/^\n/m, 1);
  const attributes = new Map(description.split('\n').map(splitLine));
  const protocol = attributes.get('protocol') ?? '';
  const host = attributes.get('host') ?? '';
  if (protocol === '' || host === '') return null;
  const username = attributes.get('username') ?? '';
  const url = `${protocol}://${host}/${attributes.get('path') ?? ''}`;
  return { url, ...(username === '' ? {} : { username }) };
}

function splitLine(line: string): readonly [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

/** Throws `invalid_request` for what the protocol cannot carry: a line break or a NUL. */
function printCredential({ username, secret }: Credential): string {
  const lines =
    username === null
      ? [['password', secret]]
      : [
          ['username', username],
          ['password', secret],
        ];
  if (lines.some(([, value = '']) => /[\n\r\0]/.test(value))) {
    throw new Refusal('invalid_request', {
      message: 'The user name or the secret has a line break or a NUL, which git cannot be given.',
      next: 'Ask the owner to correct the item.',
    });
  }
  return lines.map((line) => `${line.join('=')}\n`).join('');
}
