// The published shape: what is in the tarball, and that a project that knows nothing of this repository can use it.
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { node, oldNode, packAndInstall, readText, repository, run, tool, type Packed } from './packed.ts';

jest.setTimeout(300_000);

let packed: Packed;
beforeAll(() => {
  packed = packAndInstall();
});
afterAll(() => packed?.dispose());

const installed = (...names: string[]): string =>
  path.join(packed.project, 'node_modules/agentcube', ...names);

describe('the tarball', () => {
  test('holds what the SDK, the command and the platform need', () => {
    expect(packed.files).toEqual(
      expect.arrayContaining([
        ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'],
        ...[
          'dist/sdk/index.js',
          'dist/sdk/index.d.ts',
          'dist/sdk/agent/index.d.ts',
          'dist/sdk/testing/index.d.ts',
        ],
        ...['dist/cli/main.js', 'dist/main.js', 'dist/sandbox/main.js', 'dist/controller/main.js'],
        ...['examples/images.yaml', 'examples/chat-agent/main.ts', 'config/chart/Chart.yaml'],
        'config/crds/runtime.agentcube.volcano.sh_agentruntimes.yaml',
      ]),
    );
  });

  test('holds no tests of ours, no sources, no maps, and no declarations but the SDK’s', () => {
    const strange = packed.files.filter(
      (file) =>
        /\.map$|tsconfig|eslint|jest|knip/.test(file) ||
        /\.test\./.test(file) ||
        (file.endsWith('.ts') && !/^dist\/sdk\/.*\.d\.ts$|^examples\//.test(file)) ||
        /^(test|images|bin|\.ci|node_modules)\//.test(file),
    );
    expect(strange).toEqual([]);
  });

  test('names no folder of the machine that made it', () => {
    const machine = /(?<![\w.\-/})\]>*])\/(work|root|home\/\w+)\//;
    expect(packed.files.filter((file) => machine.test(readText(installed(file))))).toEqual([]);
  });

  test('imports only what it depends on', () => {
    const { dependencies } = JSON.parse(readText(installed('package.json'))) as {
      dependencies: Record<string, string>;
    };
    const known = new Set([...Object.keys(dependencies), ...builtinModules]);
    const nameOf = (specifier: string): string =>
      specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    const foreign = packed.files
      .filter((file) => file.startsWith('dist/') && file.endsWith('.js'))
      .flatMap((file) =>
        [
          ...readText(installed(file)).matchAll(
            /^(?:import|(?:import|export)\b[^'"=;]*\bfrom) ['"]([^'"./][^'"]*)['"]/gm,
          ),
        ].map(([, specifier = '']) => `${file}: ${specifier}`),
      )
      .filter((line) => !/: node:/.test(line) && !known.has(nameOf(line.split(': ')[1] ?? '')));
    expect(foreign).toEqual([]);
  });
});

describe('a project that installed it', () => {
  const expected = {
    first: { prompt: 'hello', turn: 1 },
    state: 'paused',
    names: ['AgentCubeError', 'AgentRuntime', 'CodeInterpreter', 'Events', 'Sessions', 'serve'],
  };

  test('type-checks, without Node’s types and without skipLibCheck', () => {
    expect(tool('tsc', ['-p', packed.project], packed.project)).toBe('');
  });

  test('runs it as modules', () => {
    expect(JSON.parse(run(node, ['use.mjs'], packed.project))).toEqual(expected);
  });

  test('runs it through require', () => {
    expect(run(node, ['use.cjs'], packed.project)).toBe('AgentRuntime CodeInterpreter serve testPlatform\n');
  });

  test('runs the SDK, the author kit and the command on Node 20', () => {
    expect(JSON.parse(run(oldNode(), ['use.mjs'], packed.project))).toEqual(expected);
    expect(run(oldNode(), [installed('dist/cli/main.js'), '--help'], packed.project)).toContain('agentcube');
  });

  test('finds the command by both of its names', () => {
    const names = readdirSync(path.join(packed.project, 'node_modules/.bin'));
    expect(names).toEqual(expect.arrayContaining(['agentcube', 'kubectl-agentcube']));
    const { version } = JSON.parse(readText(installed('package.json'))) as { version: string };
    expect(run(node, ['node_modules/.bin/agentcube', '--version'], packed.project)).toContain(version);
  });

  test('can start the platform', () => {
    expect(run(node, [installed('dist/main.js'), '--help'], packed.project)).toContain('--control-port');
  });

  test('runs an example’s own tests, unchanged', () => {
    const folder = path.join(packed.project, 'chat-agent');
    cpSync(path.join(repository, 'examples/chat-agent'), folder, { recursive: true });
    expect(run(node, ['--test', 'chat.test.ts'], folder, { PATH: process.env.PATH })).toMatch(/pass 3/);
  });
});

describe('tools that look at packages', () => {
  test('publint finds nothing', () => {
    expect(tool('publint', [packed.stage, '--strict', '--pack', 'npm'], packed.stage)).toMatch(/All good/);
  });

  test('arethetypeswrong finds nothing', () => {
    // It exits with 1 when it finds something; without words to find, it had nothing to look at.
    const said = tool('attw', [packed.tarball, '--profile', 'esm-only'], packed.stage);
    expect(said.match(/^node16 \(from ESM\): 🟢/gm)).toHaveLength(4);
  });
});

test('`engines` is what is tested here', () => {
  const { engines } = JSON.parse(readFileSync(installed('package.json'), 'utf8')) as {
    engines: { node: string };
  };
  expect(engines.node).toBe('>=20');
});
