/** A secret on the clipboard, for a short while. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Refusal } from '../core/refusal.js';

/** How to write and read one kind of clipboard. */
export interface ClipboardTool {
  readonly copy: readonly string[];
  readonly paste: readonly string[];
}

const CLEAR_AFTER_SECONDS = 30;

/** The kinds of clipboard that this session can have, the likeliest first. */
function toolsFor(env: NodeJS.ProcessEnv): readonly ClipboardTool[] {
  const has = (name: string): boolean => (env[name] ?? '') !== '';
  return [
    ...(process.platform === 'darwin' ? [{ copy: ['pbcopy'], paste: ['pbpaste'] }] : []),
    ...(has('WAYLAND_DISPLAY') ? [{ copy: ['wl-copy'], paste: ['wl-paste', '--no-newline'] }] : []),
    ...(has('DISPLAY')
      ? [
          { copy: ['xclip', '-selection', 'clipboard'], paste: ['xclip', '-selection', 'clipboard', '-o'] },
          { copy: ['xsel', '--clipboard', '--input'], paste: ['xsel', '--clipboard', '--output'] },
        ]
      : []),
  ];
}

/**
 * Puts the text on the clipboard, and has it taken away again after the seconds it returns, if it is still there then.
 * Throws `unavailable` where there is no clipboard.
 */
export async function copyForAWhile(text: string, env: NodeJS.ProcessEnv): Promise<number> {
  for (const tool of toolsFor(env)) {
    if (!(await feed(tool.copy, text))) continue;
    clearLater(tool, text);
    return CLEAR_AFTER_SECONDS;
  }
  throw new Refusal('unavailable', {
    message: 'There is no clipboard here: none of pbcopy, wl-copy, xclip and xsel works.',
    next: 'Install one of them, or print the value with --field.',
  });
}

/** Runs a program with the text as its stdin; whether it took it. */
export function feed([program = '', ...args]: readonly string[], text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.once('error', () => resolve(false)).once('exit', (code) => resolve(code === 0));
    child.stdin.on('error', () => undefined).end(text);
  });
}

/** The secret goes to the other process by a pipe: an argument or a variable could be read by others. */
function clearLater(tool: ClipboardTool, text: string): void {
  const program = fileURLToPath(new URL('clipboard-clear.js', import.meta.url));
  const child = spawn(process.execPath, [program], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined).end(JSON.stringify({ tool, text, seconds: CLEAR_AFTER_SECONDS }));
  child.unref();
}
