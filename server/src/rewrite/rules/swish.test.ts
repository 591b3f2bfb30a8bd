import { proves, refuses } from './shared/prove.testing.ts';
import { swish } from './swish.ts';

const inputs = { x: ['N', 6], y: ['N', 6] } as const;

proves(swish, { name: 'SiLU', inputs, opset: 24, build: (b) => b.op('Mul', ['x', b.op('Sigmoid', ['x'])]) }, [
  'Swish',
]);
refuses(
  swish,
  {
    name: 'a gate of another value',
    inputs,
    opset: 24,
    build: (b) => b.op('Mul', ['x', b.op('Sigmoid', ['y'])]),
  },
  'no match',
);
refuses(
  swish,
  {
    name: 'an opset without Swish',
    inputs,
    opset: 21,
    build: (b) => b.op('Mul', ['x', b.op('Sigmoid', ['x'])]),
  },
  /24/,
);
