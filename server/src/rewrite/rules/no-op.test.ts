import { int, ints } from '../../ir/attribute.ts';
import { noOp } from './no-op.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const x = { x: ['N', 4, 6] } as const;

proves(
  noOp,
  {
    name: 'a chain of nodes that do nothing',
    inputs: x,
    build: (b) => {
      const relu = b.op('Relu', ['x']);
      const copy = b.op('Identity', [b.op('Dropout', [b.op('Cast', [relu], { to: int(1) })])]);
      const turned = b.op('Transpose', [copy], { perm: ints([0, 1, 2]) });
      const sum = b.op('Add', [
        b.constant('float', [], [0]),
        b.op('Mul', [turned, b.constant('float', [1], [1])]),
      ]);
      return b.op('Concat', [sum], { axis: int(1) });
    },
  },
  ['Relu'],
);
proves(
  noOp,
  {
    name: 'between an input and its readers',
    inputs: x,
    build: (b) => {
      const copy = b.op('Identity', ['x']);
      return [b.op('Relu', [copy]), b.op('Sigmoid', [copy])];
    },
  },
  ['Relu', 'Sigmoid'],
);
proves(
  noOp,
  {
    name: 'zeros and ones of the same shape',
    inputs: { x: [2, 3] },
    build: (b) => {
      const sum = b.op('Sub', [b.op('Relu', ['x']), b.constant('float', [2, 3], [0, 0, 0, 0, 0, 0])]);
      return b.op('Sigmoid', [b.op('Pad', [sum, b.constant('int64', [4], [0, 0, 0, 0])])]);
    },
  },
  ['Relu', 'Sigmoid'],
);
refuses(
  noOp,
  { name: 'a graph that is one copy', inputs: x, build: (b) => b.op('Identity', ['x']) },
  /node of its own/,
);
refuses(
  noOp,
  {
    name: 'a zero that broadcasts',
    inputs: { x: [1, 4] },
    build: (b) => b.op('Relu', [b.op('Add', ['x', b.constant('float', [3, 1], [0, 0, 0])])]),
  },
  /changes the shape/,
);
refuses(
  noOp,
  {
    name: 'a Cast that rounds',
    inputs: x,
    build: (b) => b.op('Abs', [b.op('Cast', ['x'], { to: int(7) })]),
  },
  /changes the type/,
);
refuses(
  noOp,
  {
    name: 'a Slice that turns an axis round',
    inputs: { x: [4] },
    build: (b) => {
      const list = (value: number) => b.constant('int64', [1], [value]);
      return b.op('Relu', [b.op('Slice', ['x', list(-1), list(-5), list(0), list(-1)])]);
    },
  },
  /steps/,
);
