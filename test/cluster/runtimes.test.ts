// Runtimes as people who know kubectl meet them: AgentCube's objects apply as they are, what is wrong is refused or told in the
// status, the columns tell the truth, and a deleted runtime leaves no pool.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { apply, eventually, find, kubectl, list, namespaceFor, type KubeObject } from './kubectl.ts';

jest.setTimeout(180_000);

const apiVersion = 'runtime.agentcube.volcano.sh/v1alpha1';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

interface Runtime extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly generation: number };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly ready?: boolean;
    readonly observedGeneration?: number;
    readonly warm?: number;
    readonly scaling?: {
      readonly class: string;
      readonly target: number;
      readonly ready: number;
      readonly why: string;
    };
  };
}

let space: Awaited<ReturnType<typeof namespaceFor>>;
beforeAll(async () => {
  space = await namespaceFor('test-runtimes');
});
afterAll(() => space?.remove());

const probe = {
  name: 'agent',
  image: 'agentcube-test/probe:1',
  imagePullPolicy: 'IfNotPresent',
  env: [
    { name: 'PORT', value: '8080' },
    { name: 'HOST', value: '0.0.0.0' },
  ],
};

const agent = (name: string, spec: object = {}, container: object = {}): object => ({
  apiVersion,
  kind: 'AgentRuntime',
  metadata: { name, namespace: space.name },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080 }],
    podTemplate: { spec: { terminationGracePeriodSeconds: 1, containers: [{ ...probe, ...container }] } },
    ...spec,
  },
  status: {},
});

const interpreter = (name: string, spec: object = {}): object => ({
  apiVersion,
  kind: 'CodeInterpreter',
  metadata: { name, namespace: space.name },
  spec: { template: { image: 'agentcube-test/probe:1' }, ...spec },
});

const read = (kind: string, name: string): Promise<Runtime | undefined> =>
  find<Runtime>(kind, name, space.name);

/** The condition once it is about the object as it is now and says `reason`. */
async function condition(kind: string, name: string, type: string, reason: string): Promise<Condition> {
  const now = async (): Promise<Condition | undefined> => {
    const runtime = await read(kind, name);
    const found = runtime?.status?.conditions?.find((one) => one.type === type);
    return found?.observedGeneration === runtime?.metadata.generation ? found : undefined;
  };
  const told = await eventually(`${type} of ${name}`, now, (one) => one?.reason === reason);
  if (!told) throw new Error('unreachable: it has a reason');
  return told;
}

const sample = (name: string): string =>
  readFileSync(path.resolve(import.meta.dirname, '../../config/samples', name), 'utf8');

/** What the API server says to what it does not take. */
const refusal = (object: object): Promise<string> =>
  apply(object, '--dry-run=server').then(
    () => 'it was taken',
    (fault: unknown) => String(fault),
  );

