import { type Attribute, int } from '../../ir/attribute.ts';
import { type Dim, mulDims } from '../../ir/dim.ts';
import { shapeOf, tensorType } from '../../ir/value-type.ts';
import { attribute, defineOp, free, type Operator } from '../define.ts';
import { waveInput } from '../shared/elementwise.ts';
import { isQuantized, pruneBefore } from '../shared/quantized.ts';

const domain = 'com.microsoft';
const noTraining = { none: 'weights of few bits are not trained: train before quantizing' };
const nibbles = (shape: readonly number[]) => ({
  type: 'uint8' as const,
  shape,
  values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 37) % 256),
  constant: true,
});

/** Weights of 2 to 8 bits in blocks that have a scale each: how ONNX Runtime keeps language models small. */
export const blockQuantized: readonly Operator[] = [
  defineOp({
    type: 'MatMulNBits',
    domain,
    summary: 'A times the transpose of B, whose rows are blocks of few-bit integers with a scale each.',
    inputs: ['A', 'B', 'scales', 'zero_points?', 'g_idx?', 'bias?'],
    outputs: ['Y'],
    attributes: {
      K: attribute.int('Columns of A.', 0),
      N: attribute.int('Columns of the result.', 0),
      accuracy_level: attribute.int('Least precision of the computation: 0 that of A, 4 int8.', 0),
      bits: attribute.int('Bits of a weight.', 4),
      block_size: attribute.int('Weights that share a scale.', 32),
      weight_prepacked: attribute.int('1: B is packed for one processor.', 0),
    },
    infer: ({ inputs: [a], attributes: { K, N }, fail }) => {
      const shape = shapeOf(a);
      if (a?.kind !== 'tensor' || !shape) return [a];
      const inner = shape.at(-1);
      if (typeof inner === 'number' && inner !== K) fail(`A has ${inner} columns, but K is ${K}`);
      return [tensorType(a.type, [...shape.slice(0, -1), N])];
    },
    cost: ({ outputs: [y], attributes: { K }, count }) => ({ macs: count(y) * K, operations: 0 }),
    gradient: noTraining,
    channels: pruneBefore,
    quantize: isQuantized,
    samples: [
      {
        name: 'four bits',
        inputs: [waveInput([2, 3, 32]), nibbles([4, 2, 8]), { ...waveInput([4, 2], 0.1), constant: true }],
        attributes: new Map<string, Attribute>([
          ['K', int(32)],
          ['N', int(4)],
          ['bits', int(4)],
          ['block_size', int(16)],
        ]),
      },
    ],
  }),
  defineOp({
    type: 'GatherBlockQuantized',
    domain,
    summary: 'Slices of a table of few-bit integers, in blocks that have a scale each, as real numbers.',
    inputs: ['data', 'indices', 'scales', 'zero_points?'],
    outputs: ['output'],
    attributes: {
      bits: attribute.int('Bits of an element.', 4),
      block_size: attribute.int('Elements that share a scale.', 128),
      gather_axis: attribute.int('Axis that the indices are for.', 0),
      quantize_axis: attribute.int('Axis of the blocks.', 1),
    },
    infer: ({ inputs: [data, indices, scales], attributes: { bits, gather_axis } }) => {
      const type = scales?.kind === 'tensor' ? scales.type : 'float';
      const [table, places] = [shapeOf(data), shapeOf(indices)];
      if (!table || !places) return [tensorType(type)];
      const axis = gather_axis < 0 ? gather_axis + table.length : gather_axis;
      // Elements of a uint8 table are packed along the last axis.
      const packed = data?.kind === 'tensor' && data.type === 'uint8' ? 8 / bits : 1;
      const sizes = table.map<Dim>((dim, at) => (at === table.length - 1 ? mulDims(dim, packed) : dim));
      return [tensorType(type, [...sizes.slice(0, axis), ...places, ...sizes.slice(axis + 1)])];
    },
    cost: free,
    gradient: noTraining,
    channels: pruneBefore,
    quantize: isQuantized,
    samples: [
      {
        name: 'four bits',
        inputs: [
          nibbles([5, 16]),
          { type: 'int64', shape: [2], values: [3, 0] },
          { ...waveInput([5, 2], 0.1), constant: true },
        ],
        attributes: new Map<string, Attribute>([
          ['bits', int(4)],
          ['block_size', int(16)],
          ['quantize_axis', int(1)],
        ]),
        noBatch: 'the table is constant',
      },
    ],
  }),
];
