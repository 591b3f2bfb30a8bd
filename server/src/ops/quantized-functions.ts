import { type Attribute, int, ints } from '../ir/attribute.ts';
import { addDims, type Dim, type Shape } from '../ir/dim.ts';
import { shapeOf, tensorType, type ValueType } from '../ir/value-type.ts';
import {
  type AttributeRule,
  type AttributeValues,
  attribute,
  defineOp,
  free,
  type Operator,
  perElement,
  type Sample,
  type SampleInput,
} from './define.ts';
import { normalizeAxis } from './shared/axes.ts';
import { broadcast } from './shared/broadcast.ts';
import { bytes, constant, integersOnly, isQuantized, pruneBefore } from './shared/quantized.ts';
import { slide, windowOf } from './shared/window.ts';
import { poolAttributeRules } from './shared/window-attributes.ts';

interface Row<R extends Readonly<Record<string, AttributeRule>>> {
  readonly type: string;
  readonly summary: string;
  readonly inputs: readonly string[];
  readonly attributes: R;
  /** The input that has the result's element type. */
  readonly like: number;
  readonly shape: (
    inputs: readonly (ValueType | undefined)[],
    attributes: AttributeValues<R>,
    fail: (message: string) => never,
  ) => Shape | undefined;
  readonly operations?: number;
  readonly samples: readonly Sample[];
}

const quantizedFunction = <const R extends Readonly<Record<string, AttributeRule>>>(row: Row<R>): Operator =>
  defineOp({
    type: row.type,
    domain: 'com.microsoft',
    summary: row.summary,
    inputs: row.inputs,
    outputs: ['Y'],
    attributes: row.attributes,
    infer: ({ inputs, attributes, fail }) => {
      const like = inputs[row.like];
      return [
        like?.kind === 'tensor' ? tensorType(like.type, row.shape(inputs, attributes, fail)) : undefined,
      ];
    },
    cost: row.operations === 0 ? free : perElement(row.operations ?? 3),
    gradient: integersOnly,
    channels: pruneBefore,
    quantize: isQuantized,
    samples: row.samples,
  });

const scale = (value = 0.1): SampleInput => constant('float', value);
const zero = (value = 128): SampleInput => constant('uint8', value);
const image = bytes('uint8', [1, 2, 4, 6]);
/** An image batch with its channels in the second place, wherever they are. */
const channelsFirst = (shape: Shape, last: boolean): Shape =>
  last ? [shape[0]!, shape.at(-1)!, ...shape.slice(1, -1)] : shape;
const channelsBack = (shape: Shape, last: boolean): Shape =>
  last ? [shape[0]!, ...shape.slice(2), shape[1]!] : shape;

const pair = ['A', 'A_scale', 'A_zero_point?', 'B', 'B_scale', 'B_zero_point?', 'C_scale', 'C_zero_point?'];
const single = ['X', 'X_scale', 'X_zero_point?', 'Y_scale', 'Y_zero_point?'];
const singleInputs = (x: SampleInput) => [x, scale(), zero(), scale(0.2), zero(100)];

