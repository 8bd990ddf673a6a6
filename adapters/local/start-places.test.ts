// However many starts are asked for, a few are under way, in the order in which they were asked for, and none is held up for ever.
import { expect, test } from '@jest/globals';
import { manualClock, settle } from '../../test/support/manual-clock.ts';
import { StartPlaces, type LeavePlace } from './start-places.ts';

const never = new AbortController().signal;

/** Asks for places, and notes who has one. */
function lab(most: number) {
  const clock = manualClock();
  const places = new StartPlaces(clock, most);
  const inside = new Map<string, LeavePlace>();
  const ask = async (name: string, signal = never): Promise<void> => {
    const leave = await places.enter(signal);
    if (!signal.aborted) inside.set(name, leave);
  };
  const leave = (name: string): Promise<void> => {
    inside.get(name)?.();
    inside.delete(name);
    return settle();
  };
  return { clock, ask, leave, names: (): string[] => [...inside.keys()] };
}

test('so many are let in, the others one by one as those leave, in order', async () => {
  const { ask, leave, names } = lab(2);
  for (const name of ['a', 'b', 'c', 'd']) void ask(name);
  await settle();
  expect(names()).toEqual(['a', 'b']);
  await leave('a');
  expect(names()).toEqual(['b', 'c']);
  void ask('e');
  await leave('c');
  await leave('b');
  expect(names()).toEqual(['d', 'e']);
});

test('whoever leaves twice gives back one place', async () => {
  const { ask, leave, names } = lab(1);
  const again = await new StartPlaces(manualClock(), 1).enter(never);
  again();
  again();
  for (const name of ['a', 'b', 'c']) void ask(name);
  await settle();
  await leave('a');
  await leave('a');
  expect(names()).toEqual(['b']);
});

test('a start that takes long gives its place away', async () => {
  const { clock, ask, leave, names } = lab(1);
  for (const name of ['a', 'b', 'c']) void ask(name);
  await settle();
  await clock.advance(5_000);
  expect(names()).toEqual(['a', 'b']);
  await leave('a');
  expect(names()).toEqual(['b']);
  await leave('b');
  expect(names()).toEqual(['c']);
});

test('who does not want to start any more takes no place', async () => {
  const { ask, leave, names } = lab(1);
  const unwanted = new AbortController();
  void ask('a');
  void ask('b', unwanted.signal);
  void ask('c');
  await settle();
  unwanted.abort();
  await settle();
  expect(names()).toEqual(['a']);
  await leave('a');
  expect(names()).toEqual(['c']);
});
