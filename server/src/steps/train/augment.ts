import { createRng } from '../../base/rng.ts';
import type { Batch } from '../../data/dataset.ts';
import { mixSeed } from './feeder.ts';

export interface Augmentation {
  /** Mirrors half of the images left to right. */
  readonly flip: boolean;
  /** Moves each image by up to so many pixels along both axes; what comes in is zero. */
  readonly shift: number;
  /** Side of a square that is set to zero at a random place; 0: none. */
  readonly cutout: number;
}

/**
 * Changes a batch of images [N, C, H, W] in place: each sample by random numbers of its own, which follow from the seed, the
 * epoch and the sample's place in the data set, so that the order of batches does not matter.
 */
export function augment(batch: Batch, options: Augmentation, seed: number, epoch: number): void {
  const [, channels = 1, height = 1, width = 1] = batch.input.dims;
  const all = batch.input.data as Float32Array;
  const plane = height * width;
  const copy = new Float32Array(plane);
  for (const [row, index] of batch.indices.entries()) {
    const rng = createRng(mixSeed(mixSeed(seed, epoch), index));
    const mirror = options.flip && rng.next() < 0.5;
    const move = () => (options.shift === 0 ? 0 : rng.integer(2 * options.shift + 1) - options.shift);
    const [down, right] = [move(), move()];
    const [top, left] = [rng.integer(height), rng.integer(width)].map((at) => at - (options.cutout >> 1)) as [
      number,
      number,
    ];
    for (let channel = 0; channel < channels; channel++) {
      const pixels = all.subarray((row * channels + channel) * plane, (row * channels + channel + 1) * plane);
      if (mirror || down !== 0 || right !== 0) {
        copy.set(pixels);
        move2d(copy, pixels, height, width, down, right, mirror);
      }
      for (let y = Math.max(0, top); y < Math.min(height, top + options.cutout); y++)
        pixels.fill(
          0,
          y * width + Math.max(0, left),
          y * width + Math.max(0, Math.min(width, left + options.cutout)),
        );
    }
  }
}

/** `to[y][x] = from[y - down][x - right]`, mirrored first where asked; zero where that is outside. */
function move2d(
  from: Float32Array,
  to: Float32Array,
  height: number,
  width: number,
  down: number,
  right: number,
  mirror: boolean,
): void {
  // Loops rather than `fill` and `set`: rows are short, and calls cost more than what they do.
  const [first, last] = [Math.min(width, Math.max(0, right)), Math.max(0, Math.min(width, width + right))];
  for (let y = 0; y < height; y++) {
    const source = (y - down) * width;
    const inside = source >= 0 && source < height * width;
    const row = y * width;
    const [start, end] = inside ? [row + first, row + last] : [row, row];
    let at = row;
    for (; at < start; at++) to[at] = 0;
    const offset = source - right - row;
    if (mirror)
      for (let mirrored = source + width - 1 + right - first; at < end; at++) to[at] = from[mirrored--]!;
    else for (; at < end; at++) to[at] = from[at + offset]!;
    for (; at < row + width; at++) to[at] = 0;
  }
}
