// A report of all pools that comes in parts: what of it is lost must not be taken for empty.
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { SupplyReport } from '../../model/demand.ts';
import { supplyText, type SupplyPart } from './report-texts.ts';
import { redisSupply } from './supply.ts';

/** Hears texts as if they had come from Redis; `heard` is `names…` of each report, with `all` in front when it says so. */
function listening() {
  let hear: (text: string) => void = () => undefined;
  const faults: unknown[] = [];
  const bus = {
    onMessage: (_: string, listener: (text: string) => void) => {
      hear = listener;
      return () => undefined;
    },
  };
  // Never connects: nothing is sent.
  const link = { client: new Redis({ lazyConnect: true }), prefix: '{test}' };
  const heard: string[] = [];
  redisSupply({ link, bus, onFault: (fault) => faults.push(fault) }).onSupply(
    ({ all, pools }: SupplyReport) =>
      heard.push([...(all ? ['all'] : []), ...pools.map(({ runtime }) => runtime.name)].join(' ')),
  );
  return { hear: (...texts: string[]) => texts.forEach((text) => hear(text)), heard, faults };
}

/** Part `at` of 3, with one pool that is named for it. */
const part = (at: number, change: Partial<SupplyPart> = {}): string => {
  const made = { from: 'c', nodes: 1, all: true, report: 1, part: at, parts: 3, ...change };
  const name = `${made.from}${made.report}${made.part}`;
  const runtime = { kind: 'AgentRuntime', namespace: 'default', name } as const;
  return supplyText({ ...made, pools: [{ runtime, ready: 1, starting: 0, startUps: [], failures: 0 }] });
};

test('its parts are one report', () => {
  const { hear, heard } = listening();
  hear(part(0), part(1));
  expect(heard).toEqual([]);
  hear(part(2));
  expect(heard).toEqual(['all c10 c11 c12']);
});

test('without its beginning, the rest is what changed', () => {
  const { hear, heard } = listening();
  hear(part(1), part(2));
  expect(heard).toEqual(['c11', 'c12']);
});

test('with a hole, what was heard is what changed', () => {
  const { hear, heard } = listening();
  hear(part(0), part(2));
  expect(heard).toEqual(['c10', 'c12']);
});

test('without its end, what was heard is told with whatever comes next, and the next is whole', () => {
  const { hear, heard } = listening();
  const next = { report: 2 };
  hear(part(0), part(1), part(0, next), part(1, next), part(2, next));
  expect(heard).toEqual(['c10 c11', 'all c20 c21 c22']);
});

test('parts of two reports are not put together', () => {
  const { hear, heard } = listening();
  hear(part(0), part(1, { report: 2 }), part(2, { report: 2 }));
  expect(heard).toEqual(['c10', 'c21', 'c22']);
});

test('two that both believe to lead are not put together', () => {
  const { hear, heard } = listening();
  const other = { from: 'd' };
  hear(part(0), part(0, other), part(1), part(1, other), part(2), part(2, other));
  expect(heard.some((report) => report.startsWith('all'))).toBe(false);
  expect(heard.join(' ').split(' ').sort()).toEqual(['c10', 'c11', 'c12', 'd10', 'd11', 'd12']);
});

test('a text that is not understood is told once, and again after one that was', () => {
  const { hear, heard, faults } = listening();
  hear('strange', 'strange');
  expect(faults).toHaveLength(1);
  hear(part(0, { parts: 1 }), 'strange');
  expect([heard, faults.length]).toEqual([['all c10'], 2]);
});
