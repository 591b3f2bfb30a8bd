import { type Attribute, int, text } from '../ir/attribute.ts';
import { type Dim, unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, type GradientContext, type Operator, type Sample } from './define.ts';
import { waveInput } from './shared/elementwise.ts';
import { type RecurrentType, recurrentTypes } from './shared/recurrent-cells.ts';
import { recurrentGradient } from './shared/recurrent-gradient.ts';

const attributes = {
  activation_alpha: attribute.floats('Alpha of every activation.'),
  activation_beta: attribute.floats('Beta of every activation.'),
  activations: attribute.strings('Activations of the gates; sigmoid and tanh by default.'),
  clip: attribute.float('Limit of what goes into an activation.'),
  direction: attribute.string('`forward`, `reverse` or `bidirectional`.', 'forward'),
  hidden_size: attribute.int('Size of the hidden state.'),
  layout: attribute.int('0: [time, batch, features]; 1: [batch, time, features].', 0),
};

const own = {
  RNN: {},
  GRU: {
    linear_before_reset: attribute.int('1 multiplies the state before the reset gate acts.', 0),
  },
  LSTM: { input_forget: attribute.int('1 couples the input and the forget gate.', 0) },
} as const;

const summaries: Readonly<Record<RecurrentType, string>> = {
  RNN: 'Recurrent layer: h = tanh(W x + R h + b), step by step.',
  GRU: 'Gated recurrent units: update and reset gates decide what of the state stays.',
  LSTM: 'Long short-term memory: input, output and forget gates around a cell state.',
};

const features = 3;
const hidden = 2;
const weights = (gates: number, directions: number) => [
  waveInput([directions, gates * hidden, features], 0.8),
  waveInput([directions, gates * hidden, hidden], 0.7, 0.1),
];

function samples(type: RecurrentType, gates: number): readonly Sample[] {
  const size: readonly [string, Attribute] = ['hidden_size', int(hidden)];
  const outputs = type === 'LSTM' ? 3 : 2;
  const states = type === 'LSTM' ? 2 : 1;
  const batchAxis = 1;
  const given = (directions: number) => [
    waveInput([4, 2, features]),
    ...weights(gates, directions),
    waveInput([directions, 2 * gates * hidden], 0.4),
  ];
  const full: Sample = {
    name: 'with bias and initial state',
    inputs: [
      ...given(1),
      undefined,
      ...Array.from({ length: states }, (_, i) => waveInput([1, 2, hidden], 0.5, 0.1 * i)),
    ],
    attributes: new Map([size]),
    outputs,
    batchAxis,
  };
  const both: Sample = {
    name: 'both directions',
    inputs: given(2),
    attributes: new Map([size, ['direction', text('bidirectional')]]),
    outputs,
    batchAxis,
  };
  const reverse: Sample = {
    name: 'backwards, without bias',
    inputs: [waveInput([3, 2, features]), ...weights(gates, 1)],
    attributes: new Map([size, ['direction', text('reverse')]]),
    outputs,
    batchAxis,
  };
  const before: Sample = {
    ...full,
    name: 'state multiplied before the reset',
    attributes: new Map([size, ['linear_before_reset', int(1)]]),
  };
  return [full, both, reverse, ...(type === 'GRU' ? [before] : [])];
}

/**
 * Recurrent layers. X is [time, batch, features], W [directions, gates hidden, features], R [directions, gates hidden, hidden]
 * and B [directions, 2 gates hidden]; Y is [time, directions, batch, hidden], the last states [directions, batch, hidden].
 */
export const recurrent: readonly Operator[] = (Object.keys(recurrentTypes) as RecurrentType[]).map((type) => {
  const { gates, states } = recurrentTypes[type];
  return defineOp({
    type,
    summary: summaries[type],
    inputs: [
      'X',
      'W',
      'R',
      'B?',
      'sequence_lens?',
      'initial_h?',
      ...(states === 2 ? ['initial_c?', 'P?'] : []),
    ],
    outputs: ['Y?', 'Y_h?', ...(states === 2 ? ['Y_c?'] : [])],
    attributes: { ...attributes, ...own[type] },
    infer: ({ inputs: [x, , r], attributes: { direction, hidden_size, layout } }) => {
      if (x?.kind !== 'tensor') return [];
      const shape = shapeOf(x);
      const directions = direction === 'bidirectional' ? 2 : 1;
      const size: Dim = hidden_size ?? shapeOf(r)?.[2] ?? unknownDim;
      const [time, batch] = [shape?.[layout ? 1 : 0] ?? unknownDim, shape?.[layout ? 0 : 1] ?? unknownDim];
      const state = tensorType(x.type, layout ? [batch, directions, size] : [directions, batch, size]);
      const all = layout ? [batch, time, directions, size] : [time, directions, batch, size];
      return [tensorType(x.type, all), state, state];
    },
    cost: ({ inputs: [x, w, r], outputs: [y], count, dim }) => ({
      macs: dim(x, 0) * dim(x, 1) * (count(w) + count(r)),
      operations: 4 * gates * count(y),
    }),
    differentiable: { inputs: [0, 1, 2, 3, 5, 6] },
    gradient: (context) => recurrentGradient(context as unknown as GradientContext, type),
    // Features of the input; the hidden state is tied to itself through time, so it stays whole.
    channels: () => [{ from: { input: 1, axis: 2 }, to: { input: 0, axis: 2 } }],
    quantize: { none: 'onnxruntime has no int8 kernel for it in the standard domain' },
    samples: samples(type, gates),
  });
});