/** Functions of 8-bit tensors that carry their scales and zero points with them. */
export const quantizedFunctions: readonly Operator[] = [
  ...(['QLinearAdd', 'QLinearMul'] as const).map((type) =>
    quantizedFunction({
      type,
      summary: `${type === 'QLinearAdd' ? 'The sum' : 'The product'} of two quantized tensors that broadcast, quantized.`,
      inputs: pair,
      attributes: {},
      like: 0,
      shape: (inputs, _, fail) => broadcast([shapeOf(inputs[0]), shapeOf(inputs[3])], fail),
      samples: [
        {
          name: 'broadcast',
          inputs: [
            bytes('uint8', [2, 3]),
            scale(),
            zero(),
            bytes('uint8', [3], 1),
            scale(0.2),
            zero(7),
            scale(0.5),
            zero(100),
          ],
        },
      ],
    }),
  ),
  quantizedFunction({
    type: 'QLinearSigmoid',
    summary: '1 / (1 + exp(-x)) of a quantized tensor, quantized.',
    inputs: single,
    attributes: {},
    like: 0,
    shape: ([x]) => shapeOf(x),
    operations: 1,
    samples: [{ name: 'bytes', inputs: singleInputs(bytes('uint8', [2, 3])) }],
  }),
  quantizedFunction({
    type: 'QLinearLeakyRelu',
    summary: 'x where x >= 0, alpha x elsewhere, of a quantized tensor, quantized.',
    inputs: single,
    attributes: { alpha: attribute.float('Slope below zero.', 0.01) },
    like: 0,
    shape: ([x]) => shapeOf(x),
    operations: 1,
    samples: [{ name: 'bytes', inputs: singleInputs(bytes('uint8', [2, 3])) }],
  }),
  quantizedFunction({
    type: 'QLinearSoftmax',
    summary: 'Softmax along an axis of a quantized tensor, quantized.',
    inputs: ['X', 'X_scale', 'x_zero_point?', 'y_scale', 'y_zero_point'],
    attributes: {
      axis: attribute.int('Axis to normalize.', -1),
      opset: attribute.int('Version of Softmax that it stands for.', 13),
    },
    like: 0,
    shape: ([x]) => shapeOf(x),
    operations: 5,
    samples: [
      {
        name: 'last axis',
        inputs: [bytes('uint8', [2, 3]), scale(), zero(), scale(1 / 256), zero(0)],
        attributes: new Map([['opset', int(13)]]),
      },
    ],
  }),
  quantizedFunction({
    type: 'QLinearWhere',
    summary: 'X where the condition holds, Y elsewhere, of quantized tensors, quantized.',
    inputs: [
      'condition',
      'X',
      'x_scale',
      'x_zero_point',
      'Y',
      'y_scale',
      'y_zero_point',
      'z_scale',
      'z_zero_point',
    ],
    attributes: {},
    like: 1,
    shape: (inputs, _, fail) => broadcast([shapeOf(inputs[0]), shapeOf(inputs[1]), shapeOf(inputs[4])], fail),
    samples: [
      {
        name: 'same shape',
        inputs: [
          { type: 'bool', shape: [2, 2], values: [1, 0, 0, 1] },
          bytes('uint8', [2, 2]),
          scale(),
          zero(),
          bytes('uint8', [2, 2], 1),
          scale(),
          zero(),
          scale(),
          zero(),
        ],
      },
    ],
  }),
  quantizedFunction({
    type: 'QLinearConcat',
    summary: 'Quantized tensors, each with its scale and zero point, joined along an axis, quantized.',
    inputs: ['Y_scale', 'Y_zero_point', 'inputs*'],
    attributes: { axis: attribute.int('Axis to join along.', 0) },
    like: 1,
    shape: (inputs, { axis }, fail) => {
      const shapes = inputs
        .slice(2)
        .filter((_, i) => i % 3 === 0)
        .map(shapeOf);
      const first = shapes[0];
      if (!first || shapes.some((shape) => !shape)) return first?.map(() => '?');
      const along = normalizeAxis(axis, first.length, fail);
      const total = shapes.map((shape) => shape?.[along] ?? '?').reduce<Dim>(addDims, 0);
      return first.map((dim, at) => (at === along ? total : dim));
    },
    operations: 1,
    samples: [
      {
        name: 'two tensors',
        inputs: [
          scale(),
          zero(),
          bytes('uint8', [2, 3]),
          scale(0.2),
          zero(7),
          bytes('uint8', [1, 3]),
          scale(),
          zero(),
        ],
        attributes: new Map([['axis', int(0)]]),
      },
    ],
  }),
  quantizedFunction({
    type: 'QLinearAveragePool',
    summary: 'Mean of every window of a quantized image batch, quantized.',
    inputs: ['X', 'x_scale', 'x_zero_point?', 'y_scale', 'y_zero_point?'],
    attributes: {
      ...poolAttributeRules,
      channels_last: attribute.int('1: images are [N, ..., C].', 0),
      count_include_pad: attribute.int('1 divides by the window with its padding.', 0),
    },
    like: 0,
    shape: ([x], attributes, fail) => {
      const shape = shapeOf(x);
      if (!shape) return undefined;
      const last = attributes.channels_last === 1;
      const first = channelsFirst(shape, last);
      const window = windowOf(attributes, attributes.kernel_shape ?? fail('it has no kernel_shape'));
      return channelsBack([...first.slice(0, 2), ...slide(first.slice(2), attributes, window)], last);
    },
    samples: [0, 1].map((last) => ({
      name: last ? 'channels last' : 'channels first',
      inputs: singleInputs(image),
      attributes: new Map<string, Attribute>([
        ['kernel_shape', ints(last ? [1, 2] : [2, 3])],
        ['channels_last', int(last)],
      ]),
    })),
  }),
  quantizedFunction({
    type: 'QLinearGlobalAveragePool',
    summary: 'Mean of every channel over space of a quantized image batch, quantized.',
    inputs: ['X', 'x_scale', 'x_zero_point', 'y_scale', 'y_zero_point'],
    attributes: { channels_last: attribute.int('1: images are [N, ..., C].', 0) },
    like: 0,
    shape: ([x], { channels_last }) =>
      shapeOf(x)?.map((dim, axis, all) =>
        axis === 0 || axis === (channels_last ? all.length - 1 : 1) ? dim : 1,
      ),
    samples: [0, 1].map((last) => ({
      name: last ? 'channels last' : 'channels first',
      inputs: singleInputs(image),
      attributes: new Map([['channels_last', int(last)]]),
    })),
  }),
  quantizedFunction({
    type: 'NhwcMaxPool',
    summary: 'Largest element of every window of an 8-bit image batch [N, ..., C].',
    inputs: ['x'],
    attributes: poolAttributeRules,
    like: 0,
    shape: ([x], attributes, fail) => {
      const shape = shapeOf(x);
      if (!shape) return undefined;
      const first = channelsFirst(shape, true);
      const window = windowOf(attributes, attributes.kernel_shape ?? fail('it has no kernel_shape'));
      return channelsBack([...first.slice(0, 2), ...slide(first.slice(2), attributes, window)], true);
    },
    samples: [
      {
        name: 'strided',
        inputs: [bytes('uint8', [1, 4, 6, 3])],
        attributes: new Map([
          ['kernel_shape', ints([2, 2])],
          ['strides', ints([2, 2])],
        ]),
      },
    ],
  }),
];
