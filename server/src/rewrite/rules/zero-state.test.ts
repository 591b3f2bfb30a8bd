import { int, tensorValue } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { tensor } from '../../ir/tensor.ts';
import { wave } from '../../ops/shared/elementwise.ts';
import { proves, refuses } from './shared/prove.testing.ts';
import { zeroState } from './zero-state.ts';

const hidden = 3;
const inputs = { x: [4, 'N', 2] } as const;

const layer = (b: Builder, op: string, gates: number, states: readonly string[]) =>
  b.multi(
    op,
    [
      'x',
      b.constant('float', [1, gates * hidden, 2], wave(gates * hidden * 2)),
      b.constant('float', [1, gates * hidden, hidden], wave(gates * hidden * hidden)),
      '',
      '',
      ...states,
    ],
    1,
    { hidden_size: int(hidden) },
  )[0]!;

const sizes = (b: Builder) => {
  const batch = b.op('Slice', [
    b.op('Shape', ['x']),
    b.constant('int64', [1], [1]),
    b.constant('int64', [1], [2]),
  ]);
  return b.op('Concat', [b.constant('int64', [1], [1]), batch, b.constant('int64', [1], [hidden])], {
    axis: int(0),
  });
};
const filled = (b: Builder, value: number) =>
  b.op('ConstantOfShape', [sizes(b)], { value: tensorValue(tensor('', 'float', [1], [value])) });

proves(
  zeroState,
  {
    name: 'LSTM, both states made for the batch',
    inputs,
    build: (b) => {
      const zeros = filled(b, 0);
      return layer(b, 'LSTM', 4, [zeros, zeros]);
    },
  },
  ['LSTM'],
);
proves(
  zeroState,
  {
    name: 'GRU, a zero that is expanded',
    inputs,
    build: (b) => layer(b, 'GRU', 3, [b.op('Expand', [b.constant('float', [], [0]), sizes(b)])]),
  },
  ['GRU'],
);
proves(
  zeroState,
  {
    name: 'LSTM, the cells alone',
    inputs: { ...inputs, state: [1, 'N', hidden] },
    build: (b) => layer(b, 'LSTM', 4, ['state', b.constant('float', [1, 3, hidden], new Array(9).fill(0))]),
  },
  ['LSTM'],
);
refuses(
  zeroState,
  { name: 'states of ones', inputs, build: (b) => layer(b, 'GRU', 3, [filled(b, 1)]) },
  /no initial state/,
);
refuses(
  zeroState,
  {
    name: 'states that are given',
    inputs: { ...inputs, state: [1, 'N', hidden] },
    build: (b) => layer(b, 'RNN', 1, ['state']),
  },
  /no initial state/,
);
