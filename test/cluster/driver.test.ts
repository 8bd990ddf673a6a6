// What every driver promises, of sandboxes that are pods, and what a cluster adds: objects as AgentCube has them, and ends by a
// hand other than ours.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Driver, SandboxExit } from '../../controller/driver.ts';
import type { PlatformError } from '../../model/errors.ts';
import type { SandboxSpec } from '../../model/sandbox-spec.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import { act, driverLab, markFor, type DriverLab } from './driver-lab.ts';
import { apply, eventually, find, kubectl, list, type KubeObject } from './kubectl.ts';

jest.setTimeout(120_000);

interface Sandbox extends KubeObject {
  readonly spec: { readonly operatingMode?: string; readonly shutdownTime?: string };
}

let lab: DriverLab;
let driver: Driver;
const exits: SandboxExit[] = [];
beforeAll(async () => {
  lab = await driverLab('driver');
  driver = await lab.open();
  driver.onExit((exit) => exits.push(exit));
});
afterAll(() => lab.close());

const failure = (work: Promise<unknown>): Promise<PlatformError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (fault: PlatformError) => fault,
  );
const sandboxOf = ({ name }: SandboxSpec) => find<Sandbox>('sandbox', name, lab.namespace);
const podOf = ({ name }: SandboxSpec) => find<KubeObject>('pod', name, lab.namespace);
const claimOf = ({ name }: SandboxSpec) => find<KubeObject>('sandboxclaim', name, lab.namespace);
const exitOf = async ({ id }: SandboxSpec): Promise<SandboxExit | undefined> => {
  const known = async () => exits.find((exit) => exit.id === id);
  return eventually('its end is told', known, (exit) => exit !== undefined);
};
const foundOf = async (of: Driver, { id }: SandboxSpec) =>
  (await of.list()).find(({ spec }) => spec.id === id);
async function warm(spec = lab.spec()): Promise<{ readonly spec: SandboxSpec; readonly ref: SandboxRef }> {
  const ref = await driver.start(spec);
  await driver.pause(spec.id, 0);
  return { spec, ref };
}

