import { ints, text } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { wave } from '../../ops/shared/elementwise.ts';
import { foldPad } from './fold-pad.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const pads = (b: Builder, ...values: number[]) => b.constant('int64', [values.length], values);
const conv = (b: Builder, x: string) =>
  b.op('Conv', [x, b.constant('float', [4, 3, 3, 3], wave(108))], { pads: ints([1, 0, 0, 1]) });
const x = { x: ['N', 3, 6, 6] } as const;

proves(
  foldPad,
  {
    name: 'before Conv, with an explicit zero',
    inputs: x,
    build: (b) => conv(b, b.op('Pad', ['x', pads(b, 0, 0, 1, 2, 0, 0, 0, 3), b.constant('float', [], [0])])),
  },
  ['Conv'],
);
proves(
  foldPad,
  {
    name: 'of named axes, before AveragePool',
    inputs: x,
    build: (b) =>
      b.op('AveragePool', [b.op('Pad', ['x', pads(b, 1, 2, 0, 1), '', pads(b, -1, 2)])], {
        kernel_shape: ints([3, 3]),
        strides: ints([2, 2]),
      }),
  },
  ['AveragePool'],
);
refuses(
  foldPad,
  {
    name: 'mirrored edges',
    inputs: x,
    build: (b) => conv(b, b.op('Pad', ['x', pads(b, 0, 0, 1, 1, 0, 0, 1, 1)], { mode: text('reflect') })),
  },
  /reflect/,
);
refuses(
  foldPad,
  {
    name: 'more channels',
    inputs: { x: [1, 2, 6, 6] },
    build: (b) => conv(b, b.op('Pad', ['x', pads(b, 0, 1, 0, 0, 0, 0, 0, 0)])),
  },
  /channels/,
);
refuses(
  foldPad,
  {
    name: 'ones',
    inputs: x,
    build: (b) => conv(b, b.op('Pad', ['x', pads(b, 0, 0, 1, 1, 0, 0, 1, 1), b.constant('float', [], [1])])),
  },
  /another value/,
);

const pooled = (b: Builder, input: string, size: number) =>
  b.op('MaxPool', [b.op('Pad', [input, pads(b, 0, 0, 1, 0, 0, 0, 1, 1)])], {
    kernel_shape: ints([size, size]),
  });
proves(
  foldPad,
  { name: 'before MaxPool, behind Relu', inputs: x, build: (b) => pooled(b, b.op('Relu', ['x']), 2) },
  ['Relu', 'MaxPool'],
);
refuses(
  foldPad,
  { name: 'before MaxPool, where elements may be negative', inputs: x, build: (b) => pooled(b, 'x', 2) },
  /may be negative/,
);
refuses(
  foldPad,
  {
    name: 'before MaxPool, windows of one element',
    inputs: x,
    build: (b) => pooled(b, b.op('Relu', ['x']), 1),
  },
  /padding alone/,
);
