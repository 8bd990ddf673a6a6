// Owns: who may import whom. A rule's `comment` is what the offender reads, so it says what to do instead.
// test/architecture/imports.test.ts plants one violation per rule and fails if the tool does not report it.
const PROGRAMS = 'activator|autoscaler|controller|nodeagent|sandbox';
const TEST = '\\.test\\.ts$|^test/';
const PACKAGES = '(^|/)node_modules/';
// Packages that compute and do nothing else.
const PURE = '(^|/)node_modules/(croner|zod)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'model-is-pure',
      severity: 'error',
      comment:
        'model/ imports only model/, zod and croner. It decides and never does: pass facts and `now` in, return actions out, and leave the doing to the program that asked.',
      from: { path: '^model/', pathNot: TEST },
      to: { pathNot: `^model/|${PURE}` },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      comment:
        'A core/ imports only itself, model/, zod and croner. Move what does I/O into a shell file beside core/, or pass what it found in as an argument.',
      from: { path: '^(.+)/core/', pathNot: TEST },
      to: { pathNot: `^model/|^$1/core/|${PURE}` },
    },
    {
      name: 'programs-do-not-meet',
      severity: 'error',
      comment:
        'Programs talk over the wire or through a port, never by import: they must also run apart. Put the shared shape into model/, or declare a port and wire it in main.ts.',
      from: { path: `^(${PROGRAMS})/` },
      to: { path: `^(${PROGRAMS})/`, pathNot: '^$1/' },
    },
    {
      name: 'programs-do-not-pick-adapters',
      severity: 'error',
      comment:
        'A program names a port, not the technology behind it. Declare the interface next to the file that needs it and hand the adapter over in main.ts.',
      from: { path: `^(${PROGRAMS})/`, pathNot: `(^|/)main\\.ts$|${TEST}` },
      to: { path: '^adapters/' },
    },
    {
      name: 'process-serves-every-program',
      severity: 'error',
      comment:
        'process/ is what all programs start with, so it knows none of them: hand over what it needs in main.ts. Only how node is started inside a sandbox it may read.',
      from: { path: '^process/', pathNot: TEST },
      to: { path: `^(${PROGRAMS})/`, pathNot: '^sandbox/flags\\.ts$' },
    },
    {
      name: 'config-opens-nothing',
      severity: 'error',
      comment:
        'config/ says what settings mean and reads nothing itself. Take the function that reads as an argument; of others use types only.',
      from: { path: '^config/', pathNot: TEST },
      to: { path: `^(${PROGRAMS}|adapters|process|cli)/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'process-is-for-mains',
      severity: 'error',
      comment:
        'process/ opens sockets, logs and connections for a main.ts. Declare what you need as a port and let main.ts hand it over.',
      from: { path: `^(${PROGRAMS}|adapters|model|config|cli|sdk)/`, pathNot: `(^|/)main\\.ts$|${TEST}` },
      to: { path: '^process/' },
    },
    {
      name: 'sandbox-stands-alone',
      severity: 'error',
      comment:
        'sandbox/ runs inside the sandbox, where nothing of the platform and no package exists. Use Node built-ins and files of sandbox/ only.',
      from: { path: '^sandbox/', pathNot: TEST },
      to: { pathNot: '^sandbox/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'adapters-do-not-meet',
      severity: 'error',
      comment:
        'One folder of adapters/ per outside technology, and none knows another. Put what both need into model/, or combine them in main.ts.',
      from: { path: '^adapters/([^/]+)/' },
      to: { path: '^adapters/', pathNot: '^adapters/$1/' },
    },
    {
      name: 'adapters-see-ports-as-types',
      severity: 'error',
      comment:
        "An adapter implements a program's port and runs none of its code. Use `import type`, and move values that both need into model/.",
      from: { path: '^adapters/', pathNot: TEST },
      to: { path: `^(${PROGRAMS}|cli|sdk)/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sdk-stands-alone',
      severity: 'error',
      comment:
        'sdk/ is installed without the platform. It knows the wire, not our files: repeat the shape, or ask for it over HTTP.',
      from: { path: '^sdk/', pathNot: TEST },
      to: { pathNot: `^sdk/|${PACKAGES}`, dependencyTypesNot: ['core'] },
    },
    {
      name: 'examples-see-only-sdk',
      severity: 'error',
      comment:
        'An example is a stranger: it may use itself, sdk/, Node and packages. If it needs more, then so does every user: extend sdk/.',
      from: { path: '^examples/([^/]+)/' },
      to: { pathNot: `^examples/$1/|^sdk/|${PACKAGES}`, dependencyTypesNot: ['core'] },
    },
    {
      name: 'cli-sees-sdk-and-model',
      severity: 'error',
      comment:
        'The command line talks to a platform as any client does. Use sdk/ and model/, or ask over HTTP.',
      from: { path: '^cli/', pathNot: TEST },
      to: { pathNot: `^(cli|sdk|model)/|${PACKAGES}`, dependencyTypesNot: ['core'] },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      comment:
        'A main.ts opens sockets and reads the environment when it is loaded. Move what you need into a file beside it, or start it as a process.',
      from: {},
      to: { path: '(^|/)main\\.ts$' },
    },
    {
      name: 'tests-are-not-shipped',
      severity: 'error',
      comment:
        'Product code does not lean on tests. Move the helper out of test/, or the code that needs it into test/.',
      from: { pathNot: TEST },
      to: { path: TEST },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Two files that need each other are one file, or lack a third: move what both need into a file of its own.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      comment:
        'An import that resolves to nothing escapes every other rule. Relative imports end in .ts; packages are in package.json.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    // Examples import the package by its name.
    tsConfig: { fileName: require.resolve('./tsconfig.json') },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
