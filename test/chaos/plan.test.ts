// A seed is a run that can be had again, and a long run has every kind of fault.
import { expect, test } from '@jest/globals';
import { planFaults } from './plan.ts';

const programs = ['activator-0', 'activator-1', 'controller-0', 'controller-1', 'autoscaler-0'];
const minutes = (count: number): number => count * 60_000;

test('the same seed is the same plan, another seed another', () => {
  expect(planFaults(7, minutes(5), programs)).toEqual(planFaults(7, minutes(5), programs));
  expect(planFaults(7, minutes(5), programs)).not.toEqual(planFaults(8, minutes(5), programs));
});

test.each([1, 2, 3])('five minutes of seed %i have every kind of fault, for every program', (seed) => {
  const faults = planFaults(seed, minutes(5), programs).map(({ fault }) => fault);
  const wires = faults.flatMap((fault) => (fault.kind === 'wire' ? [fault.wire.kind] : []));
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['kill', 'freeze', 'redis', 'wire']));
  expect(new Set(wires)).toEqual(new Set(['cut', 'held', 'slow']));
  const hit = new Set(faults.flatMap((fault) => ('program' in fault ? [fault.program] : [])));
  expect(hit).toEqual(new Set([...programs, 'all']));
});

test('faults are in order and begin before the end', () => {
  const times = planFaults(3, minutes(1), programs).map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(minutes(1));
});

test('a freeze lasts from one to twenty seconds', () => {
  const lasts = planFaults(4, minutes(60), programs).flatMap(({ fault }) =>
    fault.kind === 'freeze' ? [fault.ms] : [],
  );
  expect(Math.min(...lasts)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...lasts)).toBeLessThanOrEqual(20_000);
});
