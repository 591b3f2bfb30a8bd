import { int, ints } from '../ir/attribute.ts';
import type { DataType } from '../ir/data-type.ts';
import { shapeOf, tensorType, type ValueType } from '../ir/value-type.ts';
import { attribute, type CostRule, defineOp, type Operator, type Sample } from './define.ts';
import { convShape } from './shared/conv-shape.ts';
import { waveInput } from './shared/elementwise.ts';
import { matMulShape } from './shared/mat-mul.ts';
import { bytes, constant, integersOnly, isQuantized, pruneBefore } from './shared/quantized.ts';
import { convAttributeRules } from './shared/window-attributes.ts';

const typeOf = (type: ValueType | undefined, otherwise: DataType): DataType =>
  type?.kind === 'tensor' ? type.type : otherwise;

/** Aspects that all operators on integers share. */
const aspects = { gradient: integersOnly, channels: pruneBefore, quantize: isQuantized } as const;

interface Product {
  readonly type: string;
  readonly domain?: string;
  readonly summary: string;
  readonly inputs: readonly string[];
  /** Places of the factors. */
  readonly factors: readonly [number, number];
  /** Element type of the result: a type, or the input that has it. */
  readonly result: DataType | number;
  readonly samples: readonly Sample[];
}

const matrixProduct = (row: Product): Operator =>
  defineOp({
    type: row.type,
    ...(row.domain ? { domain: row.domain } : {}),
    summary: row.summary,
    inputs: row.inputs,
    outputs: [row.type === 'QLinearMatMul' ? 'y' : 'Y'],
    attributes: {},
    infer: ({ inputs, fail }) => {
      const type = typeof row.result === 'number' ? typeOf(inputs[row.result], 'uint8') : row.result;
      const [a, b] = row.factors;
      return [tensorType(type, matMulShape(shapeOf(inputs[a]), shapeOf(inputs[b]), fail))];
    },
    cost: ({ inputs, outputs: [y], count, dim }) => ({
      macs: count(y) * dim(inputs[row.factors[0]], -1),
      operations: 0,
    }),
    ...aspects,
    samples: row.samples,
  });

const convCost =
  (weight: number): CostRule<unknown> =>
  ({ inputs, outputs: [y], count, dim }) => ({
    macs: (count(y) * count(inputs[weight])) / Math.max(1, dim(inputs[weight], 0)),
    operations: 0,
  });

const microsoft = 'com.microsoft';
const channelsLast = attribute.int('1: images are [N, ..., C].', 0);

