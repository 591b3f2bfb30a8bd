import { int } from '../../ir/attribute.ts';
import { reshapeChain } from './reshape-chain.ts';
import { proves, refuses } from './shared/prove.testing.ts';

proves(
  reshapeChain,
  {
    name: 'four become one',
    inputs: { x: ['N', 3, 4, 1] },
    build: (b) => {
      const axis = b.constant('int64', [1], [3]);
      const squeezed = b.op('Unsqueeze', [b.op('Squeeze', [b.op('Relu', ['x']), axis]), axis]);
      return b.op('Flatten', [b.op('Reshape', [squeezed, b.constant('int64', [3], [0, 2, 6])])], {
        axis: int(1),
      });
    },
  },
  ['Relu', 'Reshape'],
);
proves(
  reshapeChain,
  {
    name: 'a target that is given, of sizes that are not known',
    inputs: { x: ['N', 'M'] },
    sizes: { N: 2, M: 6 },
    build: (b) =>
      b.op('Reshape', [b.op('Flatten', ['x'], { axis: int(0) }), b.constant('int64', [2], [4, -1])]),
  },
  ['Reshape'],
);
refuses(
  reshapeChain,
  {
    name: 'two sizes that are not known',
    inputs: { x: ['N', 'M'] },
    build: (b) => {
      const axis = b.constant('int64', [1], [1]);
      return b.op('Unsqueeze', [b.op('Unsqueeze', ['x', axis]), axis]);
    },
  },
  /more than one unknown/,
);
