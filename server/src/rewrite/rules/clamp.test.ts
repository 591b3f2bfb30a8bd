import { float } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { clampChain, clampOfExtremes, clipToRelu } from './clamp.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const inputs = { x: ['N', 7] } as const;
const scalar = (b: Builder, value: number) => b.constant('float', [], [value]);

proves(
  clampChain,
  {
    name: 'Relu and two overlapping Clips',
    inputs,
    build: (b) => {
      const first = b.op('Clip', [b.op('Relu', ['x']), scalar(b, -1), scalar(b, 0.8)]);
      return b.op('Clip', [first, scalar(b, 0.2)]);
    },
  },
  ['Clip'],
);
proves(
  clampChain,
  {
    name: 'bounds that do not overlap',
    inputs,
    build: (b) =>
      b.op('Clip', [b.op('Clip', ['x', scalar(b, 1), scalar(b, 2)]), scalar(b, -2), scalar(b, 0.5)]),
  },
  ['Clip'],
);
proves(
  clampChain,
  {
    name: 'bounds as attributes',
    inputs,
    opset: 10,
    build: (b) => b.op('Clip', [b.op('Relu', ['x'])], { max: float(0.6) }),
  },
  ['Clip'],
);
proves(clipToRelu, { name: 'no upper bound', inputs, build: (b) => b.op('Clip', ['x', scalar(b, 0)]) }, [
  'Relu',
]);
proves(
  clampOfExtremes,
  {
    name: 'both orders',
    inputs,
    build: (b) => {
      const first = b.op('Min', [scalar(b, 0.9), b.op('Max', ['x', scalar(b, -0.3)])]);
      return b.op('Max', [b.op('Add', [first, b.op('Max', [scalar(b, 0), 'x'])]), scalar(b, 0)]);
    },
  },
  ['Clip', 'Relu', 'Add', 'Relu'],
);
refuses(
  clampChain,
  {
    name: 'a bound that is computed',
    inputs: { x: [3], y: [] },
    build: (b) => b.op('Relu', [b.op('Clip', ['x', 'y'])]),
  },
  /computed/,
);
refuses(
  clipToRelu,
  { name: 'an upper bound', inputs, build: (b) => b.op('Clip', ['x', scalar(b, 0), scalar(b, 6)]) },
  /other bounds/,
);
refuses(
  clampOfExtremes,
  {
    name: 'bounds that cross',
    inputs,
    build: (b) => b.op('Min', [b.op('Max', ['x', scalar(b, 2)]), scalar(b, 1)]),
  },
  /cross/,
);
