// Whatever is wrong with a command line or a file: the documented exit code, one clear message, and nothing is changed.
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Person, type Ended } from '../support/cli.ts';
import { startPlatform, type Platform } from '../support/platform.ts';
import { json, scriptedPlatform, type Scripted } from '../support/scripted-platform.ts';
import { wrongCommands, wrongFiles } from '../support/wrong-commands.ts';

jest.setTimeout(60_000);

let platform: Platform;
let hanging: Scripted;
let bad: Scripted;
let person: Person;

beforeAll(async () => {
  platform = await startPlatform();
  hanging = await scriptedPlatform(() => undefined);
  bad = await scriptedPlatform((request, response) => {
    const { url = '' } = request;
    if (url.includes('/agentruntimes')) response.writeHead(500).end('<html>oh no</html>');
    else if (url.includes('/codeinterpreters'))
      json(response, 409, { kind: 'Status', message: 'it changed', code: 409 });
    else response.end('{"items": [');
  });
  person = new Person({ AGENTCUBE_DATA_DIR: platform.dataDir });
  for (const [name, content] of Object.entries(wrongFiles))
    writeFileSync(path.join(person.cwd, name), content);
});

afterAll(async () => {
  hanging?.close();
  bad?.close();
  await platform?.dispose();
});

/** `$HANG` and `$BAD` are addresses, any other `$NAME` a file. */
const words = (line: string): string[] =>
  line
    .replaceAll('$HANG', hanging.url)
    .replaceAll('$BAD', bad.url)
    .split(' ')
    .map((word) => word.replace(/^\$/, ''));

interface Listed {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly generation?: number };
    readonly spec: unknown;
  }[];
}

/** All that a command could have changed, without what changes by itself. */
async function whole(): Promise<string> {
  const ask = async (url: string): Promise<unknown> => (await fetch(`${platform.controlUrl}${url}`)).json();
  const kinds = [
    'runtime.agentcube.volcano.sh/v1alpha1/agentruntimes',
    'runtime.agentcube.volcano.sh/v1alpha1/codeinterpreters',
    'eventing.agentcube.volcano.sh/v1alpha1/triggers',
  ];
  const lists = await Promise.all(kinds.map((kind) => ask(`/apis/${kind}`) as Promise<Listed>));
  const objects = lists.flatMap(({ items }) =>
    items.map(({ metadata: { name, generation }, spec }) => ({ name, generation, spec })),
  );
  const { items: sessions } = (await ask('/v1/sessions')) as {
    readonly items: readonly { readonly sessionId: string; readonly state: string }[];
  };
  const states = sessions.map(({ sessionId, state }) => `${sessionId} ${state === 'ended'}`);
  return JSON.stringify({
    objects,
    states,
    files: readdirSync(person.cwd).sort(),
    home: readdirSync(person.home),
  });
}

function isOneClearMessage({ stdout, stderr }: Ended, says: RegExp): void {
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(/^error: \S/);
  expect(stderr.match(/error:/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at |node:internal|\.ts:\d+:\d+|undefined|\[object/);
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(4);
  expect(stderr.length).toBeLessThan(700);
  expect(stdout).toBe('');
}

test('there are a hundred of them at least', () => {
  expect(wrongCommands.length).toBeGreaterThanOrEqual(100);
  expect(new Set(wrongCommands.map(([line]) => line)).size).toBe(wrongCommands.length);
});

describe('in this process', () => {
  test.each(wrongCommands)('agentcube %s: %i', async (line, code, says) => {
    const before = await whole();
    const ended = await person.types(words(line));
    isOneClearMessage(ended, says);
    expect(ended.code).toBe(code);
    expect(await whole()).toBe(before);
  });
});

describe('as processes', () => {
  const few = wrongCommands.filter((_, at) => at % 18 === 0);
  test.each(few)('agentcube %s: %i', async (line, code, says) => {
    const ended = await person.starts(words(line));
    isOneClearMessage(ended, says);
    expect(ended.code).toBe(code);
  });
});
