import { describe, expect, test } from '@jest/globals';
import { parseQuantity, quantity } from './quantity.ts';

describe('reading a quantity', () => {
  test.each([
    ['0', 0],
    ['100m', 0.1],
    ['500m', 0.5],
    ['2', 2],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['+1', 1],
    ['-1', -1],
    ['128Mi', 134_217_728],
    ['1.5Gi', 1_610_612_736],
    ['1Ki', 1_024],
    ['1Ei', 2 ** 60],
    ['500k', 500_000],
    ['1M', 1_000_000],
    ['1E', 1e18],
    ['2e3', 2_000],
    ['2E3', 2_000],
    ['5e-3', 0.005],
    ['10u', 0.00001],
    ['10n', 1e-8],
    [1, 1],
    [0.25, 0.25],
  ])('%j is %d', (given, value) => {
    expect(parseQuantity(given)).toBe(value);
  });

  test.each([
    ['', /must match the regular expression/],
    ['lots', /must match the regular expression/],
    ['1.1.M', /must match the regular expression/],
    ['1+1.0M', /must match the regular expression/],
    ['1 Gi', /must match the regular expression/],
    ['Mi', /must match the regular expression/],
    ['128MB', /must match the regular expression/],
    ['1i', /unable to parse quantity's suffix/],
    ['5mi', /unable to parse quantity's suffix/],
    ['5K', /unable to parse quantity's suffix/],
    ['5e', /unable to parse quantity's suffix/],
    ['1e999', /unable to parse numeric part of quantity/],
    [Number.NaN, /unable to parse numeric part of quantity/],
  ])('%j is refused as Kubernetes refuses it', (given, message) => {
    expect(() => parseQuantity(given)).toThrow(message);
    expect(() => parseQuantity(given)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});

describe('a quantity of a resource in a runtime', () => {
  test('stays what was given, text or number', () => {
    expect(quantity.parse('0.5')).toBe('0.5');
    expect(quantity.parse(2)).toBe(2);
  });

  test.each(['-1', -1, true, null, undefined, {}])('%j is refused', (given) => {
    expect(quantity.safeParse(given).success).toBe(false);
  });
});
