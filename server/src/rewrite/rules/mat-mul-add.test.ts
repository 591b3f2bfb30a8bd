import { wave } from '../../ops/shared/elementwise.ts';
import { matMulAdd } from './mat-mul-add.ts';
import { proves, refuses } from './shared/prove.testing.ts';

proves(
  matMulAdd,
  {
    name: 'with a bias, and with a matrix that is computed later',
    inputs: { x: ['N', 4], y: [4, 3] },
    build: (b) => {
      const first = b.op('Add', [
        b.constant('float', [4], wave(4)),
        b.op('MatMul', ['x', b.constant('float', [4, 4], wave(16))]),
      ]);
      const product = b.op('MatMul', [first, 'y']);
      return b.op('Add', [product, b.op('Relu', [b.constant('float', [1, 3], wave(3))])]);
    },
  },
  ['Gemm', 'Relu', 'Gemm'],
);
refuses(
  matMulAdd,
  {
    name: 'a stack of matrices',
    inputs: { x: [2, 5, 4] },
    build: (b) =>
      b.op('Add', [
        b.op('MatMul', ['x', b.constant('float', [4, 3], wave(12))]),
        b.constant('float', [3], wave(3)),
      ]),
  },
  /ranks 3 and 2/,
);
refuses(
  matMulAdd,
  {
    name: 'a result that the Add grows',
    inputs: { x: [1, 4] },
    build: (b) =>
      b.op('Add', [
        b.op('MatMul', ['x', b.constant('float', [4, 3], wave(12))]),
        b.constant('float', [5, 3], wave(15)),
      ]),
  },
  /grows/,
);
