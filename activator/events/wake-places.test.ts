// How events wait for sandboxes without taking all of the room there is.
import { expect, test } from '@jest/globals';
import { settle } from '../../test/support/manual-clock.ts';
import { WakePlaces, type LeavePlace } from './wake-places.ts';

const never = new AbortController().signal;

async function lined(places: WakePlaces, count: number, signal = never) {
  const entered: LeavePlace[] = [];
  for (let n = 0; n < count; n += 1)
    void places.enter('a', signal).then((leave) => void (leave && entered.push(leave)));
  await settle();
  return entered;
}

test('so many enter at once, the next when one leaves', async () => {
  const entered = await lined(new WakePlaces(2), 4);
  expect(entered).toHaveLength(2);
  entered[0]?.();
  entered[0]?.();
  await settle();
  expect(entered).toHaveLength(3);
});

test('another runtime has places of its own', async () => {
  const places = new WakePlaces(1);
  await lined(places, 3);
  expect(await places.enter('b', never)).toBeDefined();
});

test('whoever is abandoned in line takes no place', async () => {
  const places = new WakePlaces(1);
  const [first] = await lined(places, 1);
  const abandon = new AbortController();
  const abandoned = places.enter('a', abandon.signal);
  const later = await lined(places, 1);
  abandon.abort();
  expect(await abandoned).toBeUndefined();
  expect(later).toHaveLength(0);
  first?.();
  await settle();
  expect(later).toHaveLength(1);
});

test('all places are there again when everybody has left', async () => {
  const places = new WakePlaces(2);
  const entered = await lined(places, 5);
  for (const leave of entered) leave();
  for (let turn = 0; turn < 5; turn += 1) {
    await settle();
    for (const leave of entered) leave();
  }
  expect(entered).toHaveLength(5);
  expect(await lined(places, 3)).toHaveLength(2);
});

test('those who have a place are counted, whoever left the line is not', async () => {
  const told: string[] = [];
  const places = new WakePlaces(1, { waking: () => told.push('waking'), awake: () => told.push('awake') });
  const abandon = new AbortController();
  const [leave] = await lined(places, 1);
  await lined(places, 1, abandon.signal);
  abandon.abort();
  await settle();
  const rest = await lined(places, 1);
  leave?.();
  leave?.();
  await settle();
  expect([rest.length, told]).toEqual([1, ['waking', 'awake', 'waking']]);
});
