// The stock rules of ESLint and typescript-eslint, with types. Formatting is Prettier's business.
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/', '.build/', '.data/'] },
  js.configs.recommended,
  {
    // What runs before anything is compiled.
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        console: 'readonly',
        process: 'readonly',
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
      },
    },
  },
  {
    // What runs in a browser and is not compiled by tsc: the preview of the board.
    files: ['grafana/preview/*'],
    languageOptions: {
      globals: { URLSearchParams: 'readonly', document: 'readonly', fetch: 'readonly' },
    },
  },
  {
    files: ['**/*.{ts,cts}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A leading underscore says that a parameter is there for its place only.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Records of functions are taken apart: they close over what they need and use no `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Numbers in texts are meant.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
)
