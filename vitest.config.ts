import { defineConfig } from 'vitest/config';

// Vouchsafe refuses an owner's session where the environment shows an agent, and heeds its own variables: the tests
// must say the same whoever runs them.
const foreign = /^(VOUCHSAFE_|CLAUDECODE$|CLAUDE_CODE_|CODEX_|GEMINI_CLI$|CURSOR_AGENT$|AI_AGENT$)/;
for (const name of Object.keys(process.env)) {
  if (foreign.test(name)) Reflect.deleteProperty(process.env, name);
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
});
