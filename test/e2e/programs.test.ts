// The programs apart, as their users run them: two activators, two controllers, an autoscaler, Redis in between.
// What happens when one of them or Redis dies is failover.test.ts and redis-outage.test.ts.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { agentSession, call, openAgent, until, untilState, type AgentSession } from '../support/client.ts';
import { agentYaml, probeImages, writeFolder } from '../support/folder.ts';
import { sweep } from '../support/leftovers.ts';
import { newDataDir, startPlatform, type Address, type Exit } from '../support/platform.ts';
import { count, markAgent } from '../support/probe.ts';
import {
  spawnProgram,
  startProgram,
  startPrograms,
  type Program,
  type ProgramKind,
  type ProgramOptions,
  type Programs,
} from '../support/programs.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';

jest.setTimeout(180_000);

const kinds: readonly ProgramKind[] = ['activator', 'controller', 'autoscaler'];
const password = 'correct horse';

let redis: RedisServer;
let dataDir: string;
let folder: string;
let programs: Programs;

beforeAll(async () => {
  redis = await startRedis({ args: ['--requirepass', password], cliArgs: ['--pass', password] });
  dataDir = newDataDir();
  folder = writeFolder({
    'images.yaml': probeImages,
    'apart.yaml': agentYaml({ name: 'apart', spec: { pauseAfter: '1s', warmPoolSize: 1 } }),
  });
  programs = await startPrograms({
    ...{ redisAddr: redis.addr, dataDir, folder, activators: 2, controllers: 2, autoscalers: 1 },
    settings: { redisPassword: password, drainSeconds: 20 },
  });
  await programs.ready();
  await untilSaid(programs.controllers, 'AgentRuntime default/apart created');
});

