import { int } from '../../ir/attribute.ts';
import { constantFolding } from './constant-folding.ts';
import { proves, refuses } from './shared/prove.testing.ts';

proves(
  constantFolding,
  {
    name: 'a chain of constants, one of them of another type',
    inputs: { x: [2, 3] },
    build: (b) => {
      const numbers = b.op('Cast', [b.constant('int64', [3], [1, 2, 3])], { to: int(1) });
      return b.op(
        'Concat',
        ['x', b.op('Reshape', [b.op('Sigmoid', [numbers]), b.constant('int64', [2], [1, 3])])],
        {
          axis: int(0),
        },
      );
    },
  },
  ['Concat'],
);
proves(
  constantFolding,
  {
    name: 'a shape that is known',
    inputs: { x: [2, 6] },
    build: (b) => b.op('Reshape', [b.op('Relu', ['x']), b.op('Shape', ['x'])]),
  },
  ['Relu', 'Reshape'],
);
proves(
  constantFolding,
  {
    name: 'a large constant in two halves, and reshaped',
    inputs: { x: [1] },
    build: (b) => {
      const large = b.constant('float', [100, 100], new Float32Array(10_000).fill(0.5));
      const halves = b.multi('Split', [b.op('Sqrt', [large])], 2, { num_outputs: int(2) });
      return halves.map((half) => b.op('Mul', ['x', half]));
    },
  },
  ['Mul', 'Mul'],
);
proves(
  constantFolding,
  {
    name: 'an output of the graph, which stays a node',
    inputs: { x: [2] },
    build: (b) => [
      b.op('Relu', ['x']),
      b.op('Sigmoid', [b.constant('float', [2], [0, 1])], {}, { name: 'constant' }),
    ],
  },
  ['Relu', 'Constant'],
);
refuses(
  constantFolding,
  {
    name: 'a result much larger than what it is made from',
    inputs: { x: [1] },
    build: (b) =>
      b.op(
        'Concat',
        ['x', b.op('Expand', [b.constant('float', [1], [1]), b.constant('int64', [1], [100_000])])],
        {
          axis: int(0),
        },
      ),
  },
  /larger/,
);
refuses(
  constantFolding,
  {
    name: 'three forms of one large constant',
    inputs: { x: [1] },
    build: (b) => {
      const large = b.constant('float', [100, 100], new Float32Array(10_000).fill(0.5));
      return ['Abs', 'Neg', 'Sqrt'].map((op) => b.op('Mul', ['x', b.op(op, [large])]));
    },
  },
  /larger/,
);
refuses(
  constantFolding,
  {
    name: 'random numbers',
    inputs: { x: [4] },
    build: (b) =>
      b.op('Relu', [
        b.op('Concat', ['x', b.op('RandomNormalLike', [b.constant('float', [4], [0, 0, 0, 0])])], {
          axis: int(0),
        }),
      ]),
  },
  'no match',
);
