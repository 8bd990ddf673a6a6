// Cases of Knative Serving's own tests (pkg/autoscaler/scaling/autoscaler_test.go), by their names there: the same averages, pods
// and times in, the same number of pods out.
import { describe, expect, test } from '@jest/globals';
import { kpaDefaults, type KpaPolicy } from '../../model/scaling.ts';
import { Decider } from './decider.ts';

/** As `newTestAutoscaler`. */
const policy: KpaPolicy = { ...kpaDefaults, target: 10, maxScaleUpRate: 10, maxScaleDownRate: 10 };
const minute = 60_000;

const scaled = (
  decider: Decider,
  [seconds, ready, stable, panic]: readonly [seconds: number, ready: number, stable: number, panic: number],
): number => decider.scale(seconds * 1_000, ready, { stable, panic }).desired;

describe('TestAutoscalerScale', () => {
  const inPanic = { panicTime: -5_000, maxPanicPods: 5, delayed: [] };

  test.each([
    ['NoDataAtZeroNoAutoscale', {}, [0, 1, 0, 0], 0],
    ['StableModeUnlimitedTBC', { target: 181 }, [0, 1, 21, 26], 1],
    ['Autoscaler0TBC', {}, [0, 1, 50, 49], 5],
    ['StableModeNoChange', {}, [0, 1, 50, 50], 5],
    ['StableModeNoChangeAlreadyScaled', {}, [0, 5, 50, 50], 5],
    ['StableModeIncreaseWithSmallScaleUpRate', { target: 1, maxScaleUpRate: 1.1 }, [0, 2, 3, 3.1], 3],
    ['StableModeDecreaseWithSmallScaleDownRate', { maxScaleDownRate: 1.1 }, [0, 100, 1, 1], 90],
    ['PanicModeDoublePodCount', {}, [0, 1, 50, 100], 10],
  ] as const)('%s', (_, more, seen, pods) => {
    expect(scaled(new Decider({ ...policy, ...more }), seen)).toBe(pods);
  });

  test.each([
    ['PanicStableLargerThanPanic', [0, 5, 50, 30], 50],
    ['PanicStableLessThanPanic', [0, 5, 20, 30], 30],
  ] as const)('%s', (_, seen, pods) => {
    expect(scaled(new Decider({ ...policy, target: 1 }, inPanic), seen)).toBe(pods);
  });
});

test('TestAutoscalerUnpanicAfterSlowIncrease', () => {
  const decider = new Decider({ ...policy, target: 1 });
  expect(scaled(decider, [0, 10, 11, 25])).toBe(25);
  expect(decider.state().panicTime).toBe(0);
  expect(scaled(decider, [30, 40, 30, 41])).toBe(41);
  expect(decider.state().panicTime).toBe(0);
  expect(scaled(decider, [62, 55, 50, 56])).toBe(50);
  expect(decider.panicking).toBe(false);
});

test('TestAutoscalerExtendPanicWindow', () => {
  const decider = new Decider({ ...policy, target: 1 });
  expect(scaled(decider, [0, 10, 11, 25])).toBe(25);
  expect(scaled(decider, [30, 40, 30, 80])).toBe(80);
  expect(decider.state().panicTime).toBe(minute / 2);
});

test('TestAutoscalerStableModeDecrease', () => {
  const decider = new Decider(policy);
  expect(scaled(decider, [0, 8, 100, 100])).toBe(10);
  expect(scaled(decider, [0, 8, 50, 50])).toBe(5);
});

test('TestAutoscalerStableModeNoTrafficScaleToZero', () => {
  const decider = new Decider(policy);
  expect(scaled(decider, [0, 1, 1, 0])).toBe(1);
  expect(scaled(decider, [0, 1, 0, 0])).toBe(0);
});

