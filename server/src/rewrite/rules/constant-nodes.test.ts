import { floatList, ints } from '../../ir/attribute.ts';
import { tensor } from '../../ir/tensor.ts';
import { constantNodes } from './constant-nodes.ts';
import { proves, refuses } from './shared/prove.testing.ts';

proves(
  constantNodes,
  {
    name: 'a tensor and lists of numbers',
    inputs: { x: [2, 3] },
    build: (b) => {
      const matrix = tensor('', 'float', [2, 3], [1, 2, 3, 4, 5, 6]);
      const sum = b.op('Add', ['x', b.op('Constant', [], { value: { kind: 'tensor', value: matrix } })]);
      const product = b.op('Mul', [sum, b.op('Constant', [], { value_floats: floatList([1, -1, 2]) })]);
      return b.op('Reshape', [product, b.op('Constant', [], { value_ints: ints([3, 2]) })]);
    },
  },
  ['Add', 'Mul', 'Reshape'],
);
refuses(
  constantNodes,
  {
    name: 'an output of the graph',
    inputs: { x: [2] },
    build: (b) => [b.op('Relu', ['x']), b.op('Constant', [], { value_floats: floatList([1, 2]) })],
  },
  'no match',
);
