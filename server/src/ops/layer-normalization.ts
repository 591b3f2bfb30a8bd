import { float, int } from '../ir/attribute.ts';
import { dataTypeOf } from '../ir/data-type.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import {
  attribute,
  type ChannelRule,
  type Coupling,
  defineOp,
  type GradientContext,
  type Operator,
} from './define.ts';
import { normalizeAxis } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { renormalize } from './shared/normalize.ts';

interface Attributes {
  readonly axis: number;
  readonly epsilon: number;
}

/** dX, dScale and dB of y = scale xh + B, with xh normalized over the axes from `axis` on. */
const gradient =
  (centred: boolean) =>
  (context: GradientContext<Attributes>): readonly (string | undefined)[] => {
    const {
      inputs: [x, scale, b],
      types,
      attributes,
      dy: [dy],
      wants,
    } = context;
    if (!dy) return [];
    const rank = types(x!).shape!.length;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    const axes = Array.from({ length: rank - axis }, (_, i) => axis + i);
    const { m, normal, backward } = renormalize(context, x!, axes, attributes.epsilon, centred);
    return [
      wants(0) ? backward(scale ? m.mul(dy, scale) : dy) : undefined,
      scale && wants(1) ? m.mul(dy, normal) : undefined,
      b && wants(2) ? dy : undefined,
    ];
  };

/** Axes before `axis` go through; those from it on share statistics, and scale and bias have them too. */
const channels: ChannelRule<Attributes> = ({ inputs, outputs, attributes }) => {
  const rank = inputs[0]?.shape?.length ?? 0;
  const start = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
  const through = Array.from({ length: rank }, (_, axis) => axis).flatMap<Coupling>((axis) => [
    { from: { input: 0, axis }, to: { output: 0, axis }, ...(axis >= start ? { mixes: true } : {}) },
    ...[1, 2].flatMap((output) =>
      outputs[output] && axis < start ? [{ from: { input: 0, axis }, to: { output, axis } }] : [],
    ),
  ]);
  const affine = [1, 2].flatMap((input) => {
    const shape = inputs[input]?.shape ?? [];
    return shape.flatMap<Coupling>((dim, axis) =>
      dim === 1 ? [] : [{ from: { input, axis }, to: { output: 0, axis: rank - shape.length + axis } }],
    );
  });
  return [...through, ...affine];
};

/** Normalizations over the last axes of every sample. */
export const layerNormalizations: readonly Operator[] = [
  defineOp({
    type: 'LayerNormalization',
    summary: 'Normalizes over the axes from `axis` on: scale (x - mean) / sqrt(var + epsilon) + B.',
    inputs: ['X', 'Scale', 'B?'],
    outputs: ['Y', 'Mean?', 'InvStdDev?'],
    attributes: {
      axis: attribute.int('First axis to normalize over.', -1),
      epsilon: attribute.float('Added to the variance.', 1e-5),
      stash_type: attribute.int('Element type of the statistics, by its number; float by default.', 1),
    },
    infer: ({ inputs: [x], attributes, fail }) => {
      const stash = dataTypeOf(attributes.stash_type);
      const shape = shapeOf(x);
      if (!shape) return [x, tensorType(stash), tensorType(stash)];
      const axis = normalizeAxis(attributes.axis, shape.length, fail);
      const statistics = tensorType(
        stash,
        shape.map((dim, at) => (at < axis ? dim : 1)),
      );
      return [x, statistics, statistics];
    },
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 8 * count(y) }),
    differentiable: { outputs: [0] },
    gradient: gradient(true),
    channels,
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    samples: [
      { name: 'last axis', inputs: [waveInput([2, 3, 4]), waveInput([4], 0.3, 1), waveInput([4])] },
      {
        name: 'statistics over two axes',
        inputs: [waveInput([2, 3, 4]), waveInput([3, 4], 0.3, 1)],
        attributes: new Map([['axis', int(1)]]),
        outputs: 3,
      },
    ],
  }),
  defineOp({
    type: 'RMSNormalization',
    summary:
      'Divides by the root of the mean square over the axes from `axis` on: scale x / sqrt(mean(x^2) + epsilon).',
    inputs: ['X', 'scale'],
    outputs: ['Y'],
    attributes: {
      axis: attribute.int('First axis to normalize over.', -1),
      epsilon: attribute.float('Added to the mean square.', 1e-5),
      stash_type: attribute.int('Element type of the computation, by its number; float by default.', 1),
    },
    infer: ({ inputs: [x, scale] }) => [
      x?.kind === 'tensor' && scale?.kind === 'tensor' ? { ...x, type: scale.type } : x,
    ],
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 5 * count(y) }),
    gradient: gradient(false),
    channels,
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    samples: [
      { name: 'last axis', opset: 23, inputs: [waveInput([2, 3, 4]), waveInput([4], 0.3, 1)] },
      {
        name: 'two axes',
        opset: 23,
        inputs: [waveInput([2, 3, 4]), waveInput([3, 4], 0.3, 1)],
        attributes: new Map([
          ['axis', int(-2)],
          ['epsilon', float(1e-3)],
        ]),
      },
    ],
  }),
];
