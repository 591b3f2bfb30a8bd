import type { Rng } from '../../../base/rng.ts';

/** Normal weights with variance 2 / fan-in (He et al. 2015), or 1 / fan-in where no rectifier follows (LeCun). */
export function drawWeights(rng: Rng, count: number, fanIn: number, rectified: boolean): Float32Array {
  const deviation = Math.sqrt((rectified ? 2 : 1) / fanIn);
  return Float32Array.from({ length: count }, () => rng.normal() * deviation);
}
