// The agentcube command against a platform as `npm start` makes it: what a person sees, and what is left behind.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { emptyFolder, Person, type Ended } from '../support/cli.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(60_000);

let platform: Platform;
let person: Person;
beforeAll(async () => {
  platform = await startPlatform();
  const dataDir = platform.dataDir;
  person = new Person({ AGENTCUBE_DATA_DIR: dataDir, XDG_STATE_HOME: path.join(dataDir, 'cli-state') });
});
afterAll(async () => platform?.dispose());

const interpreter = 'my-codeinterpreter';

async function ok(line: readonly string[], asked: Parameters<Person['types']>[1] = {}): Promise<string> {
  const { code, stdout, stderr } = await person.types(line, asked);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const sessionsOf = async (runtime: string): Promise<string[]> =>
  (await ok(['sessions', 'ls', '-r', runtime, '-o', 'name'])).split('\n').filter((line) => line !== '');

describe('what is deployed', () => {
  const yaml = readFileSync(
    path.resolve(import.meta.dirname, '../../examples/hello-agent/agent.yaml'),
    'utf8',
  ).replaceAll(/name: hello-agent$/gm, 'name: applied-agent');

  test('is applied, told as created, unchanged and configured, listed, described and deleted', async () => {
    const word = 'agentruntime.runtime.agentcube.volcano.sh/applied-agent';
    expect(await ok(['apply', '-f', '-', '--dry-run'], { stdin: yaml })).toBe(`${word} created (dry run)\n`);
    expect((await person.types(['get', 'ar', 'applied-agent'])).code).toBe(3);
    expect(await ok(['apply', '-f', '-', '--wait'], { stdin: yaml })).toBe(`${word} created\n`);
    expect(await ok(['apply', '-f', '-'], { stdin: yaml })).toBe(`${word} unchanged\n`);
    const slower = yaml.replace('sessionTimeout: 15m', 'sessionTimeout: 16m');
    expect(await ok(['apply', '-f', '-'], { stdin: slower })).toBe(`${word} configured\n`);
    expect(await ok(['get', 'ar/applied-agent'])).toMatch(/^NAME +READY .*\napplied-agent +True/);
    expect(JSON.parse(await ok(['get', 'ar', 'applied-agent', '-o', 'json']))).toMatchObject({
      kind: 'AgentRuntime',
      spec: { sessionTimeout: '16m' },
    });
    expect(await ok(['get', 'ar,ci', '-o', 'name'])).toContain(`${word}\ncodeinterpreter`.split('\n')[0]);
    expect(await ok(['describe', 'ar/applied-agent'])).toMatch(/Name: +applied-agent\n[^]*Ready: +True/);
    expect(await ok(['delete', 'ar/applied-agent'])).toBe(`${word} deleted\n`);
  });

  test('is told as it changes', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const onOutput = (text: string): void => {
      seen.push(text);
      if (seen.join('').includes('watched-agent')) stop.abort('interrupted');
    };
    const watching = person.types(['get', 'ar', '-w'], { signal: stop.signal, onOutput });
    await ok(['apply', '-f', '-'], { stdin: yaml.replaceAll('applied-agent', 'watched-agent') });
    expect((await watching).code).toBe(130);
    expect(seen.join('')).toMatch(/^NAME .*READY/);
    await ok(['delete', 'ar/watched-agent']);
  });
});

describe('an agent', () => {
  const prompt = '{"prompt": "hello"}';
  const ask = async (...more: string[]): Promise<{ readonly turns: number }> =>
    JSON.parse(await ok(['invoke', 'hello-agent', prompt, ...more])) as { turns: number };

  test('remembers from call to call in a folder, and is new on request', async () => {
    expect((await ask()).turns).toBe(1);
    expect((await ask()).turns).toBe(2);
    expect((await ask('--new', '--end')).turns).toBe(1);
    const elsewhere = await ok(['invoke', 'hello-agent', '-', '-f', emptyFolder()], {
      stdin: '{"prompt": "hi"}',
    });
    expect(elsewhere).toMatch(/"turns": 1\}\n$/);
  });

  test('goes on in a new session when the one before has ended', async () => {
    const cwd = emptyFolder();
    await ok(['invoke', 'hello-agent', prompt], { cwd });
    for (const id of await sessionsOf('hello-agent')) await ok(['sessions', 'rm', id.slice(0, 13)]);
    expect(await ok(['invoke', 'hello-agent', prompt], { cwd })).toContain('"turns": 1');
  });

  test('has sessions that are paused and resumed', async () => {
    await ask();
    const [id = ''] = await sessionsOf('hello-agent');
    expect(await ok(['sessions', 'pause', id])).toBe(`session/${id} paused\n`);
    expect(await ok(['sessions', 'show', id, '-o', 'json'])).toContain('"state": "paused"');
    expect(await ok(['sessions', 'resume', id])).toBe(`session/${id} resumed\n`);
  });
});

