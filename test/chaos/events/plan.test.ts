// A seed is a run that can be had again, and a run of some minutes kills everything that carries events.
import { expect, test } from '@jest/globals';
import { planKills } from './plan.ts';

const programs = ['activator-0', 'activator-1', 'activator-2', 'controller-0', 'controller-1'];
const minutes = (count: number): number => count * 60_000;

test('the same seed is the same plan, another seed another', () => {
  expect(planKills(7, minutes(5), programs)).toEqual(planKills(7, minutes(5), programs));
  expect(planKills(7, minutes(5), programs)).not.toEqual(planKills(8, minutes(5), programs));
});

test('a longer plan begins as a shorter one', () => {
  const short = planKills(7, minutes(1), programs);
  expect(planKills(7, minutes(5), programs).slice(0, short.length)).toEqual(short);
});

test.each([1, 2, 3])('five minutes of seed %i kill every program, Redis and sandboxes', (seed) => {
  const faults = planKills(seed, minutes(5), programs).map(({ fault }) => fault);
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['kill', 'redis', 'sandbox']));
  const hit = new Set(faults.flatMap((fault) => (fault.kind === 'kill' ? [fault.program] : [])));
  expect(hit).toEqual(new Set(programs));
});
