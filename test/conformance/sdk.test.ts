// AgentCube's own Python client, as published and unmodified, runs the flows of AgentCube's documentation against us:
// once straight through, once with the session paused before every step.
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { copyFolder } from '../support/folder.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(300_000);

const here = import.meta.dirname;
const repository = path.resolve(here, '../..');
const run = promisify(execFile);

/** A Python that has agentcube-sdk 0.1.0; made on first use, and a machine where that fails fails the suite. */
const findPython = (): string =>
  execFileSync(path.join(repository, '.ci/python-sdk'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();

let platform: Platform;
let python: string;

beforeAll(async () => {
  python = findPython();
  const folder = copyFolder(path.join(repository, 'examples'));
  copyFileSync(path.join(here, 'seed/agent-runtime.yaml'), path.join(folder, 'agent-runtime.yaml'));
  platform = await startPlatform({ folder });
});

afterAll(() => platform.dispose());

/** What the script printed. Rejects with its traceback when it fails. */
async function flow(script: string, ...args: readonly string[]): Promise<string[]> {
  const { stdout } = await run(python, [path.join(here, 'python', script), ...args], {
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      WORKLOAD_MANAGER_URL: platform.controlUrl,
      ROUTER_URL: platform.activatorUrl,
    },
  });
  return stdout.split('\n').filter(Boolean);
}

describe.each([['straight through'], ['with a pause before every step', 'pause']])('%s', (_, ...args) => {
  test('quickstart: code runs and its output comes back', async () => {
    expect(await flow('quickstart.py', ...args)).toEqual(['Hello from AgentCube!']);
  });

  test('longtask: a second client finds, reads and changes the files of the first', async () => {
    const printed = await flow('longtask.py', ...args);
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
    const turns = (await flow('chat.py', ...args)).map((line) => JSON.parse(line) as Record<string, unknown>);
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
