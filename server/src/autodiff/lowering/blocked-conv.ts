import { int, ints } from '../../ir/attribute.ts';
import { blockedDomain } from '../../ir/blocked-domain.ts';
import type { Builder } from '../../ir/builder.ts';
import { createBuilder } from '../../ir/builder.ts';
import type { Dim } from '../../ir/dim.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { shapeOf, type ValueType } from '../../ir/value-type.ts';
import { readAttributes, staticShape } from '../../ops/define.ts';
import { operatorOf } from '../../ops/registry.ts';
import { intList } from '../../ops/shared/calculator.ts';
import { convBiasGradient } from '../../ops/shared/conv-gradient.ts';
import {
  blockedConv,
  channelwise,
  fromBlocks,
  named,
  reorderInput,
  toBlocks,
  weightBlocks,
  wholeBlocks,
} from './blocks.ts';
import { inputGradient, weightGradient } from './conv.ts';
import { type Geometry, geometryOf } from './geometry.ts';
import type { Lowering } from './lowering.ts';

/** Multiplications with the zeros that fill up blocks, for one that is needed, up to which blocked kernels are the faster. */
const worthFilling = 1.35;

/** The runtime brings only so many channels at a time to blocks. */
const reordered = 4;

const filling = (count: number, block: number): number => wholeBlocks(count, block) / count;

function worthBlocks({ filters, channels }: Geometry, block: number): boolean {
  const planar = channels < block;
  if (filters % reordered !== 0 || (!planar && channels % reordered !== 0)) return false;
  return filling(filters, block) * (planar ? 1 : filling(channels, block)) <= worthFilling;
}

/** Neighbours in a row of the weights' gradient that keep the kernels busy. */
const worthRow = 8;

/** The form of dW fills up the filters alone. */
const worthWeights = ({ filters, channels, window }: Geometry, block: number): boolean =>
  filling(filters, block) <= worthFilling && channels * window.kernel[1]! >= worthRow;

/**
 * Gradients of Conv by onnxruntime's kernels on blocks of channels.
 *
 * dX with stride 1 is a Conv, which `blockConvolutions` takes care of. With a stride s it is one convolution of dY that gives
 * the s^2 cells of dX that lie under an element of dY as s^2 times as many channels (sub-pixel convolution, Shi et al. 2016).
 *
 * dW[m, c, i, j] = sum over n, h, w of dY[n, m, h, w] X[n, c, s h + i - p, s w + j - p] is a convolution too: images of X are
 * its channels, dY is its kernel, as large as the image. X's columns and channels make one axis, (w, c), along which the
 * kernel steps over s C places at once: so neighbours on the axis are different channels, a row of the result has all of
 * them for every j, and the kernels run at full width, where a result of 3 x 3 alone would leave them idle.
 */
export const blockedConvGradient =
  (block: number): Lowering =>
  ({ build, inputs, types, attributes, dy: [dy], wants }) => {
    if (!dy) return undefined;
    const [x, w, bias] = inputs as readonly [string, string, string | undefined];
    const shape = types(x).shape;
    const geometry = geometryOf(staticShape(shape?.slice(1)), staticShape(types(w).shape), attributes);
    if (!geometry || geometry.window.dilations.some((step) => step !== 1)) return undefined;
    return [
      wants(0)
        ? (subPixelGradient(build, dy, w, geometry, block) ?? inputGradient(build, dy, w, geometry))
        : undefined,
      wants(1)
        ? worthWeights(geometry, block)
          ? blockedWeightGradient(build, x, dy, geometry, shape![0]!, block)
          : weightGradient(build, x, dy, geometry)
        : undefined,
      bias && wants(2) ? convBiasGradient(build, dy, 2) : undefined,
    ];
  };

