import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { proves, refuses } from './shared/prove.testing.ts';
import { staticReshape } from './static-reshape.ts';

const list = (b: Builder, ...values: number[]) => b.constant('int64', [values.length], values);
const sizeOfAxis = (b: Builder, axis: number) =>
  b.op('Slice', [b.op('Shape', ['x']), list(b, axis), list(b, axis + 1)]);
const joined = (b: Builder, ...parts: string[]) => b.op('Concat', parts, { axis: int(0) });

proves(
  staticReshape,
  {
    name: 'heads of an attention, for any batch',
    inputs: { x: ['N', 4, 6] },
    build: (b) => b.op('Reshape', ['x', joined(b, sizeOfAxis(b, 0), list(b, 4, 2, 3))]),
  },
  ['Reshape'],
);
proves(
  staticReshape,
  {
    name: 'a size that is a multiple of the batch, two readers of one shape',
    inputs: { x: ['N', 4, 6] },
    build: (b) => {
      const shape = joined(b, b.op('Mul', [sizeOfAxis(b, 0), list(b, 4)]), list(b, 6));
      return [b.op('Reshape', ['x', shape]), b.op('Reshape', [b.op('Neg', ['x']), shape])];
    },
  },
  ['Reshape', 'Neg', 'Reshape'],
);
refuses(
  staticReshape,
  {
    name: 'two sizes that vary',
    inputs: { x: ['N', 'M', 6] },
    build: (b) => b.op('Reshape', ['x', joined(b, sizeOfAxis(b, 0), sizeOfAxis(b, 1), list(b, 2, 3))]),
  },
  /more than one/,
);
refuses(
  staticReshape,
  {
    name: 'a shape that is an output too',
    inputs: { x: ['N', 6] },
    build: (b) => {
      const shape = joined(b, sizeOfAxis(b, 0), list(b, 2, 3));
      return [b.op('Reshape', ['x', shape]), shape];
    },
  },
  /read by more/,
);