/** Matrix products and convolutions of 8-bit integers. */
export const quantizedProducts: readonly Operator[] = [
  matrixProduct({
    type: 'MatMulInteger',
    summary: '(A - a zero point) (B - b zero point) in int32.',
    inputs: ['A', 'B', 'a_zero_point?', 'b_zero_point?'],
    factors: [0, 1],
    result: 'int32',
    samples: [
      {
        name: 'zero points',
        inputs: [bytes('uint8', [2, 3]), bytes('int8', [3, 4]), constant('uint8', 7), constant('int8', 0)],
      },
      { name: 'a batch', inputs: [bytes('uint8', [2, 2, 3]), bytes('uint8', [3, 4])] },
    ],
  }),
  matrixProduct({
    type: 'QLinearMatMul',
    summary: 'The matrix product of quantized A and B, quantized.',
    inputs: ['a', 'a_scale', 'a_zero_point', 'b', 'b_scale', 'b_zero_point', 'y_scale', 'y_zero_point'],
    factors: [0, 3],
    result: 7,
    samples: [
      {
        name: 'unsigned',
        inputs: [
          bytes('uint8', [2, 3]),
          constant('float', 0.1),
          constant('uint8', 3),
          bytes('uint8', [3, 2], 1),
          constant('float', 0.2),
          constant('uint8', 100),
          constant('float', 2),
          constant('uint8', 128),
        ],
      },
    ],
  }),
  matrixProduct({
    type: 'MatMulIntegerToFloat',
    domain: microsoft,
    summary: 'The matrix product of quantized A and B, plus a bias, in floating point.',
    inputs: ['A', 'B', 'a_scale', 'b_scale', 'a_zero_point?', 'b_zero_point?', 'bias?'],
    factors: [0, 1],
    result: 'float',
    samples: [
      {
        name: 'with bias',
        inputs: [
          bytes('uint8', [2, 3]),
          bytes('int8', [3, 2]),
          constant('float', 0.1),
          constant('float', 0.2),
          constant('uint8', 3),
          constant('int8', 0),
          waveInput([2]),
        ],
      },
    ],
  }),
  matrixProduct({
    type: 'DynamicQuantizeMatMul',
    domain: microsoft,
    summary: 'A, quantized by its own range, times quantized B, plus a bias, in floating point.',
    inputs: ['A', 'B', 'b_scale', 'b_zero_point?', 'bias?'],
    factors: [0, 1],
    result: 'float',
    samples: [
      {
        name: 'with zero point',
        inputs: [waveInput([2, 3]), bytes('int8', [3, 2]), constant('float', 0.2), constant('int8', 0)],
      },
    ],
  }),
  matrixProduct({
    type: 'MatMulInteger16',
    domain: microsoft,
    summary: 'A B of 16-bit integers in int32.',
    inputs: ['A', 'B'],
    factors: [0, 1],
    result: 'int32',
    samples: [
      {
        name: 'matrices',
        inputs: [
          { type: 'int16', shape: [2, 3], values: [300, -2, 5, 7, -900, 1] },
          { type: 'int16', shape: [3, 2], values: [1, 2, -3, 400, 5, 6] },
        ],
      },
    ],
  }),
  defineOp({
    type: 'ConvInteger',
    summary: 'Convolution of integers, zero points taken off, in int32.',
    inputs: ['x', 'w', 'x_zero_point?', 'w_zero_point?'],
    outputs: ['y'],
    attributes: convAttributeRules,
    infer: ({ inputs: [x, w], attributes, fail }) => [
      tensorType('int32', convShape(shapeOf(x), shapeOf(w), attributes, fail)),
    ],
    cost: convCost(1),
    ...aspects,
    samples: [
      {
        name: 'padded',
        inputs: [bytes('uint8', [1, 2, 4, 4]), bytes('uint8', [3, 2, 3, 3]), constant('uint8', 5)],
        attributes: new Map([['pads', ints([1, 1, 1, 1])]]),
      },
    ],
  }),
  ...['', microsoft].map((domain) =>
    defineOp({
      type: 'QLinearConv',
      domain,
      summary: 'Convolution of quantized images and weights with an int32 bias, quantized.',
      inputs: [
        'x',
        'x_scale',
        'x_zero_point',
        'w',
        'w_scale',
        'w_zero_point',
        'y_scale',
        'y_zero_point',
        'B?',
      ],
      outputs: ['y'],
      attributes: {
        ...convAttributeRules,
        ...(domain === '' ? {} : { channels_last: channelsLast }),
      },
      infer: ({ inputs, attributes, fail }) => {
        const type = typeOf(inputs[7], 'uint8');
        const image = shapeOf(inputs[0]);
        if (!image || !attributes.channels_last)
          return [tensorType(type, convShape(image, shapeOf(inputs[3]), attributes, fail))];
        const first = [image[0]!, image.at(-1)!, ...image.slice(1, -1)];
        const output = convShape(first, shapeOf(inputs[3]), attributes, fail);
        return [tensorType(type, output && [output[0]!, ...output.slice(2), output[1]!])];
      },
      cost: convCost(3),
      ...aspects,
      samples: (domain === '' ? [0] : [0, 1]).map((last) => ({
        name: last ? 'channels last' : 'per channel',
        inputs: [
          bytes('uint8', last ? [1, 4, 4, 2] : [1, 2, 4, 4]),
          constant('float', 0.1),
          constant('uint8', 3),
          bytes('int8', [3, 2, 3, 3], 1),
          constant('float', 0.1, 0.2, 0.3),
          constant('int8', 0, 0, 0),
          constant('float', 4),
          constant('uint8', 128),
          constant('int32', 1, 2, 3),
        ],
        attributes: last ? new Map([['channels_last', int(1)]]) : new Map(),
      })),
    }),
  ),
  defineOp({
    type: 'QGemm',
    domain: microsoft,
    summary:
      'alpha A B + C of quantized matrices, quantized, or in floating point where no output scale is given.',
    inputs: [
      'A',
      'a_scale',
      'a_zero_point',
      'B',
      'b_scale',
      'b_zero_point',
      'C?',
      'y_scale?',
      'y_zero_point?',
    ],
    outputs: ['Y'],
    attributes: {
      alpha: attribute.float('Factor of A B.', 1),
      transA: attribute.int('1 transposes A.', 0),
      transB: attribute.int('1 transposes B.', 0),
    },
    infer: ({ inputs, attributes: { transA, transB } }) => {
      const [a, b] = [shapeOf(inputs[0]), shapeOf(inputs[3])];
      return [
        tensorType(typeOf(inputs[8], 'float'), [a?.[transA ? 1 : 0] ?? '?', b?.[transB ? 0 : 1] ?? '?']),
      ];
    },
    cost: ({ inputs: [a], outputs: [y], attributes: { transA }, count, dim }) => ({
      macs: count(y) * dim(a, transA ? 0 : 1),
      operations: 0,
    }),
    ...aspects,
    samples: [
      {
        name: 'quantized',
        inputs: [
          bytes('uint8', [2, 3]),
          constant('float', 0.1),
          constant('uint8', 3),
          bytes('int8', [4, 3]),
          constant('float', 0.2),
          constant('int8', 0),
          constant('int32', 1, 2, 3, 4),
          constant('float', 2),
          constant('uint8', 128),
        ],
        attributes: new Map([['transB', int(1)]]),
      },
      {
        name: 'to floating point',
        inputs: [
          bytes('uint8', [2, 3]),
          constant('float', 0.1),
          constant('uint8', 3),
          bytes('int8', [3, 4]),
          constant('float', 0.2),
          constant('int8', 0),
        ],
      },
    ],
  }),
];