describe('start', () => {
  test('answers when an agent takes requests, and answers the same when asked again', async () => {
    const spec = lab.spec();
    const ref = await driver.start(spec);
    const pod = await podOf(spec);
    expect(ref).toMatchObject({ id: spec.id, name: spec.name, place: { pod: pod?.metadata.uid } });
    expect(await act(ref, 'count')).toBe(1);
    expect(await driver.start(spec)).toEqual(ref);
    expect(await act(ref, 'count')).toBe(2);
  });

  test('for a session has everything at once that AgentCube has on a cold sandbox', async () => {
    const plain = lab.spec();
    const session = markFor(plain);
    await driver.start({ ...plain, session });
    const object = await sandboxOf(plain);
    expect(object?.metadata).toMatchObject({
      labels: {
        'runtime.agentcube.io/session-id': session.id,
        'runtime.agentcube.io/workload-name': 'probe',
        'managed-by': 'agentcube-workload-manager',
      },
      annotations: { 'runtime.agentcube.io/idle-timeout': '15m0s', 'agentcube.io/owner': 'ada' },
    });
    expect(object?.metadata.ownerReferences).toBeUndefined();
    expect(object?.spec.shutdownTime).toBeDefined();
    expect((await podOf(plain))?.metadata.labels).toMatchObject({
      'runtime.agentcube.io/session-id': session.id,
      'runtime.agentcube.io/sandbox-name': plain.name,
    });
  });

  test.each([
    [
      'an image that is not there',
      { image: 'agentcube-test/nobody:1' },
      {},
      /ErrImageNeverPull|ImagePullBackOff/,
    ],
    [
      'an agent that ends',
      { args: ['/usr/bin/node', '/agent.ts', 'fail', '3'] },
      {},
      /^CrashLoopBackOff: container agent: it ended with exit code 3/,
    ],
    ['a pod that no node takes', {}, { nodeSelector: { no: 'such-node' } }, /^Unschedulable: /],
    [
      'a pod that is refused',
      {},
      { priorityClassName: 'no-such-class' },
      /^AdmissionDenied: .*no-such-class/,
    ],
    [
      'a command that does not exist',
      { command: ['/nowhere'] },
      {},
      /RunContainerError|CreateContainerError|CrashLoop/,
    ],
  ])('of %s says so', async (_, container, pod, reason) => {
    const never = 'image' in container ? { imagePullPolicy: 'Never' } : {};
    const spec = lab.spec({ ...container, ...never }, pod);
    const error = await failure(driver.start(spec));
    expect(error.code).toBe('SANDBOX_START_FAILED');
    expect(error.details.reason).toMatch(reason);
    await driver.stop(spec.id, 'remove');
  });

  test('beyond a quota says so', async () => {
    const hard = { 'count/pods': '0' };
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: lab.namespace },
    };
    await apply({ ...quota, spec: { hard } });
    await eventually(
      'the quota counts',
      () => find<KubeObject & { status?: { hard?: object } }>('resourcequota', 'none', lab.namespace),
      (seen) => seen?.status?.hard !== undefined,
    );
    const spec = lab.spec();
    const error = await failure(driver.start(spec));
    await kubectl('delete', 'resourcequota', 'none', '-n', lab.namespace);
    expect(error.details.reason).toMatch(/^QuotaExceeded: .*exceeded quota/);
    await driver.stop(spec.id, 'remove');
  });

  test('of an agent that never listens is given up in time', async () => {
    const impatient = await lab.open({ startTimeoutMs: 3_000 });
    const spec = lab.spec({ args: ['/usr/bin/node', '/agent.ts', 'silent'] });
    const error = await failure(impatient.start(spec));
    expect(error).toMatchObject({ code: 'SANDBOX_START_TIMEOUT' });
    expect(error.details.reason).toMatch(/not ready after 3 s: nothing listens on port 8080/);
    await impatient.stop(spec.id, 'remove');
  });

  test('is interrupted by a stop, and nothing is left', async () => {
    const spec = lab.spec({ args: ['/usr/bin/node', '/agent.ts', 'silent'] });
    const starting = failure(driver.start(spec));
    await eventually(
      'it has a pod',
      () => podOf(spec),
      (pod) => pod !== undefined,
    );
    await driver.stop(spec.id, 'remove');
    expect((await starting).code).toBe('SANDBOX_START_FAILED');
    await eventually(
      'its pod is gone',
      () => podOf(spec),
      (pod) => pod === undefined,
    );
    expect(await sandboxOf(spec)).toBeUndefined();
    expect(await foundOf(driver, spec)).toBeUndefined();
  });
});

describe('pause and resume', () => {
  test('keep the memory and stop the clockwork in between', async () => {
    const { spec, ref } = await warm();
    await driver.resume(spec.id, 2);
    await act(ref, 'count');
    const before = (await act(ref, 'ticks')) as number;
    expect(await driver.pause(spec.id, 3)).toEqual({ paused: true });
    expect(await driver.pause(spec.id, 3)).toEqual({ paused: true });
    expect(await foundOf(driver, spec)).toMatchObject({ state: 'paused', ref });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await driver.resume(spec.id, 4)).toEqual(ref);
    expect(await driver.resume(spec.id, 4)).toEqual(ref);
    expect(((await act(ref, 'ticks')) as number) - before).toBeLessThan(100);
    expect(await act(ref, 'count')).toBe(2);
  });

  test('a pause that was ordered before a resume does nothing', async () => {
    const { spec, ref } = await warm();
    await driver.resume(spec.id, 6);
    expect(await driver.pause(spec.id, 5)).toEqual({ busy: ['a newer order'] });
    expect(await act(ref, 'count')).toBe(1);
  });

  test('a session in a pod with a liveness probe is not put to sleep, and the pool takes it all the same', async () => {
    const livenessProbe = { tcpSocket: { port: 8080 } };
    const spec = lab.spec({ livenessProbe });
    const ref = await driver.start(spec);
    expect(await driver.pause(spec.id, 0)).toEqual({ paused: true });
    expect(await foundOf(driver, spec)).toMatchObject({ state: 'paused' });
    expect(await act(ref, 'count')).toBe(1);
    await driver.mark(spec.id, markFor(spec));
    await driver.resume(spec.id, 2);
    expect(await driver.pause(spec.id, 3)).toEqual({ busy: ['liveness probe of container agent'] });
    expect(await foundOf(driver, spec)).toMatchObject({ state: 'running' });
  });

  test('of what is gone says so', async () => {
    expect((await failure(driver.pause('nobody', 1))).code).toBe('SANDBOX_CRASHED');
    expect((await failure(driver.resume('nobody', 1))).code).toBe('SANDBOX_CRASHED');
  });
});

