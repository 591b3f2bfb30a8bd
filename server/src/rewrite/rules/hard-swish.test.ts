import { float } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { hardSwish, hardSwishOfSigmoid } from './hard-swish.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const inputs = { x: ['N', 6] } as const;
const scalar = (b: Builder, value: number) => b.constant('float', [], [value]);
const clip = (b: Builder, top: number) =>
  b.op('Clip', [b.op('Add', ['x', scalar(b, 3)]), scalar(b, 0), scalar(b, top)]);

proves(
  hardSwish,
  { name: 'a quotient', inputs, build: (b) => b.op('Div', [b.op('Mul', ['x', clip(b, 6)]), scalar(b, 6)]) },
  ['HardSwish'],
);
proves(
  hardSwish,
  {
    name: 'a product',
    inputs,
    build: (b) => b.op('Mul', ['x', b.op('Mul', [clip(b, 6), scalar(b, 1 / 6)])]),
  },
  ['HardSwish'],
);
proves(
  hardSwishOfSigmoid,
  {
    name: 'HardSigmoid',
    inputs,
    build: (b) => b.op('Mul', [b.op('HardSigmoid', ['x'], { alpha: float(1 / 6) }), 'x']),
  },
  ['HardSwish'],
);
refuses(
  hardSwish,
  {
    name: 'another bound',
    inputs,
    build: (b) => b.op('Div', [b.op('Mul', ['x', clip(b, 5)]), scalar(b, 6)]),
  },
  'no match',
);
refuses(
  hardSwishOfSigmoid,
  { name: 'the default slope', inputs, build: (b) => b.op('Mul', [b.op('HardSigmoid', ['x']), 'x']) },
  /slope/,
);
