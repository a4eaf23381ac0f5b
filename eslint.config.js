import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const stdout = {
  object: 'process',
  property: 'stdout',
  message: 'Only the command line prints; a server’s stdout belongs to the protocol.',
};
const random = {
  object: 'Math',
  property: 'random',
  message: 'Not fit for an id, a key or a choice; node:crypto is.',
};
const clock = { object: 'Date', property: 'now', message: 'core has no clock: take the time as a parameter.' };

export default defineConfig([
  globalIgnores(['dist/', 'coverage/', 'release/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-param-reassign': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    rules: {
      complexity: ['error', 15],
      'max-depth': ['error', 3],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      'no-console': 'error',
      'no-restricted-properties': ['error', stdout],
    },
  },
  {
    files: ['src/cli/**/*.ts', 'src/bin/**/*.ts'],
    rules: { 'no-console': 'off', 'no-restricted-properties': 'off' },
  },
  {
    // Pure: no input or output, no clock, no randomness.
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'process', 'crypto', 'fetch', 'performance', 'setTimeout', 'setInterval'],
      'no-restricted-properties': ['error', clock, random],
      'no-restricted-syntax': [
        'error',
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: clock.message },
      ],
    },
  },
  {
    files: ['src/crypto/**/*.ts', 'src/gate/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', stdout, random] },
  },
  {
    // Tests and measurements read JSON whose shape is what they go on to assert.
    files: ['test/**/*.ts', 'test/**/*.tsx', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['scripts/**/*.mjs', '*.js'],
    rules: { eqeqeq: 'error', 'no-unreachable': 'error', 'no-unused-vars': 'error', 'prefer-const': 'error' },
  },
  {
    // What an old Node must still be able to parse.
    files: ['bin/**/*.js'],
    languageOptions: { ecmaVersion: 2020, sourceType: 'script' },
    rules: { eqeqeq: 'error', 'no-unused-vars': 'error' },
  },
  {
    // Stands alone: one file, as long as what it checks.
    files: ['bin/vouchsafe-verify-log.js'],
    languageOptions: { ecmaVersion: 'latest', sourceType: 'module' },
    rules: {
      complexity: ['error', 15],
      'max-depth': ['error', 3],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      'no-unreachable': 'error',
      'prefer-const': 'error',
    },
  },
]);
