import { int, ints } from '../../ir/attribute.ts';
import { blockedDomain } from '../../ir/blocked-domain.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Dim } from '../../ir/dim.ts';
import { intList } from '../../ops/shared/calculator.ts';
import { blockedConv, channelwise, reorderInput, toBlocks, wholeBlocks } from './blocks.ts';
import { type Geometry, overhang } from './geometry.ts';
import { reordered } from './worth-blocks.ts';

/**
 * dW[m, c, i, j] = sum over n, h, w of dY[n, m, h, w] X[n, c, s h + i - p, s w + j - p], as a convolution of its own: images of X
 * are its channels, dY is its kernel, as large as the image. X's columns and channels make one axis, (w, c), along which the
 * kernel steps over s C places at once: so neighbours on the axis are different channels, a row of the result has all of
 * them for every j, and the kernels run at full width, where a result of 3 x 3 alone would leave them idle.
 */
export function blockedWeightGradient(
  build: Builder,
  x: string,
  dy: string,
  given: Geometry,
  batch: Dim,
  block: number,
): string {
  const list = (values: readonly number[]) => intList(build, values);
  const { channels, filters, output, window } = given;
  const [rows, columns] = window.kernel as readonly [number, number];
  const few = channels % block !== 0;
  const [groups, wide] = few ? [1, channels] : [channels / block, block];
  const seen = few
    ? { value: build.op('Transpose', [x], { perm: ints([0, 2, 3, 1]) }), geometry: given }
    : sampled(build, toBlocks(build, x), given);
  const images = imageLines(build, seen.value, seen.geometry, { groups, wide, few, batch, block });
  const [down, right] = seen.geometry.window.strides as readonly [number, number];
  const m = wholeBlocks(filters, block);
  const parts = partsOf(given, batch, block, groups);
  const pixels = build.op('Reshape', [
    filledBlocks(build, dy, filters, m),
    list([-1, m / block, output[0] * output[1], block]),
  ]);
  const kernels = batchBlocks(build, padBatch(build, pixels, batch, block), {
    groups: m / block,
    area: output[0] * output[1],
    block,
    // Parts of one block of images each are in order already.
    sorted: parts > 1,
  });
  const product = blockedConv(
    build,
    [reorderInput(build, images), build.op('Reshape', [kernels, list([parts * m, -1, ...output])])],
    {
      kernel: output,
      pads: [window.pads[0]!, 0, Math.max(0, overhang(seen.geometry, 0)), 0],
      dilations: [down, right * wide],
      group: parts,
    },
  );
  const split = build.op('Reshape', [product, list([groups, parts, m / block, rows, columns, wide, block])]);
  const whole = parts === 1 ? split : build.op('ReduceSum', [split, list([1])], { keepdims: int(1) });
  const sorted = build.op('Transpose', [whole], { perm: ints([2, 6, 0, 5, 1, 3, 4]) });
  const filled = build.op('Reshape', [sorted, list([m, channels, rows, columns])], {}, { name: 'dW' });
  if (m === filters) return filled;
  return build.op('Slice', [filled, list([0]), list([filters]), list([0])], {}, { name: 'dW' });
}

/** Rows of results, of up to four blocks of filters, that keep many threads busy. */
const enoughRows = 32;
/** Elements of partial results that are worth keeping for that. */
const mostPartial = 2 ** 20;

/**
 * Into how many parts the images are divided, each with a result of its own, so that threads, which share out rows of results,
 * all have work: one for each block of images where there are few rows, else one.
 */
function partsOf({ window, channels, filters }: Geometry, batch: Dim, block: number, groups: number): number {
  if (typeof batch !== 'number') return 1;
  const parts = Math.ceil(batch / block);
  const [rows, columns] = window.kernel as readonly [number, number];
  if (groups * Math.ceil(filters / (4 * block)) * rows >= enoughRows) return 1;
  return parts * filters * channels * rows * columns <= mostPartial ? parts : 1;
}

