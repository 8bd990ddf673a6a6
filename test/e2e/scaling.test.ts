// Pools that follow their load, from the first session to none: in one process, and as separate programs with Redis in between.
// Sizes are the autoscaler's business (its scenarios); here they reach the pool, and everybody is told why.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { agentUrl, call, callOk, endSession, sessionHeader, until } from '../support/client.ts';
import { agentYaml, probeImages, writeFolder } from '../support/folder.ts';
import { sweep } from '../support/leftovers.ts';
import { newDataDir, startPlatform, type Address, type Platform } from '../support/platform.ts';
import { startPrograms, type Programs } from '../support/programs.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';

jest.setTimeout(240_000);

interface Pool {
  readonly class: string;
  readonly target: number;
  readonly wanted: number;
  readonly ready: number;
  readonly starting: number;
  readonly dryRun: boolean;
  readonly why: { readonly rule: string; readonly numbers: Readonly<Record<string, number>> };
  readonly text: string;
}

interface Status {
  readonly scaling?: { readonly class: string; readonly target: number; readonly why: string };
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
  }[];
}

const scaling = { class: 'target', warmStarts: '90%', max: 4, toZeroAfter: '6s' };
const agents = {
  'images.yaml': probeImages,
  'elastic.yaml': agentYaml({ name: 'elastic', spec: { scaling } }),
  'dry.yaml': agentYaml({ name: 'dry', spec: { warmPoolSize: 1, scaling: { ...scaling, dryRun: true } } }),
};

const poolOf = (at: Address, name: string): Promise<Pool> =>
  callOk('GET', `${at.controlUrl}/v1/namespaces/default/pools/AgentRuntime/${name}`);

const untilPool = (at: Address, name: string, what: string, good: (pool: Pool) => boolean): Promise<Pool> =>
  until(`the pool of ${name} ${what}`, () => poolOf(at, name), good, 90_000);

async function statusOf(at: Address, name: string): Promise<Status> {
  const group = '/apis/runtime.agentcube.volcano.sh/v1alpha1';
  const path = `${group}/namespaces/default/agentruntimes/${name}`;
  return (await callOk<{ status?: Status }>('GET', at.controlUrl + path)).status ?? {};
}

const conditionOf = ({ conditions }: Status, type: string) => conditions?.find((one) => one.type === type);

/** Opens a session by calling it; answers its id and how it came to its sandbox. */
async function open(at: Address, name: string): Promise<{ id: string; how: string }> {
  const answer = await call('GET', agentUrl(at, name));
  if (answer.status !== 200) throw new Error(`${name} answered ${answer.status}: ${answer.text}`);
  const how = (answer.headers.get('server-timing') ?? '').split(';')[0] ?? '';
  return { id: answer.headers.get(sessionHeader) ?? '', how };
}

/** Several sessions at once, which are ended again. */
async function burst(at: Address, name: string, count: number): Promise<string[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => open(at, name)));
  await Promise.all(opened.map(({ id }) => endSession(at, id)));
  return opened.map(({ how }) => how);
}

/** The values of one series, by its labels. */
async function series(url: string, name: string): Promise<Record<string, number>> {
  const { text } = await call('GET', `${url}/metrics`);
  const rows = [...text.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, 'gm'))];
  return Object.fromEntries(rows.map(([, labels = '', value]) => [labels, Number(value)]));
}

const labelsOf = (name: string): string =>
  `{kind="AgentRuntime",namespace="default",name="${name}",class="target"}`;

/** From a first session to a pool, and back to none. */
function followsItsLoad(at: () => Address): void {
  test('grows with a burst, and a session is given a sandbox that is ready', async () => {
    await burst(at(), 'elastic', 6);
    const grown = await untilPool(at(), 'elastic', 'has grown', ({ ready }) => ready >= 2);
    expect(grown.target).toBeLessThanOrEqual(scaling.max);
    await until(
      'a warm start',
      () => open(at(), 'elastic'),
      ({ how }) => how === 'claim',
    );
  });

  test('ends at zero when nobody comes, and everybody is told why in the same words', async () => {
    const empty = await untilPool(
      at(),
      'elastic',
      'is empty',
      ({ target, ready, starting }) => target + ready + starting === 0,
    );
    expect(empty).toMatchObject({ class: 'target', wanted: 0, dryRun: false });
    expect(empty.text.startsWith(`${empty.why.rule}: `)).toBe(true);
    expect(Object.keys(empty.why.numbers)).not.toEqual([]);
    const status = await until(
      'the status says so',
      () => statusOf(at(), 'elastic'),
      (told) => told.scaling?.target === 0 && told.scaling.why === empty.text,
    );
    expect(status.scaling).toMatchObject({ class: 'target', target: 0 });
    expect(conditionOf(status, 'Scaled')).toMatchObject({ status: 'True' });
  });

  test('comes back from zero', async () => {
    await burst(at(), 'elastic', 1);
    await untilPool(at(), 'elastic', 'is back', ({ ready }) => ready >= 1);
  });
}

