import { int, ints } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, staticShape } from './define.ts';
import { waveInput } from './shared/elementwise.ts';
import { slide, windowOf } from './shared/window.ts';

/**
 * Y[n, m, y] = B[m] + sum over c, k of W[m, c, k] X[n, g C/G + c, s y + d k - p]
 * Gradients (dY is the gradient of Y): dX is ConvTranspose(dY, W) with the padding that restores X's size; dW is a Conv of X
 * with dY, batch and channels swapped and stride and dilation swapped; dB sums dY over batch and space.
 */
export const conv = defineOp({
  type: 'Conv',
  summary:
    'Convolution of an image batch [N, C, ...] with weights [M, C/group, ...], plus a bias per output channel.',
  inputs: ['X', 'W', 'B?'],
  outputs: ['Y'],
  attributes: {
    auto_pad: attribute.string(
      'How to pad: NOTSET uses `pads`, SAME_UPPER and SAME_LOWER keep size / stride, VALID does not pad.',
      'NOTSET',
    ),
    dilations: attribute.ints('Distance of the kernel elements along each axis; 1 by default.'),
    group: attribute.int(
      'Number of groups that channels are divided into; equal to C for a depthwise convolution.',
      1,
    ),
    kernel_shape: attribute.ints('Size of the kernel; taken from W by default.'),
    pads: attribute.ints('Padding at the begin of every axis, then at the end of every axis; 0 by default.'),
    strides: attribute.ints('Step of the kernel along each axis; 1 by default.'),
  },
  infer: ({ inputs: [x, w], attributes, fail }) => {
    const [image, weights] = [shapeOf(x), shapeOf(w)];
    if (x?.kind !== 'tensor' || !image || !weights)
      return [x?.kind === 'tensor' ? tensorType(x.type) : undefined];
    const channels = image[1];
    const expected = weights[1];
    if (image.length !== weights.length)
      fail(`the input has rank ${image.length} but the weights have rank ${weights.length}`);
    if (
      typeof channels === 'number' &&
      typeof expected === 'number' &&
      channels !== expected * attributes.group
    ) {
      fail(`the input has ${channels} channels, but the weights want ${expected * attributes.group}`);
    }
    const spatial = slide(image.slice(2), attributes, windowOf(attributes, weights.slice(2)));
    return [tensorType(x.type, [image[0]!, weights[0]!, ...spatial])];
  },
  cost: ({ inputs: [, w, b], outputs: [y], count, dim }) => {
    const outputs = count(y);
    return { macs: (outputs * count(w)) / Math.max(1, dim(w, 0)), operations: b ? outputs : 0 };
  },
  gradient: ({ build, inputs: [x, w, b], types, attributes, dy: [dy], wants }) => {
    if (!dy) return [];
    const [image, weights] = [types(x!).shape!, staticShape(types(w!).shape)!];
    const spatialRank = weights.length - 2;
    const { strides, dilations, pads } = windowOf(attributes, weights.slice(2));
    const spatial = staticShape(image.slice(2))!;
    const output = slide(spatial, attributes, windowOf(attributes, weights.slice(2))) as readonly number[];
    const geometry = {
      strides: ints(strides),
      dilations: ints(dilations),
      pads: ints(pads),
      group: int(attributes.group),
    };
    const dx = () => {
      const padding = spatial.map(
        (size, i) =>
          size -
          ((output[i]! - 1) * strides[i]! +
            (weights[i + 2]! - 1) * dilations[i]! +
            1 -
            pads[i]! -
            pads[i + spatialRank]!),
      );
      return build.op(
        'ConvTranspose',
        [dy, w!],
        { ...geometry, output_padding: ints(padding) },
        { name: 'dX' },
      );
    };
    const dw = () => {
      const { group } = attributes;
      const channels = weights[1]!;
      const shape = (dims: readonly number[]) => build.constant('int64', [dims.length], dims);
      const axes = Array.from({ length: spatialRank }, (_, i) => i);
      // [N, G C, ...] -> [C, G N, ...]; a symbolic batch is left for Reshape to find.
      const split = build.op('Reshape', [x!, shape([-1, group, channels, ...spatial])]);
      const swapped = build.op('Transpose', [split], { perm: ints([2, 1, 0, ...axes.map((i) => i + 3)]) });
      const images = build.op('Reshape', [swapped, shape([channels, -1, ...spatial])]);
      const kernels = build.op('Transpose', [dy], { perm: ints([1, 0, ...axes.map((i) => i + 2)]) });
      const full = build.op('Conv', [images, kernels], {
        strides: ints(dilations),
        dilations: ints(strides),
        pads: ints(pads),
        group: int(group),
      });
      const turned = build.op('Transpose', [full], { perm: ints([1, 0, ...axes.map((i) => i + 2)]) });
      const list = (values: readonly number[]) => build.constant('int64', [values.length], values);
      // A stride that does not divide the input leaves rows that no window reached.
      return build.op(
        'Slice',
        [turned, list(axes.map(() => 0)), list(weights.slice(2)), list(axes.map((i) => i + 2))],
        {},
        { name: 'dW' },
      );
    };
    const db = () =>
      build.op(
        'ReduceSum',
        [
          dy,
          build.constant(
            'int64',
            [spatialRank + 1],
            [0, ...Array.from({ length: spatialRank }, (_, i) => i + 2)],
          ),
        ],
        { keepdims: int(0) },
        { name: 'dB' },
      );
    return [wants(0) ? dx() : undefined, wants(1) ? dw() : undefined, b && wants(2) ? db() : undefined];
  },
  channels: ({ inputs: [, w, b], attributes: { group } }) => {
    const bias = b ? [{ from: { input: 2, axis: 0 }, to: { output: 0, axis: 1 } }] : [];
    const out = { from: { input: 1, axis: 0 }, to: { output: 0, axis: 1 } };
    if (group === 1) return [out, ...bias, { from: { input: 1, axis: 1 }, to: { input: 0, axis: 1 } }];
    // Depthwise: one filter a channel, so input, weights and output lose the same ones.
    if (w?.shape?.[1] === 1)
      return [out, ...bias, { from: { input: 0, axis: 1 }, to: { output: 0, axis: 1 } }];
    return [
      { ...out, groups: group },
      ...bias,
      { from: { input: 0, axis: 1 }, to: { input: 0, axis: 1 }, groups: group },
    ];
  },
  quantize: { kind: 'weighted', weight: 1, bias: 2, axis: () => 0 },
  samples: [
    {
      name: 'padded',
      inputs: [waveInput([2, 3, 5, 5]), waveInput([4, 3, 3, 3]), waveInput([4])],
      attributes: new Map([['pads', ints([1, 1, 1, 1])]]),
    },
    {
      name: 'strided',
      inputs: [waveInput([1, 2, 8, 7]), waveInput([3, 2, 3, 2])],
      attributes: new Map([
        ['strides', ints([2, 3])],
        ['pads', ints([1, 0, 0, 1])],
      ]),
    },
    {
      name: 'dilated',
      inputs: [waveInput([1, 2, 9, 9]), waveInput([2, 2, 3, 3])],
      attributes: new Map([['dilations', ints([2, 2])]]),
    },
    {
      name: 'depthwise',
      inputs: [waveInput([2, 4, 6, 6]), waveInput([4, 1, 3, 3]), waveInput([4])],
      attributes: new Map([['group', int(4)]]),
    },
    {
      name: 'grouped',
      inputs: [waveInput([1, 4, 6, 6]), waveInput([6, 2, 3, 3])],
      attributes: new Map([['group', int(2)]]),
    },
    {
      name: 'one dimension',
      inputs: [waveInput([2, 3, 10]), waveInput([4, 3, 4])],
      attributes: new Map([['strides', ints([3])]]),
    },
  ],
});