describe('an interpreter', () => {
  test('runs scripts with arguments, and passes on what they print and how they end', async () => {
    const cwd = emptyFolder();
    writeFileSync(
      path.join(cwd, 'end.py'),
      'import sys\nprint("out", sys.argv[1:])\nprint("err", file=sys.stderr)\nsys.exit(7)\n',
    );
    expect(await person.types(['run', 'end.py', '--', '--epochs', '3'], { cwd })).toEqual({
      code: 7,
      stdout: "out ['--epochs', '3']\n",
      stderr: 'err\n',
    });
    expect(await sessionsOf(interpreter)).toEqual([]);
  });

  test('tells output as it comes', async () => {
    const seen: string[] = [];
    const code = 'import time\nfor i in range(3):\n  print(i, flush=True)\n  time.sleep(0.4)\n';
    await ok(['run', '-'], { stdin: code, onOutput: (text) => seen.push(text) });
    expect(seen.join('')).toBe('0\n1\n2\n');
    expect(seen.length).toBeGreaterThan(1);
  });

  test('keeps a session for the folder when told, with the files that were copied', async () => {
    const cwd = emptyFolder();
    mkdirSync(path.join(cwd, 'data/deep'), { recursive: true });
    writeFileSync(path.join(cwd, 'data/deep/a.bin'), Buffer.from([0, 255, 10]));
    await ok(['cp', 'data', ':'], { cwd });
    expect(await ok(['exec', '--', 'find', 'data', '-type', 'f'], { cwd })).toBe('data/deep/a.bin\n');
    await ok(['cp', ':data', 'back'], { cwd });
    expect([...readFileSync(path.join(cwd, 'back/deep/a.bin'))]).toEqual([0, 255, 10]);
    const [id = ''] = await sessionsOf(interpreter);
    await ok(['sessions', 'rm', id]);
    expect(await sessionsOf(interpreter)).toEqual([]);
  });

  test('ends with Ctrl-C, and the session that was made for it with it', async () => {
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    const ended: Promise<Ended> = person.starts(['exec', '--', 'sh', '-c', 'echo begun; sleep 600'], {
      onStart: (own) => (kill = own),
      onOutput: () => kill('SIGINT'),
    });
    expect(await ended).toMatchObject({ code: 130, stdout: 'begun\n' });
    expect(await sessionsOf(interpreter)).toEqual([]);
  });
});

describe('events', () => {
  test('are sent, and told how many take them', async () => {
    const sent = await person.types([
      'events',
      'send',
      '--type',
      'com.example.issue.opened',
      '--subject',
      'issue/1',
      '-d',
      '{"title": "x"}',
    ]);
    expect(sent.code).toBe(0);
    expect(sent.stderr).toContain('1 delivery');
    const unwanted = await person.types(['events', 'send', '--type', 'nobody.wants', '--id', '7']);
    expect(unwanted.stdout).toBe('event 7 stored\n');
    expect(unwanted.stderr).toContain('no trigger took it');
    expect((await person.types(['events', 'dead-letters', 'ls'])).code).toBe(0);
  });
});

describe('an author', () => {
  test('packs, builds without Docker, publishes and calls', async () => {
    const cwd = emptyFolder();
    const source =
      'console.log("it listens"); ' +
      'require(\'node:http\').createServer((request, response) => response.end(\'{"hello": "built"}\')).listen(process.env.PORT);\n';
    mkdirSync(path.join(cwd, 'built-agent'));
    writeFileSync(path.join(cwd, 'built-agent/main.js'), source);
    expect(await ok(['pack', '-f', 'built-agent'], { cwd })).toContain('built-agent packed');
    expect(await ok(['build', '-f', 'built-agent'], { cwd })).toBe('built-agent:0.0.1 built\n');
    expect(await ok(['publish', '-f', 'built-agent'], { cwd })).toBe(
      'agentruntime/built-agent published with built-agent:0.0.1\n',
    );
    expect(await ok(['invoke', '-f', 'built-agent', '{}'], { cwd })).toContain('built');
    expect(await ok(['logs', 'ar/built-agent', '--tail', '1'])).toBe('it listens\n');
    expect(JSON.parse(await ok(['status', '-f', 'built-agent', '-o', 'json'], { cwd }))).toMatchObject({
      status: 'ready',
      version: '0.0.1',
    });
    expect(readdirSync(path.join(cwd, 'built-agent')).sort()).toEqual([
      'Dockerfile',
      'agent_metadata.yaml',
      'main.js',
    ]);
  });
});

describe('the command itself', () => {
  test('says what works here and finds the platform well', async () => {
    const found = JSON.parse(await ok(['doctor', '-o', 'json'])) as {
      about: string;
      standing: string;
      what: string;
    }[];
    expect(found.filter(({ standing }) => standing === 'bad')).toEqual([]);
    expect(found.map(({ what }) => what).join('\n')).toContain(
      `the control API at ${platform.controlUrl} answers`,
    );
  });

  test('completes names of what there is', async () => {
    expect(await ok(['__complete', 'invoke', 'hel'])).toBe('hello-agent\n');
    expect(await ok(['__complete', 'get', 'ci/'])).toBe(`ci/${interpreter}\n`);
  });

  test('tells which platform is meant', async () => {
    expect(await ok(['config', 'view'])).toContain(platform.activatorUrl);
    expect(await ok(['version'])).toMatch(/^agentcube \d.*\nplatform +\d/);
  });
});
