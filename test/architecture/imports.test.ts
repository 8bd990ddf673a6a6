// Guards the guard: a rule that matches nothing, or a tool that skips .ts files it does not understand,
// looks exactly like a clean repository. So each rule is broken on purpose, and the modules are counted.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cruise, repository, type Cruise } from './cruise.ts';

/** Files every planted tree has, so that an import always resolves and only its direction is wrong. */
const neighbours: Record<string, string> = {
  'package.json': '{ "name": "planted", "type": "module", "dependencies": { "zod": "*", "express": "*" } }',
  'node_modules/zod/package.json': '{ "name": "zod", "main": "index.js" }',
  'node_modules/zod/index.js': 'module.exports = {};',
  'node_modules/express/package.json': '{ "name": "express", "main": "index.js" }',
  'node_modules/express/index.js': 'module.exports = {};',
  'main.ts': 'export const main = 1;',
  'model/word.ts': 'export const word = 1; export type Word = number;',
  'activator/port.ts': 'export const port = 1; export interface Port { open(): void }',
  'activator/shell.ts': 'export const shell = 1;',
  'controller/shell.ts': 'export const shell = 1;',
  'adapters/memory/store.ts': 'export const store = 1;',
  'adapters/sqlite/store.ts': 'export const store = 1;',
  'sandbox/daemon.ts': 'export const daemon = 1;',
  'sdk/client.ts': 'export const client = 1;',
  'cli/command.ts': 'export const command = 1;',
  'process/start.ts': 'export const start = 1;',
  'sandbox/flags.ts': 'export const flags = 1;',
  'test/support/helper.ts': 'export const helper = 1;',
};

