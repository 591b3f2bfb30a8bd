import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Batch } from '../../data/dataset.ts';
import { augment } from './augment.ts';

/** Images whose elements are all different and not zero. */
function images(samples: number, channels: number, height: number, width: number): Batch {
  const data = Float32Array.from({ length: samples * channels * height * width }, (_, i) => i + 1);
  return {
    input: { type: 'float', dims: [samples, channels, height, width], data },
    labels: undefined,
    indices: Array.from({ length: samples }, (_, i) => 3 * i),
  };
}
const side = fc.integer({ min: 1, max: 6 });

it('an augmented image is a mirrored and moved one, all channels alike, and zero elsewhere', () => {
  fc.assert(
    fc.property(side, side, fc.boolean(), fc.nat(7), fc.nat(), (height, width, flip, shift, seed) => {
      const [samples, channels, plane] = [3, 2, height * width];
      const batch = images(samples, channels, height, width);
      const before = (batch.input.data as Float32Array).slice();
      augment(batch, { flip, shift, cutout: 0 }, seed, 1);
      for (let sample = 0; sample < samples; sample++) {
        const planes = (of: Float32Array) =>
          Array.from({ length: channels }, (_, c) =>
            Array.from(of.subarray((sample * channels + c) * plane, (sample * channels + c + 1) * plane)),
          );
        const seen = planes(batch.input.data as Float32Array);
        const old = planes(before);
        const range = Array.from({ length: 2 * shift + 1 }, (_, i) => i - shift);
        const candidates = [false, ...(flip ? [true] : [])].flatMap((mirror) =>
          range.flatMap((down) =>
            range.map((right) =>
              old.map((image) =>
                image.map((_, i) => {
                  const [y, x] = [Math.floor(i / width) - down, (i % width) - right];
                  const inside = y >= 0 && y < height && x >= 0 && x < width;
                  return inside ? image[y * width + (mirror ? width - 1 - x : x)]! : 0;
                }),
              ),
            ),
          ),
        );
        expect(candidates.map(String)).toContain(String(seen));
      }
    }),
  );
});

it('what happens to a sample follows from the seed, the epoch and its place alone', () => {
  const options = { flip: true, shift: 2, cutout: 3 };
  const run = (seed: number, epoch: number, rows: readonly number[]) => {
    const whole = images(6, 1, 5, 5);
    const batch = {
      ...whole,
      input: {
        ...whole.input,
        dims: [rows.length, 1, 5, 5],
        data: Float32Array.from(
          rows.flatMap((row) => [...whole.input.data.slice(row * 25, row * 25 + 25)].map(Number)),
        ),
      },
      indices: rows,
    };
    augment(batch, options, seed, epoch);
    return batch.input.data as Float32Array;
  };
  const all = run(1, 2, [0, 1, 2, 3, 4, 5]);
  expect(run(1, 2, [4])).toEqual(all.slice(100, 125));
  expect(run(1, 3, [0, 1, 2, 3, 4, 5])).not.toEqual(all);
  expect(run(2, 2, [0, 1, 2, 3, 4, 5])).not.toEqual(all);
  expect(all.filter((value) => value === 0).length).toBeGreaterThan(0);
});
