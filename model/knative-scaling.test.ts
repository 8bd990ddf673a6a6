// Knative's annotations on a runtime: its names, its bounds, its words (annotation_validation_test.go of Knative Serving), and
// the policy that they come down to.
import { describe, expect, test } from '@jest/globals';
import { interpreter } from '../test/support/runtimes.ts';
import { kpaPolicyOf } from './knative-scaling.ts';
import { validateRuntime } from './problem.ts';
import { noMaximum } from './scaling.ts';

const of = (given: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`autoscaling.knative.dev/${name}`, value]),
  );

function problems(annotations: Readonly<Record<string, string>>) {
  const runtime = interpreter();
  const result = validateRuntime({ ...runtime, metadata: { ...runtime.metadata, annotations } });
  return result.ok ? [] : result.problems;
}

describe('taken', () => {
  test.each<Record<string, string>>([
    { class: 'kpa.autoscaling.knative.dev' },
    { metric: 'rps', target: '0.01' },
    { metric: 'concurrency', 'target-utilization-percentage': '100' },
    { 'min-scale': '0', 'max-scale': '0', 'initial-scale': '1' },
    { 'min-scale': '3', 'max-scale': '3', 'activation-scale': '3' },
    { window: '6s' },
    { window: '1h', 'scale-down-delay': '1h0m0s' },
    { 'scale-down-delay': '0s', 'scale-to-zero-pod-retention-period': '1.5s' },
    { 'panic-window-percentage': '1', 'panic-threshold-percentage': '110.0' },
    { 'panic-window-percentage': '100', 'panic-threshold-percentage': '1e3' },
    { 'target-burst-capacity': '-1', 'metric-aggregation-algorithm': 'linear' },
    { minScale: '1', maxScale: '2', initialScale: '2', scaleDownDelay: '1m', targetBurstCapacity: '0' },
    { panicWindowPercentage: '5.0', panicThresholdPercentage: '150', targetUtilizationPercentage: '70' },
    { scaleToZeroPodRetentionPeriod: '42s', metricAggregationAlgorithm: 'linear' },
  ])('%j', (given) => {
    expect(problems(of(given))).toEqual([]);
  });

  test('and whatever is not its business', () => {
    expect(
      problems({ 'kubectl.kubernetes.io/restartedAt': 'x', 'serving.knative.dev/creator': 'y' }),
    ).toEqual([]);
  });
});