test('TestAutoscalerPanicModeExponentialTrackAndStabilize', () => {
  const decider = new Decider({ ...policy, target: 1 });
  const loads = [6, 36, 216, 1_296, 1_296];
  expect(
    loads.map((load, at) => scaled(decider, [at, at === 0 ? 1 : (loads[at - 1] ?? 1), load, load])),
  ).toEqual(loads);
  expect(decider.state().panicTime).toBe(3_000);
});

test('TestAutoscalerPanicThenUnPanicScaleDown', () => {
  const decider = new Decider(policy);
  expect(scaled(decider, [0, 1, 100, 100])).toBe(10);
  expect(scaled(decider, [0, 10, 100, 1_000])).toBe(100);
  expect(scaled(decider, [30, 10, 1, 1])).toBe(100);
  expect(scaled(decider, [61, 10, 1, 1])).toBe(1);
});

test('TestAutoscalerRateLimitScaleUp', () => {
  const decider = new Decider(policy);
  expect(scaled(decider, [0, 1, 1_000, 1_001])).toBe(10);
  expect(scaled(decider, [0, 10, 1_000, 1_001])).toBe(100);
});

test('TestAutoscalerRateLimitScaleDown', () => {
  const decider = new Decider(policy);
  expect(scaled(decider, [0, 100, 1, 1])).toBe(10);
  expect(scaled(decider, [0, 10, 1, 1])).toBe(1);
});

test('TestAutoscalerUseOnePodAsMinimumIfEndpointsNotFound', () => {
  expect(scaled(new Decider(policy), [0, 0, 1_000, 888])).toBe(10);
});

describe('TestAutoscalerScaleDownDelay', () => {
  const delayed = (): Decider =>
    new Decider({ ...policy, panicThresholdPercentage: 10_000, scaleDownDelayMs: 5 * minute });

  test('simple', () => {
    const decider = delayed();
    expect(scaled(decider, [2, 0, 40, 40])).toBe(4);
    expect(scaled(decider, [300, 0, 0, 0])).toBe(4);
    expect(scaled(decider, [302, 0, 0, 0])).toBe(0);
  });

  test('gradual', () => {
    const decider = delayed();
    expect(scaled(decider, [540, 0, 40, 40])).toBe(4);
    expect(scaled(decider, [600, 0, 30, 30])).toBe(4);
    expect(scaled(decider, [660, 0, 0, 0])).toBe(4);
    expect(scaled(decider, [840, 0, 0, 0])).toBe(3);
    expect(scaled(decider, [900, 0, 0, 0])).toBe(0);
  });
});

test('TestAutoscalerScaleDownDelayZero', () => {
  const decider = new Decider({ ...policy, panicThresholdPercentage: 10_000 });
  expect(scaled(decider, [0, 0, 40, 40])).toBe(4);
  expect(scaled(decider, [0.5, 0, 20, 20])).toBe(2);
});

test.each([
  [0, false],
  [1, false],
  [2, true],
])('TestStartInPanicMode: at %d pods, %p', (ready, panicking) => {
  const decider = new Decider(policy);
  decider.begin(0, ready);
  expect(decider.panicking).toBe(panicking);
  expect(decider.state().maxPanicPods).toBe(ready);
});

test('the activation scale holds where something is wanted, not where only the rate keeps pods', () => {
  const decider = new Decider({ ...policy, activationScale: 6 });
  expect(scaled(decider, [0, 1, 1, 1])).toBe(6);
  expect(scaled(decider, [0, 20, 0, 0])).toBe(2);
});

test('a decider goes on from the state of another, in the middle of panic and delay', () => {
  const given = { ...policy, scaleDownDelayMs: 2 * minute };
  const decider = new Decider(given);
  scaled(decider, [0, 1, 100, 100]);
  const next = new Decider(given, decider.state());
  for (const seconds of [10, 61, 119, 120, 121])
    expect(scaled(next, [seconds, 10, 1, 1])).toBe(scaled(decider, [seconds, 10, 1, 1]));
  expect(scaled(next, [400, 10, 1, 1])).toBe(1);
});
