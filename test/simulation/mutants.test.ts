// The simulation finds planted bugs: each of them within 1,000 seeds, and says which promise it breaks.
import { expect, test } from '@jest/globals';
import { runBatch } from './batch.ts';
import { mutantNames, type Mutant } from './mutants.ts';
import { simulate } from './simulation.ts';

const most = 1_000;
const patienceMs = 300_000;

/** What each may break. */
const broken: Readonly<Record<Mutant, readonly string[]>> = {
  leaseIgnored: ['S2'],
  fenceIgnored: ['S6'],
  secondWake: ['S1'],
  lostWaiter: ['S3'],
  poolReuse: ['S1'],
  rebuildForgets: ['S4'],
  unmarked: ['S4'],
  lostUpdate: ['S6'],
  takeoverSpares: ['S1'],
  exitForgotten: ['S5'],
  unpreparedServes: ['S4'],
  latePauses: ['S2'],
  lateThaws: ['S5'],
  thawUnmarked: ['S4'],
  supplyUntold: ['S5'],
  boundForgotten: ['S5'],
};

test.each(mutantNames)(
  '%s is found',
  async (mutant) => {
    const { failed } = await runBatch({ from: 1, seeds: most, mutant });
    expect(failed).toBeDefined();
    const { violation } = await simulate(failed ?? 0, { mutant });
    expect(broken[mutant]).toContain(violation?.invariant);
  },
  patienceMs,
);