describe('a warm sandbox', () => {
  test("is its runtime's, so that whoever deletes the runtime deletes it", async () => {
    const { spec } = await warm();
    const [owner] = (await sandboxOf(spec))?.metadata.ownerReferences ?? [];
    expect(owner).toMatchObject({ kind: 'AgentRuntime', name: 'probe', controller: true });
  });

  test("becomes a session's by two writes: its claim, and itself", async () => {
    const { spec } = await warm();
    const mark = markFor(spec);
    await driver.mark(spec.id, mark);
    await driver.mark(spec.id, mark);
    const claim = await claimOf(spec);
    expect(claim?.metadata.labels).toMatchObject({ 'runtime.agentcube.io/session-id': mark.id });
    expect(claim?.metadata.ownerReferences).toMatchObject([{ kind: 'AgentRuntime', name: 'probe' }]);
    const object = await sandboxOf(spec);
    expect(object?.metadata.labels).toMatchObject({ 'runtime.agentcube.io/session-id': mark.id });
    expect(object?.metadata.ownerReferences).toMatchObject([{ kind: 'SandboxClaim', name: spec.name }]);
    const isReady = (
      seen: (KubeObject & { status?: { conditions?: { type: string; status: string }[] } }) | undefined,
    ) => seen?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    await eventually(
      'agent-sandbox calls the claim ready',
      () => find('sandboxclaim', spec.name, lab.namespace),
      isReady,
    );
    expect(await foundOf(driver, spec)).toMatchObject({ spec: { session: mark }, state: 'paused' });
    expect((await failure(driver.mark(spec.id, markFor(spec)))).code).toBe('SESSION_STATE');
  });

  test("becomes a session's by one write where there are no claims", async () => {
    const plain = await lab.open({ sandboxClaims: 'off' });
    await plain.list();
    const { spec } = await warm();
    await plain.mark(spec.id, markFor(spec));
    expect(await claimOf(spec)).toBeUndefined();
    expect((await sandboxOf(spec))?.metadata.ownerReferences).toBeUndefined();
  });
});

describe('an end that nobody asked for', () => {
  test('of its agent is told once with the exit code; a restart goes on under a new generation', async () => {
    const spec = lab.spec();
    const session = markFor(spec);
    const ref = await driver.start({ ...spec, session });
    await act(ref, 'exit', '7').catch(() => undefined);
    expect(await exitOf(spec)).toEqual({ id: spec.id, generation: 1, why: 'exit code 7' });
    expect((await failure(driver.resume(spec.id, 1))).code).toBe('SANDBOX_CRASHED');
    const again = await driver.restart(spec.id, 2);
    expect(await driver.restart(spec.id, 2)).toEqual(again);
    expect(await act(again, 'count')).toBe(1);
    expect(exits.filter(({ id }) => id === spec.id)).toHaveLength(1);
    expect(await foundOf(driver, spec)).toMatchObject({ spec: { generation: 2, session }, state: 'running' });
  });

  test('is told with the limit when memory ran out', async () => {
    const spec = lab.spec({ resources: { limits: { memory: '96Mi' } } });
    const ref = await driver.start(spec);
    await act(ref, 'eat', '256').catch(() => undefined);
    expect((await exitOf(spec))?.why).toBe('out of memory (limit 96Mi)');
  });

  test('of its pod leaves the session without one until it is wanted', async () => {
    const spec = lab.spec();
    const ref = await driver.start({ ...spec, session: markFor(spec) });
    await act(ref, 'count');
    await kubectl('delete', 'pod', spec.name, '-n', lab.namespace, '--grace-period=1');
    expect((await exitOf(spec))?.why).toMatch(/^its pod was deleted/);
    await eventually(
      'it rests',
      () => sandboxOf(spec),
      (seen) => seen?.spec.operatingMode === 'Suspended',
    );
    const again = await driver.restart(spec.id, 2);
    expect(again.place?.pod).not.toBe(ref.place?.pod);
    expect(await act(again, 'count')).toBe(1);
  });

  test('by the hand of somebody who deletes its claim: nothing is left to start again', async () => {
    const { spec } = await warm();
    await driver.mark(spec.id, markFor(spec));
    await kubectl('delete', 'sandboxclaim', spec.name, '-n', lab.namespace);
    expect(await exitOf(spec)).toMatchObject({ id: spec.id, generation: 1, gone: true });
    expect((await failure(driver.restart(spec.id, 2))).details.reason).toBe('its files are gone');
  });
});

