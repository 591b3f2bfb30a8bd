import { ints } from '../../ir/attribute.ts';
import { proves, refuses } from './shared/prove.testing.ts';
import { transposeChain } from './transpose-chain.ts';

const x = { x: ['N', 3, 4] } as const;

proves(
  transposeChain,
  {
    name: 'three become one, the first still read elsewhere',
    inputs: x,
    build: (b) => {
      const first = b.op('Transpose', ['x'], { perm: ints([1, 2, 0]) });
      const third = b.op('Transpose', [b.op('Transpose', [first], { perm: ints([2, 0, 1]) })]);
      return [b.op('Relu', [first]), third];
    },
  },
  ['Transpose', 'Transpose', 'Relu'],
);
proves(
  transposeChain,
  {
    name: 'there and back',
    inputs: x,
    build: (b) =>
      b.op('Relu', [
        b.op('Transpose', [b.op('Transpose', ['x'], { perm: ints([1, 2, 0]) })], { perm: ints([2, 0, 1]) }),
      ]),
  },
  ['Relu'],
);
refuses(
  transposeChain,
  {
    name: 'one with an operator in between',
    inputs: x,
    build: (b) => b.op('Transpose', [b.op('Relu', [b.op('Transpose', ['x'])])]),
  },
  'no match',
);
