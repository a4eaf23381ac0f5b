import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/run-folder.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // what is waited for may take long on a busy machine
    expect: { poll: { timeout: 30_000 } },
    reporters: ['default'],
  },
});
