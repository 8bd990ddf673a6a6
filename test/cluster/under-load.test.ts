// What sessions go through while the programs under them fail: every answer is the session's own or a typed refusal, nothing is
// forgotten unless its pod went, and in the end pods, sandboxes, claims and the store agree.
// The promises are those of test/chaos/checker.ts; here they are kept on a cluster.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crash, restartProgram } from './node.ts';
import { Stage } from './load/stage.ts';

const minutes = (count: number): number => count * 60_000;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, minutes(3));
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
      await run.clear();
    },
    minutes(5),
  );
});
