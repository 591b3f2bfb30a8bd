import { ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { intList } from '../../ops/shared/calculator.ts';
import { blockedConv, fromBlocks, toBlocks, wholeBlocks } from './blocks.ts';
import type { Geometry } from './geometry.ts';

/**
 * dX of a convolution with strides: cell r under element a of dY, at s a + r, gets the taps r + p + s e from the elements a - e.
 * The channels must be whole blocks. Undefined where the padding is none that the kernels take.
 */
export function subPixelGradient(
  build: Builder,
  dy: string,
  w: string,
  { window, image, output, channels, filters }: Geometry,
  block: number,
): string | undefined {
  const { kernel, strides, pads } = window;
  const list = (values: readonly number[]) => intList(build, values);
  const axes = ([0, 1] as const).map((axis) => {
    const [size, stride, pad] = [kernel[axis]!, strides[axis]!, pads[axis]!];
    const cells = Math.ceil(image[axis] / stride);
    const first = -Math.floor((stride - 1 + pad) / stride);
    const last = Math.floor((size - 1 - pad) / stride);
    const taps = last - first + 1;
    // The kernel's index of tap e of cell r is r + s (e - first), behind so many zeros.
    const before = -pad - stride * first;
    return {
      stride,
      cells,
      last,
      taps,
      before,
      after: stride * taps - before - size,
      end: cells + taps - 1 - output[axis] - last,
    };
  });
  const [y, x] = axes as [(typeof axes)[number], (typeof axes)[number]];
  if (axes.some(({ last, end, before, after }) => last < 0 || end < 0 || before < 0 || after < 0))
    return undefined;
  const m = wholeBlocks(filters, block);
  const filled = build.op('Pad', [w, list([0, 0, y.before, x.before, m - filters, 0, y.after, x.after])]);
  const taps = build.op('Reshape', [
    filled,
    list([m / block, block, channels / block, block, y.taps, y.stride, x.taps, x.stride]),
  ]);
  const end = -(2 ** 31);
  const flipped = build.op('Slice', [taps, list([-1, -1]), list([end, end]), list([4, 6]), list([-1, -1])]);
  const turned = build.op('Transpose', [flipped], { perm: ints([5, 7, 2, 0, 4, 6, 1, 3]) });
  const weights = build.op('Reshape', [turned, list([y.stride * x.stride * channels, m, y.taps, x.taps])]);
  const cells = blockedConv(build, [toBlocks(build, dy), weights], {
    kernel: [y.taps, x.taps],
    pads: [y.last, x.last, y.end, x.end],
  });
  const split = build.op('Reshape', [
    cells,
    list([-1, y.stride, x.stride, channels / block, y.cells, x.cells, block]),
  ]);
  const spread = build.op('Transpose', [split], { perm: ints([0, 3, 4, 1, 5, 2, 6]) });
  const size = [y.cells * y.stride, x.cells * x.stride];
  const whole = fromBlocks(
    build,
    build.op('Reshape', [spread, list([-1, channels, ...size])]),
    channels,
    'dX',
  );
  if (size[0] === image[0] && size[1] === image[1]) return whole;
  return build.op('Slice', [whole, list([0, 0]), list(image), list([2, 3])], {}, { name: 'dX' });
}