describe('refused, with the field, the value and the bound', () => {
  test.each([
    [
      'class',
      'hpa.autoscaling.knative.dev',
      'invalid value: hpa.autoscaling.knative.dev',
      'kpa.autoscaling.knative.dev',
    ],
    ['metric', 'cpu', 'invalid value: cpu', 'concurrency or rps'],
    ['target', '0', 'target 0 should be at least 0.01', 'a number, 0.01 or more'],
    ['target', '-1', 'target -1 should be at least 0.01', 'a number, 0.01 or more'],
    ['target', 'many', 'invalid value: many', 'a number, 0.01 or more'],
    ['target', 'NaN', 'invalid value: NaN', 'a number, 0.01 or more'],
    ['target-utilization-percentage', '0', 'expected 1 <= 0 <= 100', 'a number from 1 to 100'],
    ['target-utilization-percentage', '200', 'expected 1 <= 200 <= 100', 'a number from 1 to 100'],
    ['targetUtilizationPercentage', '101', 'expected 1 <= 101 <= 100', 'a number from 1 to 100'],
    ['min-scale', '-1', 'expected 0 <= -1 <= 2147483647', 'a whole number from 0 to 2147483647'],
    ['min-scale', '1.5', 'invalid value: 1.5', 'a whole number from 0 to 2147483647'],
    [
      'max-scale',
      '2147483648',
      'expected 0 <= 2147483648 <= 2147483647',
      'a whole number from 0 to 2147483647',
    ],
    ['maxScale', 'x', 'invalid value: x', 'a whole number from 0 to 2147483647'],
    [
      'initial-scale',
      '0',
      'invalid value: 0: initial-scale=0 not allowed by cluster',
      'a whole number from 1 to 2147483647',
    ],
    [
      'initial-scale',
      '-2',
      'invalid value: -2: initial-scale must be greater than 0',
      'a whole number from 1 to 2147483647',
    ],
    [
      'activation-scale',
      '1',
      'activation-scale=1 must be greater than 1',
      'a whole number from 2 to 2147483647',
    ],
    ['window', '5s', 'expected 6s <= 5s <= 1h0m0s', 'a Go duration from 6s to 1h, in whole seconds'],
    ['window', '2h', 'expected 6s <= 2h <= 1h0m0s', 'a Go duration from 6s to 1h, in whole seconds'],
    [
      'window',
      '6.5s',
      'must be specified with at most second precision',
      'a Go duration from 6s to 1h, in whole seconds',
    ],
    ['window', '60', 'invalid value: 60', 'a Go duration from 6s to 1h, in whole seconds'],
    [
      'scale-down-delay',
      '-1s',
      'expected 0s <= -1s <= 1h0m0s',
      'a Go duration from 0s to 1h, in whole seconds',
    ],
    [
      'scale-down-delay',
      '100ms',
      'must be specified with at most second precision',
      'a Go duration from 0s to 1h, in whole seconds',
    ],
    [
      'scale-to-zero-pod-retention-period',
      '61m',
      'expected 0s <= 61m <= 1h0m0s',
      'a Go duration from 0s to 1h',
    ],
    ['panic-window-percentage', '0.5', 'expected 1 <= 0.5 <= 100', 'a number from 1 to 100'],
    ['panic-threshold-percentage', '109', 'expected 110 <= 109 <= 1000', 'a number from 110 to 1000'],
    ['panic-threshold-percentage', '1001', 'expected 110 <= 1001 <= 1000', 'a number from 110 to 1000'],
    ['target-burst-capacity', '-2', 'invalid value: -2', 'a number, 0 or more, or -1'],
    ['metric-aggregation-algorithm', 'weighted-exponential', 'invalid value: weighted-exponential', 'linear'],
  ])('%s: %j', (name, value, message, expected) => {
    const path = `metadata.annotations["autoscaling.knative.dev/${name}"]`;
    expect(problems(of({ [name]: value }))).toEqual([{ path, message, expected }]);
  });

  test.each([
    [{ 'min-scale': '3', 'max-scale': '2' }, 'max-scale', 'max-scale=2 is less than min-scale=3'],
    [{ minScale: '3', maxScale: '2' }, 'maxScale', 'max-scale=2 is less than min-scale=3'],
    [
      { 'min-scale': '3', 'activation-scale': '2' },
      'activation-scale',
      'min-scale=3 is greater than activation-scale=2',
    ],
    [
      { 'max-scale': '3', 'activation-scale': '4' },
      'activation-scale',
      'max-scale=3 is less than activation-scale=4',
    ],
  ])('%j contradict each other', (given, name, message) => {
    const path = `metadata.annotations["autoscaling.knative.dev/${name}"]`;
    expect(problems(of(given))).toEqual([expect.objectContaining({ path, message })]);
  });

  test('a misspelt name, with the one that was meant', () => {
    expect(problems(of({ 'min-scael': '1' }))).toEqual([
      {
        path: 'metadata.annotations["autoscaling.knative.dev/min-scael"]',
        message: 'unknown annotation, did you mean "autoscaling.knative.dev/min-scale"?',
        expected: 'autoscaling.knative.dev/min-scale',
      },
    ]);
  });

  test('beside one that is no text at all', () => {
    const annotations = { ...of({ window: '1s' }), 'autoscaling.knative.dev/min-scale': 3 };
    const runtime = interpreter();
    const result = validateRuntime({ ...runtime, metadata: { ...runtime.metadata, annotations } });
    expect(result.ok ? [] : result.problems.map(({ message }) => message).sort()).toEqual([
      'expected 6s <= 1s <= 1h0m0s',
      'got the number 3',
    ]);
  });

  test('every one that is wrong, at once', () => {
    expect(problems(of({ window: '1s', target: '0', 'min-scale': '-1' }))).toHaveLength(3);
  });
});

describe('the policy', () => {
  test('has Knative’s defaults where nothing is said', () => {
    expect(kpaPolicyOf({})).toEqual({
      class: 'kpa',
      metric: 'concurrency',
      target: 70,
      min: 0,
      max: noMaximum,
      stableWindowMs: 60_000,
      panicWindowPercentage: 10,
      panicThresholdPercentage: 200,
      scaleDownDelayMs: 0,
      maxScaleUpRate: 1_000,
      maxScaleDownRate: 2,
      scaleToZeroGraceMs: 30_000,
      scaleToZeroPodRetentionMs: 0,
      initialScale: 1,
      activationScale: 1,
    });
  });

  test.each<[Record<string, string>, number]>([
    [{ metric: 'rps' }, 140],
    [{ target: '10' }, 7],
    [{ target: '10', 'target-utilization-percentage': '50' }, 5],
    [{ metric: 'rps', target: '1', 'target-utilization-percentage': '100' }, 1],
    [{ target: '0.01', 'target-utilization-percentage': '1' }, 0.01],
  ])('of %j aims at %d', (given, target) => {
    expect(kpaPolicyOf(of(given)).target).toBe(target);
  });

  test('has what is said', () => {
    const given = {
      ...{ 'min-scale': '1', 'max-scale': '0', 'initial-scale': '4', 'activation-scale': '2', window: '2m' },
      ...{ 'scale-down-delay': '15s', 'scale-to-zero-pod-retention-period': '1m30s' },
      ...{ 'panic-window-percentage': '5.0', 'panic-threshold-percentage': '150.0' },
    };
    expect(kpaPolicyOf(of(given))).toMatchObject({
      ...{ min: 1, max: noMaximum, initialScale: 4, activationScale: 2, stableWindowMs: 120_000 },
      ...{ scaleDownDelayMs: 15_000, scaleToZeroPodRetentionMs: 90_000 },
      ...{ panicWindowPercentage: 5, panicThresholdPercentage: 150 },
    });
  });

  test('takes the newer spelling where both are given', () => {
    expect(kpaPolicyOf(of({ minScale: '9', 'min-scale': '1' })).min).toBe(1);
  });
});
