import { describe, expect, test } from '@jest/globals';
import { apiVersionOf, groupOf, resourceKinds, resourcePlurals } from '../model/resource.ts';
import { CliError } from './failure.ts';
import { deployables, kindNamed, readNames } from './kinds.ts';

test('the kinds are those of the model', () => {
  const own = deployables.map(({ kind, plural, group, version }) => ({
    kind,
    plural,
    group,
    apiVersion: `${group}/${version}`,
  }));
  const model = resourceKinds.map((kind) => ({
    kind,
    plural: resourcePlurals[kind],
    group: groupOf(kind),
    apiVersion: apiVersionOf(kind),
  }));
  expect(own).toEqual(model);
});

test.each([
  ['agentruntimes', 'agentruntimes'],
  ['AgentRuntime', 'agentruntimes'],
  ['ar', 'agentruntimes'],
  ['agentruntimes.runtime.agentcube.volcano.sh', 'agentruntimes'],
  ['ci', 'codeinterpreters'],
  ['trigger', 'triggers'],
  ['sess', 'sessions'],
  ['pool', 'pools'],
])('%s means %s', (word, plural) => {
  expect(kindNamed(word).plural).toBe(plural);
});

describe('names', () => {
  const read = (...words: string[]) =>
    readNames(words).names.map(({ kind, name }) => `${kind.plural}/${name}`);

  test('behind a kind, or each with its own', () => {
    expect(read('ar', 'one', 'two')).toEqual(['agentruntimes/one', 'agentruntimes/two']);
    expect(read('ar/one', 'ci/two')).toEqual(['agentruntimes/one', 'codeinterpreters/two']);
    expect(readNames(['ar,ci']).kinds.map(({ plural }) => plural)).toEqual([
      'agentruntimes',
      'codeinterpreters',
    ]);
    expect(readNames(['all']).kinds).toHaveLength(3);
  });

  test.each([
    [[], /say what/],
    [['pods'], /no kind "pods"; did you mean pools\?/],
    [['agentruntme'], /did you mean agentruntime\?/],
    [['ar/'], /not KIND\/NAME/],
    [['ar/one', 'two'], /not KIND\/NAME/],
    [['ar', 'ci/two'], /named already/],
    [['ar,ci', 'one'], /one kind/],
  ])('%j is refused', (words, message) => {
    expect(() => readNames(words)).toThrow(CliError);
    expect(() => readNames(words)).toThrow(message);
  });
});
