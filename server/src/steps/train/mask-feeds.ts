import type { TrainStep } from '../../autodiff/train-step.ts';
import { createRng } from '../../base/rng.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { type Feeds, mixSeed } from './feeder.ts';

/** Bool masks for the step's Dropouts, from a seed. */
export function maskFeeds(step: TrainStep, samples: number, seed: number): Feeds {
  const feeds: Record<string, NdArray> = {};
  for (const [index, { name, shape, ratio }] of step.masks.entries()) {
    const dims = shape.map((dim) => (typeof dim === 'number' ? dim : samples));
    const { next } = createRng(mixSeed(seed, index));
    const data = new Uint8Array(dims.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = next() < ratio ? 0 : 1;
    feeds[name] = { type: 'bool', dims, data };
  }
  return feeds;
}
