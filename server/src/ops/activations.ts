import type { Builder } from '../ir/builder.ts';
import { defineOp, type Operator, perElement, sameChannels } from './define.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';

interface Activation {
  readonly type: string;
  readonly summary: string;
  /** Operations an element. */
  readonly operations: number;
  /** dX from dY, with the names of input and output at hand. */
  readonly gradient: (build: Builder, x: string, y: string, dy: string) => string;
  /** True when it keeps the order and sign of zero, so that int8 needs no scale of its own. */
  readonly quantize: 'compute' | { readonly none: string };
}

const activation = ({ type, summary, operations, gradient, quantize }: Activation): Operator =>
  defineOp({
    type,
    summary,
    inputs: ['X'],
    outputs: ['Y'],
    attributes: {},
    infer: sameAsInput,
    cost: perElement(operations),
    gradient: ({ build, inputs: [x], outputs: [y], dy: [dy] }) => (dy ? [gradient(build, x!, y!, dy)] : []),
    channels: sameChannels,
    quantize: quantize === 'compute' ? { kind: 'compute' } : quantize,
    samples: [{ name: 'wave', inputs: [waveInput([2, 3, 4], 2)] }],
  });

const one = (build: Builder) => build.constant('float', [], [1]);

/** Activations of one input without attributes: y = f(x), element by element. */
export const activations: readonly Operator[] = [
  activation({
    type: 'Relu',
    summary: 'max(x, 0), element by element.',
    operations: 1,
    // Where, not a product with the mask: it stays right when dY is not finite.
    gradient: (build, _x, y, dy) =>
      build.op('Where', [
        build.op('Greater', [y, build.constant('float', [], [0])]),
        dy,
        build.constant('float', [], [0]),
      ]),
    quantize: 'compute',
  }),
  activation({
    type: 'Sigmoid',
    summary: '1 / (1 + exp(-x)), element by element.',
    operations: 4,
    gradient: (build, _x, y, dy) =>
      build.op('Mul', [dy, build.op('Mul', [y, build.op('Sub', [one(build), y])])]),
    quantize: 'compute',
  }),
  activation({
    type: 'Tanh',
    summary: 'Hyperbolic tangent, element by element.',
    operations: 6,
    gradient: (build, _x, y, dy) =>
      build.op('Mul', [dy, build.op('Sub', [one(build), build.op('Mul', [y, y])])]),
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
  }),
];
