import { text } from '../ir/attribute.ts';
import {
  attribute,
  defineOp,
  type Operator,
  perElement,
  type Sample,
  sameChannels,
  zeroGradient,
} from './define.ts';
import { broadcastOf, broadcastType, waveInput } from './shared/elementwise.ts';
import { binaryInts } from './shared/int-arithmetic.ts';

const notQuantized = { none: 'its values are no real numbers' };

const numbers: readonly Sample[] = [
  { name: 'floats', inputs: [waveInput([2, 3]), waveInput([3], 0.8)] },
  {
    name: 'integers',
    inputs: [
      { type: 'int64', shape: [3], values: [1, 2, 3] },
      { type: 'int64', shape: [3], values: [3, 2, 1] },
    ],
  },
];
const masks: readonly Sample[] = [
  {
    name: 'masks',
    inputs: [
      { type: 'bool', shape: [2, 2], values: [0, 1, 0, 1] },
      { type: 'bool', shape: [2, 1], values: [0, 1] },
    ],
  },
];

const relation = (type: string, summary: string, samples: readonly Sample[]): Operator =>
  defineOp({
    type,
    summary,
    inputs: ['A', 'B'],
    outputs: ['C'],
    attributes: {},
    infer: (context) => {
      const result = broadcastOf(context, 'bool');
      const ints = binaryInts(context, type);
      return [ints ? { type: result, ints } : result];
    },
    cost: perElement(1),
    gradient: zeroGradient,
    channels: sameChannels,
    quantize: notQuantized,
    samples,
  });

const words: readonly Sample[] = [
  {
    name: 'words',
    inputs: [
      { type: 'int32', shape: [2, 2], values: [1, 2, 12, 255] },
      { type: 'int32', shape: [2], values: [3, 10] },
    ],
  },
];

const bitwise = (type: string, summary: string): Operator =>
  defineOp({
    type,
    summary,
    inputs: ['A', 'B'],
    outputs: ['C'],
    attributes: {},
    infer: broadcastType,
    cost: perElement(1),
    gradient: zeroGradient,
    channels: sameChannels,
    quantize: notQuantized,
    samples: words,
  });

/** Comparisons, logic and bits of two inputs that broadcast. */
export const comparisons: readonly Operator[] = [
  relation('Equal', 'True where A = B.', numbers),
  relation('Greater', 'True where A > B.', numbers),
  relation('GreaterOrEqual', 'True where A >= B.', numbers),
  relation('Less', 'True where A < B.', numbers),
  relation('LessOrEqual', 'True where A <= B.', numbers),
  relation('And', 'True where A and B are.', masks),
  relation('Or', 'True where A or B is.', masks),
  relation('Xor', 'True where one of A and B is.', masks),
  bitwise('BitwiseAnd', 'A and B, bit by bit.'),
  bitwise('BitwiseOr', 'A or B, bit by bit.'),
  bitwise('BitwiseXor', 'A exclusive or B, bit by bit.'),
  defineOp({
    type: 'BitShift',
    summary: 'X shifted by Y bits.',
    inputs: ['X', 'Y'],
    outputs: ['Z'],
    attributes: { direction: attribute.string('`LEFT` or `RIGHT`.', '') },
    infer: broadcastType,
    cost: perElement(1),
    gradient: zeroGradient,
    channels: sameChannels,
    quantize: notQuantized,
    samples: ['LEFT', 'RIGHT'].map((direction) => ({
      name: direction.toLowerCase(),
      inputs: [
        { type: 'uint8', shape: [3], values: [16, 4, 1] },
        { type: 'uint8', shape: [3], values: [1, 2, 3] },
      ],
      attributes: new Map([['direction', text(direction)]]),
    })),
  }),
];
