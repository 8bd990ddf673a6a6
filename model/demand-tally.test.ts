import { expect, test } from '@jest/globals';
import { interpreter } from '../test/support/sessions.ts';
import { DemandTally } from './demand-tally.ts';
import type { RuntimeKey } from './sandbox.ts';

const other: RuntimeKey = { ...interpreter, name: 'other' };

test('sums are per runtime; taking them empties the tally', () => {
  const tally = new DemandTally();
  tally.opened(interpreter, 'claim');
  tally.opened({ ...interpreter }, 'cold');
  tally.served(interpreter, 5);
  tally.opened(other, 'cold');
  expect([...tally.take().values()]).toEqual([
    { runtime: interpreter, arrivals: 2, coldStarts: 1, waitedMs: 5, served: 1 },
    { runtime: other, arrivals: 1, coldStarts: 1, waitedMs: 0, served: 0 },
  ]);
  expect([...tally.take()]).toEqual([]);
});

test('what could not be told is added to what came meanwhile', () => {
  const tally = new DemandTally();
  tally.opened(interpreter, 'cold');
  tally.opened(other, 'claim');
  const taken = tally.take();
  tally.opened(interpreter, 'claim');
  tally.served(interpreter, 700);
  tally.giveBack(taken.values());
  expect([...tally.take().values()]).toEqual([
    { runtime: interpreter, arrivals: 2, coldStarts: 1, waitedMs: 700, served: 1 },
    { runtime: other, arrivals: 1, coldStarts: 0, waitedMs: 0, served: 0 },
  ]);
});
