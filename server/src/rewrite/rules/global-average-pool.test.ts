import { int, ints } from '../../ir/attribute.ts';
import { globalAveragePool } from './global-average-pool.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const x = { x: ['N', 3, 4, 5] } as const;

proves(
  globalAveragePool,
  {
    name: 'axes kept, given as an input',
    inputs: x,
    build: (b) => b.op('ReduceMean', ['x', b.constant('int64', [2], [-1, -2])]),
  },
  ['GlobalAveragePool'],
);
proves(
  globalAveragePool,
  {
    name: 'axes given as an attribute',
    inputs: x,
    opset: 13,
    build: (b) => b.op('ReduceMean', ['x'], { axes: ints([2, 3]) }),
  },
  ['GlobalAveragePool'],
);
refuses(
  globalAveragePool,
  {
    name: 'axes that go',
    inputs: x,
    opset: 13,
    build: (b) => b.op('ReduceMean', ['x'], { axes: ints([2, 3]), keepdims: int(0) }),
  },
  /axes go/,
);
refuses(
  globalAveragePool,
  {
    name: 'the width alone',
    inputs: x,
    build: (b) => b.op('ReduceMean', ['x', b.constant('int64', [1], [3])]),
  },
  /whole image/,
);
refuses(
  globalAveragePool,
  {
    name: 'a sequence',
    inputs: { x: [2, 3, 4] },
    build: (b) => b.op('ReduceMean', ['x', b.constant('int64', [1], [2])]),
  },
  /no image/,
);