/** A kernel of one element with a stride sees few pixels of an image in blocks: those alone, and what is left to do. */
function sampled(build: Builder, value: string, geometry: Geometry) {
  const { window, output } = geometry;
  const plain = { value, geometry };
  if (window.kernel.some((size) => size !== 1) || window.strides.every((stride) => stride === 1))
    return plain;
  if (window.pads.some((pad) => pad !== 0)) return plain;
  return {
    value: build.op(
      'MaxPool',
      [value],
      { kernel_shape: ints(window.kernel), strides: ints(window.strides) },
      { domain: blockedDomain },
    ),
    geometry: { ...geometry, image: output, window: { ...window, strides: [1, 1] } },
  };
}

interface Lines {
  readonly groups: number;
  /** Channels in a group. */
  readonly wide: number;
  readonly few: boolean;
  readonly batch: Dim;
  readonly block: number;
}

/** Images [N, groups, H, W, wide] as [groups, N, H, (W, wide)], with what the windows reach over at the sides. */
function imageLines(
  build: Builder,
  value: string,
  geometry: Geometry,
  { groups, wide, few, batch, block }: Lines,
): string {
  const list = (values: readonly number[]) => intList(build, values);
  const { image, window } = geometry;
  const left = window.pads[1]!;
  const [below, beside] = [overhang(geometry, 0), overhang(geometry, 1)];
  const size = [image[0] + Math.min(0, below), (left + image[1] + beside) * wide] as const;
  const simple = !few && beside >= 0 && below >= 0 && typeof batch === 'number' && batch % reordered === 0;
  const reached = !simple
    ? padBatch(
        build,
        build.op('Reshape', [value, list([-1, groups, image[0], image[1] * wide])]),
        batch,
        block,
        [
          [0, left * wide],
          [Math.min(0, below), beside * wide],
        ],
      )
    : left === 0 && beside === 0
      ? value
      : channelwise(build, value, groups * block, {}, [0, left, 0, beside]);
  const lines = build.op('Reshape', [reached, list([-1, groups, ...size])]);
  const grouped = groups === 1 ? lines : build.op('Transpose', [lines], { perm: ints([1, 0, 2, 3]) });
  return build.op('Reshape', [grouped, list([groups, -1, ...size])]);
}

/** Images in blocks, of any number of channels. */
function filledBlocks(build: Builder, value: string, channels: number, whole: number): string {
  if (channels % reordered === 0) return toBlocks(build, value);
  const pads = intList(build, [0, 0, 0, 0, 0, whole - channels, 0, 0]);
  return reorderInput(build, build.op('Pad', [value, pads]));
}

interface BatchBlocks {
  readonly groups: number;
  readonly area: number;
  readonly block: number;
  readonly sorted: boolean;
}

/**
 * [N, groups, area, b of channels] as [groups, N / b, area, b of images, b of channels], or with blocks of images first: by
 * what brings channels that are last to blocks, where an image is a pixel, and the pixels of all groups are its channels.
 */
function batchBlocks(build: Builder, value: string, { groups, area, block, sorted }: BatchBlocks): string {
  const list = (values: readonly number[]) => intList(build, values);
  const images = build.op('Reshape', [value, list([-1, block, 1, groups * area * block])]);
  const turned = build.op('ReorderInput', [images], { channels_last: int(1) }, { domain: blockedDomain });
  if (groups === 1 || sorted) return turned;
  const split = build.op('Reshape', [turned, list([-1, groups, area, block * block])]);
  return build.op('Transpose', [split], { perm: ints([1, 0, 2, 3]) });
}

/** Zeros around the last two axes of [N, ., ., .], at their begin and end, and behind a batch that is no multiple of the block. */
function padBatch(
  build: Builder,
  value: string,
  batch: Dim,
  block: number,
  [[above, left], [below, right]]: readonly [readonly [number, number], readonly [number, number]] = [
    [0, 0],
    [0, 0],
  ],
): string {
  const list = (values: readonly number[]) => intList(build, values);
  const begins = [0, 0, above, left];
  if (typeof batch === 'number' && batch % block === 0)
    return [...begins, below, right].every((pad) => pad === 0)
      ? value
      : build.op('Pad', [value, list([...begins, 0, 0, below, right])]);
  const size = build.op('Shape', [value], { start: int(0), end: int(1) });
  const missing = build.op('Mod', [build.op('Neg', [size]), list([block])]);
  const pads = build.op('Concat', [list(begins), missing, list([0, below, right])], { axis: int(0) });
  return build.op('Pad', [value, pads]);
}