/** Cruises a temporary tree of these files and the neighbours. */
function cruiseTree(files: Record<string, string>): Cruise {
  const folder = mkdtempSync(join(tmpdir(), 'agentcube-imports-'));
  try {
    plant(folder, { ...neighbours, ...files });
    return cruise(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function plant(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
}

interface Violation {
  rule: string;
  at: string;
  why: string;
  code: string;
}

const planted: Violation[] = [
  { rule: 'model-is-pure', at: 'model/x1.ts', why: 'a Node built-in', code: "import 'node:fs';" },
  { rule: 'model-is-pure', at: 'model/x2.ts', why: 'a package other than zod', code: "import 'express';" },
  { rule: 'model-is-pure', at: 'model/x3.ts', why: 'a program', code: "import '../activator/shell.ts';" },
  { rule: 'core-is-pure', at: 'activator/core/x4.ts', why: 'a Node built-in', code: "import 'node:timers';" },
  { rule: 'core-is-pure', at: 'activator/core/x5.ts', why: 'its own shell', code: "import '../shell.ts';" },
  {
    rule: 'core-is-pure',
    at: 'activator/core/x6.ts',
    why: "its shell's type",
    code: "import type { Port } from '../port.ts'; export type X = Port;",
  },
  {
    rule: 'programs-do-not-meet',
    at: 'activator/x7.ts',
    why: 'another program',
    code: "import '../controller/shell.ts';",
  },
  {
    rule: 'programs-do-not-meet',
    at: 'controller/x8.ts',
    why: 'even for a type',
    code: "import type { Port } from '../activator/port.ts'; export type X = Port;",
  },
  {
    rule: 'programs-do-not-pick-adapters',
    at: 'activator/x9.ts',
    why: 'a technology',
    code: "import '../adapters/memory/store.ts';",
  },
  {
    rule: 'sandbox-stands-alone',
    at: 'sandbox/x10.ts',
    why: 'the platform',
    code: "import '../model/word.ts';",
  },
  { rule: 'sandbox-stands-alone', at: 'sandbox/x11.ts', why: 'a package', code: "import 'zod';" },
  {
    rule: 'adapters-do-not-meet',
    at: 'adapters/memory/x12.ts',
    why: 'another adapter',
    code: "import '../sqlite/store.ts';",
  },
  {
    rule: 'adapters-see-ports-as-types',
    at: 'adapters/memory/x13.ts',
    why: "a program's code",
    code: "import { port } from '../../activator/port.ts'; export const x = port;",
  },
  {
    rule: 'process-serves-every-program',
    at: 'process/x21.ts',
    why: 'a program',
    code: "import '../controller/shell.ts';",
  },
  {
    rule: 'config-opens-nothing',
    at: 'config/x22.ts',
    why: "an adapter's code",
    code: "import '../adapters/memory/store.ts';",
  },
  {
    rule: 'process-is-for-mains',
    at: 'activator/x23.ts',
    why: 'what a main.ts starts with',
    code: "import '../process/start.ts';",
  },
  { rule: 'sdk-stands-alone', at: 'sdk/x14.ts', why: 'the model', code: "import '../model/word.ts';" },
  {
    rule: 'examples-see-only-sdk',
    at: 'examples/hello/x15.ts',
    why: 'the model',
    code: "import '../../model/word.ts';",
  },
  {
    rule: 'cli-sees-sdk-and-model',
    at: 'cli/x16.ts',
    why: 'a program',
    code: "import '../controller/shell.ts';",
  },
  { rule: 'nobody-imports-main', at: 'test/x17.ts', why: 'even a test', code: "import '../main.ts';" },
  {
    rule: 'tests-are-not-shipped',
    at: 'controller/x18.ts',
    why: 'a test helper',
    code: "import '../test/support/helper.ts';",
  },
  {
    rule: 'no-cycles',
    at: 'model/x19.ts',
    why: 'itself, round a corner',
    code: "import './y-round-a-corner.ts';",
  },
  { rule: 'imports-resolve', at: 'config/x20.ts', why: 'nothing', code: "import '../model/gone.ts';" },
];

describe('each import rule bites', () => {
  // One cruise for all: every row has a file of its own, so a row sees only its own violations.
  // A cycle is reported once, at its alphabetically first file: hence the y.
  let found: Cruise['violations'] = [];
  beforeAll(() => {
    const files = Object.fromEntries(planted.map(({ at, code }) => [at, code]));
    found = cruiseTree({ ...files, 'model/y-round-a-corner.ts': "import './x19.ts';" }).violations;
  });

  test.each(planted)('$rule: $at imports $why', ({ rule, at }) => {
    const reported = found.filter(({ from }) => from === at).map((violation) => violation.rule);
    expect(new Set(reported)).toEqual(new Set([rule]));
  });

  test('no rule goes without a planted violation', () => {
    const rules = createRequire(import.meta.url)(join(repository, '.dependency-cruiser.cjs')) as {
      forbidden: { name: string; comment?: string }[];
    };
    expect(new Set(planted.map(({ rule }) => rule))).toEqual(
      new Set(rules.forbidden.map(({ name }) => name)),
    );
    for (const { comment } of rules.forbidden) expect(comment).toMatch(/\w/);
  });
});

describe('what is allowed stays allowed', () => {
  const allowed: Record<string, string> = {
    'model/x.ts': "import 'zod'; import './word.ts';",
    'activator/core/x.ts': "import 'zod'; import './z.ts'; import '../../model/word.ts';",
    'activator/core/z.ts': 'export {};',
    'activator/x.ts':
      "import 'node:http'; import 'express'; import './core/x.ts'; import '../model/word.ts';",
    'activator/core/x.test.ts': "import 'node:fs'; import './x.ts';",
    'adapters/memory/x.ts':
      "import 'node:fs'; import type { Port } from '../../activator/port.ts'; export type X = Port;",
    'sandbox/x.ts': "import 'node:fs'; import './daemon.ts';",
    'sdk/x.ts': "import 'node:http'; import './client.ts';",
    'cli/x.ts': "import 'node:fs'; import '../sdk/client.ts'; import '../model/word.ts';",
    'examples/hello/x.ts': "import 'node:http'; import '../../sdk/client.ts';",
    'main.ts': "import './activator/x.ts'; import './adapters/memory/x.ts';",
    'activator/main.ts': "import '../process/x.ts'; import '../adapters/memory/x.ts';",
    'process/x.ts': "import 'node:http'; import '../sandbox/flags.ts'; import '../adapters/memory/x.ts';",
    'config/x.ts': "import 'zod'; import type { Port } from '../activator/port.ts'; export type X = Port;",
  };

  test('a tree that keeps the rules is clean, and every file of it is seen', () => {
    const { violations, modules } = cruiseTree(allowed);
    expect(violations).toEqual([]);
    const sources = Object.keys({ ...neighbours, ...allowed }).filter((path) => path.endsWith('.ts'));
    expect(modules).toEqual(expect.arrayContaining(sources));
  });
});

describe('this repository', () => {
  test('every TypeScript file is cruised', () => {
    const listed = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '*.ts'];
    const git = execFileSync('git', ['-c', 'safe.directory=*', ...listed], {
      cwd: repository,
      encoding: 'utf8',
    });
    const deleted = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '--deleted'], {
      cwd: repository,
      encoding: 'utf8',
    }).split('\n');
    const sources = git.split('\n').filter((path) => path !== '' && !deleted.includes(path));
    const seen = new Set(cruise(repository).modules);
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.filter((path) => !seen.has(path))).toEqual([]);
  });
});
