import { expect, test } from '@jest/globals';
import { manualClock } from '../test/support/manual-clock.ts';
import { Paced } from './paced.ts';

function lab() {
  const clock = manualClock(0);
  const ran: number[] = [];
  const faults: unknown[] = [];
  const state: { fault?: Error; held?: Promise<void> } = {};
  const paced = new Paced({
    clock,
    everyMs: 250,
    againMs: 1_000,
    work: async () => {
      ran.push(clock.now());
      await state.held;
      if (state.fault) throw state.fault;
    },
    onFault: (fault) => faults.push(fault),
  });
  return { clock, ran, faults, state, paced };
}

test('the first run is at once, the next when the pause is over, however often it is asked for', async () => {
  const { clock, ran, paced } = lab();
  for (let i = 0; i < 600; i += 1) {
    paced.ask();
    await clock.advance(1);
  }
  await clock.advance(10_000);
  expect(ran).toEqual([0, 250, 500, 750]);
});

test('a run that may wait gives way to one that is wanted sooner', async () => {
  const { clock, ran, paced } = lab();
  paced.ask(200);
  paced.ask(20);
  paced.ask(100);
  await clock.advance(1_000);
  expect(ran).toEqual([20]);
});

test('never two at once: what is asked for meanwhile is done by the next', async () => {
  const { clock, ran, state, paced } = lab();
  const held = Promise.withResolvers<void>();
  state.held = held.promise;
  paced.ask();
  await clock.advance(1_000);
  paced.ask();
  await clock.advance(1_000);
  expect(ran).toEqual([0]);
  delete state.held;
  held.resolve();
  await clock.advance(1_000);
  expect(ran).toEqual([0, 2_000]);
});

test('a run that failed is made up for, and said', async () => {
  const { clock, ran, faults, state, paced } = lab();
  state.fault = new Error('away');
  paced.ask();
  await clock.advance(2_500);
  expect(ran).toEqual([0, 1_000, 2_000]);
  expect(faults).toHaveLength(3);
  delete state.fault;
  await clock.advance(10_000);
  expect(ran).toHaveLength(4);
});

test('the last run is after the one that is under way, even if that fails; then there is none', async () => {
  const { clock, ran, state, paced } = lab();
  const held = Promise.withResolvers<void>();
  state.held = held.promise;
  state.fault = new Error('away');
  paced.ask();
  await clock.advance(10);
  const finished = paced.finish();
  await clock.advance(10);
  expect(ran).toEqual([0]);
  held.resolve();
  await finished;
  paced.ask();
  await clock.advance(10_000);
  expect(ran).toEqual([0, 20]);
});

test('one that was stopped before it ran never runs', async () => {
  const { clock, ran, paced } = lab();
  paced.ask(50);
  paced.stop();
  await clock.advance(10_000);
  expect(ran).toEqual([]);
});
