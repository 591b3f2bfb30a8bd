import { tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, type Operator, perElement, sameChannels, zeroGradient } from './define.ts';
import { sameAsInput } from './shared/elementwise.ts';
import { unaryInts } from './shared/int-arithmetic.ts';
import { withInts } from './shared/types.ts';

const notQuantized = { none: 'its values are no real numbers' };

/** Functions of one input whose result is a truth value or bits. */
export const predicates: readonly Operator[] = [
  ...(['IsNaN', 'IsInf'] as const).map((type) =>
    defineOp({
      type,
      summary: type === 'IsNaN' ? 'True where x is not a number.' : 'True where x is infinite.',
      inputs: ['X'],
      outputs: ['Y'],
      attributes:
        type === 'IsNaN'
          ? {}
          : {
              detect_negative: attribute.int('Whether minus infinity counts.', 1),
              detect_positive: attribute.int('Whether plus infinity counts.', 1),
            },
      infer: ({ inputs: [x] }) => [x?.kind === 'tensor' ? tensorType('bool', x.shape) : undefined],
      cost: perElement(1),
      gradient: zeroGradient,
      channels: sameChannels,
      quantize: notQuantized,
      samples: [
        {
          name: 'special values',
          inputs: [
            {
              type: 'float',
              shape: [2, 3],
              values: [0, Number.NaN, Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, -1],
            },
          ],
          noGradient: 'the values are not finite',
        },
      ],
    }),
  ),
  defineOp({
    type: 'Not',
    summary: 'Logical negation, element by element.',
    inputs: ['X'],
    outputs: ['Y'],
    attributes: {},
    infer: (context) => [
      withInts(
        context.inputs[0],
        unaryInts(context, (value) => Number(value === 0)),
      ),
    ],
    cost: perElement(1),
    gradient: zeroGradient,
    channels: sameChannels,
    quantize: notQuantized,
    samples: [{ name: 'mask', inputs: [{ type: 'bool', shape: [2, 2], values: [0, 1, 1, 0] }] }],
  }),
  defineOp({
    type: 'BitwiseNot',
    summary: 'All bits flipped, element by element.',
    inputs: ['X'],
    outputs: ['Y'],
    attributes: {},
    infer: sameAsInput,
    cost: perElement(1),
    gradient: zeroGradient,
    channels: sameChannels,
    quantize: notQuantized,
    samples: [{ name: 'integers', inputs: [{ type: 'int32', shape: [4], values: [0, 1, -2, 77] }] }],
  }),
];
