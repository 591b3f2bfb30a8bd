import { wholeBlocks } from './blocks.ts';
import { type Geometry, overhang } from './geometry.ts';

/*
 * Which form of a convolution is the faster, as measured on a processor with AVX-512: `npm run bench -- training`.
 */

/** Multiplications with the zeros that fill up blocks, for one that is needed, up to which blocked kernels are the faster. */
const worthFilling = 1.35;

/** The runtime brings channels to blocks by so many at a time. */
export const reordered = 4;

/** Neighbours in a row of the weights' gradient that keep the kernels busy. */
const worthRow = 8;

const filling = (count: number, block: number): number => wholeBlocks(count, block) / count;

/** Whether a convolution is worth running on blocks; fewer channels than a block need not be filled up. */
export function worthBlocks({ filters, channels, depthwise }: Geometry, block: number): boolean {
  if (depthwise) return channels % block === 0;
  const planar = channels < block;
  if (filters % reordered !== 0 || (!planar && channels % reordered !== 0)) return false;
  return filling(filters, block) * (planar ? 1 : filling(channels, block)) <= worthFilling;
}

/** Whether the gradient of the weights is: it fills up the filters alone. */
export const worthWeights = (geometry: Geometry, block: number): boolean =>
  filling(geometry.filters, block) <= worthFilling &&
  geometry.channels * geometry.window.kernel[1]! >= worthRow &&
  // Windows may see padding alone.
  ([0, 1] as const).every((axis) => geometry.image[axis] + overhang(geometry, axis) > 0);

/** Whether the gradient of the image is, where a stride makes it sub-pixels: their channels must be whole blocks. */
export const worthSubPixels = ({ filters, channels, window }: Geometry, block: number): boolean =>
  window.strides.some((stride) => stride !== 1) &&
  channels % block === 0 &&
  filters % reordered === 0 &&
  filling(filters, block) <= worthFilling;

/** Taps that are worth going over an image for. */
const mostTaps = 25;

/** Whether the gradients of a convolution of each channel alone are worth blocks. */
export const worthDepthwise = ({ depthwise, channels, window }: Geometry, block: number): boolean =>
  depthwise && channels % block === 0 && window.kernel[0]! * window.kernel[1]! <= mostTaps;
