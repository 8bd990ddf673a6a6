import { expect, test } from '@jest/globals';
import type { Cost } from './compare.ts';
import type { Round } from './replay.ts';
import { costTable, equalIdleTable, reachedTable, type Curves } from './report.ts';
import { svg } from './svg.ts';

const cost = (setting: number, idle: number, coldStarts: number, reached = 0): Cost => ({
  setting,
  idle,
  coldStarts,
  reached,
  sessions: 200,
  idleSeconds: idle * 100,
  started: 9,
  unused: 3,
});

const curves: Curves = {
  fixed: [cost(0, 0, 200), cost(20, 20, 20)],
  kpa: [cost(1, 1, 150), cost(0.25, 11, 50)],
  target: [cost(0.5, 2, 60), cost(0.99, 18, 4)],
  oracle: cost(0, 0.5, 2),
};

test('classes are compared where all are idle alike, with the better of the others', () => {
  const rows = equalIdleTable(curves, [10, 15, 30]).split('\n');
  expect(rows.map((row) => row.split(/\s{2,}/))).toEqual([
    ['idle on average', 'fixed', 'kpa', 'target', 'of the better'],
    ['10', '110', '60', '32', '0.53'],
    ['15', '65', '-', '15', '0.22'],
    ['30', '-', '-', '-', '-'],
  ]);
});

test('each policy has a row with its setting', () => {
  const rows = costTable(curves, true).split('\n');
  expect(rows[2]).toBe('fixed 20          20   10.00 %    2000  20.00        9       3');
  expect(rows.map((row) => row.split(/\s{2,}/)[0])).toEqual([
    'policy',
    'fixed 0',
    'fixed 20',
    'kpa 1/s',
    'kpa 0.25/s',
    'target 50.00 %',
    'target 99.00 %',
    'oracle',
  ]);
});

test('what was reached is told by how far the misses are off', () => {
  const rows = reachedTable([cost(0.9, 1, 0, 0.88), cost(0.99, 1, 0, 0.98), cost(0.99, 1, 0, 0.999)]).split(
    '\n',
  );
  expect(rows.slice(1).map((row) => row.split(/\s{2,}/))).toEqual([
    ['90.0 %', '88.00 %', '+20 %', 'yes', '1.00'],
    ['99.0 %', '98.00 %', '+100 %', 'no', '1.00'],
    ['99.0 %', '99.90 %', '-90 %', 'better', '1.00'],
  ]);
});

test('the picture has a line for each curve and one for the pool, and no text becomes a mark', () => {
  const round = (at: number, arrivals: number): Round => ({
    at,
    arrivals,
    coldStarts: 1,
    ready: 0,
    starting: 0,
    decision: { size: 3, why: { rule: '', numbers: {} } },
  });
  const run = { title: 'a run', rounds: [round(0, 2), round(1_000, 4)] };
  const picture = svg({ title: '<a> & b', curves, run });
  expect(picture.match(/<polyline/g)).toHaveLength(4);
  expect(picture).toContain('&lt;a&gt; &amp; b');
  expect(picture).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg({ title: '', curves, run: { title: '', rounds: [] } })).not.toMatch(/NaN|Infinity|undefined/);
});
