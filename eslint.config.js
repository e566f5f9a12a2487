import boundaries from 'eslint-plugin-boundaries';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { roomImports, roomPolicies } from './scripts/check/rooms.mjs';

const typescript = ['**/*.ts', '**/*.svelte'];

/** @type {import('eslint').Linter.RulesRecord} */
const unsafe = {
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/no-unsafe-member-access': 'off',
  '@typescript-eslint/no-unsafe-call': 'off',
  '@typescript-eslint/no-unsafe-argument': 'off',
  '@typescript-eslint/no-unsafe-return': 'off',
};

export default defineConfig(
  globalIgnores(['node_modules/', 'out/', 'release/', 'rehearsals/', '.cache/', '.svelte-check/', 'coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: [...typescript, '**/*.mjs', 'eslint.config.js'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Counts, sizes and codes are read in messages as they are.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A string spread into its code points is what is meant wherever it is written.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    extends: [svelte.configs.recommended, svelte.configs.prettier],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      // The linter sees no generic props; svelte-check sees them and checks the same things.
      ...unsafe,
      // In an effect, `void name` reads a value so that the effect runs again when it changes.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // SECURITY: markup is never made from text.
      'svelte/no-at-html-tags': 'error',
      'svelte/button-has-type': 'error',
    },
  },
  {
    // Plain JavaScript is checked by the compiler through its JSDoc types.
    files: ['**/*.mjs', 'eslint.config.js'],
    rules: unsafe,
  },
  {
    // Matchers such as expect.any have the type any.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: typescript,
    plugins: { boundaries },
    settings: {
      // Paths from the root: a folder `test/core` is part of the tests and no part of core.
      'boundaries/elements': roomPolicies.map(({ room }) => ({ type: room, pattern: room, partialMatch: false })),
      'boundaries/root-path': import.meta.dirname,
      'import/resolver': { node: { extensions: ['.ts', '.svelte', '.mjs', '.js'] } },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: roomPolicies.map(({ room, may }) => ({
            from: { element: { type: room } },
            allow: { to: { element: { types: { anyOf: [room, ...may] } } } },
          })),
        },
      ],
    },
  },
  ...roomImports.map(({ files, except, patterns }) => ({
    files,
    ...(except.length > 0 ? { ignores: except } : {}),
    rules: { 'no-restricted-imports': /** @type {['error', object]} */ (['error', { patterns }]) },
  })),
);
