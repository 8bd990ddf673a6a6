// What becomes of events for which nobody cares any more.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DispatchLab, triggerOf } from '../../test/support/dispatch-lab.ts';
import { Sweeper } from './sweeper.ts';

const limits = { everyMs: 10_000, graceMs: 60_000, deadForMs: 3_600_000, deadPerTrigger: 2 };

let lab: DispatchLab;
let sweeper: Sweeper;
let told: string[];
beforeEach(() => {
  lab = new DispatchLab();
  told = [];
  const log = (message: string, fields: object) => void told.push(`${message} ${JSON.stringify(fields)}`);
  sweeper = new Sweeper({ ...lab, log }, limits);
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
});
