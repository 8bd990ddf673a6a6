// Every example of docs/agents.md and of the docstrings of the author kit and its test platform compiles and runs: agents until they
// are ready and then through SIGTERM, tests to their end, with the output that they say. The tables of the guide are those of the code.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { agentErrors } from '../../sdk/agent/errors.ts';
import { examplesOf, ExamplePrograms, foundInOrder } from '../support/doc-examples.ts';

jest.setTimeout(120_000);

const repository = path.resolve(import.meta.dirname, '../..');
const guide = 'docs/agents.md';
const files = [
  guide,
  'sdk/agent/definition.ts',
  'sdk/agent/errors.ts',
  'sdk/agent/serve.ts',
  'sdk/testing/platform.ts',
];
const examples = files.flatMap(examplesOf);

/** Stops an agent as the platform does, as soon as it says that it is ready. */
const stopWhenReady = `
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...said) => {
  if (String(said[0]).includes('"message":"ready"')) setImmediate(() => process.kill(process.pid, 'SIGTERM'));
  return write(...said);
};`;

let programs: ExamplePrograms;
beforeAll(() => {
  programs = new ExamplePrograms(examples, {
    agentcube: 'sdk/index.ts',
    'agentcube/agent': 'sdk/agent/index.ts',
    'agentcube/testing': 'sdk/testing/index.ts',
  });
});
afterAll(() => programs.dispose());

test('there are some in each file, and they compile', async () => {
  expect(new Set(examples.map(({ name }) => name.replace(/:.*/, '')))).toEqual(new Set(files));
  await programs.check();
});

test.each(examples.map((example) => [example.name, example] as const))('%s', async (_, example) => {
  const stopping = `--import=data:text/javascript,${encodeURIComponent(stopWhenReady)}`;
  const lines = await programs.run(example, { PORT: '0', NODE_OPTIONS: stopping });
  if (example.code.includes('serve(')) expect(lines.join('\n')).toContain('"message":"ready"');
  expect(foundInOrder(lines, example.prints)).toEqual(example.prints);
});

test('the guide lists the errors of the kit, as the code says them', () => {
  const rows = [
    ...readFileSync(path.join(repository, guide), 'utf8').matchAll(
      /^\| `([A-Z_]+)` \| (\d{3}) \| (.+) \|$/gm,
    ),
  ];
  const listed = rows.map(([, code, status, summary]) => ({ code, status: Number(status), summary }));
  expect(listed).toEqual(Object.entries(agentErrors).map(([code, kind]) => ({ code, ...kind })));
});
