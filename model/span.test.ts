import { describe, expect, test } from '@jest/globals';
import { span, spanMs } from './span.ts';

describe('a span', () => {
  test.each([
    ['PT0.5S', 500],
    ['PT0,25S', 250],
    ['PT1M', 60_000],
    ['PT1H30M5S', 5_405_000],
    ['P1D', 86_400_000],
    ['P1DT1H', 90_000_000],
    ['P2W', 1_209_600_000],
    ['PT0S', 0],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['0', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(span.safeParse(text).success).toBe(true);
    expect(spanMs(text)).toBe(ms);
  });

  test.each(['', 'P', 'PT', 'P1DT', 'P1Y', 'P1M', 'PT1.5M', 'pt1s', '5', '-1s', 'P400D', 'P1W1D', 'PT-1S'])(
    '%j is none',
    (text) => {
      expect(span.safeParse(text).success).toBe(false);
    },
  );
});
