import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normal } from '../shared/step.testing.ts';
import { count, createHistogram, entropyRange, leastErrorRange, percentileRange } from './histogram.ts';

const rangeOf = (values: Float32Array) => ({ min: Math.min(...values), max: Math.max(...values) });
const histogramOf = (values: Float32Array) => {
  const histogram = createHistogram(rangeOf(values));
  count(histogram, values);
  return histogram;
};
/** Mean squared error of 256 levels over a range that holds zero. */
function errorOf(values: Float32Array, { min, max }: { readonly min: number; readonly max: number }): number {
  const scale = (Math.max(0, max) - Math.min(0, min)) / 255;
  const zero = Math.round(-Math.min(0, min) / scale);
  const stored = values.map(
    (value) => (Math.max(0, Math.min(255, Math.round(value / scale) + zero)) - zero) * scale,
  );
  return values.reduce((sum, value, i) => sum + (value - stored[i]!) ** 2, 0) / values.length;
}
const heavy = (() => {
  const values = normal(20_000, 3);
  for (let i = 0; i < 4; i++) values[i] = (i % 2 ? -1 : 1) * 60;
  return values;
})();

test('the order and the size of the portions do not matter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.nat(49),
      (list, at) => {
        const values = Float32Array.from(list);
        const parts = createHistogram(rangeOf(values));
        count(parts, values.slice(at));
        count(parts, values.slice(0, at));
        expect(parts.counts).toEqual(histogramOf(values).counts);
        expect(parts.counts.reduce((a, b) => a + b, 0)).toBe(values.length);
      },
    ),
  );
});

test('a percentile cuts off what it says, to the width of a bin', () => {
  const values = normal(50_000, 5);
  const sorted = values.slice().sort();
  const { min, max } = percentileRange(histogramOf(values), 0.99);
  const bin = (sorted.at(-1)! - sorted[0]!) / 2048;
  expect(Math.abs(min - sorted[250]!)).toBeLessThan(2 * bin);
  expect(Math.abs(max - sorted[49_749]!)).toBeLessThan(2 * bin);
  expect(percentileRange(histogramOf(values), 1)).toEqual(rangeOf(values));
});

test('the entropy cuts outliers off, and hardly anything of uniform noise', () => {
  const { max } = entropyRange(histogramOf(heavy));
  expect(max).toBeLessThan(rangeOf(heavy).max / 2);
  expect(max).toBeGreaterThan(2);
  const uniform = Float32Array.from({ length: 20_000 }, (_, i) => (i % 1999) / 1999);
  expect(entropyRange(histogramOf(uniform)).max).toBeGreaterThan(0.95);
});

test('the least error is no greater than that of the full range', () => {
  for (const values of [heavy, normal(5_000, 9), normal(5_000, 11).map((value) => Math.max(0, value))])
    expect(errorOf(values, leastErrorRange(histogramOf(values)))).toBeLessThanOrEqual(
      errorOf(values, rangeOf(values)) * 1.02,
    );
});

test('a value that never changes keeps its range', () => {
  const constant = Float32Array.of(2, 2, 2);
  expect(percentileRange(histogramOf(constant), 0.99)).toEqual({ min: 2, max: 2 });
  expect(leastErrorRange(histogramOf(constant)).max).toBeGreaterThan(0);
});
