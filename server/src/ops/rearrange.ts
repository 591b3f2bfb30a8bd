import { int, ints, text } from '../ir/attribute.ts';
import { type Dim, exactDiv, mulDims, unknownDim } from '../ir/dim.ts';
import { shapeOf } from '../ir/value-type.ts';
import { attribute, type ChannelRule, defineOp, free } from './define.ts';
import { normalizeAxis, unknownShape } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { indexInput, intsInput } from './shared/samples.ts';
import { int64List, shapeValue } from './shared/shape-values.ts';
import { elementOf, tensorOf } from './shared/types.ts';

const blocksize = attribute.int('Side of a block of pixels.', 1);
const mode = attribute.string(
  'Order of the channels: DCR puts the block in front of the channel, CRD behind it.',
  'DCR',
);

const blockChannels =
  (deep: 'input' | 'output'): ChannelRule<{ readonly blocksize: number; readonly mode: string }> =>
  ({ attributes }) => {
    const block = attributes.blocksize ** 2;
    const [flat, stacked] =
      deep === 'input'
        ? [
            { output: 0, axis: 1 },
            { input: 0, axis: 1 },
          ]
        : [
            { input: 0, axis: 1 },
            { output: 0, axis: 1 },
          ];
    return [
      { from: { input: 0, axis: 0 }, to: { output: 0, axis: 0 } },
      { from: flat, to: stacked, ...(attributes.mode === 'CRD' ? { repeat: block } : { tile: block }) },
    ];
  };

export const depthToSpace = defineOp({
  type: 'DepthToSpace',
  summary: 'Spreads blocksize² channels over blocks of pixels: sub-pixel convolution.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: { blocksize, mode },
  infer: ({ inputs: [x], attributes: { blocksize: b }, fail }) => {
    const shape = shapeOf(x);
    if (!shape) return [tensorOf(elementOf(x))];
    const [n, c, h, w] = shape;
    if (shape.length !== 4) fail(`rank ${shape.length} instead of 4`);
    if (typeof c === 'number' && c % (b * b) !== 0) fail(`${c} channels do not fill blocks of ${b} x ${b}`);
    const rest: Dim = exactDiv(c!, b * b) ?? (typeof c === 'number' ? c / (b * b) : unknownDim);
    return [tensorOf(elementOf(x), [n!, rest, mulDims(h!, b), mulDims(w!, b)])];
  },
  cost: free,
  gradient: (context) => {
    const {
      build,
      inputs: [x],
      types,
      attributes: { blocksize: b, mode: order },
      dy: [dy],
    } = context;
    if (!dy) return [];
    if (order !== 'CRD') return [build.op('SpaceToDepth', [dy], { blocksize: int(b) })];
    const [, c, h, w] = types(x!).shape! as readonly number[];
    const blocks = build.op('Reshape', [dy, int64List(build, [-1, c! / (b * b), h!, b, w!, b])]);
    const turned = build.op('Transpose', [blocks], { perm: ints([0, 1, 3, 5, 2, 4]) });
    return [build.op('Reshape', [turned, shapeValue(context, x!)])];
  },
  channels: blockChannels('input'),
  quantize: { kind: 'transparent' },
  samples: [
    { name: 'DCR', inputs: [waveInput([1, 8, 2, 3])], attributes: new Map([['blocksize', int(2)]]) },
    {
      name: 'CRD',
      inputs: [waveInput([2, 8, 2, 1])],
      attributes: new Map([
        ['blocksize', int(2)],
        ['mode', text('CRD')],
      ]),
    },
  ],
});

export const spaceToDepth = defineOp({
  type: 'SpaceToDepth',
  summary: 'Stacks blocks of pixels into channels.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: { blocksize, mode },
  infer: ({ inputs: [x], attributes: { blocksize: b }, fail }) => {
    const shape = shapeOf(x);
    if (!shape) return [tensorOf(elementOf(x))];
    const [n, c, h, w] = shape;
    if (shape.length !== 4) fail(`rank ${shape.length} instead of 4`);
    const part = (size: Dim): Dim => {
      if (typeof size === 'number' && size % b !== 0) fail(`${size} pixels do not fill blocks of ${b}`);
      return exactDiv(size, b) ?? unknownDim;
    };
    return [tensorOf(elementOf(x), [n!, mulDims(c!, b * b), part(h!), part(w!)])];
  },
  cost: free,
  gradient: ({ build, attributes: { blocksize: b, mode: order }, dy: [dy] }) =>
    dy ? [build.op('DepthToSpace', [dy], { blocksize: int(b), mode: text(order) })] : [],
  channels: blockChannels('output'),
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [{ name: 'DCR', inputs: [waveInput([1, 2, 4, 6])], attributes: new Map([['blocksize', int(2)]]) }],
});

