import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { proves, refuses } from './shared/prove.testing.ts';
import { slicesToSplit } from './slices-to-split.ts';

const piece = (b: Builder, start: number, end: number, axis = -1, step = 1) =>
  b.op('Slice', ['x', ...[start, end, axis, step].map((value) => b.constant('int64', [1], [value]))]);
const x = { x: ['N', 3, 8] } as const;

proves(
  slicesToSplit,
  {
    name: 'halves, turned and joined as in a rotary embedding',
    inputs: x,
    build: (b) => {
      const [first, second] = [piece(b, 0, 4), piece(b, 4, 2 ** 31)];
      return b.op('Concat', [b.op('Neg', [second]), first], { axis: int(-1) });
    },
  },
  ['Split', 'Neg', 'Concat'],
);
proves(
  slicesToSplit,
  {
    name: 'three pieces of different sizes, as outputs of the graph',
    inputs: x,
    build: (b) => [piece(b, -2, 8), piece(b, 0, 1, 2), piece(b, 1, 6)],
  },
  ['Split'],
);
refuses(
  slicesToSplit,
  { name: 'pieces with a gap', inputs: x, build: (b) => [piece(b, 0, 3), piece(b, 4, 8)] },
  'no match',
);
refuses(
  slicesToSplit,
  { name: 'pieces that overlap', inputs: x, build: (b) => [piece(b, 0, 5), piece(b, 4, 8)] },
  'no match',
);
refuses(
  slicesToSplit,
  { name: 'every second element', inputs: x, build: (b) => [piece(b, 0, 4, -1, 2), piece(b, 4, 8)] },
  'no match',
);
refuses(
  slicesToSplit,
  { name: 'a symbolic axis', inputs: x, build: (b) => [piece(b, 0, 1, 0), piece(b, 1, 9, 0)] },
  'no match',
);
refuses(
  slicesToSplit,
  {
    name: 'an older opset',
    inputs: x,
    opset: 12,
    build: (b) => [piece(b, 0, 4), piece(b, 4, 8)],
  },
  'no match',
);
