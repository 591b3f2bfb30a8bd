import { int } from '../ir/attribute.ts';
import type { ValueType } from '../ir/value-type.ts';
import {
  attribute,
  defineOp,
  type GradientContext,
  type InferRule,
  type Interval,
  type None,
  type Operator,
  perElement,
  type Sample,
  sameChannels,
} from './define.ts';
import { type Calculator, calculator } from './shared/calculator.ts';
import { broadcastType, waveInput } from './shared/elementwise.ts';
import { binaryInts } from './shared/int-arithmetic.ts';

/** The broadcast type, with the integers that the result is known to hold. */
const withInts =
  (type: string): InferRule =>
  (context) => {
    const [result] = broadcastType(context);
    const ints = binaryInts(context, type);
    return [ints ? { type: result as ValueType | undefined, ints } : result];
  };

interface Arithmetic {
  readonly type: string;
  readonly summary: string;
  /** Gradients of A and B from dY. */
  readonly gradient: (
    m: Calculator,
    value: { readonly a: string; readonly b: string; readonly y: string; readonly dy: string },
    wants: GradientContext['wants'],
  ) => readonly (string | undefined)[];
  readonly quantize: 'compute' | None;
  readonly range?: (a: Interval, b: Interval) => Interval;
  readonly samples: readonly Sample[];
}

const noKernel: None = { none: 'onnxruntime has no int8 kernel for it' };

const pair = (scale = 1, shift = 0): readonly Sample[] => [
  { name: 'same shape', inputs: [waveInput([2, 3], 1.5, shift), waveInput([2, 3], scale, shift + 0.2)] },
  {
    name: 'a vector along the last axis',
    inputs: [waveInput([2, 3, 4], 1, shift), waveInput([4], scale, shift)],
  },
  { name: 'both sides grow', inputs: [waveInput([2, 1, 3], 1, shift), waveInput([4, 1], scale, shift)] },
  { name: 'a scalar', inputs: [waveInput([], 1, shift), waveInput([3, 2], scale, shift)] },
];

const arithmetic_ = (row: Arithmetic): Operator =>
  defineOp({
    type: row.type,
    summary: row.summary,
    inputs: row.type === 'Pow' ? ['X', 'Y'] : ['A', 'B'],
    outputs: [row.type === 'Pow' ? 'Z' : 'C'],
    attributes: {},
    infer: withInts(row.type),
    cost: perElement(1),
    gradient: (context) => {
      const [a, b, y, dy] = [context.inputs[0]!, context.inputs[1]!, context.outputs[0]!, context.dy[0]];
      return dy ? row.gradient(calculator(context), { a, b, y, dy }, context.wants) : [];
    },
    channels: sameChannels,
    quantize: row.quantize === 'compute' ? { kind: 'compute' } : row.quantize,
    range: row.range && (({ inputs: [a, b] }) => (a && b ? row.range!(a, b) : undefined)),
    samples: row.samples,
  });

/** An infinite bound times zero is zero: the elements themselves are finite. */
function productRange(a: Interval, b: Interval): Interval {
  const corners = [a.low, a.high].flatMap((x) =>
    [b.low, b.high].map((y) => (x === 0 || y === 0 ? 0 : x * y)),
  );
  return { low: Math.min(...corners), high: Math.max(...corners) };
}

