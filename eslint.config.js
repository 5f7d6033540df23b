import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const typed = ['**/*.ts', '**/*.tsx'];

export default tseslint.config(
  { ignores: ['.odw/', 'dist/', 'dist.*/', 'node_modules/', 'coverage/', 'examples/', 'library/', 'types/', 'test/**/fixtures/'] },
  js.configs.recommended,
  {
    files: typed,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['vitest.config.ts'] }, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, properties: false } }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A function may be async for its interface, or so that a throw becomes a rejection.
      '@typescript-eslint/require-await': 'off',
      // Numbers in messages need no ceremony.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: true }],
      // Interfaces of plain objects declare methods that need no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Values of scripts and of executors are put into texts as they are.
      '@typescript-eslint/no-base-to-string': 'off',
      // Errors of the sandbox and of other processes are rethrown as they came.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // tsc knows the globals.
      'no-undef': 'off',
      'no-empty': ['error', { allowEmptyCatch: true }],
      'no-control-regex': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['cli/**', 'pandacode/**', 'scripts/**', 'bench/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['cli/**'],
    ignores: ['cli/print.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.object.name='process'][callee.object.property.name=/^std(out|err)$/][callee.property.name='write']",
          message: 'Print with printText or printJson of cli/print.ts: text of models must not steer the terminal.',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'schemas/**/*.ts', 'workflows/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'Buffer', 'global', 'require', 'fetch', 'setImmediate', '__dirname', '__filename'].map((name) => ({
          name,
          message: 'src, schemas and workflows use nothing of Node: do it in an activity, or in system/.',
        })),
      ],
    },
  },
  {
    // Takes the built-ins apart on purpose.
    files: ['workflows/sandbox/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-call': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests read JSON and run scripts whose types nobody declared.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-implied-eval': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'performance',
          'fetch',
          'AbortSignal',
          'AbortController',
          'TextDecoder',
          'TextEncoder',
          'structuredClone',
          'globalThis',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
