// What sessions go through while the programs under them fail: every answer is the session's own or a typed refusal, nothing is
// forgotten unless its pod went, and in the end pods, sandboxes, claims and the store agree.
// The promises are those of test/chaos/checker.ts; here they are kept on a cluster.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { kubectl } from './kubectl.ts';
import { Stage, loadLabel } from './load/stage.ts';
import { brokenPromises, startCalls, type Calls } from './load/steady.ts';
import { cordon, crash, drain, restartProgram, uncordon } from './node.ts';

const minutes = (count: number): number => count * 60_000;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, minutes(3));
afterEach(() => stage?.clear(), minutes(3));
afterAll(() => stage?.close(), minutes(3));

interface Fault {
  readonly what: string;
  readonly happens: (run: Stage) => Promise<void>;
}

const faults: readonly Fault[] = [
  {
    what: 'the controllers crash',
    happens: (run) => run.away('controllers', () => crash('workloadmanager')),
  },
  { what: 'the node agent crashes', happens: () => crash('agentcube-node-agent') },
  { what: 'the activators crash', happens: (run) => run.away('activators', () => crash('agentcube-router')) },
  { what: 'the kubelet is restarted', happens: async () => void (await restartProgram('kubelet')) },
  { what: 'the API server is restarted', happens: async () => void (await restartProgram('kube-apiserver')) },
];

describe('While sessions are called', () => {
  test.each(faults.map((fault, index) => ({ ...fault, seed: index + 1 })))(
    '$what: sessions live on with their memory, and nothing is orphaned',
    async ({ happens, seed }) => {
      const run = stage.fresh();
      const held = await run.underLoad(seed, () => happens(run));
      expect(await run.judge()).toEqual([]);
      expect(held.length).toBeGreaterThan(0);
    },
    minutes(5),
  );
});

interface Loss {
  readonly what: string;
  readonly happens: () => Promise<void>;
}

async function deletePods(): Promise<void> {
  await kubectl('delete', 'pods', '-n', 'default', '-l', loadLabel, '--wait=true', '--timeout=60s');
}

// Longer than the kubelet needs to end the pods, so that clients meet a cluster without a place for new ones.
const emptyMs = 4_000;

async function drainNode(): Promise<void> {
  await cordon();
  try {
    await drain(loadLabel);
    await sleep(emptyMs);
  } finally {
    await uncordon();
  }
}

const losses: readonly Loss[] = [
  { what: 'their pods are deleted by hand', happens: deletePods },
  { what: 'the node is drained', happens: drainNode },
];

async function callsWhile(run: Stage, happens: () => Promise<void>): Promise<Calls> {
  const calls = await startCalls(run.history, run.doors.activators, 'load-warm', 3);
  try {
    await calls.answered(5, 60_000);
    await happens();
    await calls.answered(5, 120_000);
  } finally {
    await calls.stop();
  }
  return calls;
}

describe('While sessions are called and', () => {
  test.each(losses)(
    '$what: each goes on in a new pod, and its client was told that memory is new',
    async ({ happens }) => {
      const run = stage.fresh();
      const { sessions } = await callsWhile(run, happens);
      expect(sessions.flatMap(brokenPromises)).toEqual([]);
      for (const { told } of sessions) {
        const boots = told.flatMap((one) => (one.kind === 'answer' && one.reading ? [one.reading.boot] : []));
        expect(new Set(boots).size).toBe(2);
      }
    },
    minutes(5),
  );
});
