import { type Attribute, int } from '../ir/attribute.ts';
import { numbers } from '../ir/tensor.ts';
import {
  attribute,
  type ChannelRule,
  defineOp,
  type Operator,
  perElement,
  type Sample,
  sameChannels,
} from './define.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';

const attributes = {
  exclusive: attribute.int('1 leaves each element out of its own result.', 0),
  reverse: attribute.int('1 goes from the end to the begin.', 0),
};

/** Every axis goes through but the one that is summed. */
const channels: ChannelRule<unknown> = (context) => {
  const axis = context.constant(1);
  const rank = context.inputs[0]?.shape?.length ?? 0;
  if (!axis) return [];
  const along = numbers(axis)[0]!;
  return sameChannels({ ...context, inputs: context.inputs.slice(0, 1) }).filter(
    ({ to }) => to.axis !== (along < 0 ? along + rank : along),
  );
};

const samples = (opset: number | undefined): readonly Sample[] =>
  [0, 1].flatMap((exclusive) =>
    [0, 1].map((reverse) => ({
      name: `exclusive ${exclusive}, reverse ${reverse}`,
      ...(opset === undefined ? {} : { opset }),
      inputs: [waveInput([2, 3, 4]), { type: 'int64' as const, shape: [], values: [1], constant: true }],
      attributes: new Map<string, Attribute>([
        ['exclusive', int(exclusive)],
        ['reverse', int(reverse)],
      ]),
    })),
  );

/** Running sums and products along an axis. */
export const cumulative: readonly Operator[] = [
  defineOp({
    type: 'CumSum',
    summary: 'Running sum along an axis.',
    inputs: ['x', 'axis'],
    outputs: ['y'],
    attributes,
    infer: sameAsInput,
    cost: perElement(1),
    // The same sum from the other end.
    gradient: ({ build, inputs: [, axis], attributes: { exclusive, reverse }, dy: [dy] }) =>
      dy
        ? [build.op('CumSum', [dy, axis!], { exclusive: int(exclusive), reverse: int(reverse ? 0 : 1) })]
        : [],
    channels,
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    samples: samples(undefined),
  }),
  defineOp({
    type: 'CumProd',
    summary: 'Running product along an axis.',
    inputs: ['x', 'axis'],
    outputs: ['y'],
    attributes,
    infer: sameAsInput,
    cost: perElement(1),
    gradient: { none: 'its closed form divides by the input, which may be zero' },
    channels,
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    samples: samples(26),
  }),
];
