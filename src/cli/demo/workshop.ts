/** The folder that the demo lives in: its own, in the temporary folder, and gone at the end. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Places } from '../../gate/door.js';

export interface Workshop {
  readonly places: Places;
  /** Where the agent's token is kept, as a client's configuration would name it. */
  readonly tokenFile: string;
  /** What a server needs to find this safe and no other. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes the folder with all that is in it. */
  remove(): void;
}

/** Makes the folder, 0700. */
export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-demo-'));
  const run = join(folder, 'run');
  mkdirSync(run, { mode: 0o700 });
  const places = { home: join(folder, 'home'), state: join(folder, 'state'), runtime: join(run, 'vouchsafe') };
  return {
    places,
    tokenFile: join(folder, 'deploy-bot.token'),
    env: { VOUCHSAFE_HOME: places.home, VOUCHSAFE_STATE: places.state, XDG_RUNTIME_DIR: run },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}
