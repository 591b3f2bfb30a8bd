import { float, int, ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { wave } from '../../ops/shared/elementwise.ts';
import { foldAffine } from './fold-affine.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const constant = (b: Builder, dims: readonly number[], shift = 0) =>
  b.constant(
    'float',
    dims,
    wave(
      dims.reduce((x, y) => x * y, 1),
      1,
      shift,
    ),
  );

proves(
  foldAffine,
  {
    name: 'all four operations behind Conv',
    inputs: { x: ['N', 3, 6, 6] },
    build: (b) => {
      const conv = b.op('Conv', ['x', constant(b, [5, 3, 3, 3]), constant(b, [5])]);
      const sum = b.op('Add', [constant(b, [5, 1, 1]), b.op('Mul', [conv, constant(b, [1, 5, 1, 1], 2)])]);
      return b.op('Div', [b.op('Sub', [sum, b.constant('float', [], [0.5])]), constant(b, [1], 3)]);
    },
  },
  ['Conv'],
);
proves(
  foldAffine,
  {
    name: 'grouped ConvTranspose without a bias',
    inputs: { x: [1, 4, 5] },
    build: (b) =>
      b.op('Mul', [
        b.op('ConvTranspose', ['x', constant(b, [4, 3, 2])], { group: int(2), strides: ints([2]) }),
        constant(b, [6, 1], 2),
      ]),
  },
  ['ConvTranspose'],
);
proves(
  foldAffine,
  {
    name: 'Gemm with factors, both layouts',
    inputs: { x: ['N', 4] },
    build: (b) => {
      const factors = { alpha: float(0.5), beta: float(-2) };
      const first = b.op('Gemm', ['x', constant(b, [4, 6]), constant(b, [1, 6])], factors);
      const second = b.op(
        'Gemm',
        [b.op('Mul', [first, constant(b, [6], 1)]), constant(b, [3, 6]), constant(b, [1])],
        {
          ...factors,
          transB: int(1),
        },
      );
      return b.op('Add', [second, constant(b, [1, 3])]);
    },
  },
  ['Gemm', 'Gemm'],
);
refuses(
  foldAffine,
  {
    name: 'a constant along the width, and one that grows the result',
    inputs: { x: [1, 3, 5, 5] },
    build: (b) => {
      const conv = () => b.op('Conv', ['x', constant(b, [5, 3, 1, 1])]);
      return [b.op('Add', [conv(), constant(b, [5])]), b.op('Mul', [conv(), constant(b, [2, 5, 1, 1])])];
    },
  },
  /not one a channel/,
);
refuses(
  foldAffine,
  {
    name: 'a constant divided by the result',
    inputs: { x: [1, 3, 5, 5] },
    build: (b) => b.op('Div', [constant(b, [1]), b.op('Conv', ['x', constant(b, [5, 3, 1, 1])])]),
  },
  'no match',
);
