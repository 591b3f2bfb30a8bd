import { float, int, ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { wave } from '../../ops/shared/elementwise.ts';
import { foldBatchNormalization } from './fold-batch-normalization.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const constants = (build: Builder, channels: number, variance = 0.5) => [
  build.constant('float', [channels], wave(channels, 1, 1.5), 'scale'),
  build.constant('float', [channels], wave(channels, 2), 'shift'),
  build.constant('float', [channels], wave(channels, 3), 'mean'),
  build.constant('float', [channels], wave(channels, 0.4, variance), 'variance'),
];
const weights = (build: Builder, dims: readonly number[]) =>
  build.constant('float', dims, wave(dims.reduce((a, b) => a * b, 1)), 'w');
const epsilon = { epsilon: float(1e-3) };

proves(
  foldBatchNormalization,
  {
    name: 'Conv with a bias',
    inputs: { x: ['N', 3, 6, 6] },
    build: (b) =>
      b.op(
        'BatchNormalization',
        [
          b.op('Conv', ['x', weights(b, [5, 3, 3, 3]), b.constant('float', [5], wave(5), 'bias')]),
          ...constants(b, 5),
        ],
        epsilon,
      ),
  },
  ['Conv'],
);
proves(
  foldBatchNormalization,
  {
    name: 'depthwise Conv without a bias, then a second one',
    inputs: { x: [2, 4, 6, 6] },
    build: (b) => {
      const first = b.op('Conv', ['x', weights(b, [4, 1, 3, 3])], { group: int(4) });
      const normal = b.op('BatchNormalization', [first, ...constants(b, 4)], epsilon);
      const second = b.op('Conv', [normal, weights(b, [6, 4, 1, 1])]);
      return b.op('Relu', [b.op('BatchNormalization', [second, ...constants(b, 6)])]);
    },
  },
  ['Conv', 'Conv', 'Relu'],
);
proves(
  foldBatchNormalization,
  {
    name: 'grouped ConvTranspose',
    inputs: { x: [2, 4, 5, 5] },
    build: (b) =>
      b.op(
        'BatchNormalization',
        [
          b.op('ConvTranspose', ['x', weights(b, [4, 3, 3, 3])], { group: int(2), strides: ints([2, 2]) }),
          ...constants(b, 6),
        ],
        epsilon,
      ),
  },
  ['ConvTranspose'],
);
refuses(
  foldBatchNormalization,
  {
    name: 'a convolution that others read',
    inputs: { x: [1, 3, 6, 6] },
    build: (b) => {
      const conv = b.op('Conv', ['x', weights(b, [5, 3, 3, 3])]);
      return [b.op('BatchNormalization', [conv, ...constants(b, 5)]), b.op('Relu', [conv])];
    },
  },
  /read elsewhere/,
);
refuses(
  foldBatchNormalization,
  {
    name: 'weights that are computed',
    inputs: { x: [1, 3, 6, 6], w: [5, 3, 3, 3] },
    build: (b) => b.op('BatchNormalization', [b.op('Conv', ['x', 'w']), ...constants(b, 5)]),
  },
  'no match',
);
refuses(
  foldBatchNormalization,
  {
    name: 'a variance below zero',
    inputs: { x: [1, 3, 6, 6] },
    build: (b) =>
      b.op('BatchNormalization', [b.op('Conv', ['x', weights(b, [5, 3, 3, 3])]), ...constants(b, 5, -1)]),
  },
  /variance/,
);
