import { int } from '../ir/attribute.ts';
import {
  attribute,
  type Coupling,
  defineOp,
  type GradientContext,
  type Operator,
  staticShape,
} from './define.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';
import { renormalize } from './shared/normalize.ts';

/** Gradients of y = scale xh + bias, with xh normalized over each of `groups` blocks of channels of a sample. */
function gradient(
  context: Omit<GradientContext, 'attributes'>,
  groups: number,
  epsilon: number,
): readonly (string | undefined)[] {
  const {
    inputs: [x, scale],
    types,
    dy: [dy],
    wants,
  } = context;
  if (!dy) return [];
  const [channels, ...spatial] = staticShape(types(x!).shape!.slice(1))! as [number, ...number[]];
  const { m, normal, backward } = renormalize(
    context,
    context.build.op('Reshape', [
      x!,
      context.build.constant(
        'int64',
        [3],
        [-1, groups, (channels / groups) * spatial.reduce((a, b) => a * b, 1)],
      ),
    ]),
    [2],
    epsilon,
  );
  const wide = m.reshape(scale!, [-1, ...spatial.map(() => 1)]);
  const grouped = (value: string) =>
    m.reshape(value, [-1, groups, (channels / groups) * spatial.reduce((a, b) => a * b, 1)]);
  const axes = [0, ...spatial.map((_, i) => i + 2)];
  return [
    wants(0) ? m.reshapeLike(backward(grouped(m.mul(dy, wide))), x!) : undefined,
    wants(1) ? m.sum(m.mul(dy, m.reshapeLike(normal, x!)), axes, false) : undefined,
    wants(2) ? m.sum(dy, axes, false) : undefined,
  ];
}

const channels = (groups: number): readonly Coupling[] => {
  const blocks = groups > 1 ? { groups, mixes: true } : { mixes: true };
  return [
    { from: { input: 0, axis: 0 }, to: { output: 0, axis: 0 } },
    { from: { input: 0, axis: 1 }, to: { output: 0, axis: 1 }, ...blocks },
    { from: { input: 1, axis: 0 }, to: { output: 0, axis: 1 }, ...blocks },
    { from: { input: 2, axis: 0 }, to: { output: 0, axis: 1 }, ...blocks },
  ];
};

/** Normalizations over the space of a channel, or of a group of channels, of every sample. */
export const groupNormalizations: readonly Operator[] = [
  defineOp({
    type: 'InstanceNormalization',
    summary:
      'Normalizes every channel of every sample over space: scale (x - mean) / sqrt(var + epsilon) + B.',
    inputs: ['input', 'scale', 'B'],
    outputs: ['output'],
    attributes: { epsilon: attribute.float('Added to the variance.', 1e-5) },
    infer: sameAsInput,
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 8 * count(y) }),
    gradient: (context) => {
      const count = context.types(context.inputs[0]!).shape![1] as number;
      return gradient(context, count, context.attributes.epsilon);
    },
    channels: () => channels(1).map(({ mixes: _, ...coupling }) => coupling),
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    samples: [{ name: 'images', inputs: [waveInput([2, 3, 4, 4]), waveInput([3], 0.3, 1), waveInput([3])] }],
  }),
  defineOp({
    type: 'GroupNormalization',
    summary:
      'Normalizes every group of channels of every sample: scale (x - mean) / sqrt(var + epsilon) + bias.',
    inputs: ['X', 'scale', 'bias'],
    outputs: ['Y'],
    attributes: {
      epsilon: attribute.float('Added to the variance.', 1e-5),
      num_groups: attribute.int('Number of groups.', 1),
      stash_type: attribute.int('Element type of the computation, by its number; float by default.', 1),
    },
    infer: sameAsInput,
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 8 * count(y) }),
    gradient: (context) => gradient(context, context.attributes.num_groups, context.attributes.epsilon),
    channels: ({ attributes: { num_groups } }) => channels(num_groups),
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    samples: [
      {
        name: 'two groups',
        inputs: [waveInput([2, 4, 3, 3]), waveInput([4], 0.3, 1), waveInput([4])],
        attributes: new Map([['num_groups', int(2)]]),
      },
    ],
  }),
];
