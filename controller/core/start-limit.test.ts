import { describe, expect, test } from '@jest/globals';
import { fastestAfter, firstLimit, limitAfter } from './start-limit.ts';

/** Batches of starts on machines that do `processors` of them at full speed; answers the limit and how long a start took at the end. */
function settled(processors: number, nodes: number, batches = 60): { limit: number; tookMs: number } {
  const aloneMs = 1_000;
  let limit = firstLimit(nodes);
  let fastestMs: number | undefined;
  for (let batch = 0; batch < batches; batch += 1) {
    const beside = batch % 10 === 9 ? 1 : limit;
    const tookMs = aloneMs * Math.max(1, beside / processors);
    fastestMs = fastestAfter(fastestMs, tookMs);
    for (let i = 0; i < beside; i += 1)
      limit = limitAfter(limit, { tookMs, fastestMs, beside: Math.min(beside, limit) }, nodes);
  }
  return { limit, tookMs: aloneMs * Math.max(1, limit / processors) };
}

describe('how many start at once', () => {
  test('begins with a few on each node', () => {
    expect([1, 7, 100].map(firstLimit)).toEqual([4, 16, 64]);
  });

  test('on a small node stays near what it does at full speed', () => {
    const { limit, tookMs } = settled(2, 1);
    expect([limit >= 2, limit <= 8, tookMs <= 4_000]).toEqual([true, true, true]);
  });

  test('on many large nodes grows to what an API server takes', () => {
    expect(settled(1_000, 20).limit).toBe(64);
  });

  test('is at most sixteen of a node, and falls with the nodes', () => {
    expect(settled(1_000, 1).limit).toBe(16);
    expect(limitAfter(64, { tookMs: 1, fastestMs: 1, beside: 3 }, 1)).toBe(16);
  });

  test('does not fall for one that is slow by itself, nor grow while it is not used up', () => {
    expect(limitAfter(8, { tookMs: 60_000, fastestMs: 1_000, beside: 1 }, 1)).toBe(8);
    expect(limitAfter(8, { tookMs: 1_000, fastestMs: 1_000, beside: 3 }, 1)).toBe(8);
  });

  test('is never below two, so that one that hangs does not hold up all', () => {
    let limit = 8;
    for (let i = 0; i < 100; i += 1) limit = limitAfter(limit, { tookMs: 1e6, fastestMs: 1, beside: 16 }, 1);
    expect(limit).toBe(2);
  });
});

test('what was fastest is forgotten slowly', () => {
  expect(fastestAfter(undefined, 900)).toBe(900);
  expect(fastestAfter(900, 500)).toBe(500);
  let fastest = 500;
  for (let i = 0; i < 100; i += 1) fastest = fastestAfter(fastest, 2_000);
  expect([fastest > 600, fastest < 620]).toEqual([true, true]);
});
