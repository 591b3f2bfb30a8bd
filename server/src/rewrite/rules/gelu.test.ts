import type { Builder } from '../../ir/builder.ts';
import { gelu, geluTanh } from './gelu.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const scalar = (b: Builder, value: number) => b.constant('float', [], [value]);
const inputs = { x: ['N', 5] } as const;

proves(
  gelu,
  {
    name: 'the way PyTorch writes it',
    inputs,
    opset: 20,
    build: (b) => {
      const sum = b.op('Add', [b.op('Erf', [b.op('Div', ['x', scalar(b, Math.SQRT2)])]), scalar(b, 1)]);
      return b.op('Mul', [b.op('Mul', ['x', sum]), scalar(b, 0.5)]);
    },
  },
  ['Gelu'],
);
proves(
  gelu,
  {
    name: 'the half first, and a product for the quotient',
    inputs,
    opset: 20,
    build: (b) => {
      const sum = b.op('Add', [scalar(b, 1), b.op('Erf', [b.op('Mul', [scalar(b, Math.SQRT1_2), 'x'])])]);
      return b.op('Mul', [sum, b.op('Mul', [scalar(b, 0.5), 'x'])]);
    },
  },
  ['Gelu'],
);
proves(
  geluTanh,
  {
    name: 'the approximation',
    inputs,
    opset: 20,
    build: (b) => {
      const cube = b.op('Mul', [b.op('Mul', ['x', 'x']), 'x']);
      const inner = b.op('Add', ['x', b.op('Mul', [cube, scalar(b, 0.044715)])]);
      const sum = b.op('Add', [
        b.op('Tanh', [b.op('Mul', [inner, scalar(b, Math.sqrt(2 / Math.PI))])]),
        scalar(b, 1),
      ]);
      return b.op('Mul', [b.op('Mul', ['x', scalar(b, 0.5)]), sum]);
    },
  },
  ['Gelu'],
);
const spelled = (factor: number, opset: number) => ({
  name: `factor ${factor}, opset ${opset}`,
  inputs,
  opset,
  build: (b: Builder) => {
    const sum = b.op('Add', [b.op('Erf', [b.op('Div', ['x', scalar(b, factor)])]), scalar(b, 1)]);
    return b.op('Mul', [b.op('Mul', ['x', sum]), scalar(b, 0.5)]);
  },
});
refuses(gelu, spelled(1.5, 20), 'no match');
refuses(gelu, spelled(Math.SQRT2, 17), /opset 20/);
