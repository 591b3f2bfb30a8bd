import { int, ints } from '../../ir/attribute.ts';
import { blockedDomain } from '../../ir/blocked-domain.ts';
import type { Builder } from '../../ir/builder.ts';
import { intList } from '../../ops/shared/calculator.ts';
import { convInputGradient } from '../../ops/shared/conv-gradient.ts';
import { channelwise, toBlocks } from './blocks.ts';
import type { Geometry } from './geometry.ts';

/** dX of a convolution of each channel alone: with stride 1, such a convolution with flipped weights. */
export function depthwiseInputGradient(build: Builder, dy: string, w: string, geometry: Geometry): string {
  const { window, image, output, channels } = geometry;
  const pads = window.pads.map((pad, i) => window.kernel[i % 2]! - 1 - pad);
  if (window.strides.some((stride) => stride !== 1) || pads.some((pad) => pad < 0))
    return convInputGradient(build, dy, w, {
      window,
      image,
      output,
      weights: [channels, 1, ...window.kernel],
      group: channels,
    });
  const list = (values: readonly number[]) => intList(build, values);
  const end = -(2 ** 31);
  const flipped = build.op('Slice', [w, list([-1, -1]), list([end, end]), list([2, 3]), list([-1, -1])]);
  return build.op('Conv', [dy, flipped], { pads: ints(pads), group: int(channels) }, { name: 'dX' });
}

/**
 * dW[c, i, j] = sum over n, h, w of dY[n, c, h, w] X[n, c, s h + i - p, s w + j - p] for a convolution of each channel alone: tap
 * by tap the product of dY with the pixels that the tap sees, and its mean by a pool, all on blocks of channels.
 */
export function depthwiseWeightGradient(
  build: Builder,
  x: string,
  dy: string,
  { window, image, output, channels }: Geometry,
  block: number,
): string {
  const list = (values: readonly number[]) => intList(build, values);
  const [rows, columns] = window.kernel as readonly [number, number];
  const whole = channelwise(build, toBlocks(build, x), channels, {}, window.pads);
  const size = [
    image[0] + window.pads[0]! + window.pads[2]!,
    image[1] + window.pads[1]! + window.pads[3]!,
  ] as const;
  const lines = build.op('Reshape', [whole, list([-1, ...size, block])]);
  const gradient = toBlocks(build, dy);
  const taps = Array.from({ length: rows * columns }, (_, tap) => {
    const start = [Math.floor(tap / columns), tap % columns] as const;
    const stop = start.map((first, axis) => first + (output[axis]! - 1) * window.strides[axis]! + 1);
    const seen = build.op('Slice', [lines, list(start), list(stop), list([1, 2]), list(window.strides)]);
    const pixels = build.op('Reshape', [seen, list([-1, channels, ...output])]);
    const mean = build.op(
      'GlobalAveragePool',
      [build.op('Mul', [pixels, gradient])],
      {},
      { domain: blockedDomain },
    );
    return build.op('Reshape', [mean, list([-1, channels, 1])]);
  });
  const means = taps.length === 1 ? taps[0]! : build.op('Concat', taps, { axis: int(2) });
  const sum = build.op('ReduceSum', [means, list([0])], { keepdims: int(0) });
  const area = build.constant('float', [], [output[0] * output[1]]);
  return build.op(
    'Reshape',
    [build.op('Mul', [sum, area]), list([channels, 1, rows, columns])],
    {},
    { name: 'dW' },
  );
}
