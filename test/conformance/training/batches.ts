import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sharedData } from '../../../server/src/data/shared-data.testing.ts';

export interface Samples {
  /** float32 [N, channels, size, size]. */
  readonly x: Float32Array;
  readonly y: Int32Array;
  readonly shape: readonly [number, number, number];
}

/**
 * The first training images of an IDX data set, in order: as they are, 0..1, or for networks that take colour images padded
 * to 32x32, repeated in three channels and normalized.
 */
export function firstImages(set: string, count: number, form: 'grey' | 'colour'): Samples {
  const read = (name: string) => gunzipSync(readFileSync(join(sharedData!, 'data', set, name)));
  const images = read('train-images-idx3-ubyte.gz').subarray(16);
  const y = Int32Array.from(read('train-labels-idx1-ubyte.gz').subarray(8, 8 + count));
  const [channels, size, pad] = form === 'grey' ? [1, 28, 0] : [3, 32, 2];
  const x = new Float32Array(count * channels * size * size);
  for (let sample = 0, at = 0; sample < count; sample++)
    for (let channel = 0; channel < channels; channel++)
      for (let row = -pad; row < size - pad; row++)
        for (let column = -pad; column < size - pad; column++) {
          const inside = row >= 0 && row < 28 && column >= 0 && column < 28;
          const value = inside ? images[sample * 784 + row * 28 + column]! / 255 : 0;
          x[at++] = form === 'grey' ? value : (value - 0.5) / 0.25;
        }
  return { x, y, shape: [channels, size, size] };
}
