import { createRng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';

/** Points around three centres in the plane, as images [2, 1, 1]. */
export function blobs(size: number, seed: number): Dataset {
  const rng = createRng(seed);
  const labels = Int32Array.from({ length: size }, () => rng.integer(3));
  const data = Float32Array.from({ length: 2 * size }, (_, i) => {
    const angle = (2 * Math.PI * labels[i >> 1]!) / 3;
    return 2 * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle)) + 0.7 * rng.normal();
  });
  return {
    size,
    sampleShape: [2, 1, 1],
    classes: 3,
    classNames: undefined,
    hash: `blobs ${seed}`,
    async *batches(batch, indices = Array.from({ length: size }, (_, i) => i)) {
      for (let at = 0; at < indices.length; at += batch) {
        const picked = Array.from(
          { length: Math.min(batch, indices.length - at) },
          (_, i) => indices[at + i]!,
        );
        yield {
          input: {
            type: 'float',
            dims: [picked.length, 2, 1, 1],
            data: Float32Array.from(picked.flatMap((index) => [data[2 * index]!, data[2 * index + 1]!])),
          },
          labels: Int32Array.from(picked, (index) => labels[index]!),
          indices: picked,
        };
      }
    },
  };
}
