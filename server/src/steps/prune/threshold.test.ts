import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallest } from './threshold.ts';

const arrays = fc.array(
  fc
    .array(fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 0.5, -0.5)), { maxLength: 40 })
    .map((values) => Float32Array.from(values)),
  { maxLength: 5 },
);

test('marks exactly as many as asked for, and none larger than one that is kept', () => {
  fc.assert(
    fc.property(arrays, fc.nat(250), (given, asked) => {
      const total = given.reduce((sum, { length }) => sum + length, 0);
      const count = Math.min(asked, total);
      const marks = smallest(given, count);
      const magnitudes = given.flatMap((array, a) =>
        Array.from(array, (value, i) => ({ size: Math.abs(value), gone: marks[a]![i] === 1 })),
      );
      const gone = magnitudes.filter((item) => item.gone).map((item) => item.size);
      const kept = magnitudes.filter((item) => !item.gone).map((item) => item.size);
      expect(gone.length).toBe(count);
      expect(Math.max(-1, ...gone)).toBeLessThanOrEqual(Math.min(Number.POSITIVE_INFINITY, ...kept));
    }),
  );
});

test('among equals, those that stand first go', () => {
  expect(smallest([Float32Array.of(2, -2, 1), Float32Array.of(2, 2)], 3)).toEqual([
    Uint8Array.of(1, 1, 1),
    Uint8Array.of(0, 0),
  ]);
});

test('not a number is kept longest', () => {
  expect(smallest([Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1e30)], 2)).toEqual([
    Uint8Array.of(0, 1, 1),
  ]);
});
