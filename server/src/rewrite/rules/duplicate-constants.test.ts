import { int } from '../../ir/attribute.ts';
import { duplicateConstants } from './duplicate-constants.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const ramp = Array.from({ length: 12 }, (_, i) => i);

proves(
  duplicateConstants,
  {
    name: 'three equal ones, one by a Constant node',
    inputs: { x: [1, 12] },
    build: (b) => {
      const copies = [0, 1].map(() => b.constant('float', [1, 12], ramp));
      const node = b.op('Constant', [], {
        value: { kind: 'tensor', value: { ...b.graph.constant(copies[0]!)!, name: '' } },
      });
      return b.op('Concat', ['x', ...copies, node], { axis: int(0) });
    },
  },
  ['Concat'],
);
refuses(
  duplicateConstants,
  {
    name: 'equal bytes of another shape, other bytes of the same shape',
    inputs: { x: [1, 12] },
    build: (b) => [
      b.op(
        'Concat',
        ['x', b.constant('float', [1, 12], ramp), b.constant('float', [1, 12], [...ramp].reverse())],
        { axis: int(0) },
      ),
      b.op(
        'Concat',
        [
          'x',
          b.constant(
            'float',
            [1, 12, 1].slice(0, 2),
            ramp.map((i) => i + 1),
          ),
        ],
        { axis: int(0) },
      ),
    ],
  },
  'no match',
);