afterAll(async () => {
  await programs.stop();
  await redis.close();
  await sweep(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

/** The platform as seen through one activator and one controller. */
const through = (activator: number, controller: number): Address => ({
  activatorUrl: programs.activators[activator]?.url ?? '',
  controlUrl: programs.controllers[controller]?.url ?? '',
});

const said = (some: readonly Program[], words: string): Promise<boolean> =>
  Promise.resolve(some.some((one) => one.output().includes(words)));

const untilSaid = (some: readonly Program[], words: string): Promise<boolean> =>
  until(`one says ${words}`, () => said(some, words), Boolean);

/** The controller that said last that it leads. */
function leader(): Program {
  const leading = programs.controllers.filter(
    (one) => one.alive && one.output().lastIndexOf('leads (') > one.output().lastIndexOf('leads no more'),
  );
  const [only] = leading;
  if (!only || leading.length > 1) throw new Error(`${leading.length} controllers lead`);
  return only;
}

async function marked(at: Address): Promise<AgentSession> {
  const session = await openAgent(at, 'apart');
  await markAgent(session);
  return session;
}

describe('together', () => {
  test('a session opened through one activator sleeps, and another wakes it with its memory', async () => {
    const first = await marked(through(0, 0));
    expect(await count(first)).toMatchObject({ memory: 1 });
    await untilState(through(0, 1), first.id, 'paused');
    const again = agentSession(through(1, 0), 'apart', first.id);
    expect(await count(again)).toMatchObject({ memory: 2, mark: first.id });
    expect(await count(first)).toMatchObject({ memory: 3 });
  });

  test('every controller answers what the leader would', async () => {
    const { id } = await marked(through(1, 1));
    for (const { url } of programs.controllers) {
      const answer = await call('GET', `${url}/v1/sessions/${id}`);
      expect(answer.json()).toMatchObject({ sessionId: id, runtime: { name: 'apart' } });
    }
  });

  test('a changed file is deployed by the one that leads', async () => {
    writeFileSync(path.join(folder, 'late.yaml'), agentYaml({ name: 'late' }));
    await untilSaid([leader()], 'AgentRuntime default/late created');
    const openLate = () =>
      call('GET', `${through(1, 0).activatorUrl}/v1/namespaces/default/agent-runtimes/late/invocations/`);
    await until('late is known to the activators', openLate, ({ status }) => status === 200);
  });

  test('no secret is printed', () => {
    for (const one of programs.all) expect(one.output()).not.toContain(password);
  });
});

describe('health', () => {
  const health = async (one: Program, what: string): Promise<number> =>
    (await call('GET', `${one.url}/health/${what}`)).status;

  test('tells the truth: live as long as it runs, ready while the store answers', async () => {
    for (const one of programs.all) expect(await health(one, 'ready')).toBe(200);
    await redis.stop();
    for (const one of programs.all) {
      await until(
        `${one.name} is not ready`,
        () => health(one, 'ready'),
        (status) => status === 503,
      );
      expect(await health(one, 'live')).toBe(200);
    }
    await redis.restart();
    for (const one of programs.all)
      await until(
        `${one.name} is ready`,
        () => health(one, 'ready'),
        (status) => status === 200,
      );
  });
});

describe('SIGTERM', () => {
  test('an activator finishes what is in hand, and another goes on with its sessions', async () => {
    const [activator] = programs.activators;
    if (!activator) throw new Error('there is no activator');
    const session = await marked(through(0, 0));
    const before = await count(session);
    const inHand = session.call('POST', '/slow?ms=2000');
    // The session was counted with just now, so the request is with the agent in a moment.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const killed = activator.kill('SIGTERM');
    expect((await inHand).status).toBe(200);
    await killed;
    expect(await activator.exited).toEqual({ code: 0, signal: null });
    const elsewhere = agentSession(through(1, 0), 'apart', session.id);
    expect((await count(elsewhere)).memory).toBe(before.memory + 1);
    await activator.restart();
    await activator.ready();
  });

  test('the leading controller lets another lead at once; sessions keep their memory', async () => {
    const session = await marked(through(0, 0));
    await count(session);
    const old = leader();
    await old.kill('SIGTERM');
    expect(await old.exited).toEqual({ code: 0, signal: null });
    const next = await until(
      'another leads',
      async () => programs.controllers.find((one) => one !== old && one.output().includes('leads (')),
      Boolean,
    );
    const at = { activatorUrl: through(1, 0).activatorUrl, controlUrl: next?.url ?? '' };
    await untilState(at, session.id, 'paused');
    expect(await count(agentSession(at, 'apart', session.id))).toMatchObject({ memory: 2, mark: session.id });
    await old.restart();
    await old.ready();
  });
});

describe('a start that cannot work', () => {
  async function ended(options: Omit<ProgramOptions, 'name'>): Promise<{ exit: Exit; output: string }> {
    const child = spawnProgram({ ...options, name: options.kind });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    const exit = await new Promise<Exit>((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal })),
    );
    return { exit, output };
  }
  const own = () => ({ dataDir, port: 0, redisAddr: redis.addr });

  test.each(kinds)('%s: every wrong setting at once, by the name that it was given with', async (kind) => {
    const { exit, output } = await ended({
      kind,
      settings: { redisAddr: 'redis://x', redisDb: 'many' },
      env: { REDIS_PASSWORD_REQUIRED: 'true' },
      args: ['--log-level', 'loud', '--prot', '1'],
    });
    expect(exit.code).toBe(1);
    for (const name of [
      'AGENTCUBE_REDIS_ADDR',
      'AGENTCUBE_REDIS_DB',
      'REDIS_PASSWORD_REQUIRED',
      '--log-level',
      '--prot',
    ])
      expect(output).toContain(`${name}: `);
  });

  test.each(kinds)('%s: a wrong password ends it, and names the setting', async (kind) => {
    const { exit, output } = await ended({ kind, settings: { ...own(), redisPassword: 'wrong' } });
    expect(exit.code).toBe(1);
    expect(output).toMatch(/redisPassword/);
    expect(output).not.toContain('wrong');
  });

  test('a data folder that npm start uses is not taken from it', async () => {
    const platform = await startPlatform({ folder });
    const settings = { ...own(), dataDir: platform.dataDir, redisPassword: password };
    const { exit, output } = await ended({ kind: 'controller', settings });
    expect(exit.code).toBe(1);
    expect(output).toContain(`npm start (process ${platform.pid})`);
    await platform.stop();
    await platform.dispose();
  });

  test('what protects elsewhere and would not here is refused', async () => {
    const { exit, output } = await ended({ kind: 'controller', settings: own(), args: ['--enable-auth'] });
    expect(exit.code).toBe(1);
    expect(output).toContain('--enable-auth: ');
  });

  test.each(kinds)('%s: --help lists every setting and ends well', async (kind) => {
    const { exit, output } = await ended({ kind, settings: {}, args: ['--help'] });
    expect(exit.code).toBe(0);
    expect(output).toMatch(/--redis-addr .*\[127\.0\.0\.1:6379\]/);
    expect(output).toContain(`npm run ${kind}`);
  });

  test('a Redis that is merely away is waited for, with words that name the setting', async () => {
    const away = await startRedis();
    await away.stop();
    const one = await startPrograms({ redisAddr: away.addr, dataDir, autoscalers: 1 });
    const [waiting] = one.autoscalers;
    if (!waiting) throw new Error('there is no autoscaler');
    await untilSaid([waiting], 'redisAddr (--redis-addr, REDIS_ADDR)');
    expect((await call('GET', `${waiting.url}/health/ready`)).status).toBe(503);
    await away.restart();
    await waiting.ready();
    await one.stop();
    await away.close();
  });
});

test("a program starts with AgentCube's own names, and says which of them have no effect", async () => {
  const theirs = await startProgram({
    kind: 'activator',
    name: 'theirs',
    settings: { dataDir },
    args: ['--max-concurrent-requests=0', '--mtls-cert=x', '-v=2', '--logtostderr'],
    env: {
      ...{ STORE_TYPE: 'valkey', VALKEY_ADDR: redis.addr, VALKEY_PASSWORD: password },
      WORKLOAD_MANAGER_URL: 'http://nobody:8080',
    },
  });
  await theirs.ready();
  for (const name of ['--mtls-cert', '--logtostderr', 'WORKLOAD_MANAGER_URL'])
    expect(theirs.output()).toContain(`no effect: ${name}: `);
  await theirs.kill('SIGTERM');
  expect(await theirs.exited).toEqual({ code: 0, signal: null });
});

test('a controller over another data folder would find no sandbox, so it does not lead', async () => {
  const elsewhere = await startRedis();
  const otherDir = newDataDir();
  const [here, there] = await Promise.all(
    [dataDir, otherDir].map((dir) =>
      startPrograms({
        redisAddr: elsewhere.addr,
        dataDir: dir,
        controllers: 1,
        settings: { leadSeconds: 2 },
      }),
    ),
  );
  if (!here || !there) throw new Error('there are two');
  const both = [...here.controllers, ...there.controllers];
  await untilSaid(both, 'leads (');
  const first = both.find((one) => one.output().includes('leads ('));
  const other = both.filter((one) => one !== first);
  await first?.kill('SIGTERM');
  await untilSaid(other, 'cannot lead here');
  expect(other[0]?.output()).toContain('--data-dir');
  expect(other[0]?.output()).not.toContain('leads (');
  await Promise.all([here.stop(), there.stop()]);
  await elsewhere.close();
  rmSync(otherDir, { recursive: true, force: true });
});
