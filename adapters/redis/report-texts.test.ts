// Reports as texts: small, and read with the suspicion that another program, or another version of one, deserves.
import { describe, expect, test } from '@jest/globals';
import type { DemandReport, PoolSupply, RuntimeDemand } from '../../model/demand.ts';
import { demandText, readDemand, readSupply, supplyText, type SupplyPart } from './report-texts.ts';

const runtime = (name: string) => ({ kind: 'AgentRuntime', namespace: 'default', name }) as const;
const demand: RuntimeDemand = {
  runtime: runtime('a'),
  ...{ arrivals: 3, coldStarts: 1, waitedMs: 1_500, served: 2, inFlight: 4 },
};
const supply: PoolSupply = { runtime: runtime('a'), ready: 2, starting: 1, startUps: [1_500], failures: 0 };
const part: SupplyPart = {
  ...{ from: 'c', nodes: 3, all: true, report: 1, part: 0, parts: 1 },
  pools: [supply, { ...supply, runtime: runtime('b'), trouble: 'no image' }],
};

test('what is written is read', () => {
  const report: DemandReport = { from: 'x', demands: [demand] };
  expect(readDemand(demandText(report))).toEqual(report);
  expect(readSupply(supplyText(part))).toEqual(part);
});

test('spans are told to a tenth of a millisecond', () => {
  const read = readDemand(demandText({ from: 'x', demands: [{ ...demand, waitedMs: 1_503.283_749_000_1 }] }));
  expect(read?.demands[0]?.waitedMs).toBe(1_503.3);
  const starts = readSupply(supplyText({ ...part, pools: [{ ...supply, startUps: [0.26, 7.04] }] }));
  expect(starts?.pools[0]?.startUps).toEqual([0.3, 7]);
});

test('a runtime takes its name and its numbers, not more', () => {
  const demands = Array.from({ length: 1_000 }, (_, n) => ({ ...demand, runtime: runtime(`runtime-${n}`) }));
  expect(demandText({ from: 'x', demands }).length / demands.length).toBeLessThan(32);
  const pools = demands.map(({ runtime: key }) => ({ ...supply, runtime: key, startUps: [] }));
  expect(supplyText({ ...part, pools }).length / pools.length).toBeLessThan(28);
});

describe('of another version', () => {
  test('what follows the known cells is not looked at', () => {
    const text = JSON.stringify([
      'x',
      [['AgentRuntime', 'default', [['a', 3, 1, 1500, 2, 4, 'new']], 'new']],
      'new',
    ]);
    expect(readDemand(text)).toEqual({ from: 'x', demands: [demand] });
  });

  test.each([
    ['a kind that is not known', ['Robot', 'default', [['a', 1, 0, 0, 0, 0]]]],
    ['no namespace', ['AgentRuntime', null, [['a', 1, 0, 0, 0, 0]]]],
    ['no name', ['AgentRuntime', 'default', [[7, 1, 0, 0, 0, 0]]]],
    ['too few cells', ['AgentRuntime', 'default', [['a', 1]]]],
    ['a count below zero', ['AgentRuntime', 'default', [['a', -1, 0, 0, 0, 0]]]],
    ['half a session', ['AgentRuntime', 'default', [['a', 1.5, 0, 0, 0, 0]]]],
    ['a count beyond counting', ['AgentRuntime', 'default', [['a', 1e300, 0, 0, 0, 0]]]],
    ['a text for a number', ['AgentRuntime', 'default', [['a', '1', 0, 0, 0, 0]]]],
    ['rows that are none', ['AgentRuntime', 'default', 'a']],
    ['no group', 7],
  ])('a row with %s is left out, and the others are read', (_, odd) => {
    const fine = ['AgentRuntime', 'default', [['a', 3, 1, 1500, 2, 4]]];
    expect(readDemand(JSON.stringify(['x', [odd, fine]]))).toEqual({ from: 'x', demands: [demand] });
  });

  test('start-ups that are no spans are left out, and so is a trouble that is no text', () => {
    const rows = [['a', 2, 1, [1500, -1, '7', null], 0, { no: 'text' }]];
    const text = JSON.stringify(['c', 3, 1, 1, 0, 1, [['AgentRuntime', 'default', rows]]]);
    expect(readSupply(text)?.pools).toEqual([supply]);
  });
});

test.each([
  '',
  'no JSON',
  '7',
  'null',
  '{}',
  '[]',
  '["x"]',
  '["x",7]',
  '[7,[]]',
  '["x",3,1,1,0]',
  '["x",-1,1,1,0,1,[]]',
])('of %j nothing is made', (text) => {
  expect([readDemand(text), readSupply(text)]).toEqual([undefined, undefined]);
});
