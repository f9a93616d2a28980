import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { injectableRule, packageRules, roomZones } from './scripts/lint/room-rules.mjs';

const specs = ['**/*.spec.ts', 'test/**'];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.build/**', 'coverage/**', 'data/**', 'test/consumers/hosts/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // A Nest module is an empty class that carries a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // A number has one obvious text; an object, null or undefined in a template stays an error.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Nest declares the types of its options as classes; an object literal is how they are meant to be given.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // `() => callback(value)` is how a void is handed on; nothing is gained by braces.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'Buffer',
          'performance',
          'fetch',
          'AbortSignal',
          'Blob',
          'FormData',
          'setTimeout',
          'clearTimeout',
          'setInterval',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.ts', '**/*.mjs'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.json' })],
    },
    rules: {
      'import-x/no-duplicates': 'error',
    },
  },
  {
    files: ['libs/exdata/src/**/*.ts'],
    // A spec may set up more of the house than the room it tests.
    ignores: specs,
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: roomZones }],
      'no-restricted-syntax': injectableRule,
    },
  },
  ...packageRules.map((rule) => ({ ...rule, ignores: specs })),
  {
    files: ['libs/exdata-sandbox/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['/nestjs-exdata', '**/exdata/src/**', '**/libs/exdata/**'],
              message: 'The simulator plays exdata from the contract alone: it shares no code with the library.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['apps/**/*.ts', 'apps/**/*.mjs'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['**/libs/**'], message: 'The demo is a host: it imports packages by name.' }] },
      ],
    },
  },
  {
    files: specs,
    rules: {
      // `expect(object.method)` is handed to a matcher, never called without its object.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