/** Arithmetic of two inputs that broadcast (ONNX "Broadcasting"). */
export const arithmetic: readonly Operator[] = [
  arithmetic_({
    type: 'Add',
    range: (a, b) => ({ low: a.low + b.low, high: a.high + b.high }),
    summary: 'A + B, element by element.',
    gradient: (_m, { dy }) => [dy, dy],
    quantize: 'compute',
    samples: pair(),
  }),
  arithmetic_({
    type: 'Sub',
    range: (a, b) => ({ low: a.low - b.high, high: a.high - b.low }),
    summary: 'A - B, element by element.',
    gradient: (m, { dy }, wants) => [dy, wants(1) ? m.neg(dy) : undefined],
    quantize: noKernel,
    samples: pair(),
  }),
  arithmetic_({
    type: 'Mul',
    range: productRange,
    summary: 'A B, element by element.',
    gradient: (m, { a, b, dy }, wants) => [
      wants(0) ? m.mul(dy, b) : undefined,
      wants(1) ? m.mul(dy, a) : undefined,
    ],
    quantize: 'compute',
    samples: pair(),
  }),
  arithmetic_({
    type: 'Div',
    summary: 'A / B, element by element; integers round towards zero.',
    gradient: (m, { b, y, dy }, wants) => {
      const da = m.div(dy, b);
      return [da, wants(1) ? m.neg(m.mul(da, y)) : undefined];
    },
    quantize: noKernel,
    samples: pair(0.5, 2.5),
  }),
  arithmetic_({
    type: 'Pow',
    summary: 'A to the power B, element by element.',
    gradient: (m, { a, b: exponent, y, dy }, wants) => [
      wants(0) ? m.mul(dy, m.mul(m.cast(exponent), m.pow(a, m.sub(m.cast(exponent), 1)))) : undefined,
      // log(a) exists for a > 0 only.
      wants(1) ? m.where(m.greater(a, 0), m.mul(dy, m.mul(y, m.log(a))), 0) : undefined,
    ],
    quantize: noKernel,
    samples: [
      ...pair(0.5, 2),
      {
        name: 'an integer exponent and negative bases',
        inputs: [waveInput([2, 3]), { type: 'int64', shape: [], values: [3], constant: true }],
      },
    ],
  }),
  defineOp({
    type: 'Mod',
    summary: 'The remainder of A / B: with the sign of B, or with that of A when `fmod` is 1.',
    inputs: ['A', 'B'],
    outputs: ['C'],
    attributes: { fmod: attribute.int('Must be 1 for floating point.', 0) },
    infer: withInts('Mod'),
    cost: perElement(1),
    gradient: (context) => {
      const [a, b, dy] = [context.inputs[0]!, context.inputs[1]!, context.dy[0]];
      if (!dy) return [];
      const m = calculator(context);
      // a - b trunc(a / b); trunc rounds towards zero.
      const quotient = m.div(a, b);
      const whole = m.mul(m.sign(quotient), context.build.op('Floor', [m.abs(quotient)]));
      return [dy, context.wants(1) ? m.neg(m.mul(dy, whole)) : undefined];
    },
    channels: sameChannels,
    quantize: noKernel,
    samples: [
      {
        name: 'floats',
        inputs: [waveInput([2, 3], 5), waveInput([3], 0.3, 1.5)],
        attributes: new Map([['fmod', int(1)]]),
      },
      {
        name: 'integers',
        inputs: [
          { type: 'int64', shape: [4], values: [7, -7, 7, -7] },
          { type: 'int64', shape: [4], values: [3, 3, -3, -3] },
        ],
      },
    ],
  }),
  ...(['Max', 'Min', 'Sum', 'Mean'] as const).map((type) =>
    defineOp({
      type,
      summary: `${{ Max: 'The largest', Min: 'The smallest', Sum: 'The sum', Mean: 'The mean' }[type]} of any number of inputs, element by element.`,
      inputs: ['data_0*'],
      outputs: [type.toLowerCase()],
      attributes: {},
      infer: withInts(type),
      cost: ({ inputs, outputs, count }) => ({ macs: 0, operations: inputs.length * count(outputs[0]) }),
      gradient: (context) => {
        const dy = context.dy[0];
        if (!dy) return [];
        const m = calculator(context);
        if (type === 'Sum') return context.inputs.map(() => dy);
        if (type === 'Mean') return context.inputs.map(() => m.div(dy, context.inputs.length));
        const hits = context.inputs.map((input) => m.equal(input, context.outputs[0]!));
        // Where several inputs are the extreme one, they share the gradient.
        const ties = hits.map(m.cast).reduce((a, b) => m.add(a, b));
        const share = m.div(dy, ties);
        return hits.map((hit, index) => (context.wants(index) ? m.where(hit, share, 0) : undefined));
      },
      channels: sameChannels,
      quantize: noKernel,
      samples: [
        {
          name: 'three inputs',
          inputs: [waveInput([2, 3]), waveInput([3], 0.7), waveInput([2, 1], 0.4, 0.3)],
        },
        { name: 'one input', inputs: [waveInput([2, 3])] },
      ],
    }),
  ),
];
