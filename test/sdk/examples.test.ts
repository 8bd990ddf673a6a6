// Every example of docs/sdk.md and of the SDK's docstrings compiles, runs against the examples that `npm start` deploys, and prints
// what it says that it prints.
import { globSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { examplesOf, ExamplePrograms, foundInOrder } from '../support/doc-examples.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(120_000);

const repository = path.resolve(import.meta.dirname, '../..');
const sources = globSync('sdk/*.ts', { cwd: repository }).sort();
const examples = ['docs/sdk.md', ...sources].flatMap(examplesOf);

let platform: Platform;
let programs: ExamplePrograms;
beforeAll(async () => {
  platform = await startPlatform();
  programs = new ExamplePrograms(examples, { agentcube: 'sdk/index.ts' });
});
afterAll(async () => {
  programs.dispose();
  await platform.dispose();
});

test('there are examples of each, and they compile', async () => {
  expect(examples.map(({ name }) => name.replace(/:.*/, ''))).toEqual(
    expect.arrayContaining([
      'docs/sdk.md',
      'sdk/agent-runtime.ts',
      'sdk/code-interpreter.ts',
      'sdk/errors.ts',
    ]),
  );
  await programs.check();
});

test.each(examples.map((example) => [example.name, example] as const))('%s', async (_, example) => {
  const env = { WORKLOAD_MANAGER_URL: platform.controlUrl, ROUTER_URL: platform.activatorUrl };
  expect(foundInOrder(await programs.run(example, env), example.prints)).toEqual(example.prints);
});
