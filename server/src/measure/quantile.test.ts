import { describe, expect, it } from 'vitest';
import { medianInterval } from './bootstrap.ts';
import { ascending, median, quantile } from './quantile.ts';

describe('quantile', () => {
  // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], q)
  it.each([
    [0, 1],
    [0.05, 1],
    [0.25, 1.75],
    [0.5, 3.5],
    [0.95, 7.949999999999999],
    [1, 9],
  ])('%d is what NumPy gives', (q, expected) => {
    expect(quantile(ascending([3, 1, 4, 1, 5, 9, 2, 6]), q)).toBeCloseTo(expected, 12);
  });

  it('is not a number without values', () => expect(median([])).toBeNaN());
});

describe('the interval of a median', () => {
  it('holds the median, is one point for equal values, and is narrower for more of them', () => {
    const spread = (count: number) => {
      const values = Array.from({ length: count }, (_, i) => ((i * 7919) % 1000) / 1000);
      const { low, high } = medianInterval(values);
      expect(low).toBeLessThanOrEqual(median(values));
      expect(high).toBeGreaterThanOrEqual(median(values));
      return high - low;
    };
    expect(medianInterval([2, 2, 2])).toEqual({ low: 2, high: 2 });
    expect(spread(400)).toBeLessThan(spread(20));
  });
});
