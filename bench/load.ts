/** Calls from a process of their own, so that neither server shares its time with who calls. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadDone, LoadTask } from './http-load.ts';
import { root } from './program.ts';

export interface Load {
  /** Throws if a call was refused. */
  run(task: LoadTask): Promise<LoadDone>;
  close(): void;
}

export function startLoad(): Load {
  const child = fork(join(root, 'bench', 'http-load.ts'));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').then(() => {
    throw new Error('the process that calls ended too soon');
  });
  ended.catch(() => undefined);
  return {
    run: async (task) => {
      child.send(task);
      const [done] = (await Promise.race([once(child, 'message'), ended])) as [LoadDone];
      return done;
    },
    close: () => {
      process.off('exit', kill);
      child.kill('SIGTERM');
    },
  };
}
