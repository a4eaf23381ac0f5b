import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Vouchsafe refuses an owner's session where the environment shows an agent, and heeds its own variables: the tests
// must say the same whoever runs them. Two of its variables are the tests' own.
const foreign =
  /^(VOUCHSAFE_(?!REQUIRE_BROWSER$|SCREENSHOTS$)|CLAUDECODE$|CLAUDE_CODE_|CODEX_|GEMINI_CLI$|CURSOR_AGENT$|AI_AGENT$)/;
for (const name of Object.keys(process.env)) {
  if (foreign.test(name)) Reflect.deleteProperty(process.env, name);
}

// A test that forgets to name a folder must not find the developer's own safe; and vitest keeps a file there.
const home = join(import.meta.dirname, 'node_modules', '.cache', 'test-home');
for (const name of ['XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR']) {
  process.env[name] = join(home, name);
  mkdirSync(join(home, name), { recursive: true, mode: 0o700 });
}

/** Whether files may lie in memory here: there is room, and what lies there can be run, which mounts of containers forbid. */
function isRoomy(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < 2 ** 31) return false;
    const own = mkdtempSync(join(folder, 'vouchsafe-probe-'));
    try {
      writeFileSync(join(own, 'probe'), '#!/bin/sh\n', { mode: 0o700 });
      return spawnSync(join(own, 'probe')).status === 0;
    } finally {
      rmSync(own, { recursive: true });
    }
  } catch {
    return false;
  }
}

// Every write of a safe waits for its disk, and there are many thousands here: none of what tests write has to last.
const MEMORY = '/dev/shm';
if (process.env['TMPDIR'] === undefined && isRoomy(MEMORY)) process.env['TMPDIR'] = MEMORY;

/** The files that take longest begin first, also in a checkout that has never run them: both workers end at one time. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      /[\\/]e2e[\\/]|-looks\.|[\\/](?:cells|measurements|archive-interrupted|inspector)\.test/.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/run-folder.ts'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // what is waited for may take long on a busy machine
    expect: { poll: { timeout: 30_000 } },
    reporters: ['default'],
  },
});
