// What becomes of events for which nobody cares any more.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DispatchLab, triggerOf } from '../../test/support/dispatch-lab.ts';
import { Sweeper } from './sweeper.ts';

const limits = {
  ...{ everyMs: 10_000, graceMs: 60_000, waitForMs: 86_400_000 },
  ...{ deadForMs: 3_600_000, deadPerTrigger: 2 },
};

let lab: DispatchLab;
let sweeper: Sweeper;
let told: string[];
let counted: string[];
beforeEach(() => {
  lab = new DispatchLab();
  [told, counted] = [[], []];
  const log = (message: string, fields: object) => void told.push(`${message} ${JSON.stringify(fields)}`);
  const onExpired = (events: number, why: string): void => void counted.push(`${events} ${why}`);
  const onForgotten = (letters: number): void => void counted.push(`${letters} forgotten`);
  sweeper = new Sweeper({ ...lab, log, onExpired, onForgotten }, limits);
  sweeper.start();
});
afterEach(() => sweeper.stop());

test('events of a trigger that is gone become dead letters, with the reason', async () => {
  await lab.deploy(triggerOf('other'));
  await lab.append('gone', ['1', '2']);
  await lab.append('other', ['3']);
  await lab.clock.advance(90_000);
  expect(await lab.dead()).toEqual([
    '1: 0 there is no such trigger any more',
    '2: 0 there is no such trigger any more',
  ]);
  expect(await lab.waiting()).toBe(1);
});

test('a trigger that somebody else heard of earlier has time to come', async () => {
  await lab.deploy();
  await lab.append('new', ['1']);
  await lab.clock.advance(50_000);
  await lab.deploy(triggerOf('new'));
  await lab.clock.advance(20_000);
  await lab.deploy();
  await lab.clock.advance(50_000);
  expect(await lab.dead()).toEqual([]);
});

test('nothing is gone while nobody has told which triggers there are', async () => {
  await lab.append('unknown', ['1']);
  await lab.clock.advance(600_000);
  expect(await lab.dead()).toEqual([]);
});

test('what waits too long becomes a dead letter, with the reason; what is younger goes on waiting', async () => {
  await lab.deploy(triggerOf('t'));
  await lab.append('t', ['1', '2']);
  await lab.clock.advance(80_000_000);
  await lab.append('t', ['3']);
  await lab.clock.advance(6_420_000);
  expect(await lab.dead()).toEqual([
    '1: 0 it was not handled within 24h0m0s',
    '2: 0 it was not handled within 24h0m0s',
  ]);
  expect([await lab.waiting(), counted]).toEqual([1, ['2 age']]);
  expect(told).toEqual([
    'events became dead letters, for they waited too long {"trigger":"default/t","expired":2}',
  ]);
});

test('age counts from the acceptance, also for what is tried again and again; what is in hand is left', async () => {
  await lab.deploy(triggerOf('t'));
  await lab.append('t', ['1', '2']);
  const wants = new Map([['default/t', 2]]);
  const until = lab.clock.now() + 2 * limits.waitForMs;
  const [first] = await lab.store.take({ holder: 'one', now: lab.clock.now(), until, wants });
  const error = { dest: '/target', code: 503, data: 'busy' };
  await lab.store.settle(first?.ticket ?? '', 'one', { kind: 'again', dueAt: until, error });
  await lab.clock.advance(limits.waitForMs + 10_000);
  expect([await lab.dead(), await lab.waiting()]).toEqual([['1: 0 it was not handled within 24h0m0s'], 1]);
});

test('dead letters are bounded in number and age, and what is forgotten is told', async () => {
  await lab.deploy();
  await lab.append('gone', ['1', '2', '3']);
  await lab.clock.advance(90_000);
  expect(await lab.dead()).toHaveLength(2);
  await lab.clock.advance(3_600_000);
  expect(await lab.dead()).toEqual([]);
  expect(told.filter((line) => line.startsWith('dead letters were forgotten'))).toEqual([
    'dead letters were forgotten {"trigger":"default/gone","letters":1}',
    'dead letters were forgotten {"trigger":"default/gone","letters":2}',
  ]);
  expect(counted).toEqual(['3 gone', '1 forgotten', '2 forgotten']);
});
