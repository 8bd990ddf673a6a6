// Pools that follow their load, with pods: what `npm run demo:scaling` does, looked at with kubectl, and with the autoscaler killed
// in the middle. What sizes are decided is the scenarios' (autoscaler/simulate/scenarios); here they have to become pods.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { arrivals } from '../scaling/plan.ts';
import { Run, type Sample } from '../scaling/run.ts';
import { There } from '../scaling/there.ts';
import { eventually, kubectl, list, type KubeObject } from './kubectl.ts';
import { kubeconfig, program } from './machine/places.ts';
import { addresses, platform } from './operator.ts';

jest.setTimeout(400_000);

const name = 'follows-load';

interface Scaled extends KubeObject {
  readonly status?: {
    readonly warm?: number;
    readonly wanted?: number;
    readonly scaling?: { readonly class: string; readonly target: number; readonly why: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const runtimeNow = async (): Promise<Scaled | undefined> =>
  (await list<Scaled>('codeinterpreters', '-n', 'default')).find(({ metadata }) => metadata.name === name);

/** Pods of the runtime that are not on their way out. */
const podsNow = async (): Promise<number> =>
  (await list('pods', '-n', 'default')).filter(
    ({ metadata }) => metadata.name.startsWith(`${name}-`) && metadata.deletionTimestamp === undefined,
  ).length;

const killAutoscaler = (): Promise<string> =>
  kubectl('delete', 'pod', '-n', platform, '-l', 'app=agentcube-autoscaler', '--grace-period=0', '--force');

let there: There;
let samples: readonly Sample[];
let midway: Scaled | undefined;
let mostPods = 0;
const faults: unknown[] = [];

beforeAll(async () => {
  process.env['KUBECONFIG'] = kubeconfig;
  process.env['PATH'] = `${path.dirname(program('kubectl'))}:${process.env['PATH'] ?? ''}`;
  const scaling = { class: 'target', warmStarts: '95%', max: 12, toZeroAfter: '20s' };
  there = new There(await addresses(), { namespace: 'default', name, scaling });
  await there.deploy();
  const never = new AbortController().signal;
  await there.untilKnown(never);
  const run = new Run({
    there,
    moments: arrivals({ peak: 1, burst: 3, seconds: 60 }, 'cluster'),
    holdMs: 500,
    patience: 120,
    signal: never,
    onSample: () => undefined,
    onFault: (fault) => faults.push(fault),
  });
  let over = false;
  const watch = (async () => {
    for (let killed = false; !over;) {
      mostPods = Math.max(mostPods, await podsNow());
      const target = run.samples.at(-1)?.target ?? 0;
      if (target > 0) midway = await runtimeNow();
      if (!killed && (run.samples.at(-1)?.at ?? 0) > 40) {
        killed = true;
        await killAutoscaler();
      }
    }
  })();
  await run.untilQuiet();
  over = true;
  await watch;
  samples = run.samples;
});

afterAll(() => there.remove());

describe('a pool of class target, under a load that rises, bursts and stops', () => {
  test('every session was served', () => {
    expect(faults).toEqual([]);
  });

  test('grew with the load, in pods', () => {
    expect(Math.max(...samples.map(({ ready }) => ready))).toBeGreaterThanOrEqual(2);
    expect(mostPods).toBeGreaterThanOrEqual(2);
  });

  test('never went above its maximum', () => {
    expect(Math.max(...samples.map(({ target }) => target))).toBeLessThanOrEqual(12);
  });

  test('said in kubectl what it was to hold and why', () => {
    expect(midway?.status?.scaling).toMatchObject({ class: 'target', why: expect.any(String) });
    expect(midway?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Scaled' }));
  });

  test('was not dropped when the autoscaler was killed: its successor went on from what it found', () => {
    const after = samples.filter(({ at }) => at > 41 && at < 55);
    expect(after.length).toBeGreaterThan(0);
    expect(Math.min(...after.map(({ target }) => target))).toBeGreaterThan(0);
  });

  test('found sessions ready', () => {
    const late = samples.filter(({ at }) => at > 15);
    const sum = (of: (sample: Sample) => number): number => late.reduce((all, one) => all + of(one), 0);
    expect(sum(({ cold }) => cold)).toBeLessThan(sum(({ opened }) => opened) / 2);
  });

  test('ends at zero, in the control API, in kubectl, and in pods', async () => {
    expect(samples.at(-1)).toMatchObject({ target: 0, ready: 0, starting: 0 });
    await eventually('no pod is left', podsNow, (count) => count === 0, 60_000);
    const status = await eventually(
      'the status says so',
      async () => (await runtimeNow())?.status,
      (now) => now?.wanted === 0 && now.warm === 0,
      60_000,
    );
    expect(status?.scaling).toMatchObject({ target: 0 });
  });
});
