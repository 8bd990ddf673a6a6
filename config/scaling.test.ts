// The settings of an autoscaler: how limits are written, and that what is wrong is refused with the setting, the bound and the value.
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { loadConfig } from './load.ts';
import { scalingFields, scalingSettings } from './scaling.ts';

const schema = z.strictObject(scalingFields);
const load = (args: readonly string[], file = '') =>
  loadConfig(schema, {
    args: file === '' ? args : ['--config', 'a.yaml', ...args],
    env: {},
    readFile: () => file,
  });

function settingsOf(args: readonly string[], file = '') {
  const loaded = load(args, file);
  if (loaded.kind !== 'config') throw new Error(JSON.stringify(loaded));
  return scalingSettings(loaded.config);
}

const problemsOf = (args: readonly string[], file = ''): readonly string[] => {
  const loaded = load(args, file);
  return loaded.kind === 'problems' ? loaded.problems : [];
};

test('nothing given: pools are sized, and nothing is limited', () => {
  expect(settingsOf([])).toEqual({
    mode: 'on',
    budget: { platform: {}, perNode: {}, perNamespace: {}, namespaces: new Map() },
  });
});

test('limits by flag: numbers of sandboxes, and memory as Kubernetes writes it', () => {
  const args = ['--max-idle', '100', '--max-idle-memory=16Gi', '--max-idle-per-node', '20'];
  expect(settingsOf([...args, '--max-idle-memory-per-namespace', '500M', '--scaling', 'dry-run'])).toEqual({
    mode: 'dry-run',
    budget: {
      platform: { idle: 100, memoryBytes: 16 * 2 ** 30 },
      perNode: { idle: 20 },
      perNamespace: { memoryBytes: 500_000_000 },
      namespaces: new Map(),
    },
  });
});

describe('limits of single namespaces', () => {
  const expected = new Map([
    ['team-a', { idle: 10, memoryBytes: 2 ** 30 }],
    ['team-b', { idle: 0 }],
  ]);

  test('in a file', () => {
    const file = 'maxIdleOfNamespaces:\n  team-a: { idle: 10, memory: 1Gi }\n  team-b:\n    idle: 0\n';
    expect(settingsOf([], file).budget.namespaces).toEqual(expected);
  });

  test('as a flag, in one line', () => {
    const flag = '{team-a: {idle: 10, memory: 1Gi}, team-b: {idle: 0}}';
    expect(settingsOf(['--max-idle-of-namespaces', flag]).budget.namespaces).toEqual(expected);
  });
});

test.each([
  [['--max-idle', '-1'], '--max-idle: a whole number from 0 to 2147483647 is expected, not -1'],
  [['--max-idle', '1.5'], '--max-idle: a whole number from 0 to 2147483647 is expected, not 1.5'],
  [
    ['--max-idle-per-node', '2147483648'],
    '--max-idle-per-node: a whole number from 0 to 2147483647 is expected, not 2147483648',
  ],
  [
    ['--max-idle-per-namespace', 'many'],
    '--max-idle-per-namespace: a whole number from 0 to 2147483647 is expected, not many',
  ],
  [
    ['--max-idle-memory', '4GB'],
    '--max-idle-memory: a quantity of memory from 0 is expected, such as 512Mi or 4Gi, not 4GB',
  ],
  [
    ['--max-idle-memory-per-node', '-1Gi'],
    '--max-idle-memory-per-node: a quantity of memory from 0 is expected, such as 512Mi or 4Gi, not -1Gi',
  ],
  [['--scaling', 'yes'], '--scaling: on, dry-run or off is expected, not yes'],
] as const)('%j is refused with the bound and the value', (args, problem) => {
  expect(problemsOf(args)).toEqual([problem]);
});

test.each([
  [
    'maxIdleOfNamespaces: 3',
    /^maxIdleOfNamespaces: a mapping from namespaces to idle and memory is expected/,
  ],
  ['maxIdleOfNamespaces: { a: { idle: -2 } }', /a whole number from 0 to 2147483647 is expected, not -2$/],
  ['maxIdleOfNamespaces: { a: { cpu: 2 } }', /cpu/],
  ['maxIdle: ten', /^maxIdle: a whole number from 0 to 2147483647 is expected, not ten$/],
])('in a file, %s is refused', (file, problem) => {
  expect(problemsOf([], file)).toEqual([expect.stringMatching(problem)]);
});