function blockedWeightGradient(
  build: Builder,
  x: string,
  dy: string,
  geometry: Geometry,
  batch: Dim,
  block: number,
): string {
  const { window, image, output, channels, filters } = geometry;
  const [rows, columns] = window.kernel as readonly [number, number];
  const [top, left] = window.pads as readonly [number, number];
  const [down, right] = window.strides as readonly [number, number];
  const list = (values: readonly number[]) => intList(build, values);
  // Rows and columns that the windows reach over beyond the image, or leave over where they are negative.
  const below = rows + (output[0] - 1) * down - image[0] - top;
  const beside = columns + (output[1] - 1) * right - image[1] - left;
  const few = channels % block !== 0;
  const [groups, wide] = few ? [1, channels] : [channels / block, block];
  const last = few ? build.op('Transpose', [x], { perm: ints([0, 2, 3, 1]) }) : toBlocks(build, x);
  const inside =
    few || left < 0 || beside < 0 || below < 0 || typeof batch !== 'number' || batch % reordered !== 0;
  const reached = inside
    ? padBatch(
        build,
        build.op('Reshape', [last, list([-1, groups, image[0], image[1] * wide])]),
        batch,
        block,
        [
          [0, left * wide],
          [Math.min(0, below), beside * wide],
        ],
      )
    : left === 0 && beside === 0
      ? last
      : channelwise(build, last, groups * block, {}, [0, left, 0, beside]);
  const width = (left + image[1] + beside) * wide;
  const height = image[0] + Math.min(0, below);
  const lines = build.op('Reshape', [reached, list([-1, groups, height, width])]);
  const grouped = groups === 1 ? lines : build.op('Transpose', [lines], { perm: ints([1, 0, 2, 3]) });
  const images = build.op('Reshape', [grouped, list([groups, -1, height, width])]);
  const m = wholeBlocks(filters, block);
  const area = output[0] * output[1];
  const pixels = build.op('Reshape', [
    filledBlocks(build, dy, filters, m),
    list([-1, m / block, area, block]),
  ]);
  const kernels = batchBlocks(build, padBatch(build, pixels, batch, block), m / block, area, block);
  const product = blockedConv(
    build,
    [reorderInput(build, images), build.op('Reshape', [kernels, list([m, -1, ...output])])],
    { kernel: output, pads: [top, 0, Math.max(0, below), 0], dilations: [down, right * wide] },
  );
  const split = build.op('Reshape', [product, list([groups, m / block, rows, columns, wide, block])]);
  const sorted = build.op('Transpose', [split], { perm: ints([1, 5, 0, 4, 2, 3]) });
  const filled = build.op('Reshape', [sorted, list([m, groups * wide, rows, columns])], {}, { name: 'dW' });
  if (m === filters && groups * wide === channels) return filled;
  return build.op(
    'Slice',
    [filled, list([0, 0]), list([filters, channels]), list([0, 1])],
    {},
    { name: 'dW' },
  );
}

/** Images in blocks, of any number of channels. */
function filledBlocks(build: Builder, value: string, channels: number, whole: number): string {
  if (channels % reordered === 0) return toBlocks(build, value);
  const pads = intList(build, [0, 0, 0, 0, 0, whole - channels, 0, 0]);
  return reorderInput(build, build.op('Pad', [value, pads]));
}

/**
 * [N, groups, area, b of channels] as [groups, N / b, area, b of images, b of channels]: by what brings channels that are
 * last to blocks, where an image is a pixel, and the pixels of all groups are its channels.
 */
function batchBlocks(build: Builder, value: string, groups: number, area: number, block: number): string {
  const list = (values: readonly number[]) => intList(build, values);
  const images = build.op('Reshape', [value, list([-1, block, 1, groups * area * block])]);
  const turned = build.op('ReorderInput', [images], { channels_last: int(1) }, { domain: blockedDomain });
  if (groups === 1) return turned;
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

/**
 * dX of a convolution with strides: cell r under element a of dY, at s a + r, gets the taps r + p + s e from the elements a - e.
 * Undefined where the kernel is smaller than a stride, or the channels are no whole blocks.
 */
function subPixelGradient(
  build: Builder,
  dy: string,
  w: string,
  { window, image, output, channels, filters }: Geometry,
  block: number,
): string | undefined {
  const { kernel, strides, pads } = window;
  if (strides.every((stride) => stride === 1) || channels % block !== 0) return undefined;
  if (filters % reordered !== 0 || filling(filters, block) > worthFilling) return undefined;
  if (strides.some((stride, axis) => kernel[axis]! < stride)) return undefined;
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

/** Runs the convolutions of a graph, forward and backward, by the kernels on blocks of channels where that is worth it. */
export function blockConvolutions(graph: Graph, types: ReadonlyMap<string, ValueType>, block: number): void {
  for (const node of [...graph.nodes]) {
    const geometry = convolution(node, types);
    if (geometry && worthBlocks(geometry, block)) replaceConvolution(graph, node, geometry, block);
  }
}

function convolution(node: Node, types: ReadonlyMap<string, ValueType>): Geometry | undefined {
  if (node.domain !== '' || node.opType !== 'Conv') return undefined;
  const [image, weights] = node.inputs.map((name) => shapeOf(types.get(name)));
  return geometryOf(
    staticShape(image?.slice(1)),
    staticShape(weights),
    readAttributes(operatorOf(node)!.attributes, node.attributes),
  );
}

function replaceConvolution(graph: Graph, node: Node, geometry: Geometry, block: number): void {
  const { window, channels, filters } = geometry;
  const [x, w, bias] = node.inputs as readonly [string, string, string | undefined];
  const build = createBuilder(graph, node, `${node.outputs[0]}.`);
  const image = channels < block ? x : toBlocks(build, x);
  const shape = [filters, channels, window.kernel[0]!, window.kernel[1]!] as const;
  const inputs = [image, weightBlocks(build, w, shape, block)];
  const missing = wholeBlocks(filters, block) - filters;
  if (bias) inputs.push(missing === 0 ? bias : build.op('Pad', [bias, intList(build, [0, missing])]));
  const result = blockedConv(build, inputs, window);
  const whole = fromBlocks(build, result, filters);
  graph.remove([node]);
  named(graph, whole, node.outputs[0]!);
}