describe('in one process', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await startPlatform({ folder: writeFolder(agents) });
  });
  afterAll(() => platform.dispose());

  followsItsLoad(() => platform);

  test('a dry run holds warmPoolSize and says what it would hold', async () => {
    await burst(platform, 'dry', 6);
    const said = await untilPool(platform, 'dry', 'wants more', ({ wanted }) => wanted > 1);
    expect(said).toMatchObject({ target: 1, dryRun: true });
    const status = await until(
      'the status says so',
      () => statusOf(platform, 'dry'),
      (told) => conditionOf(told, 'Scaled')?.reason === 'DryRun',
    );
    expect(conditionOf(status, 'Scaled')).toMatchObject({ status: 'False' });
  });

  test('both ports show the numbers', async () => {
    for (const url of [platform.controlUrl, platform.activatorUrl]) {
      const ready = await series(url, 'agentcube_pool_ready');
      expect(Object.keys(ready).sort()).toEqual([labelsOf('dry'), labelsOf('elastic')]);
      const opened = await series(url, 'agentcube_sessions_opened_total');
      expect(opened['{how="cold"}']).toBeGreaterThanOrEqual(1);
      expect(opened['{how="claim"}']).toBeGreaterThanOrEqual(1);
    }
  });

  test('a restart keeps what was learned: no pool of a runtime that rests', async () => {
    await untilPool(platform, 'elastic', 'is empty', ({ target, ready }) => target + ready === 0);
    await platform.stop();
    const again = await startPlatform({ folder: writeFolder(agents), dataDir: platform.dataDir });
    try {
      const pool = await untilPool(again, 'elastic', 'is decided', ({ why }) => why.rule !== 'undecided');
      expect(pool).toMatchObject({ target: 0, ready: 0 });
    } finally {
      await again.stop();
    }
  });
});

describe('as programs of their own', () => {
  let redis: RedisServer;
  let dataDir: string;
  let programs: Programs;
  const at = (): Address => ({
    activatorUrl: programs.activators[0]?.url ?? '',
    controlUrl: programs.controllers[0]?.url ?? '',
  });
  const autoscaler = () => programs.autoscalers.map(({ url }) => url);

  beforeAll(async () => {
    redis = await startRedis();
    dataDir = newDataDir();
    const counts = { activators: 2, controllers: 1, autoscalers: 2 };
    programs = await startPrograms({
      ...{ redisAddr: redis.addr, dataDir, folder: writeFolder(agents) },
      ...counts,
    });
    await programs.ready();
    await until(
      'elastic is deployed',
      () => call('GET', `${at().controlUrl}/v1/pools`),
      ({ text }) => text.includes('elastic'),
    );
  });
  afterAll(async () => {
    await programs.stop();
    await redis.close();
    await sweep(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  });

  followsItsLoad(at);

  test('each program shows its own numbers, and one autoscaler leads', async () => {
    expect((await series(at().controlUrl, 'agentcube_pool_target'))[labelsOf('elastic')]).toBeDefined();
    expect(await series(at().controlUrl, 'agentcube_leader')).toEqual({ '{role="controller"}': 1 });
    expect(
      (await series(at().activatorUrl, 'agentcube_sessions_opened_total'))['{how="cold"}'],
    ).toBeDefined();
    const rounds = await Promise.all(
      autoscaler().map((url) => series(url, 'agentcube_scaling_round_seconds_count')),
    );
    for (const { '': count } of rounds) expect(count).toBeGreaterThan(0);
    const leads = await Promise.all(autoscaler().map((url) => series(url, 'agentcube_leader')));
    expect(leads.map((one) => one['{role="autoscaler"}']).sort()).toEqual([0, 1]);
  });

  test('an autoscaler that is killed is followed by one that goes on', async () => {
    const leads = await Promise.all(autoscaler().map((url) => series(url, 'agentcube_leader')));
    const leader = programs.autoscalers[leads.findIndex((one) => one['{role="autoscaler"}'] === 1)];
    await leader?.kill();
    await burst(at(), 'elastic', 6);
    await untilPool(at(), 'elastic', 'has grown', ({ ready }) => ready >= 2);
    await untilPool(at(), 'elastic', 'is empty', ({ target, ready }) => target + ready === 0);
  });
});
