// Owns: the rules that carry this project's style. What an import may reach is .dependency-cruiser.cjs' business.
// There are no inline exceptions (noInlineConfig): a rule that is wrong for a folder is changed here, in the open.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', 'test/contract/suites/*.ts', 'test/sdk/*suite.ts'];
const pureCores = ['model/**/*.ts', '**/core/**/*.ts'];

const passNow =
  'A core has no clock: take `now` (ms since epoch) as an argument, or the Clock port of model/clock.ts.';
const passTheNumber = 'A core draws no random numbers: take the number as an argument.';
const noDoing = 'A core decides and never does: return an action and let the shell carry it out.';

const impureGlobals = [
  ['setTimeout', passNow],
  ['setInterval', passNow],
  ['setImmediate', passNow],
  ['performance', passNow],
  ['crypto', passTheNumber],
  ['fetch', noDoing],
  ['process', noDoing],
  ['console', noDoing],
  ['globalThis', 'Name what the core needs and pass it in; globalThis hides it.'],
].map(([name, message]) => ({ name, message }));

const impureSyntax = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: passNow },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: passNow },
  { selector: "CallExpression[callee.name='Date']", message: passNow },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: passTheNumber },
];

const dishonestTests = [
  {
    selector: "CallExpression[callee.object.name='jest'][callee.property.name=/[mM]ock(Module)?$/]",
    message: 'Modules are not mocked: inject the port, or fake the other side of the wire.',
  },
  {
    selector:
      'MemberExpression[object.name=/^(test|it|describe)$/][property.name=/^(skip|only|todo|failing)$/]',
    message: 'Every test runs: a test that cannot run here fails and says what is missing.',
  },
  {
    selector: 'CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]',
    message: 'Every test runs: a test that cannot run here fails and says what is missing.',
  },
];

export default tseslint.config(
  // The consumer is a project of a stranger: it is checked where the package is installed.
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'test/package/consumer/'] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // `_` says: the port wants this parameter, this implementation does not.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Numbers print themselves the same everywhere; objects and undefined do not.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Ports are async because some adapter must wait; a memory adapter that need not is still right.
      '@typescript-eslint/require-await': 'off',
      complexity: ['error', 12],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', 60],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: pureCores,
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-syntax': ['error', ...impureSyntax],
    },
  },
  {
    // A describe callback, or a suite that several adapters run, is a chapter and not a function; helpers keep the limit.
    files: tests,
    rules: { 'max-lines-per-function': 'off', 'no-restricted-syntax': ['error', ...dishonestTests] },
  },
  {
    // A test of node:test need not be awaited; whoever runs it does that.
    files: ['examples/**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly' } },
  },
);
