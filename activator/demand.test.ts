// What an activator tells of demand: each session that it opened, once, and requests in hand when somebody asks for them.
import { expect, test } from '@jest/globals';
import { settle } from '../test/support/manual-clock.ts';
import { helloKey } from '../test/support/controller-lab.ts';
import { routingLab, type TestActivator } from '../test/support/routing-lab.ts';

async function lab() {
  const { activators, ...rest } = await routingLab(1);
  return { ...rest, activator: activators[0] as TestActivator };
}

const inFlightOf = ({ routing }: TestActivator) => [...routing.inFlight()];

test('a session that started cold is counted once, and its wait when it has its sandbox', async () => {
  const { activator, driver, clock } = await lab();
  const release = driver.hold('start');
  const caller = activator.ask();
  await clock.advance(1_500);
  expect(activator.demand).toEqual(['opened cold']);
  release();
  await settle();
  expect(activator.demand).toEqual(['opened cold', 'served after 1500']);
  caller.end();
  await clock.advance(60_000);
  activator.ask(caller.sessionId);
  await settle();
  expect(activator.demand).toHaveLength(2);
});

test('one that found a sandbox ready is counted as such, whatever its runtime’s own size', async () => {
  const { activator, clock, target } = await lab();
  target(1);
  await clock.advance(1_000);
  activator.ask();
  await settle();
  expect(activator.demand).toEqual(['opened claim', 'served after 0']);
});

test('one that could not be opened is not counted', async () => {
  const { activator } = await lab();
  activator.storeIs = 'rejects';
  const caller = activator.ask();
  await settle();
  expect([caller.code, activator.demand]).toEqual(['STORE_UNAVAILABLE', []]);
});

test('requests in hand are those that were forwarded and those that wait for a sandbox', async () => {
  const { activator, driver, clock } = await lab();
  const [first, second] = [activator.ask(), activator.ask()];
  await settle();
  const release = driver.hold('start');
  activator.ask();
  await clock.advance(100);
  expect(inFlightOf(activator)).toEqual([[helloKey, 3]]);
  release();
  first.end();
  await settle();
  expect(inFlightOf(activator)).toEqual([[helloKey, 2]]);
  second.end();
  await settle();
  expect(inFlightOf(activator)).toEqual([[helloKey, 1]]);
});
