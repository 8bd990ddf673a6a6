// The flows of AgentCube's documentation, with its own Python client: once straight through, once with the session paused before
// every step. Wherever the platform runs, they must print the same. The runtimes `my-codeinterpreter` and `my-agent-app` are there.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Address } from '../../support/platform.ts';
import { findPython, flow } from '../../support/python-sdk.ts';

/** Runs the flows against the platform at `at`. */
export function sdkFlows(at: () => Address): void {
  let python: string;

  beforeAll(() => {
    python = findPython();
  });

  describe.each([['straight through'], ['with a pause before every step', 'pause']])('%s', (_, ...args) => {
    test('quickstart: code runs and its output comes back', async () => {
      expect(await flow(python, at(), 'quickstart.py', ...args)).toEqual(['Hello from AgentCube!']);
    });

    test('longtask: a second client finds, reads and changes the files of the first', async () => {
      const printed = await flow(python, at(), 'longtask.py', ...args);
      expect(printed.slice(0, 3)).toEqual(['current count: 100', 'new count: 101', 'result count: 1']);
      expect(printed.slice(3)).toEqual(
        expect.arrayContaining([
          'file: counter.txt',
          'file: results.json',
          expect.stringMatching(/^file: script_\d+\.py$/),
        ]),
      );
    });

    test('chat: the agent remembers the turns before', async () => {
      const turns = (await flow(python, at(), 'chat.py', ...args)).map(
        (line) => JSON.parse(line) as Record<string, unknown>,
      );
      const prompts = ['Introduce yourself', 'What can you do?', 'Write a Python function for me'];
      expect(turns).toEqual(
        prompts.map((prompt, index) => ({
          response: `Hello Agent received: ${prompt}`,
          agent: 'hello-agent',
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
          original_prompt: prompt,
          turns: index + 1,
        })),
      );
    });
  });
}