describe('what applies', () => {
  test('the samples, with the defaults that AgentCube writes', async () => {
    await apply(sample('code-interpreter.yaml').replace('namespace: default', `namespace: ${space.name}`));
    const [made] = await list<Runtime>('codeinterpreters', '-n', space.name);
    expect(made?.spec).toMatchObject({ sessionTimeout: '15m', maxSessionDuration: '8h', authMode: 'picod' });
    await kubectl('delete', 'codeinterpreters', '--all', '-n', space.name);
  });

  test('a PodSpec keeps all that it was given', async () => {
    const podSpec = {
      ...{ runtimeClassName: 'kata', schedulerName: 'agent-scheduler', hostAliases: [{ ip: '10.0.0.1' }] },
      ...{ containers: [{ ...probe, fromTomorrow: { deep: [1] } }], alsoNew: true },
    };
    await apply(agent('untouched', { podTemplate: { spec: podSpec } }));
    const made = await read('agentruntime', 'untouched');
    expect(made?.spec).toMatchObject({ podTemplate: { spec: podSpec } });
    const told = await condition('agentruntime', 'untouched', 'Accepted', 'Valid');
    expect(told.message).toContain('spec.podTemplate.spec.alsoNew');
    await kubectl('delete', 'ar', 'untouched', '-n', space.name);
  });

  test.each([
    ['a duration', () => agent('no', { sessionTimeout: '5 minutes' }), /Go duration such as "15m"/],
    ['a delay', () => agent('no', { pauseAfter: 'soon' }), /or "never"/],
    [
      'a pool size',
      () => interpreter('no', { warmPoolSize: -1 }),
      /warmPoolSize.*greater than or equal to 0/,
    ],
    ['a port', () => agent('no', { targetPort: [{ port: 0 }] }), /targetPort\[0\]\.port/],
    ['no port', () => agent('no', { targetPort: [] }), /targetPort/],
    ['a protocol', () => agent('no', { targetPort: [{ port: 1, protocol: 'TCP' }] }), /HTTP.*HTTPS/],
    ['a mode', () => interpreter('no', { authMode: 'open' }), /picod.*none/],
    [
      'a class',
      () => agent('no', { scaling: { class: 'huge' } }),
      /scaling\.class.*"huge".*"target", "kpa", "fixed"/,
    ],
    [
      'a minimum above the maximum',
      () => agent('no', { scaling: { min: 5, max: 3 } }),
      /scaling\.min: .*5 is more than max, which is 3/,
    ],
    ['a share of 0', () => agent('no', { scaling: { warmStarts: 0 } }), /warmStarts.*greater than 0/],
    ['a share of 200 %', () => interpreter('no', { scaling: { warmStarts: '200%' } }), /warmStarts.*"200%"/],
    ['a time', () => agent('no', { scaling: { toZeroAfter: 'soon' } }), /toZeroAfter.*"soon".*or "never"/],
    [
      'a bound of a class that has none',
      () => agent('no', { scaling: { class: 'fixed', max: 1 } }),
      /scaling\.class.*class fixed/,
    ],
    [
      'a variable with two sources',
      () =>
        interpreter('no', {
          template: {
            image: 'i',
            environment: [{ name: 'A', value: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          },
        }),
      /either value or valueFrom/,
    ],
  ])('is not %s that makes no sense', async (_, given, words) => {
    expect(await refusal(given())).toMatch(words);
  });
});

describe('what the status tells', () => {
  test('of what only the controller can see, that it is not served and why, until it is right', async () => {
    const resources = (cpu: string) => ({ requests: { cpu }, limits: { cpu: '1' } });
    const template = { image: 'agentcube-test/probe:1' };
    await apply(interpreter('wrong', { template: { ...template, resources: resources('2') } }));
    const told = await condition('codeinterpreter', 'wrong', 'Accepted', 'Invalid');
    expect(told.message).toMatch(/requests\.cpu: must be less than or equal to cpu limit of 1/);
    await apply(interpreter('wrong', { template: { ...template, resources: resources('500m') } }));
    expect(await condition('codeinterpreter', 'wrong', 'Accepted', 'Valid')).toMatchObject({
      status: 'True',
    });
  });

  test('of an annotation of Knative’s that is out of its bounds, until it is right', async () => {
    const annotated = (window: string): object => {
      const plain = interpreter('knative') as { readonly metadata: object };
      const annotations = { 'autoscaling.knative.dev/window': window };
      return { ...plain, metadata: { ...plain.metadata, annotations } };
    };
    await apply(annotated('5s'));
    const told = await condition('codeinterpreter', 'knative', 'Accepted', 'Invalid');
    expect(told.message).toContain('autoscaling.knative.dev/window"]: expected 6s <= 5s <= 1h0m0s');
    await apply(annotated('60s'));
    expect(await condition('codeinterpreter', 'knative', 'Accepted', 'Valid')).toMatchObject({
      status: 'True',
    });
    const wide = async () => kubectl('get', 'ci', 'knative', '-n', space.name, '-o', 'wide');
    expect(await eventually('its class', wide, (text) => / kpa +[a-z ]+: stable /.test(text))).toMatch(
      /CLASS +WHY/,
    );
    await kubectl('delete', 'ci', 'knative', '-n', space.name);
  });

  test('of a pool that follows the load: what is decided and why, and a minimum that waits', async () => {
    await apply(agent('followed', { scaling: { warmStarts: '99%', min: 1, max: 2 } }));
    const told = await condition('agentruntime', 'followed', 'Scaled', 'Following');
    expect(told).toMatchObject({ status: 'True' });
    const scaling = async () => (await read('agentruntime', 'followed'))?.status?.scaling;
    expect(await eventually('its minimum', scaling, (one) => one?.ready === 1)).toMatchObject({
      ...{ class: 'target', target: 1 },
      why: expect.stringMatching(/^[a-z ]+: /),
    });
    await kubectl('delete', 'ar', 'followed', '-n', space.name);
  });

  test('of a liveness probe, that it keeps sessions awake', async () => {
    const livenessProbe = { httpGet: { path: '/count', port: 8080 } };
    await apply(agent('probed', {}, { livenessProbe }));
    const told = await condition('agentruntime', 'probed', 'Sleeps', 'LivenessProbe');
    expect(told.message).toMatch(/liveness probe of container agent/);
    expect(await condition('agentruntime', 'probed', 'Ready', 'Reconciled')).toMatchObject({
      status: 'True',
    });
  });

  test('of a pool, in columns that people read', async () => {
    await apply(agent('pooled', { warmPoolSize: 2 }));
    const row = async (): Promise<readonly string[]> =>
      (await kubectl('get', 'ar', 'pooled', '-n', space.name, '--no-headers')).trim().split(/\s+/);
    const filled = await eventually(
      'a filled pool',
      row,
      ([, ready, warm]) => ready === 'True' && warm === '2',
    );
    expect(filled.slice(0, 5)).toEqual(['pooled', 'True', '2', '0', '0']);
    const heading = await kubectl('get', 'ar', 'pooled', '-n', space.name);
    expect(heading.split('\n')[0]?.split(/\s+/)).toEqual([
      'NAME',
      'READY',
      'WARM',
      'ACTIVE',
      'ASLEEP',
      'AGE',
    ]);
  });

  test('is the platform’s, whoever writes into it', async () => {
    await apply(agent('scribbled'));
    await condition('agentruntime', 'scribbled', 'Ready', 'Reconciled');
    const lie = JSON.stringify({ status: { ready: false, conditions: [] } });
    await kubectl(
      ...['patch', 'ar', 'scribbled', '-n', space.name, '--subresource=status', '--type=merge', '-p', lie],
    );
    await condition('agentruntime', 'scribbled', 'Ready', 'Reconciled');
    const ready = async () => (await read('agentruntime', 'scribbled'))?.status?.ready;
    expect(await eventually('the truth', ready, (is) => is === true)).toBe(true);
  });
});

test('a deleted runtime leaves no sandbox of its pool', async () => {
  await apply(agent('leaving', { warmPoolSize: 1 }));
  await eventually(
    'a filled pool',
    async () => (await read('agentruntime', 'leaving'))?.status?.warm,
    (warm) => warm === 1,
  );
  const mine = async (): Promise<readonly KubeObject[]> =>
    (await list('sandboxes.agents.x-k8s.io', '-n', space.name)).filter(({ metadata }) =>
      metadata.name.startsWith('leaving-'),
    );
  expect(await mine()).toHaveLength(1);
  await kubectl('delete', 'ar', 'leaving', '-n', space.name);
  expect(await eventually('no sandbox', mine, ({ length }) => length === 0)).toEqual([]);
});
