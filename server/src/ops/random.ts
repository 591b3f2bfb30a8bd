import { float, int, ints } from '../ir/attribute.ts';
import { dataTypeOf } from '../ir/data-type.ts';
import { unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, type Operator, perElement, sameChannels } from './define.ts';
import { waveInput } from './shared/elementwise.ts';
import { elementOf, tensorOf } from './shared/types.ts';

const seed = attribute.float('Seed of the generator; another one each run by default.');
const aspects = {
  cost: perElement(4),
  gradient: { none: 'a random draw has no derivative' },
  quantize: { none: 'it makes random numbers' },
  deterministic: false,
} as const;

const normal = { mean: attribute.float('Mean.', 0), scale: attribute.float('Standard deviation.', 1) };
const uniform = {
  low: attribute.float('Lower bound.', 0),
  high: attribute.float('Upper bound, excluded.', 1),
};

/** Random tensors of a given shape. */
export const randomTensors: readonly Operator[] = (
  [
    { type: 'RandomNormal', of: 'normally distributed numbers', attributes: normal },
    { type: 'RandomUniform', of: 'evenly distributed numbers', attributes: uniform },
  ] as const
).map(({ type, of, attributes }) =>
  defineOp({
    ...aspects,
    type,
    summary: `A tensor of ${of}.`,
    inputs: [],
    outputs: ['output'],
    attributes: {
      ...attributes,
      seed,
      dtype: attribute.int('Number of the element type.', 1),
      shape: attribute.ints('Shape of the output.'),
    },
    infer: ({ attributes: { dtype, shape } }) => [tensorType(dataTypeOf(dtype), shape)],
    channels: { none: 'its output depends on no input' },
    samples: [
      {
        name: 'seeded',
        inputs: [],
        attributes: new Map([
          ['shape', ints([2, 3])],
          ['seed', float(1)],
        ]),
      },
    ],
  }),
);

/** Random tensors in the shape of the input. */
export const randomLike: readonly Operator[] = (
  [
    { type: 'RandomNormalLike', of: 'Normally distributed numbers', attributes: normal },
    { type: 'RandomUniformLike', of: 'Evenly distributed numbers', attributes: uniform },
    {
      type: 'Bernoulli',
      of: 'Ones with the probability that each element gives, zeros otherwise',
      attributes: {},
    },
  ] as const
).map(({ type, of, attributes }) =>
  defineOp({
    ...aspects,
    type,
    summary: `${of}, in the shape of the input.`,
    inputs: ['input'],
    outputs: ['output'],
    attributes: {
      ...attributes,
      seed,
      dtype: attribute.int('Number of the element type; that of the input by default.'),
    },
    infer: ({ inputs: [x], attributes: { dtype } }) => [
      tensorOf(dtype === undefined ? elementOf(x) : dataTypeOf(dtype), shapeOf(x)),
    ],
    channels: sameChannels,
    samples: [
      { name: 'seeded', inputs: [waveInput([2, 3], 0.4, 0.5)], attributes: new Map([['seed', float(1)]]) },
      {
        name: 'as double',
        inputs: [waveInput([2, 3], 0.4, 0.5)],
        attributes: new Map([
          ['seed', float(1)],
          ['dtype', int(11)],
        ]),
      },
    ],
  }),
);

export const multinomial = defineOp({
  ...aspects,
  type: 'Multinomial',
  summary: 'Draws class indices from the unnormalized log-probabilities of each row.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: {
    dtype: attribute.int('Number of the element type: int32 or int64.', 6),
    sample_size: attribute.int('Draws from each row.', 1),
    seed,
  },
  infer: ({ inputs: [x], attributes: { dtype, sample_size } }) => [
    tensorType(dataTypeOf(dtype), [shapeOf(x)?.[0] ?? unknownDim, sample_size]),
  ],
  channels: { none: 'it draws over the class axis' },
  samples: [
    {
      name: 'three draws',
      inputs: [waveInput([2, 4])],
      attributes: new Map([
        ['sample_size', int(3)],
        ['seed', float(1)],
      ]),
    },
  ],
});
