import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activationParameters, channelsAlong, quantizeWeights, roundHalfToEven } from './parameters.ts';

const finite = (min: number, max: number) =>
  fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true });
const types = fc.constantFrom('uint8' as const, 'int8' as const);

test('the range is covered to half a step, and zero is exact', () => {
  fc.assert(
    fc.property(finite(-1e6, 1e6), finite(-1e6, 1e6), types, (a, b, type) => {
      const range = { min: Math.min(a, b), max: Math.max(a, b) };
      const { scale, zero } = activationParameters(range, type);
      const [least, most] = type === 'uint8' ? [0, 255] : [-128, 127];
      expect(Number.isInteger(zero) && zero >= least && zero <= most).toBe(true);
      for (const end of [range.min, range.max]) {
        const stored = Math.max(least, Math.min(most, Math.round(end / scale) + zero));
        expect(Math.abs((stored - zero) * scale - end)).toBeLessThanOrEqual(0.5001 * scale + 1e-30);
      }
    }),
  );
});

test('a range from zero up has the least stored number as its zero point', () => {
  fc.assert(
    fc.property(finite(0, 1e6), types, (max, type) => {
      expect(activationParameters({ min: 0, max }, type).zero).toBe(type === 'uint8' ? 0 : -128);
    }),
  );
});

const layer = fc.record({
  dims: fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 3 }),
  ),
  axis: fc.nat(2),
  seed: fc.array(finite(-10, 10), { minLength: 75, maxLength: 75 }),
  bias: fc.array(fc.oneof(finite(-10, 10), finite(-1e12, 1e12)), { minLength: 5, maxLength: 5 }),
  inputScale: finite(1e-4, 1),
  perChannel: fc.boolean(),
});

test('weights are off by half a step at most, biases by half a unit, and all fit their types', () => {
  fc.assert(
    fc.property(layer, ({ dims, axis, seed, bias, inputScale, perChannel }) => {
      const count = dims.reduce((a, b) => a * b, 1);
      const channels = channelsAlong(dims, axis);
      const weights = Float32Array.from(seed.slice(0, count));
      const offsets = Float32Array.from(bias.slice(0, channels.count));
      const result = quantizeWeights(weights, channels, perChannel, offsets, inputScale);
      expect(result.scales.length).toBe(perChannel ? channels.count : 1);
      for (let c = 0; c < channels.count; c++) {
        const scale = result.scales[perChannel ? c : 0]!;
        for (let i = 0; i < channels.size; i++) {
          const at = channels.index(c, i);
          expect(result.values[at]).toBeGreaterThanOrEqual(-127);
          expect(Math.abs(result.values[at]! * scale - weights[at]!)).toBeLessThanOrEqual(scale * 0.50001);
        }
        const unit = inputScale * scale;
        expect(Math.abs(result.bias![c]!)).toBeLessThanOrEqual(2 ** 30 + 128);
        expect(Math.abs(result.bias![c]! * unit - offsets[c]!)).toBeLessThanOrEqual(unit * 0.50001);
      }
    }),
  );
});

test('a channel of zeros keeps its bias', () => {
  const result = quantizeWeights(
    Float32Array.of(0, 0, 3, 4),
    channelsAlong([2, 2], 0),
    true,
    Float32Array.of(0.01, 0),
    0.02,
  );
  expect(result.bias![0]! * 0.02 * result.scales[0]!).toBeCloseTo(0.01, 3);
});

test('channels along an axis visit every element once', () => {
  for (const axis of [0, 1, 2]) {
    const { count, size, index } = channelsAlong([2, 3, 4], axis);
    const seen = new Set<number>();
    for (let c = 0; c < count; c++) for (let i = 0; i < size; i++) seen.add(index(c, i));
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  }
  expect(Array.from({ length: 4 }, (_, i) => channelsAlong([2, 3, 2], 1).index(1, i))).toEqual([2, 3, 8, 9]);
});

test('rounds halves to even', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6].map((value) => roundHalfToEven(value) + 0)).toEqual([
    0, 2, 2, 0, -2, -2, 2, -3,
  ]);
});