describe('stop', () => {
  test('keeps a Sandbox without a pod when its files are to be kept, and tells no end', async () => {
    const { spec } = await warm();
    await driver.mark(spec.id, markFor(spec));
    await driver.stop(spec.id, 'keep-files');
    await driver.stop(spec.id, 'keep-files');
    expect(await podOf(spec)).toBeUndefined();
    expect(await foundOf(driver, spec)).toMatchObject({ state: 'stopped', ref: { id: spec.id } });
    const again = await driver.restart(spec.id, 2);
    expect(await act(again, 'count')).toBe(1);
    expect(exits.filter(({ id }) => id === spec.id)).toEqual([]);
  });

  test('leaves nothing, paused or not, claimed or not', async () => {
    const [one, two, three] = [await warm(), await warm(), { spec: lab.spec() }];
    await driver.mark(two.spec.id, markFor(two.spec));
    await driver.start(three.spec);
    const all = [one.spec, two.spec, three.spec];
    for (const { id } of all) await driver.stop(id, 'remove');
    for (const spec of all) {
      expect(await sandboxOf(spec)).toBeUndefined();
      expect(await claimOf(spec)).toBeUndefined();
      await eventually(
        'its pod is gone',
        () => podOf(spec),
        (pod) => pod === undefined,
      );
      await driver.stop(spec.id, 'remove');
      expect((await failure(driver.restart(spec.id, 2))).code).toBe('SANDBOX_START_FAILED');
    }
    expect(exits.filter(({ id }) => all.some((spec) => spec.id === id))).toEqual([]);
  });
});

describe('the driver that comes after', () => {
  test('finds everything, with its memory', async () => {
    const [pooled, claimed] = [await warm(), await warm()];
    const mark = markFor(claimed.spec);
    await driver.mark(claimed.spec.id, mark);
    await driver.resume(claimed.spec.id, 2);
    await act(claimed.ref, 'count');
    const next = await lab.open();
    expect(await foundOf(next, pooled.spec)).toMatchObject({ state: 'paused', ref: pooled.ref });
    expect(await foundOf(next, claimed.spec)).toMatchObject({
      ...{ state: 'running', ref: claimed.ref, spec: { session: mark } },
    });
    expect(await next.pause(claimed.spec.id, 3)).toEqual({ paused: true });
    expect(await next.resume(claimed.spec.id, 4)).toEqual(claimed.ref);
    expect(await act(claimed.ref, 'count')).toBe(2);
  });

  test('is told of ends meanwhile', async () => {
    const { spec, ref } = await warm();
    await driver.mark(spec.id, markFor(spec));
    await driver.resume(spec.id, 2);
    await act(ref, 'exit', '9').catch(() => undefined);
    await exitOf(spec);
    const next = await lab.open();
    expect(await foundOf(next, spec)).toMatchObject({ state: 'stopped', why: 'exit code 9' });
  });

  test('learns from the node whose a sandbox is, and writes it down', async () => {
    const { spec } = await warm();
    const mark = markFor(spec);
    const place = (await foundOf(driver, spec))?.ref?.place;
    if (!place) throw new Error('it is on no node');
    await lab.agents.thaw(place, mark, 2);
    const next = await lab.open();
    expect(await foundOf(next, spec)).toMatchObject({ spec: { session: mark }, state: 'running' });
    const isMarked = (seen: Sandbox | undefined) =>
      seen?.metadata.labels?.['runtime.agentcube.io/session-id'] === mark.id;
    await eventually('its object says so', () => sandboxOf(spec), isMarked);
  });
});

test('nothing but what was asked for is in the namespace', async () => {
  const claims = await list('sandboxclaims', '-n', lab.namespace);
  const sandboxes = new Set(
    (await list('sandboxes', '-n', lab.namespace)).map(({ metadata }) => metadata.name),
  );
  expect(claims.map(({ metadata }) => metadata.name).filter((name) => !sandboxes.has(name))).toEqual([]);
});