export const reverseSequence = defineOp({
  type: 'ReverseSequence',
  summary: 'Reverses the first sequence_lens[b] time steps of every batch entry b.',
  inputs: ['input', 'sequence_lens'],
  outputs: ['Y'],
  attributes: {
    batch_axis: attribute.int('The axis of batch entries.', 1),
    time_axis: attribute.int('The axis of time steps.', 0),
  },
  infer: ({ inputs: [x] }) => [x],
  cost: free,
  gradient: ({ build, inputs: [, lengths], attributes, dy: [dy] }) =>
    dy
      ? [
          build.op('ReverseSequence', [dy, lengths!], {
            batch_axis: int(attributes.batch_axis),
            time_axis: int(attributes.time_axis),
          }),
        ]
      : [],
  channels: ({ inputs: [x], attributes }) =>
    (x?.shape ?? []).flatMap((_, axis) =>
      axis === attributes.time_axis || axis === attributes.batch_axis
        ? []
        : [{ from: { input: 0, axis }, to: { output: 0, axis } }],
    ),
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [{ name: 'time first', inputs: [waveInput([4, 2, 3]), indexInput([2], [3, 4])] }],
});

export const centerCropPad = defineOp({
  type: 'CenterCropPad',
  summary: 'Crops or pads with zeros, around the centre, to the given sizes of the named axes.',
  inputs: ['input_data', 'shape'],
  outputs: ['output_data'],
  attributes: { axes: attribute.ints('The axes that the sizes are for; all by default.') },
  infer: ({ inputs: [x, list], attributes, ints: known, fail }) => {
    const shape = shapeOf(x);
    if (!shape) return [tensorOf(elementOf(x))];
    const sizes = known(1);
    const axes =
      attributes.axes?.map((axis) => normalizeAxis(axis, shape.length, fail)) ?? shape.map((_, i) => i);
    const count = sizes?.length ?? shapeOf(list)?.[0];
    if (typeof count === 'number' && count !== axes.length) fail(`${count} sizes for ${axes.length} axes`);
    return [
      tensorOf(
        elementOf(x),
        shape.map((dim, i) => (axes.includes(i) ? (sizes?.[axes.indexOf(i)] ?? unknownDim) : dim)),
      ),
    ];
  },
  cost: free,
  // Both ways round half of the difference down, so that the way back is the same operator.
  gradient: (context) => {
    const {
      build,
      inputs: [x],
      types,
      attributes,
      dy: [dy],
    } = context;
    if (!dy) return [];
    const sizes = shapeValue(context, x!);
    const { axes } = attributes;
    if (!axes) return [build.op('CenterCropPad', [dy, sizes])];
    const rank = types(x!).shape!.length;
    const places = int64List(
      build,
      axes.map((axis) => (axis < 0 ? axis + rank : axis)),
    );
    return [build.op('CenterCropPad', [dy, build.op('Gather', [sizes, places])], { axes: ints(axes) })];
  },
  channels: { none: 'it cuts around the centre, which moves when channels go' },
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    { name: 'crop and pad', inputs: [waveInput([5, 3]), intsInput([3, 6])] },
    {
      name: 'one axis',
      inputs: [waveInput([4, 5]), intsInput([2])],
      attributes: new Map([['axes', ints([-1])]]),
    },
  ],
});

export const col2Im = defineOp({
  type: 'Col2Im',
  summary: 'Adds sliding blocks, given as columns, back into an image [N, C, ...]: the transpose of im2col.',
  inputs: ['input', 'image_shape', 'block_shape'],
  outputs: ['output'],
  attributes: {
    dilations: attribute.ints('Distance of the elements of a block; 1 by default.'),
    pads: attribute.ints('Padding of the image, begins then ends; 0 by default.'),
    strides: attribute.ints('Step between blocks; 1 by default.'),
  },
  infer: ({ inputs: [x, list], ints: known, fail }) => {
    const shape = shapeOf(x);
    const [image, block] = [known(1), known(2)];
    const rank = image?.length ?? shapeOf(list)?.[0];
    if (typeof rank !== 'number') return [tensorOf(elementOf(x))];
    if (shape && shape.length !== 3) fail(`rank ${shape.length} instead of 3`);
    const channels = shape && block && exactDiv(shape[1]!, block.reduce<Dim>(mulDims, 1));
    const spatial = image ?? unknownShape(rank);
    return [tensorOf(elementOf(x), [shape?.[0] ?? unknownDim, channels ?? unknownDim, ...spatial])];
  },
  cost: ({ inputs: [x], count }) => ({ macs: 0, operations: count(x) }),
  gradient: { none: 'not written: models that are trained fold images with ConvTranspose' },
  channels: ({ inputs: [x], outputs: [y] }) => {
    const [all, channels] = [x?.shape?.[1], y?.shape?.[1]];
    const repeat = typeof all === 'number' && typeof channels === 'number' ? all / channels : 1;
    return [{ from: { output: 0, axis: 1 }, to: { input: 0, axis: 1 }, repeat }];
  },
  quantize: { none: 'it adds, so that its output has another scale' },
  samples: [
    {
      name: 'blocks of 1 x 5',
      inputs: [waveInput([1, 5, 5]), intsInput([5, 5]), intsInput([1, 5])],
    },
    {
      name: 'padded',
      inputs: [waveInput([1, 8, 12]), intsInput([3, 2]), intsInput([2, 2])],
      attributes: new Map([['pads', ints([1, 1, 1, 1])]]),
    },
  ],
});
