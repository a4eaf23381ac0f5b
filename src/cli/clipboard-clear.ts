/** A process of its own: it clears the clipboard after a while, if what it was told is still on it. */
import { execFile } from 'node:child_process';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { feed, type ClipboardTool } from './clipboard.js';

interface Task {
  readonly tool: ClipboardTool;
  readonly text: string;
  readonly seconds: number;
}

function paste([program = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { encoding: 'utf8' }, (error, stdout) => resolve(error === null ? stdout : ''));
  });
}

// It is `clipboard.ts` alone that writes to this process.
const { tool, text, seconds } = JSON.parse(await readText(process.stdin)) as Task;
await sleep(seconds * 1000);
if ((await paste(tool.paste)) === text) await feed(tool.copy, '');
