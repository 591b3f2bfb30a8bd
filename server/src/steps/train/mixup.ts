import { createRng, type Rng } from '../../base/rng.ts';
import type { Batch } from '../../data/dataset.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { mixSeed } from './feeder.ts';

/** Which row each row of a batch is mixed with, and how much of it stays. */
export interface Mix {
  readonly partners: readonly number[];
  readonly shares: readonly number[];
}

/**
 * Draws how the samples of a batch are mixed (Zhang et al., "mixup", 2018): each stays to a share of its own from the
 * distribution Beta(alpha, alpha) and takes the rest from another sample of the batch. The numbers follow from the seed, the
 * epoch and the sample's place in the data set.
 */
export function drawMix({ indices }: Batch, alpha: number, seed: number, epoch: number): Mix {
  // Another stream than that of the changes to images.
  const streams = indices.map((index) => createRng(mixSeed(mixSeed(seed ^ 0x6d6978, epoch), index)));
  return {
    partners: streams.map((rng) => rng.integer(indices.length)),
    shares: streams.map((rng) => beta(alpha, rng)),
  };
}

/** Rows of an array as the mix has them, in a new array of floats. */
export function mixed({ dims, data }: NdArray, { partners, shares }: Mix): NdArray {
  const values = data as ArrayLike<number>;
  const each = values.length / Math.max(1, partners.length);
  const result = new Float32Array(values.length);
  for (const [row, partner] of partners.entries()) {
    const share = shares[row]!;
    for (let i = 0; i < each; i++)
      result[row * each + i] = share * values[row * each + i]! + (1 - share) * values[partner * each + i]!;
  }
  return { type: 'float', dims, data: result };
}

/** A number from Beta(alpha, alpha): a share of two equal gamma variables. */
function beta(alpha: number, rng: Rng): number {
  const [a, b] = [gamma(alpha, rng), gamma(alpha, rng)];
  // For a tiny alpha both may be too small to be told from zero: one of them is all then.
  return a + b > 0 ? a / (a + b) : Math.round(rng.next());
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; shapes below one by their section 6. */
function gamma(shape: number, rng: Rng): number {
  if (shape < 1) return gamma(shape + 1, rng) * rng.next() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng.next()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
