import { int } from '../ir/attribute.ts';
import { dataTypeOf } from '../ir/data-type.ts';
import { type Dim, unknownDim } from '../ir/dim.ts';
import { shapeOf } from '../ir/value-type.ts';
import { attribute, defineOp, free, perElement } from './define.ts';
import { waveInput } from './shared/elementwise.ts';
import { indexInput, intInput } from './shared/samples.ts';
import { elementOf, tensorOf } from './shared/types.ts';

export const oneHot = defineOp({
  type: 'OneHot',
  summary: 'A new axis of `depth` elements: the on-value where the index says, the off-value elsewhere.',
  inputs: ['indices', 'depth', 'values'],
  outputs: ['output'],
  attributes: { axis: attribute.int('Where the new axis stands in the output.', -1) },
  infer: ({ inputs: [list, , values], attributes, ints, fail }) => {
    const shape = shapeOf(list);
    if (!shape) return [tensorOf(elementOf(values))];
    const rank = shape.length + 1;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    if (axis < 0 || axis >= rank) fail(`axis ${attributes.axis} is outside of rank ${rank}`);
    const depth: Dim = ints(1)?.[0] ?? unknownDim;
    return [tensorOf(elementOf(values), [...shape.slice(0, axis), depth, ...shape.slice(axis)])];
  },
  cost: perElement(),
  gradient: { none: 'indices are no numbers to follow, and its two values are constants' },
  channels: { none: 'its new axis has a fixed meaning' },
  quantize: { none: 'its two values are exact in any type' },
  samples: [
    {
      name: 'last axis',
      inputs: [
        indexInput([2, 2], [0, 2, -1, 1]),
        intInput(3),
        { type: 'float', shape: [2], values: [0.5, 2], constant: true },
      ],
    },
    {
      name: 'first axis',
      inputs: [
        indexInput([3], [0, 2, 1]),
        intInput(4),
        { type: 'float', shape: [2], values: [0, 1], constant: true },
      ],
      attributes: new Map([['axis', int(0)]]),
    },
  ],
});

export const eyeLike = defineOp({
  type: 'EyeLike',
  summary: 'Ones on a diagonal, zeros elsewhere, in the shape of the input.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: {
    dtype: attribute.int('Number of the element type; that of the input by default.'),
    k: attribute.int('Which diagonal: positive ones lie above the main one.', 0),
  },
  infer: ({ inputs: [x], attributes: { dtype } }) => [
    tensorOf(dtype === undefined ? elementOf(x) : dataTypeOf(dtype), shapeOf(x)),
  ],
  cost: free,
  gradient: { none: 'its output does not depend on the elements of its input' },
  channels: { none: 'a diagonal ties both axes' },
  quantize: { none: 'it makes a constant' },
  samples: [{ name: 'above', inputs: [waveInput([3, 4])], attributes: new Map([['k', int(1)]]) }],
});

export const trilu = defineOp({
  type: 'Trilu',
  summary: 'Keeps the triangle above (or below) a diagonal of the last two axes, zeros elsewhere.',
  inputs: ['input', 'k?'],
  outputs: ['output'],
  attributes: { upper: attribute.int('1: the upper triangle; 0: the lower one.', 1) },
  infer: ({ inputs: [x] }) => [x],
  cost: perElement(),
  gradient: ({ build, inputs: [, k], attributes, dy: [dy] }) =>
    dy ? [build.op('Trilu', k ? [dy, k] : [dy], { upper: int(attributes.upper) })] : [],
  channels: ({ inputs: [x] }) =>
    (x?.shape ?? []).slice(0, -2).map((_, axis) => ({ from: { input: 0, axis }, to: { output: 0, axis } })),
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    { name: 'upper', inputs: [waveInput([2, 3, 4])] },
    { name: 'lower', inputs: [waveInput([4, 3]), intInput(-1)], attributes: new Map([['upper', int(0)]]) },
  ],
});
