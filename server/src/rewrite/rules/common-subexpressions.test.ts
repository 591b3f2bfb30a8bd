import { int } from '../../ir/attribute.ts';
import { commonSubexpressions } from './common-subexpressions.ts';
import { proves, refuses } from './shared/prove.testing.ts';

proves(
  commonSubexpressions,
  {
    name: 'two equal chains',
    inputs: { x: [2, 3] },
    build: (b) => {
      const branch = () => b.op('Sigmoid', [b.op('Relu', ['x'])]);
      return b.op('Concat', [branch(), branch()], { axis: int(1) });
    },
  },
  ['Relu', 'Sigmoid', 'Concat'],
);
refuses(
  commonSubexpressions,
  {
    name: 'other attributes, and outputs of the graph',
    inputs: { x: [2, 3, 4] },
    build: (b) => {
      const flat = (axis: number) => b.op('Flatten', ['x'], { axis: int(axis) });
      return [b.op('Relu', [flat(1)]), b.op('Relu', [flat(2)]), b.op('Relu', ['x']), b.op('Relu', ['x'])];
    },
  },
  'no match',
);
